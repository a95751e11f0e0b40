/**
 * SHA-256 of slices of files, computed in a few workers, and from the same bytes that of whole files. In memory: one slice
 * per worker, and the bytes that wait for the hash of a whole file (see file-hash.js).
 */
import { NetworkError, UnreadableError } from "../net/errors.js";
import { Sleeper, retry } from "../net/retry.js";
import { FileHashes, Pace } from "./file-hash.js";

/** @typedef {import("../net/api.js").Checksums} Checksums */
/** @typedef {import("./file-hash.js").FileHash} FileHash */
/** @typedef {import("./file-hash.js").HashedFile} HashedFile */
/** @typedef {import("./file-hash.js").PartOrigin} PartOrigin */

/**
 * The SHA-256 of a slice, and its MD5 where the storage checks by MD5.
 *
 * @typedef {Uint8Array & {md5?: Uint8Array}} Digest
 */
/**
 * @typedef {object} Job
 * @property {number} id
 * @property {Blob} blob
 * @property {FileHash | null} fileHash
 * @property {(digest: Digest) => void} resolve
 * @property {(error: Error) => void} reject
 */

export class Digester {
  /** @type {Worker[]} */
  #idleWorkers = [];
  /** @type {Job[]} */
  #waiting = [];
  /** @type {Map<Worker, Job>} */
  #running = new Map();
  /** @type {Worker[]} */
  #workers = [];
  #lastId = 0;

  /**
   * @param {object} settings
   * @param {string | URL} [settings.url]  the worker's module
   * @param {boolean} [settings.md5]  whether each digest has the MD5 of the same bytes
   * @param {Pick<Sleeper, "sleep">} [settings.sleeper]  for the retries while the server does not send the module
   * @param {number} [settings.maxWorkers]
   * @param {Pace} [settings.pace]
   * @param {() => Worker} [settings.open]  starts a worker; the first one with the first slice
   */
  constructor({
    url = "",
    md5 = false,
    sleeper = new Sleeper(),
    maxWorkers = Math.min(4, Math.max(1, (navigator.hardwareConcurrency || 2) - 1)),
    pace = new Pace(),
    open = () => new Worker(url, { type: "module" }),
  }) {
    this.md5 = md5;
    this.sleeper = sleeper;
    this.maxWorkers = maxWorkers;
    this.pace = pace;
    this.open = open;
    this.fileHashes = new FileHashes({ pace, send: (worker, message) => worker.postMessage(message) });
  }

  /**
   * Rejects with `UnreadableError` when the file cannot be read any more.
   *
   * @param {Blob} blob
   * @param {PartOrigin | null} [origin]  for a part of a file of several: its bytes go into the hash of the whole file
   * @returns {Promise<Digest>}
   */
  digest(blob, origin = null) {
    return retry(() => this.#digest(blob, origin), { sleeper: this.sleeper, signal: origin?.signal });
  }

  /**
   * @param {Blob} blob
   * @param {PartOrigin | null} origin
   * @returns {Promise<Digest>}
   */
  async #digest(blob, origin) {
    const fileHash = origin && (await this.fileHashes.reserve(origin, blob.size));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ id: ++this.#lastId, blob, fileHash, resolve, reject });
      this.#startNext();
    });
  }

  /**
   * The SHA-256 of the whole file in hexadecimal, or null if its bytes would have to be read twice.
   *
   * @param {HashedFile} file
   */
  hashOf(file) {
    return this.fileHashes.hashOf(file);
  }

  close() {
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
    this.#idleWorkers = [];
  }

  #startNext() {
    for (const job of [...this.#waiting]) {
      const worker = this.#workerFor(job);
      if (!worker) continue;
      this.#waiting.splice(this.#waiting.indexOf(job), 1);
      this.#running.set(worker, job);
      const message = { id: job.id, blob: job.blob, hashId: this.fileHashes.idOf(job.fileHash) };
      worker.postMessage(this.md5 ? { ...message, md5: true } : message);
      if (job.fileHash) this.fileHashes.decide();
    }
  }

  /**
   * The slices of one file's hash all go to the same worker.
   *
   * @param {Job} job
   * @returns {Worker | null}
   */
  #workerFor({ fileHash }) {
    const boundWorker = fileHash?.worker;
    if (boundWorker) {
      const index = this.#idleWorkers.indexOf(boundWorker);
      return index < 0 ? null : this.#idleWorkers.splice(index, 1)[0];
    }
    const worker = this.#idleWorkers.pop() ?? this.#spawn();
    if (fileHash && worker) fileHash.worker = worker;
    return worker;
  }

  #spawn() {
    if (this.#workers.length >= this.maxWorkers) return null;
    const worker = this.open();
    worker.addEventListener("message", ({ data }) => {
      if (data.unfit) this.#drop(worker);
      else if (data.hashId) this.fileHashes.handleMessage(data);
      else this.#settle(worker, data);
    });
    worker.addEventListener("error", () => this.#drop(worker));
    this.#workers.push(worker);
    return worker;
  }

  /**
   * @param {Worker} worker
   * @param {{digest?: ArrayBuffer, md5?: ArrayBuffer, error?: string}} response  `error` is "" for an unreadable file
   */
  #settle(worker, { digest, md5, error }) {
    const job = this.#running.get(worker);
    this.#running.delete(worker);
    this.#idleWorkers.push(worker);
    if (digest) job?.resolve(Object.assign(new Uint8Array(digest), md5 && { md5: new Uint8Array(md5) }));
    else job?.reject(error === "" ? new UnreadableError() : new Error(error));
    this.#startNext();
  }

  /**
   * The script of `worker` did not load, as during a restart of the site. A new worker retries its slice.
   *
   * @param {Worker} worker
   */
  #drop(worker) {
    const job = this.#running.get(worker);
    this.#running.delete(worker);
    this.#workers = this.#workers.filter((runningWorker) => runningWorker !== worker);
    worker.terminate();
    this.fileHashes.dropWorker(worker);
    job?.reject(new NetworkError("server"));
    this.#startNext();
  }
}

/**
 * The checksums that the server requires before it signs.
 *
 * @param {Digest} digest
 * @returns {Checksums}
 */
export function checksumsOf(digest) {
  const checksums = { checksum_sha256: toBase64(digest) };
  return digest.md5 ? { ...checksums, checksum_md5: toBase64(digest.md5) } : checksums;
}

/**
 * Standard base64, as in the S3 checksum headers.
 *
 * @param {Uint8Array} bytes
 */
export function toBase64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}
