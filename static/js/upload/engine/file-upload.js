/**
 * One file on its way up: what it is, where it stands, which parts are where.
 *
 * `state`: `new` (no slot yet), `uploading`, `pausing` (parts on their way end, none begins), `paused`, `checking` (all
 * bytes are there, the server compares), `ready`, `failed` (see `error`), `leaving` (ready, removed
 * in some seconds), `canceled`. Only this class changes it.
 */
import { partsOf } from "./parts.js";

const LEGAL = {
  new: ["uploading", "checking", "failed", "canceled"],
  uploading: ["pausing", "paused", "checking", "failed", "canceled"],
  pausing: ["uploading", "paused", "checking", "failed", "canceled"],
  paused: ["uploading", "failed", "canceled"],
  checking: ["uploading", "ready", "failed", "canceled"],
  failed: ["new", "canceled"],
  ready: ["leaving", "canceled"],
  leaving: ["ready", "canceled"],
  canceled: [],
};

/** So long a silence of the storage is worth a word. */
const SLOW_MS = 8_000;
const SETTLED = new Set(["ready", "failed", "leaving", "canceled"]);

export class FileUpload {
  #abort = new AbortController();
  #from = 0;
  #peak = 0;
  #flying = 0;
  #moved = 0;

  /**
   * `path` is the folder it came from, without the name; `file` the browser's `File`, `handle` the way back to it.
   * `previousSlot` is the slot of an earlier try with a file that has changed since.
   */
  constructor({ key, file, path = "", handle = null }) {
    this.key = key;
    this.file = file;
    /** Asked for at every drawing, and slow to ask the browser for. */
    this.size = file.size;
    this.path = path;
    this.handle = handle;
    this.previousSlot = null;
    this.state = "new";
    this.error = null;
    this.id = null;
    this.parts = [];
    this.sent = 0;
    this.stored = 0;
  }

  get name() {
    return this.file.name;
  }

  /** Ends with the next pause, failure or cancel; every request of this file listens to it. */
  get signal() {
    return this.#abort.signal;
  }

  get settled() {
    return SETTLED.has(this.state);
  }

  /** Small enough to be signed and completed in batches, and stored by one PUT. */
  get single() {
    return this.parts.length <= 1;
  }

  /** The bytes of a part. Cutting a piece off costs the browser as much as a small file's whole way. */
  bytesOf(part) {
    return part.size === this.size ? this.file : this.file.slice(part.start, part.end);
  }

  /** What the server is told to reserve; `partSize` is the longest part that the line should carry. */
  declare(partSize) {
    const { name, size, path } = this;
    const wish = size > partSize ? partSize : undefined;
    return { name, size, content_type: this.file.type || undefined, path: path || undefined, part_size: wish };
  }

  /**
   * Take the slot the server gave. `stored` lists parts the storage already has, with size and checksum, so that an
   * upload begun earlier goes on where it stood. They are in doubt until someone has read them again: the file may
   * have changed since.
   */
  open({ id, partSize, stored = [] }) {
    this.id = id;
    this.error = null;
    this.parts = partsOf(this.size, partSize);
    this.#from = this.sent = this.stored = 0;
    for (const { number, size, checksum } of stored) {
      const part = this.parts[number - 1];
      if (part?.size === size && checksum) this.#doubt(part, checksum);
    }
    this.#move(this.stored === this.parts.length ? "checking" : "uploading");
  }

  /** Counted as sent, so that nobody sees progress go back; not counted as stored. */
  #doubt(part, checksum) {
    part.state = "doubted";
    part.checksum = checksum;
    this.progress(part, part.size);
  }

  /** The next part that storage has, and that has to be compared with the file on the disk. */
  nextUnverified() {
    return this.parts.find((part) => part.state === "doubted");
  }

  /** Take what the server and the storage say they have; the answer of `GET /uploads/{id}`. */
  adopt({ id, state, part_size: partSize, parts }) {
    if (state === "uploading") {
      this.open({ id, partSize, stored: parts });
      return;
    }
    this.id = id;
    this.error = null;
    this.sent = this.size;
    this.#move("checking");
  }

  progress(part, bytes) {
    if (bytes > part.sent) this.#moved = performance.now();
    this.sent += bytes - part.sent;
    part.sent = bytes;
    this.#peak = Math.max(this.#peak, this.sent);
  }

  /** A part begins (1) or ends (-1) to be on its way. */
  occupy(delta) {
    if (this.#flying === 0) this.#moved = performance.now();
    this.#flying += delta;
  }

  get flying() {
    return this.#flying > 0;
  }

  /** Something is on its way, and the storage has taken no byte for a while. */
  get slow() {
    return this.flying && performance.now() - this.#moved > SLOW_MS;
  }

  /** Bytes that were counted as sent, were cut off and have to be sent again. */
  get resent() {
    return this.settled ? 0 : Math.max(0, this.#peak - this.sent);
  }

  partStored(part) {
    this.progress(part, part.size);
    if (part.state !== "stored") this.stored += 1;
    part.state = "stored";
    part.signedUrl = part.outage = null;
  }

  /** The lowest part nobody works on yet, or undefined. All parts before `#from` are in someone's hands. */
  nextWaiting() {
    while (this.#from < this.parts.length && this.parts[this.#from].state !== "waiting") this.#from += 1;
    return this.parts[this.#from];
  }

  /** Put a part back in the line without its URL; with its digest, unless that is in doubt. */
  partAgain(part, { digest = false } = {}) {
    this.progress(part, 0);
    if (digest) part.digest = null;
    part.signedUrl = null;
    part.state = "waiting";
    this.#from = Math.min(this.#from, part.number - 1);
  }

  allStored() {
    return this.stored === this.parts.length;
  }

  /** Begin no part any more; whoever sends the running ones says `pause` after the last of them. */
  hold() {
    if (this.state === "uploading") this.#move("pausing");
  }

  /** At once: what is on its way is cut off. */
  pause() {
    if (this.state === "uploading" || this.state === "pausing") this.#stop("paused");
  }

  resume() {
    if (this.state === "paused" || this.state === "pausing") this.#move("uploading");
  }

  check() {
    this.#move("checking");
  }

  /** The storage turned out not to have everything: send again what is not among `parts`, see `GET /uploads/{id}`. */
  reopen({ parts }) {
    const storedNumbers = new Set(parts.map(({ number }) => number));
    this.#move("uploading");
    for (const part of this.parts) {
      if (storedNumbers.has(part.number) || part.state !== "stored") continue;
      this.stored -= 1;
      this.partAgain(part);
    }
  }

  ready() {
    this.#move("ready");
  }

  leave() {
    this.#move("leaving");
  }

  stay() {
    this.#move("ready");
  }

  fail(error) {
    if (this.settled) return;
    this.error = error;
    this.#stop("failed");
  }

  cancel() {
    if (this.state !== "canceled") this.#stop("canceled");
  }

  /** After a failure: back to the start of the line. `open` or `adopt` comes next. */
  reset() {
    this.id = this.error = null;
    this.parts = [];
    this.sent = this.stored = this.#from = 0;
    this.#move("new");
  }

  #stop(state) {
    this.#move(state);
    const running = this.#abort;
    this.#abort = new AbortController();
    running.abort(new DOMException(state, "AbortError"));
    for (const part of this.parts) if (part.state !== "stored" && part.state !== "doubted") this.partAgain(part);
  }

  #move(state) {
    if (!LEGAL[this.state].includes(state)) throw new Error(`a file cannot go from ${this.state} to ${state}`);
    this.state = state;
  }
}
