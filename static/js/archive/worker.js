/**
 * The service worker that creates archives, and resumes large files. A page sends it a job; the browser then opens the URL of the
 * job as a download, and the worker assembles the bytes while they are saved. It does not handle any other request.
 */
import { Job } from "./archive-stream.js";

const jobs = new Map();

self.addEventListener("install", () => void self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// Any message also keeps the worker from being put to sleep in the middle of a long download.
self.addEventListener("message", ({ data, ports: [port] }) => {
  if (data.plan === undefined) return;
  const job = new Job(data.plan, (news) => port.postMessage(news));
  jobs.set(data.plan.address, job);
  // The page has nothing else to say.
  port.addEventListener("message", () => job.cancel());
  port.start();
  port.postMessage({ state: "waiting" });
});

self.addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  const job = jobs.get(pathname);
  if (!job) return;
  jobs.delete(pathname);
  event.respondWith(job.answer());
});
