/** Video and sound in the browser's own player, which requests the ranges that it needs from storage. */
import { createElement } from "./element.js";

/** @param {import("./preview-link.js").PreviewRequest} request */
export async function createPreview({ kind, url, name, signal, renewLink }) {
  const attributes = { class: `preview-${kind}`, controls: "", preload: "metadata", playsinline: "", "aria-label": name };
  const player = createElement(kind === "video" ? "video" : "audio", attributes);
  const loaded = new Promise((resolve, reject) => {
    player.addEventListener("loadedmetadata", resolve, { once: true });
    player.addEventListener("error", () => reject(new Error("this browser cannot play it")), { once: true });
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  player.src = url;
  try {
    await loaded;
  } catch (error) {
    unload(player);
    throw error;
  }
  renewOnError(player, renewLink);
  return { element: player, end: () => unload(player) };
}

/**
 * A signed URL is valid for two minutes; a seek after that needs another one, once for each position.
 *
 * @param {HTMLMediaElement} player
 * @param {() => Promise<{url: string}>} renewLink
 */
function renewOnError(player, renewLink) {
  let isRenewed = false;
  player.addEventListener("canplay", () => (isRenewed = false));
  player.addEventListener("error", async () => {
    if (isRenewed || !player.hasAttribute("src")) return;
    isRenewed = true;
    // Where there is no other URL, the player itself displays that it cannot continue.
    await renewLink().then(({ url }) => continueFrom(player, url), () => {});
  });
}

/**
 * @param {HTMLMediaElement} player
 * @param {string} url
 */
function continueFrom(player, url) {
  const { currentTime, paused } = player;
  Object.assign(player, { src: url, currentTime });
  if (!paused) player.play().catch(() => {});
}

/** @param {HTMLMediaElement} player */
function unload(player) {
  player.pause();
  player.removeAttribute("src");
  player.load();
}
