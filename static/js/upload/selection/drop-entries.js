/** The files of a drop, a folder or the clipboard, with the folder that each came from. */

/** @typedef {import("./rejected.js").Rejection} Rejection */
/** @typedef {{file: File, path: string}} FoundFile */
/** @typedef {FileSystemEntry | File} DropEntry */

/**
 * @param {DropEntry} entry
 * @returns {entry is FileSystemDirectoryEntry}
 */
const isDirectory = (entry) => "isDirectory" in entry && entry.isDirectory;

/**
 * @param {DropEntry} entry
 * @returns {entry is FileSystemFileEntry}
 */
const isFileEntry = (entry) => "isFile" in entry && entry.isFile;

/**
 * The content of a drop, for `walk`. Has to be called in the event: the browser empties the list right after it.
 *
 * @param {Pick<DataTransfer, "items" | "files">} transfer
 * @returns {DropEntry[]}
 */
export function readDrop(transfer) {
  const items = [...(transfer.items ?? [])].filter((item) => item.kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile()).filter((entry) => entry !== null);
  return entries.length > 0 ? entries : [...(transfer.files ?? [])];
}

/**
 * The files of `<input type=file>`, with or without `webkitdirectory`.
 *
 * @param {Pick<HTMLInputElement, "files">} input
 * @returns {FoundFile[]}
 */
export function readInputFiles(input) {
  return [...(input.files ?? [])].map((file) => ({ file, path: folderOf(file.webkitRelativePath) }));
}

/**
 * The files of a drop and of the folders in it, in the order of the disk.
 *
 * @param {DropEntry[]} entries
 * @returns {AsyncGenerator<FoundFile | Rejection>}
 */
export async function* walk(entries) {
  for (const entry of entries) {
    if (isDirectory(entry)) yield* walkFolder(entry);
    else if (isFileEntry(entry)) yield await readEntry(entry);
    else yield { file: /** @type {File} */ (entry), path: "" };
  }
}

/**
 * @param {FileSystemDirectoryEntry} folder
 * @returns {AsyncGenerator<FoundFile | Rejection>}
 */
async function* walkFolder(folder) {
  const { name } = folder;
  const reader = folder.createReader();
  let isEmpty = true;
  for (;;) {
    let batch;
    try {
      batch = await readBatch(reader);
    } catch (error) {
      yield { reason: "unreadable", name, error };
      return;
    }
    if (batch.length === 0) break; // a reader returns a folder in batches; only an empty one is the end
    isEmpty = false;
    yield* walk(batch);
  }
  if (isEmpty) yield { reason: "empty-folder", name };
}

/**
 * @param {FileSystemDirectoryReader} reader
 * @returns {Promise<FileSystemEntry[]>}
 */
function readBatch(reader) {
  return new Promise((resolve, reject) => {
    reader.readEntries(resolve, reject);
  });
}

/**
 * @param {FileSystemFileEntry} entry
 * @returns {Promise<FoundFile | Rejection>}
 */
async function readEntry(entry) {
  try {
    /** @type {File} */
    const file = await new Promise((resolve, reject) => {
      entry.file(resolve, reject);
    });
    return { file, path: folderOf(entry.fullPath) };
  } catch (error) {
    return { reason: "unreadable", name: entry.name, error };
  }
}

/** `/holiday/day 1/a.jpg` becomes `holiday/day 1`; a name alone becomes "". */
export function folderOf(path = "") {
  const relativePath = path.replace(/^\/+/, "");
  const end = relativePath.lastIndexOf("/");
  return end < 0 ? "" : relativePath.slice(0, end);
}
