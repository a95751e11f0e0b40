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
const GUESS = 150e6;
/** Of one processor, what sums may take for each that there is; and at most. */
const SHARE = 1 / 8;
const MOST_SHARE = 0.6;
/** With fewer processors a sum slows the very upload by whose pace it is judged. */
const LEAST_CORES = 4;

/** What is known of the line and of the sums so far, and whether the line leaves time for them. Knows no worker. */
export class Pace {
  #since = null;
  #sent = 0;
  #hashed = 0;
  #ms = 0;

  constructor({ cores = navigator.hardwareConcurrency || 2, now = () => performance.now() } = {}) {
    Object.assign(this, { cores, now });
  }

  sent(bytes) {
    this.#since ??= this.now();
    this.#sent += bytes;
  }

  hashed(bytes, ms) {
    this.#hashed += bytes;
    this.#ms += ms;
  }

  /** Nothing was on its way: time does not count until something is again. */
  rest() {
    this.#since = null;
    this.#sent = 0;
  }

  /** True or false; null while it is too early to tell, unless it is `late` and a guess must do. */
  allows({ late = false } = {}) {
    if (this.cores < LEAST_CORES) return false;
    if (this.#since === null) return late ? true : null;
    const ms = this.now() - this.#since;
    if (!late && ms < JUDGED_MS && this.#sent < JUDGED_BYTES) return null;
    const sums = this.#ms > 0 ? (this.#hashed * 1000) / this.#ms : GUESS;
    return (this.#sent * 1000) / Math.max(1, ms) <= sums * Math.min(MOST_SHARE, this.cores * SHARE);
  }
}

/** The files whose sums are being made, and how far each is. Talks to workers by `tell(worker, message)`. */
export class Wholes {
  #chains = new Map();
  #byId = new Map();
  #sleepers = new Set();
  #backlog = 0;
  #last = 0;

  constructor({ pace, tell }) {
    Object.assign(this, { pace, tell });
  }

  /** Part `number` of `file` is about to be read. Resolves with its chain once there is room, or null without one. */
  take({ file, number, signal }, size) {
    const chain = this.#next(file, number);
    if (!chain) return null;
    chain.line = chain.line.then(() => this.#room(chain, size, signal));
    return chain.line;
  }

  /** The sum in hexadecimal, once it is complete; null where there is none. */
  async of(file) {
    const chain = this.#chains.get(file);
    if (!chain) return null;
    const complete = chain.next > file.parts.length && this.pace.allows({ late: true });
    if (!complete || !chain.worker) {
      this.drop(file);
      return null;
    }
    this.tell(chain.worker, { chain: chain.id, go: true, end: true });
    return new Promise((resolve) => {
      chain.resolve = resolve;
    });
  }

  drop(file) {
    const chain = this.#chains.get(file);
    if (!chain) return;
    this.#chains.delete(file);
    this.#byId.delete(chain.id);
    this.#backlog -= chain.pending;
    if (chain.worker) this.tell(chain.worker, { chain: chain.id, drop: true });
    chain.resolve?.(null);
    this.#wake();
  }

  /** The sums that this worker was making are gone with it. */
  lose(worker) {
    for (const [file, chain] of [...this.#chains]) {
      if (chain.worker !== worker) continue;
      chain.worker = null;
      this.drop(file);
    }
  }

  /** What the worker is told of the chain of a slice; nothing where it was given up meanwhile. */
  idOf(chain) {
    return chain && this.#byId.has(chain.id) ? chain.id : undefined;
  }

  /** What a worker says of a chain. */
  hear({ chain: id, bytes = 0, ms = 0, whole = null }) {
    this.pace.hashed(bytes, ms);
    const chain = this.#byId.get(id);
    if (!chain) return;
    chain.pending -= bytes;
    this.#backlog -= bytes;
    if (whole !== null) {
      const { resolve } = chain;
      chain.resolve = null;
      this.drop(chain.file);
      resolve(whole);
    }
    this.judge();
  }

  /** Let sums begin, or give them up, as soon as the line is known. */
  judge() {
    if (this.#chains.size === 0) return;
    const allowed = this.pace.allows();
    for (const [file, chain] of [...this.#chains]) {
      if (chain.resolve) continue;
      if (allowed === false) this.drop(file);
      else if (allowed && !chain.going && chain.worker) {
        chain.going = true;
        this.tell(chain.worker, { chain: chain.id, go: true });
      }
    }
    this.#wake();
  }

  #next(file, number) {
    if (number === 1) {
      this.drop(file);
      if (this.pace.allows() === false) return null;
      const chain = { id: ++this.#last, file, next: 2, pending: 0, worker: null, going: false, resolve: null };
      chain.line = Promise.resolve(chain);
      this.#chains.set(file, chain);
      this.#byId.set(chain.id, chain);
      return chain;
    }
    const chain = this.#chains.get(file);
    if (!chain) return null;
    if (number !== chain.next) {
      this.drop(file);
      return null;
    }
    chain.next += 1;
    return chain;
  }

  async #room(chain, size, signal) {
    for (let turns = 0; this.#byId.has(chain.id) && this.#backlog + size > BACKLOG_BYTES; turns += 1) {
      // Nobody can tell whether the line is fast: rather no sum than an upload that waits for it.
      if (signal.aborted || (turns > 20 && this.pace.allows() === null)) this.drop(chain.file);
      else await this.#sleep();
      this.judge();
    }
    if (!this.#byId.has(chain.id)) return null;
    chain.pending += size;
    this.#backlog += size;
    return chain;
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
