/** The ways in: drop anywhere on the page, the two file inputs, paste. */
import { takeDrop, takeInput, walk } from "./drop-entries.js";
import { handleOf, pickWithHandles, takeHandles } from "./handles.js";

const HAND_OVER = 500;

/**
 * `onFiles(list)` gets `{file, path, handle}` in handfuls, `onLeftOut` each `{unreadable: name}` and
 * `{emptyFolder: true}`.
 * Returns nothing; listeners end with `signal`.
 */
export function listen({ drop, files, folder, signal, onFiles, onLeftOut }) {
  for (const input of [files, folder]) {
    input.addEventListener("change", () => take(input, onFiles), { signal });
    take(input, onFiles); // chosen while this script was still on its way
  }
  pickWithHandles({ input: files, signal, onFiles });
  const onDrop = (entries, handles) => void handOver({ entries, handles, onFiles, onLeftOut });
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

function take(input, onFiles) {
  const chosen = takeInput(input);
  input.value = ""; // so that choosing the same file again is a change again
  if (chosen.length > 0) onFiles(chosen);
}

function listenToDrops({ drop, signal, onDrop }) {
  let depth = 0;
  const over = (by) => {
    depth = by === 0 ? 0 : Math.max(0, depth + by);
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
    onDrop(takeDrop(event.dataTransfer), takeHandles(event.dataTransfer));
  });
}

async function handOver({ entries, handles, onFiles, onLeftOut }) {
  const known = await handles;
  let hand = [];
  for await (const { file, path, name, empty } of walk(entries)) {
    if (!file) {
      onLeftOut(empty === undefined ? { unreadable: name } : { emptyFolder: true });
      continue;
    }
    hand.push({ file, path, handle: handleOf(known, { file, path }) });
    if (hand.length >= HAND_OVER) {
      onFiles(hand);
      hand = [];
    }
  }
  if (hand.length > 0) onFiles(hand);
}
