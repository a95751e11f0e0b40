/**
 * The SHA-256 of a whole file, from the same bytes that the checksums of its parts are computed from: nothing is read twice.
 * It must not slow the upload, so it is given up when parts are not read in order, when the connection is so fast that the
 * hash would take processor time from the upload, or when the upload was begun on an earlier page.
 */
import { Sleeper } from "../net/retry.js";

/** A file of several parts. */
/** @typedef {{parts: {length: number}}} HashedFile */
/** @typedef {{file: HashedFile, number: number, signal: AbortSignal}} PartOrigin */
/** @typedef {{hashId: number, start?: true, end?: true, drop?: true}} HashMessage */

/**
 * @typedef {object} FileHash
 * @property {number} id
 * @property {HashedFile} file
 * @property {number} nextPart  the number of the part that has to be read next
 * @property {number} pendingBytes
 * @property {Worker | null} worker
 * @property {boolean} isStarted
 * @property {((hash: string | null) => void) | null} resolve
 * @property {Promise<FileHash | null>} queue
 */

/** Bytes that are read but not hashed yet, over all files: the memory that this may use. */
export const BACKLOG_BYTES = 64 * 1024 * 1024;
/** The rate of the connection is known after so many bytes, or so long. Less would measure buffers on the way. */
const MEASURED_BYTES = 32 * 1024 * 1024;
const MEASURED_MS = 1_000;
/** Bytes a second of a hash in plain JavaScript, until the first measurement. */
const ASSUMED_RATE = 150e6;
/** The share of one processor that hashes may use for each processor that there is, and its maximum. */
const SHARE = 1 / 8;
const MAX_SHARE = 0.6;
/** With fewer processors a hash slows the upload that its rate is compared with. */
const MIN_CORES = 4;
/** How often capacity is awaited while the rate of the connection is unknown. */
const MAX_ATTEMPTS = 20;
const WAIT_MS = 100;

/** Measures the connection and the hashes, and decides whether the connection leaves time for them. */
export class Pace {
  /** @type {number | null} */
  #startedAt = null;
  #sentBytes = 0;
  #hashedBytes = 0;
  #hashingMs = 0;

  /** @param {{cores?: number, now?: () => number}} [settings] */
  constructor({ cores = navigator.hardwareConcurrency || 2, now = () => performance.now() } = {}) {
    this.cores = cores;
    this.now = now;
  }

  /** @param {number} bytes */
  addSent(bytes) {
    this.#startedAt ??= this.now();
    this.#sentBytes += bytes;
  }

  /**
   * @param {number} bytes
   * @param {number} ms
   */
  addHashed(bytes, ms) {
    this.#hashedBytes += bytes;
    this.#hashingMs += ms;
  }

  /** Nothing is being sent: time counts again from the next byte. */
  pause() {
    this.#startedAt = null;
    this.#sentBytes = 0;
  }

