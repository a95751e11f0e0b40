/**
 * Ways back to files on the person's disk, where the browser gives them (File System Access): a handle of the file, or
 * of the folder that it came in. With one, an upload goes on without the file being chosen again.
 */

/** Let a click on the file input open the picker that hands out handles, where there is one. */
export function pickWithHandles({ input, signal, onFiles }) {
  if (typeof window.showOpenFilePicker !== "function") return;
  input.addEventListener(
    "click",
    (event) => {
      event.preventDefault();
      void pick(input, onFiles);
    },
    { signal },
  );
}

async function pick(input, onFiles) {
  try {
    const handles = await window.showOpenFilePicker({ multiple: true });
    onFiles(await Promise.all(handles.map(async (handle) => ({ file: await handle.getFile(), path: "", handle }))));
  } catch (error) {
    if (error.name !== "AbortError") input.showPicker(); // forbidden by a policy: the plain picker does it
  }
}

/**
 * The handles of a drop, by name. Must be called inside the event; the map comes after it. One handle of a folder
 * serves for all that is in it.
 */
export async function readHandles(transfer) {
  const items = [...(transfer.items ?? [])].filter((item) => item.kind === "file");
  const pendingHandles = items.map((item) => item.getAsFileSystemHandle?.() ?? null);
  const settled = await Promise.allSettled(pendingHandles);
  const handles = settled.map(({ value }) => value).filter(Boolean);
  return new Map(handles.map((handle) => [handle.name, handle]));
}

/** The handle for a file of a drop: its own, or that of the folder it came in. */
export function handleOf(handles, { file, path }) {
  return handles.get(path === "" ? file.name : path.split("/")[0]) ?? null;
}

/** The files behind kept records, as `{file, path, handle}`; asks for leave at most once more after a refusal of none. */
export async function* reopen(records) {
  let isDenied = false;
  for (const { handle, path, name } of records) {
    if (!handle) continue;
    let file = null;
    try {
      const leave = await permission(handle, { mayAsk: !isDenied });
      isDenied ||= leave !== "granted";
      if (leave === "granted") file = await fileBehind(handle, path, name);
    } catch {
      // moved, renamed, on a disk that is away: the person may know where
    }
    if (file) yield { file, path, handle };
  }
}

async function permission(handle, { mayAsk }) {
  const leave = await handle.queryPermission({ mode: "read" });
  return leave === "prompt" && mayAsk ? handle.requestPermission({ mode: "read" }) : leave;
}

async function fileBehind(handle, path, name) {
  if (handle.kind === "file") return handle.getFile();
  let folder = handle;
  for (const step of path.split("/").slice(1)) folder = await folder.getDirectoryHandle(step);
  return (await folder.getFileHandle(name)).getFile();
}
