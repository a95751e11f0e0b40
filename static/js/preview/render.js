/** Has a worker turn text into markup; a worker that takes too long, as hostile text can make it, is terminated. */

/** @typedef {import("./render-worker.js").RenderRequest} RenderRequest */

const TIMEOUT_MS = 4_000;
const { previewWorker = "" } = /** @type {HTMLElement} */ (document.querySelector("script[data-preview-worker]")).dataset;

/**
 * Markup that is not sanitized yet; "" where there is none in time.
 *
 * @param {RenderRequest} request
 * @param {AbortSignal} signal
 * @returns {Promise<string>}
 */
export async function renderMarkup(request, signal) {
  const worker = new Worker(previewWorker, { type: "module" });
  let timer = 0;
  /** @type {string} */
  const html = await new Promise((resolve) => {
    timer = setTimeout(resolve, TIMEOUT_MS, "");
    worker.addEventListener("message", ({ data }) => resolve(data));
    worker.addEventListener("error", () => resolve(""));
    signal.addEventListener("abort", () => resolve(""), { once: true });
    worker.postMessage(request);
  });
  clearTimeout(timer);
  worker.terminate();
  return html;
}