  /** True or false; null while the measurement is too short, unless this is the last chance to decide. */
  allows({ isFinal = false } = {}) {
    if (this.cores < MIN_CORES) return false;
    if (this.#startedAt === null) return isFinal ? true : null;
    const ms = this.now() - this.#startedAt;
    if (!isFinal && ms < MEASURED_MS && this.#sentBytes < MEASURED_BYTES) return null;
    const hashRate = this.#hashingMs > 0 ? (this.#hashedBytes * 1000) / this.#hashingMs : ASSUMED_RATE;
    return (this.#sentBytes * 1000) / Math.max(1, ms) <= hashRate * Math.min(MAX_SHARE, this.cores * SHARE);
  }
}

/** The files whose hashes are being computed, and the progress of each. */
export class FileHashes {
  /** @type {Map<HashedFile, FileHash>} */
  #byFile = new Map();
  /** @type {Map<number, FileHash>} */
  #byId = new Map();
  #sleeper = new Sleeper();
  #backlogBytes = 0;
  #lastId = 0;

  /** @param {{pace: Pace, send: (worker: Worker, message: HashMessage) => void}} settings */
  constructor({ pace, send }) {
    this.pace = pace;
    this.send = send;
  }

  /**
   * Reserves memory for a part that is about to be read. Resolves with the hash of its file, or null if there is none.
   *
   * @param {PartOrigin} origin
   * @param {number} size
   * @returns {Promise<FileHash | null> | null}
   */
  reserve({ file, number, signal }, size) {
    const fileHash = number === 1 ? this.#create(file) : this.#advance(file, number);
    if (!fileHash) return null;
    fileHash.queue = fileHash.queue.then(() => this.#waitForCapacity(fileHash, size, signal));
    return fileHash.queue;
  }

  /**
   * The hash in hexadecimal, once it is complete; null where there is none.
   *
   * @param {HashedFile} file
   * @returns {Promise<string | null>}
   */
  async hashOf(file) {
    const fileHash = this.#byFile.get(file);
    if (!fileHash) return null;
    const isComplete = fileHash.nextPart > file.parts.length && this.pace.allows({ isFinal: true });
    if (!isComplete || !fileHash.worker) {
      this.drop(file);
      return null;
    }
    this.send(fileHash.worker, { hashId: fileHash.id, start: true, end: true });
    return new Promise((resolve) => {
      fileHash.resolve = resolve;
    });
  }

  /** @param {HashedFile} file */
  drop(file) {
    const fileHash = this.#byFile.get(file);
    if (!fileHash) return;
    this.#byFile.delete(file);
    this.#byId.delete(fileHash.id);
    this.#backlogBytes -= fileHash.pendingBytes;
    if (fileHash.worker) this.send(fileHash.worker, { hashId: fileHash.id, drop: true });
    fileHash.resolve?.(null);
    this.#sleeper.wake();
  }

  /**
   * Gives up the hashes that `worker` was computing.
   *
   * @param {Worker} worker
   */
  dropWorker(worker) {
    for (const [file, fileHash] of [...this.#byFile]) {
      if (fileHash.worker !== worker) continue;
      fileHash.worker = null;
      this.drop(file);
    }
  }

  /**
   * The id of a hash in messages; undefined if it was given up.
   *
   * @param {FileHash | null} fileHash
   */
  idOf(fileHash) {
    return fileHash && this.#byId.has(fileHash.id) ? fileHash.id : undefined;
  }

  /**
   * Handles the progress or the result of a hash, from its worker.
   *
   * @param {{hashId: number, bytes?: number, ms?: number, hex?: string | null}} message
   */
  handleMessage({ hashId: id, bytes = 0, ms = 0, hex = null }) {
    this.pace.addHashed(bytes, ms);
    const fileHash = this.#byId.get(id);
    if (!fileHash) return;
    fileHash.pendingBytes -= bytes;
    this.#backlogBytes -= bytes;
    if (hex !== null) {
      const { resolve } = fileHash;
      fileHash.resolve = null;
      this.drop(fileHash.file);
      resolve?.(hex);
    }
    this.decide();
  }

  /** Starts hashes, or gives them up, as soon as the rate of the connection is known. */
  decide() {
    if (this.#byFile.size === 0) return;
    const isAllowed = this.pace.allows();
    for (const [file, fileHash] of [...this.#byFile]) {
      if (fileHash.resolve) continue;
      if (isAllowed === false) this.drop(file);
      else if (isAllowed && !fileHash.isStarted && fileHash.worker) {
        fileHash.isStarted = true;
        this.send(fileHash.worker, { hashId: fileHash.id, start: true });
      }
    }
    this.#sleeper.wake();
  }

  /** @param {HashedFile} file */
  #create(file) {
    this.drop(file);
    if (this.pace.allows() === false) return null;
    /** @type {FileHash} */
    const fileHash = {
      id: ++this.#lastId,
      file,
      nextPart: 2,
      pendingBytes: 0,
      worker: null,
      isStarted: false,
      resolve: null,
      queue: Promise.resolve(null),
    };
    this.#byFile.set(file, fileHash);
    this.#byId.set(fileHash.id, fileHash);
    return fileHash;
  }

  /**
   * The hash of `file` if part `number` is the next one in order.
   *
   * @param {HashedFile} file
   * @param {number} number
   */
  #advance(file, number) {
    const fileHash = this.#byFile.get(file);
    if (!fileHash) return null;
    if (number !== fileHash.nextPart) {
      this.drop(file);
      return null;
    }
    fileHash.nextPart += 1;
    return fileHash;
  }

  /**
   * @param {FileHash} fileHash
   * @param {number} size
   * @param {AbortSignal} signal
   */
  async #waitForCapacity(fileHash, size, signal) {
    for (let attempts = 0; this.#byId.has(fileHash.id) && this.#backlogBytes + size > BACKLOG_BYTES; attempts += 1) {
      // The rate of the connection remains unknown: the upload is not to wait for the hash.
      if (signal.aborted || (attempts > MAX_ATTEMPTS && this.pace.allows() === null)) this.drop(fileHash.file);
      else await this.#sleeper.sleep(WAIT_MS);
      this.decide();
    }
    if (!this.#byId.has(fileHash.id)) return null;
    fileHash.pendingBytes += size;
    this.#backlogBytes += size;
    return fileHash;
  }
}
