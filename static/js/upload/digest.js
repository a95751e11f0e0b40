/** SHA-256 of slices of files in a few workers. Memory: one slice per worker. */
import { UnreadableError } from "./errors.js";

export class Digester {
  #free = [];
  #waiting = [];
  #running = new Map();
  #workers = [];
  #last = 0;

  /** `url` is the address of the worker's module; workers start with the first slice. */
  constructor({ url, most = Math.min(4, Math.max(1, (navigator.hardwareConcurrency || 2) - 1)) }) {
    this.url = url;
    this.most = most;
  }

  /** 32 bytes as `Uint8Array`. Rejects with `UnreadableError` when the file is gone from under us. */
  digest(blob) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ id: ++this.#last, blob, resolve, reject });
      this.#next();
    });
  }

  close() {
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
    this.#free = [];
  }

  #next() {
    while (this.#waiting.length > 0) {
      const worker = this.#free.pop() ?? this.#hire();
      if (!worker) return;
      const job = this.#waiting.shift();
      this.#running.set(worker, job);
      worker.postMessage({ id: job.id, blob: job.blob });
    }
  }

  #hire() {
    if (this.#workers.length >= this.most) return null;
    const worker = new Worker(this.url, { type: "module" });
    worker.addEventListener("message", ({ data }) => this.#settle(worker, data));
    worker.addEventListener("error", () => this.#settle(worker, { error: "The checksum worker did not start." }));
    this.#workers.push(worker);
    return worker;
  }

  #settle(worker, { digest, error }) {
    const job = this.#running.get(worker);
    this.#running.delete(worker);
    this.#free.push(worker);
    if (digest) job?.resolve(new Uint8Array(digest));
    else job?.reject(error === "" ? new UnreadableError() : new Error(error));
    this.#next();
  }
}

/** Standard base64, as the S3 checksum header wants it. */
export function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}
