/**
 * Handles of files on the disk (File System Access), where the browser has them: of the file itself, or of the folder that
 * it came in. With one, an upload continues without the file being selected again.
 */

/** @typedef {import("../engine/file-upload.js").SelectedFile} SelectedFile */
/** @typedef {import("../resume/upload-store.js").FileRecord} FileRecord */
/** @typedef {FileSystemFileHandle | FileSystemDirectoryHandle} DiskHandle */

// Types that TypeScript's library lacks, because not every browser supports them.
/** @typedef {(descriptor: {mode: "read"}) => Promise<PermissionState>} PermissionMethod */
/** @typedef {FileSystemHandle & {queryPermission: PermissionMethod, requestPermission: PermissionMethod}} PermissionHandle */
/** @typedef {DataTransferItem & {getAsFileSystemHandle?: () => Promise<DiskHandle | null>}} HandleItem */
/** @typedef {{showOpenFilePicker?: (options: {multiple: boolean}) => Promise<FileSystemFileHandle[]>}} FilePickers */

/** @typedef {(files: SelectedFile[]) => void} FilesHandler */

/**
 * Makes a click on the file input open the picker that returns handles, where there is one.
 *
 * @param {{input: HTMLInputElement, signal: AbortSignal, onFiles: FilesHandler}} settings
 */
export function pickWithHandles({ input, signal, onFiles }) {
  const { showOpenFilePicker } = /** @type {FilePickers} */ (window);
  if (typeof showOpenFilePicker !== "function") return;
  input.addEventListener(
    "click",
    (event) => {
      event.preventDefault();
      void pick(input, onFiles);
    },
    { signal },
  );
}

/**
 * @param {HTMLInputElement} input
 * @param {FilesHandler} onFiles
 */
async function pick(input, onFiles) {
  try {
    const handles = (await /** @type {FilePickers} */ (window).showOpenFilePicker?.({ multiple: true })) ?? [];
    onFiles(await Promise.all(handles.map(async (handle) => ({ file: await handle.getFile(), path: "", handle }))));
  } catch (error) {
    // A policy forbids it: the plain picker is not affected.
    if (!(error instanceof Error && error.name === "AbortError")) input.showPicker();
  }
}

/**
 * The handles of a drop, by name. Has to be called in the event, although the map is ready after it. One handle of a folder
 * is used for all files in it.
 *
 * @param {Pick<DataTransfer, "items">} transfer
 * @returns {Promise<Map<string, DiskHandle>>}
 */
export async function readHandles(transfer) {
  const items = [...(transfer.items ?? [])].filter((item) => item.kind === "file");
  const pendingHandles = items.map((item) => /** @type {HandleItem} */ (item).getAsFileSystemHandle?.() ?? null);
  const results = await Promise.allSettled(pendingHandles);
  const handles = results.map((result) => (result.status === "fulfilled" ? result.value : null)).filter((handle) => handle !== null);
  return new Map(handles.map((handle) => [handle.name, handle]));
}

/**
 * The handle for a file of a drop: its own, or that of the folder that it came in.
 *
 * @param {Map<string, DiskHandle>} handles
 * @param {{file: File, path: string}} foundFile
 */
export function handleOf(handles, { file, path }) {
  return handles.get(path === "" ? file.name : path.split("/")[0]) ?? null;
}

/**
 * The files of records that have a handle. After someone has denied a permission, no further one is requested.
 *
 * @param {FileRecord[]} records
 * @returns {AsyncGenerator<Required<SelectedFile>>}
 */
export async function* reopen(records) {
  let isDenied = false;
  for (const { handle, path, name } of records) {
    if (!handle) continue;
    let file = null;
    try {
      const permission = await permissionFor(handle, { mayPrompt: !isDenied });
      isDenied ||= permission !== "granted";
      if (permission === "granted") file = await openFile(handle, path, name);
    } catch {
      // The file was moved or renamed, or its disk is not connected: it has to be selected again.
    }
    if (file) yield { file, path, handle };
  }
}

/**
 * @param {DiskHandle} handle
 * @param {{mayPrompt: boolean}} options
 */
async function permissionFor(handle, { mayPrompt }) {
  const permissionHandle = /** @type {PermissionHandle} */ (/** @type {unknown} */ (handle));
  const permission = await permissionHandle.queryPermission({ mode: "read" });
  return permission === "prompt" && mayPrompt ? permissionHandle.requestPermission({ mode: "read" }) : permission;
}

/**
 * @param {DiskHandle} handle  of the file, or of the first folder of `path`
 * @param {string} path
 * @param {string} name
 */
async function openFile(handle, path, name) {
  if (handle.kind === "file") return handle.getFile();
  let folder = handle;
  for (const folderName of path.split("/").slice(1)) folder = await folder.getDirectoryHandle(folderName);
  return (await folder.getFileHandle(name)).getFile();
}
