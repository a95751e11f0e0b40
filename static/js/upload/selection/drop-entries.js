/**
 * Files out of a drop, a folder or the clipboard, with the folder each came from. Everything is given as
 * `{file, path}`; what cannot be read as `{name, error}`; a folder with nothing in it as `{empty: name}`.
 */

/**
 * What a drop holds. Must be called inside the event: the browser empties the list right after it. Walk the answer
 * with `walk`.
 */
export function readDrop(transfer) {
  const items = [...(transfer.items ?? [])].filter((item) => item.kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile()).filter(Boolean);
  return entries.length > 0 ? entries : [...(transfer.files ?? [])];
}

/** The files of `<input type=file>`, with or without `webkitdirectory`. */
export function readInputFiles(input) {
  return [...input.files].map((file) => ({ file, path: folderOf(file.webkitRelativePath) }));
}

/** Files under the given drop, folders opened, in the order the disk gives them. */
export async function* walk(entries) {
  for (const entry of entries) {
    if (entry.isDirectory) yield* walkFolder(entry);
    else if (entry.isFile) yield await opened(entry);
    else yield { file: entry, path: "" };
  }
}

async function* walkFolder(folder) {
  const reader = folder.createReader();
  let empty = true;
  for (;;) {
    let batch;
    try {
      batch = await new Promise((resolve, reject) => {
        reader.readEntries(resolve, reject);
      });
    } catch (error) {
      yield { name: folder.name, error };
      return;
    }
    if (batch.length === 0) break; // a reader hands out a folder piecemeal; only an empty piece is the end
    empty = false;
    yield* walk(batch);
  }
  if (empty) yield { empty: folder.name };
}

async function opened(entry) {
  try {
    const file = await new Promise((resolve, reject) => {
      entry.file(resolve, reject);
    });
    return { file, path: folderOf(entry.fullPath) };
  } catch (error) {
    return { name: entry.name, error };
  }
}

/** `/holiday/day 1/a.jpg` -> `holiday/day 1`; a bare name -> nothing. */
export function folderOf(path = "") {
  const clean = path.replace(/^\/+/, "");
  const cut = clean.lastIndexOf("/");
  return cut < 0 ? "" : clean.slice(0, cut);
}
