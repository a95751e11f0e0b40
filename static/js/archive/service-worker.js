/**
 * The service worker that makes archives, and continues interrupted reads of large files. A page sends it a plan; the browser
 * then opens the path of the plan as a download, and the bytes are put together here while they are written to disk. Every
 * other request goes to the network as usual.
 */
import { ArchiveStream } from "./archive-stream.js";

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
/** @type {Map<string, ArchiveStream>} */
const archives = new Map();

worker.addEventListener("install", () => void worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

// Any message also keeps the worker from being stopped in the middle of a long download.
worker.addEventListener("message", ({ data, ports: [port] }) => {
  if (data.plan === undefined) return;
  const archive = new ArchiveStream(data.plan, (progress) => port.postMessage(progress));
  archives.set(data.plan.path, archive);
  // The only message that the page sends here.
  port.addEventListener("message", () => archive.cancel());
  port.start();
  port.postMessage({ state: "waiting", bytes: 0, total: archive.total });
});

worker.addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  const archive = archives.get(pathname);
  if (!archive) return;
  archives.delete(pathname);
  event.respondWith(archive.createResponse());
});
