/** Lets a worker turn words into markup; one that takes too long, as hostile words can make it, is ended. */

const PATIENCE_MS = 4_000;
const { previewWorker } = document.querySelector("script[data-preview-worker]").dataset;

/** Markup for `{words, language}` or `{markdown}`, still to be cleaned; "" where there is none in time. */
export async function rendered(job, signal) {
  const worker = new Worker(previewWorker, { type: "module" });
  const { promise, resolve } = outcome();
  const timer = setTimeout(resolve, PATIENCE_MS, "");
  worker.addEventListener("message", ({ data }) => resolve(data));
  worker.addEventListener("error", () => resolve(""));
  signal.addEventListener("abort", () => resolve(""), { once: true });
  worker.postMessage(job);
  const html = await promise;
  clearTimeout(timer);
  worker.terminate();
  return html;
}

function outcome() {
  let resolve;
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
