/** The ways in: drop anywhere on the page, the two file inputs, paste. */
import { readDrop, readInputFiles, walk } from "./drop-entries.js";
import { handleOf, pickWithHandles, readHandles } from "./handles.js";

const FILES_PER_CALL = 500;

/**
 * `onFiles(list)` gets `{file, path, handle}` in handfuls, `onRejected` each `{unreadable: name}` and
 * `{emptyFolder: true}`.
 * Returns nothing; listeners end with `signal`.
 */
export function listen({ drop, files, folder, signal, onFiles, onRejected }) {
  for (const input of [files, folder]) {
    input.addEventListener("change", () => readInput(input, onFiles), { signal });
    readInput(input, onFiles); // chosen while this script was still on its way
  }
  pickWithHandles({ input: files, signal, onFiles });
  const onDrop = (entries, handles) => void handOverFiles({ entries, handles, onFiles, onRejected });
  listenToDrops({ drop, signal, onDrop });
  document.addEventListener(
    "paste",
    (event) => {
      const pasted = [...(event.clipboardData?.files ?? [])];
      if (pasted.length === 0) return;
      event.preventDefault();
      onFiles(pasted.map((file) => ({ file, path: "" })));
    },
    { signal },
  );
}

function readInput(input, onFiles) {
  const selection = readInputFiles(input);
  input.value = ""; // so that choosing the same file again is a change again
  if (selection.length > 0) onFiles(selection);
}

function listenToDrops({ drop, signal, onDrop }) {
  let depth = 0;
  const over = (delta) => {
    depth = delta === 0 ? 0 : Math.max(0, depth + delta);
    drop.toggleAttribute("data-over", depth > 0);
  };
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const on = (name, handle) =>
    window.addEventListener(
      name,
      (event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault(); // else the browser leaves the page to show the file
        handle(event);
      },
      { signal },
    );
  on("dragenter", () => over(1));
  on("dragleave", () => over(-1));
  on("dragover", (event) => {
    event.dataTransfer.dropEffect = "copy";
  });
  on("drop", (event) => {
    over(0);
    onDrop(readDrop(event.dataTransfer), readHandles(event.dataTransfer));
  });
}

async function handOverFiles({ entries, handles, onFiles, onRejected }) {
  const handlesByName = await handles;
  let hand = [];
  for await (const { file, path, name, empty } of walk(entries)) {
    if (!file) {
      onRejected(empty === undefined ? { unreadable: name } : { emptyFolder: true });
      continue;
    }
    hand.push({ file, path, handle: handleOf(handlesByName, { file, path }) });
    if (hand.length >= FILES_PER_CALL) {
      onFiles(hand);
      hand = [];
    }
  }
  if (hand.length > 0) onFiles(hand);
}
