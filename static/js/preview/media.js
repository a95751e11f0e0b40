/** Films and sound in the browser's own player, which asks storage for the ranges it needs. */
import { element } from "./element.js";

export async function show({ kind, url, name, signal, again }) {
  const player = element(kind, { class: `preview-${kind}`, controls: "", preload: "metadata", playsinline: "", "aria-label": name });
  const ready = new Promise((resolve, reject) => {
    player.addEventListener("loadedmetadata", resolve, { once: true });
    player.addEventListener("error", () => reject(new Error("not a film or sound that this browser knows")), { once: true });
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  player.src = url;
  try {
    await ready;
  } catch (error) {
    quiet(player);
    throw error;
  }
  keepGoing(player, again);
  return { node: player, end: () => quiet(player) };
}

/** A URL expires after two minutes; seeking after that needs another one, once for each position. */
function keepGoing(player, again) {
  let renewed = false;
  player.addEventListener("canplay", () => (renewed = false));
  player.addEventListener("error", async () => {
    if (renewed || !player.hasAttribute("src")) return;
    renewed = true;
    // Where nothing more can be had, the player itself shows that it cannot go on.
    await again().then(({ url }) => moveOn(player, url), () => {});
  });
}

function moveOn(player, url) {
  const { currentTime, paused } = player;
  Object.assign(player, { src: url, currentTime });
  if (!paused) player.play().catch(() => {});
}

function quiet(player) {
  player.pause();
  player.removeAttribute("src");
  player.load();
}
