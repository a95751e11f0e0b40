/** The upload of one file: its slot, its state and its parts. Only this class changes the state. */
import { isSettled, requireTransition } from "./file-state.js";
import { partsOf } from "./parts.js";

/** @typedef {import("../net/api.js").FileDeclaration} FileDeclaration */
/** @typedef {import("../net/api.js").StoredPart} StoredPart */
/** @typedef {import("../net/api.js").UploadState} UploadState */
/** @typedef {import("./file-state.js").FileState} FileState */
/** @typedef {import("./parts.js").Part} Part */

/**
 * A file that was selected: `path` is its folder, without the name; `handle` opens it, or its folder, on a later page.
 *
 * @typedef {object} SelectedFile
 * @property {File} file
 * @property {string} [path]
 * @property {FileSystemHandle | null} [handle]
 */

/** A storage that accepts no byte for so long is displayed as slow. */
const SLOW_MS = 8_000;

export class FileUpload {
  /** @type {FileState} */
  state = "new";
  /** @type {Error | null} */
  error = null;
  /** @type {string | null} the slot */
  id = null;
  /** @type {string | null} the slot of an earlier attempt with a file that has changed since */
  previousSlot = null;
  /** @type {Part[]} */
  parts = [];
  sentBytes = 0;
  storedCount = 0;
  #abort = new AbortController();
  /** No part before this index is waiting. */
  #firstWaiting = 0;
  #maxSentBytes = 0;
  #partsInFlight = 0;
  #progressedAt = 0;

  /** @param {SelectedFile & {key: number}} settings */
  constructor({ key, file, path = "", handle = null }) {
    this.key = key;
    this.file = file;
    this.path = path;
    this.handle = handle;
    /** Read each time that the page is drawn, and slow to get from the browser. */
    this.size = file.size;
  }

  get name() {
    return this.file.name;
  }

  /** Aborted by the next pause, failure or cancel: the signal of each request of this file. */
  get signal() {
    return this.#abort.signal;
  }

  get settled() {
    return isSettled(this.state);
  }

  /** Small enough to be signed and completed in batches, and stored by one PUT. */
  get isSinglePart() {
    return this.parts.length <= 1;
  }

  /**
   * The bytes of a part. A slice costs the browser as much time as the whole upload of a small file.
   *
   * @param {Part} part
   * @returns {Blob}
   */
  bytesOf(part) {
    return part.size === this.size ? this.file : this.file.slice(part.start, part.end);
  }

  /**
   * What the server needs to reserve a slot.
   *
   * @param {number} maxPartSize  the longest part that the connection should carry
   * @returns {FileDeclaration}
   */
  declare(maxPartSize) {
    const { name, size, path } = this;
    const partSize = size > maxPartSize ? maxPartSize : undefined;
    return { name, size, content_type: this.file.type || undefined, path: path || undefined, part_size: partSize };
  }

  /**
   * Starts with a slot from the server. The parts that the storage already has are unverified until they have been read
   * from the disk again, because the file may have changed.
   *
   * @param {{id: string, partSize: number, storedParts?: StoredPart[]}} slot
   */
  open({ id, partSize, storedParts = [] }) {
    this.id = id;
    this.error = null;
    this.parts = partsOf(this.size, partSize);
    this.#firstWaiting = 0;
    this.sentBytes = 0;
    this.storedCount = 0;
    for (const { number, size, checksum } of storedParts) {
      const part = this.parts[number - 1];
      if (part?.size === size && checksum) this.#markUnverified(part, checksum);
    }
    this.#setState(this.storedCount === this.parts.length ? "checking" : "uploading");
  }

