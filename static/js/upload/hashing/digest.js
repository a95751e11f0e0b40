/**
 * SHA-256 of slices of files in a few workers, and of whole files on the way. Memory: one slice per worker, and what
 * waits for the hash of a whole file (see file-hash.js).
 */
import { NetworkError, UnreadableError } from "../net/errors.js";
import { Sleeper, retry } from "../net/retry.js";
import { FileHashes, Pace } from "./file-hash.js";

export class Digester {
  #free = [];
  #waiting = [];
  #running = new Map();
  #workers = [];
  #last = 0;

  /**
   * `url` is the address of the worker's module; workers start with the first slice, by `open()`. While the server
   * does not give the module, slices wait in `sleeper`. With `md5`, each digest has that of the same bytes beside it.
   */
  constructor({
    url,
    md5 = false,
    sleeper = new Sleeper(),
    maxWorkers = Math.min(4, Math.max(1, (navigator.hardwareConcurrency || 2) - 1)),
    pace = new Pace(),
    open = () => new Worker(url, { type: "module" }),
  }) {
    Object.assign(this, { md5, sleeper, maxWorkers, pace, open });
    this.fileHashes = new FileHashes({ pace, send: (worker, message) => worker.postMessage(message) });
  }

  /**
   * 32 bytes as `Uint8Array`, perhaps with another one as its `md5`. Rejects with `UnreadableError` when the file can no
   * longer be read. `origin` is `{file, number, signal}` for a part of a file of several; its bytes then count for the
   * hash of the whole file.
   */
  digest(blob, origin = null) {
    return retry(() => this.#digest(blob, origin), { sleeper: this.sleeper, signal: origin?.signal });
  }

  async #digest(blob, origin) {
    const fileHash = origin && (await this.fileHashes.reserve(origin, blob.size));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ id: ++this.#last, blob, fileHash, resolve, reject });
      this.#next();
    });
  }

  /** The SHA-256 of the whole file in hexadecimal, or null where it could not be had without reading twice. */
  hashOf(file) {
    return this.fileHashes.hashOf(file);
  }

  close() {
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
    this.#free = [];
  }

  #next() {
    for (const job of [...this.#waiting]) {
      const worker = this.#workerFor(job);
      if (!worker) continue;
      this.#waiting.splice(this.#waiting.indexOf(job), 1);
      this.#running.set(worker, job);
      const message = { id: job.id, blob: job.blob, hashId: this.fileHashes.idOf(job.fileHash) };
      worker.postMessage(this.md5 ? { ...message, md5: true } : message);
      if (job.fileHash) this.fileHashes.judge();
    }
  }

  /** The slices of one file's hash all go to the same worker. */
  #workerFor({ fileHash }) {
    const bound = fileHash?.worker;
    if (bound) {
      const index = this.#free.indexOf(bound);
      return index < 0 ? null : this.#free.splice(index, 1)[0];
    }
    const worker = this.#free.pop() ?? this.#spawn();
    if (fileHash && worker) fileHash.worker = worker;
    return worker;
  }

  #spawn() {
    if (this.#workers.length >= this.maxWorkers) return null;
    const worker = this.open();
    worker.addEventListener("message", ({ data }) => {
      if (data.unfit) this.#lose(worker);
      else if (data.hashId) this.fileHashes.handleMessage(data);
      else this.#settle(worker, data);
    });
    worker.addEventListener("error", () => this.#lose(worker));
    this.#workers.push(worker);
    return worker;
  }

  #settle(worker, { digest, md5, error }) {
    const job = this.#running.get(worker);
    this.#running.delete(worker);
    this.#free.push(worker);
    if (digest) job?.resolve(Object.assign(new Uint8Array(digest), md5 && { md5: new Uint8Array(md5) }));
    else job?.reject(error === "" ? new UnreadableError() : new Error(error));
    this.#next();
  }

  /** Its script did not come, as while the site restarts. The slice is tried again, by a new worker. */
  #lose(worker) {
    const job = this.#running.get(worker);
    this.#running.delete(worker);
    this.#workers = this.#workers.filter((running) => running !== worker);
    worker.terminate();
    this.fileHashes.lose(worker);
    job?.reject(new NetworkError("server"));
    this.#next();
  }
}

/** The checksums that the server gets before it signs. */
export function announcement(digest) {
  const checksums = { checksum_sha256: base64(digest) };
  return digest.md5 ? { ...checksums, checksum_md5: base64(digest.md5) } : checksums;
}

/** Standard base64, as the S3 checksum header wants it. */
export function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}
