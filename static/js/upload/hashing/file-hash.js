/**
 * The SHA-256 of a whole file, from the same bytes that its parts' checksums were computed from: nothing is read twice.
 * It is a courtesy and must cost the upload nothing, so it is given up when parts are not read in order, when the line
 * is so fast that the sum would take processor time from it, or when the file is gone on with from an earlier try.
 */

/** Bytes read but not yet in a sum, over all files: what this may hold of memory. */
export const BACKLOG_BYTES = 64 * 1024 * 1024;
/** The line is judged once so much has left, or after so long. Less would measure the buffers on the way. */
const JUDGED_BYTES = 32 * 1024 * 1024;
const JUDGED_MS = 1_000;
/** Bytes a second of a sum in plain JavaScript, until the first real figure is there. */
const ASSUMED_RATE = 150e6;
/** Of one processor, what sums may take for each that there is; and at most. */
const SHARE = 1 / 8;
const MAX_SHARE = 0.6;
/** With fewer processors a sum slows the very upload by whose pace it is judged. */
const MIN_CORES = 4;

/** What is known of the line and of the sums so far, and whether the line leaves time for them. Knows no worker. */
export class Pace {
  #since = null;
  #sentBytes = 0;
  #hashedBytes = 0;
  #ms = 0;

  constructor({ cores = navigator.hardwareConcurrency || 2, now = () => performance.now() } = {}) {
    Object.assign(this, { cores, now });
  }

  addSent(bytes) {
    this.#since ??= this.now();
    this.#sentBytes += bytes;
  }

  addHashed(bytes, ms) {
    this.#hashedBytes += bytes;
    this.#ms += ms;
  }

  /** Nothing was on its way: time does not count until something is again. */
  pause() {
    this.#since = null;
    this.#sentBytes = 0;
  }

  /** True or false; null while it is too early to tell, unless it is `late` and a guess must do. */
  allows({ late = false } = {}) {
    if (this.cores < MIN_CORES) return false;
    if (this.#since === null) return late ? true : null;
    const ms = this.now() - this.#since;
    if (!late && ms < JUDGED_MS && this.#sentBytes < JUDGED_BYTES) return null;
    const hashRate = this.#ms > 0 ? (this.#hashedBytes * 1000) / this.#ms : ASSUMED_RATE;
    return (this.#sentBytes * 1000) / Math.max(1, ms) <= hashRate * Math.min(MAX_SHARE, this.cores * SHARE);
  }
}

/** The files whose hashes are being computed, and how far each is. Talks to workers by `send(worker, message)`. */
export class FileHashes {
  #hashes = new Map();
  #byId = new Map();
  #sleepers = new Set();
  #backlog = 0;
  #last = 0;

  constructor({ pace, send }) {
    Object.assign(this, { pace, send });
  }

  /** Part `number` of `file` is about to be read. Resolves with its hash once there is memory for it, or null without one. */
  reserve({ file, number, signal }, size) {
    const fileHash = this.#next(file, number);
    if (!fileHash) return null;
    fileHash.queue = fileHash.queue.then(() => this.#waitForCapacity(fileHash, size, signal));
    return fileHash.queue;
  }

  /** The hash in hexadecimal, once it is complete; null where there is none. */
  async hashOf(file) {
    const fileHash = this.#hashes.get(file);
    if (!fileHash) return null;
    const complete = fileHash.next > file.parts.length && this.pace.allows({ late: true });
    if (!complete || !fileHash.worker) {
      this.drop(file);
      return null;
    }
    this.send(fileHash.worker, { hashId: fileHash.id, go: true, end: true });
    return new Promise((resolve) => {
      fileHash.resolve = resolve;
    });
  }

  drop(file) {
    const fileHash = this.#hashes.get(file);
    if (!fileHash) return;
    this.#hashes.delete(file);
    this.#byId.delete(fileHash.id);
    this.#backlog -= fileHash.pending;
    if (fileHash.worker) this.send(fileHash.worker, { hashId: fileHash.id, drop: true });
    fileHash.resolve?.(null);
    this.#wake();
  }

  /** The hashes that this worker was computing are lost with it. */
  lose(worker) {
    for (const [file, fileHash] of [...this.#hashes]) {
      if (fileHash.worker !== worker) continue;
      fileHash.worker = null;
      this.drop(file);
    }
  }

  /** The id of a file's hash in messages; undefined if it was given up meanwhile. */
  idOf(fileHash) {
    return fileHash && this.#byId.has(fileHash.id) ? fileHash.id : undefined;
  }

  /** The progress or the result of a file's hash, from its worker. */
  handleMessage({ hashId: id, bytes = 0, ms = 0, hex = null }) {
    this.pace.addHashed(bytes, ms);
    const fileHash = this.#byId.get(id);
    if (!fileHash) return;
    fileHash.pending -= bytes;
    this.#backlog -= bytes;
    if (hex !== null) {
      const { resolve } = fileHash;
      fileHash.resolve = null;
      this.drop(fileHash.file);
      resolve(hex);
    }
    this.judge();
  }

  /** Start hashes, or give them up, as soon as the rate of the line is known. */
  judge() {
    if (this.#hashes.size === 0) return;
    const allowed = this.pace.allows();
    for (const [file, fileHash] of [...this.#hashes]) {
      if (fileHash.resolve) continue;
      if (allowed === false) this.drop(file);
      else if (allowed && !fileHash.going && fileHash.worker) {
        fileHash.going = true;
        this.send(fileHash.worker, { hashId: fileHash.id, go: true });
      }
    }
    this.#wake();
  }

  #next(file, number) {
    if (number === 1) {
      this.drop(file);
      if (this.pace.allows() === false) return null;
      const fileHash = { id: ++this.#last, file, next: 2, pending: 0, worker: null, going: false, resolve: null };
      fileHash.queue = Promise.resolve(fileHash);
      this.#hashes.set(file, fileHash);
      this.#byId.set(fileHash.id, fileHash);
      return fileHash;
    }
    const fileHash = this.#hashes.get(file);
    if (!fileHash) return null;
    if (number !== fileHash.next) {
      this.drop(file);
      return null;
    }
    fileHash.next += 1;
    return fileHash;
  }

  async #waitForCapacity(fileHash, size, signal) {
    for (let turns = 0; this.#byId.has(fileHash.id) && this.#backlog + size > BACKLOG_BYTES; turns += 1) {
      // Nobody can tell whether the line is fast: rather no sum than an upload that waits for it.
      if (signal.aborted || (turns > 20 && this.pace.allows() === null)) this.drop(fileHash.file);
      else await this.#sleep();
      this.judge();
    }
    if (!this.#byId.has(fileHash.id)) return null;
    fileHash.pending += size;
    this.#backlog += size;
    return fileHash;
  }

  async #sleep() {
    let wake;
    const woken = new Promise((resolve) => {
      wake = resolve;
    });
    const timer = setTimeout(wake, 100);
    this.#sleepers.add(wake);
    await woken;
    clearTimeout(timer);
    this.#sleepers.delete(wake);
  }

  #wake() {
    for (const wake of [...this.#sleepers]) wake();
  }
}
