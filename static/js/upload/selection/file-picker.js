/** Listens to all ways to select files: a drop anywhere on the page, the two file inputs, and paste. */
import { readDrop, readInputFiles, walk } from "./drop-entries.js";
import { handleOf, pickWithHandles, readHandles } from "./handles.js";

/** @typedef {import("./drop-entries.js").DropEntry} DropEntry */
/** @typedef {import("./handles.js").DiskHandle} DiskHandle */
/** @typedef {import("./handles.js").FilesHandler} FilesHandler */
/** @typedef {import("./rejected.js").Rejection} Rejection */
/** @typedef {{entries: DropEntry[], handles: Promise<Map<string, DiskHandle>>}} Drop */

const FILES_PER_CALL = 500;

/**
 * @param {object} settings
 * @param {HTMLElement} settings.dropZone
 * @param {HTMLInputElement} settings.files  the input for files
 * @param {HTMLInputElement} settings.folder  the input for a folder
 * @param {AbortSignal} settings.signal  ends the listeners
 * @param {FilesHandler} settings.onFiles  gets the files of a large drop in several calls
 * @param {(rejection: Rejection) => void} settings.onRejected
 */
export function listenForFiles({ dropZone, files, folder, signal, onFiles, onRejected }) {
  for (const input of [files, folder]) {
    input.addEventListener("change", () => readInput(input, onFiles), { signal });
    readInput(input, onFiles); // files that were selected while this script was loading
  }
  pickWithHandles({ input: files, signal, onFiles });
  listenForDrops({ dropZone, signal, onDrop: (drop) => void readDropped(drop, { onFiles, onRejected }) });
  document.addEventListener(
    "paste",
    (event) => {
      const pastedFiles = [...(event.clipboardData?.files ?? [])];
      if (pastedFiles.length === 0) return;
      event.preventDefault();
      onFiles(pastedFiles.map((file) => ({ file, path: "" })));
    },
    { signal },
  );
}

/**
 * @param {HTMLInputElement} input
 * @param {FilesHandler} onFiles
 */
function readInput(input, onFiles) {
  const selection = readInputFiles(input);
  input.value = ""; // so that selecting the same file again fires `change`
  if (selection.length > 0) onFiles(selection);
}

/** @param {{dropZone: HTMLElement, signal: AbortSignal, onDrop: (drop: Drop) => void}} settings */
function listenForDrops({ dropZone, signal, onDrop }) {
  let depth = 0;
  /** @param {number} newDepth  how many of the nested elements under the pointer were entered */
  const setDepth = (newDepth) => {
    depth = Math.max(0, newDepth);
    dropZone.toggleAttribute("data-over", depth > 0);
  };
  /**
   * @param {"dragenter" | "dragleave" | "dragover" | "drop"} name
   * @param {(transfer: DataTransfer) => void} handler
   */
  const on = (name, handler) =>
    window.addEventListener(
      name,
      (event) => {
        const transfer = event.dataTransfer;
        if (!transfer?.types.includes("Files")) return;
        event.preventDefault(); // otherwise the browser leaves the page to display the file
        handler(transfer);
      },
      { signal },
    );
  on("dragenter", () => setDepth(depth + 1));
  on("dragleave", () => setDepth(depth - 1));
  on("dragover", (transfer) => Object.assign(transfer, { dropEffect: "copy" }));
  on("drop", (transfer) => {
    setDepth(0);
    onDrop({ entries: readDrop(transfer), handles: readHandles(transfer) });
  });
}

/**
 * @param {Drop} drop
 * @param {{onFiles: FilesHandler, onRejected: (rejection: Rejection) => void}} handlers
 */
async function readDropped({ entries, handles }, { onFiles, onRejected }) {
  const handlesByName = await handles;
  /** @type {Parameters<FilesHandler>[0]} */
  let batch = [];
  for await (const item of walk(entries)) {
    if ("reason" in item) {
      onRejected(item);
      continue;
    }
    batch.push({ ...item, handle: handleOf(handlesByName, item) });
    if (batch.length >= FILES_PER_CALL) {
      onFiles(batch);
      batch = [];
    }
  }
  if (batch.length > 0) onFiles(batch);
}