  /**
   * Counts as sent, so that progress never goes back, but not as stored.
   *
   * @param {Part} part
   * @param {string} checksum
   */
  #markUnverified(part, checksum) {
    part.state = "unverified";
    part.checksum = checksum;
    this.progress(part, part.size);
  }

  /** The next part that the storage has and that has to be compared with the file on the disk. */
  nextUnverified() {
    return this.parts.find((part) => part.state === "unverified");
  }

  /**
   * Continues from what the server and the storage have.
   *
   * @param {UploadState} uploadState
   */
  adopt({ id, state, part_size: partSize, parts }) {
    if (state === "uploading") {
      this.open({ id, partSize, storedParts: parts });
      return;
    }
    this.id = id;
    this.error = null;
    this.sentBytes = this.size;
    this.#setState("checking");
  }

  /**
   * @param {Part} part
   * @param {number} bytes  sent of this part
   */
  progress(part, bytes) {
    if (bytes > part.sentBytes) this.#progressedAt = performance.now();
    this.sentBytes += bytes - part.sentBytes;
    part.sentBytes = bytes;
    this.#maxSentBytes = Math.max(this.#maxSentBytes, this.sentBytes);
  }

  /** @param {1 | -1} delta  1 when a part starts to be in flight, -1 when it ends */
  countInFlight(delta) {
    if (this.#partsInFlight === 0) this.#progressedAt = performance.now();
    this.#partsInFlight += delta;
  }

  get isInFlight() {
    return this.#partsInFlight > 0;
  }

  /** A part is in flight, and the storage has accepted no byte for a while. */
  get isSlow() {
    return this.isInFlight && performance.now() - this.#progressedAt > SLOW_MS;
  }

  /** The bytes that were sent, were cut off and have to be sent again. */
  get resentBytes() {
    return this.settled ? 0 : Math.max(0, this.#maxSentBytes - this.sentBytes);
  }

  /** @param {Part} part */
  partStored(part) {
    this.progress(part, part.size);
    if (part.state !== "stored") this.storedCount += 1;
    part.state = "stored";
    part.signedUrl = null;
    part.outage = null;
  }

  /** The first waiting part, or undefined. */
  nextWaiting() {
    while (this.#firstWaiting < this.parts.length && this.parts[this.#firstWaiting].state !== "waiting") this.#firstWaiting += 1;
    return this.parts[this.#firstWaiting];
  }

  /**
   * Makes a part wait again, without its URL.
   *
   * @param {Part} part
   * @param {{withoutDigest?: boolean}} [options]  whether its bytes have to be read again
   */
  requeuePart(part, { withoutDigest = false } = {}) {
    this.progress(part, 0);
    if (withoutDigest) part.digest = null;
    part.signedUrl = null;
    part.state = "waiting";
    this.#firstWaiting = Math.min(this.#firstWaiting, part.number - 1);
  }

  allStored() {
    return this.storedCount === this.parts.length;
  }

  /** Starts no further part; `pause` has to follow after the last one in flight. */
  startPausing() {
    if (this.state === "uploading") this.#setState("pausing");
  }

  /** Pauses immediately: parts in flight are cut off. */
  pause() {
    if (this.state === "uploading" || this.state === "pausing") this.#stop("paused");
  }

  resume() {
    if (this.state === "paused" || this.state === "pausing") this.#setState("uploading");
  }

  check() {
    this.#setState("checking");
  }

  /**
   * The storage lacks parts that it had accepted: they are sent again.
   *
   * @param {Pick<UploadState, "parts">} uploadState  the parts that it has
   */
  reopen({ parts }) {
    const storedNumbers = new Set(parts.map(({ number }) => number));
    this.#setState("uploading");
    for (const part of this.parts) {
      if (storedNumbers.has(part.number) || part.state !== "stored") continue;
      this.storedCount -= 1;
      this.requeuePart(part);
    }
  }

  ready() {
    this.#setState("ready");
  }

  /** It is removed in some seconds, unless `stay` is called. */
  leave() {
    this.#setState("leaving");
  }

  stay() {
    this.#setState("ready");
  }

  /** @param {Error} error */
  fail(error) {
    if (this.settled) return;
    this.error = error;
    this.#stop("failed");
  }

  cancel() {
    if (this.state !== "canceled") this.#stop("canceled");
  }

  /** After a failure: back to the beginning. `open` or `adopt` has to follow. */
  reset() {
    this.id = null;
    this.error = null;
    this.parts = [];
    this.sentBytes = 0;
    this.storedCount = 0;
    this.#firstWaiting = 0;
    this.#setState("new");
  }

  /** @param {FileState} state */
  #stop(state) {
    this.#setState(state);
    const abort = this.#abort;
    this.#abort = new AbortController();
    abort.abort(new DOMException(state, "AbortError"));
    for (const part of this.parts) if (part.state !== "stored" && part.state !== "unverified") this.requeuePart(part);
  }

  /** @param {FileState} state */
  #setState(state) {
    requireTransition(this.state, state);
    this.state = state;
  }
}

/** @param {FileUpload} file  a file that has its slot */
export function idOf(file) {
  if (file.id === null) throw new Error(`${file.name} has no slot`);
  return file.id;
}
