/**
 * The engine: takes parts of all files through reading, signing and sending, several at a time, and asks the server
 * to check each file whose parts are all there.
 *
 * Two windows bound everything: as many PUTs at once as concurrency.js and bandwidth.js allow, and a few parts read and
 * signed ahead of them; of small ones more, since their URLs are requested by the hundred. Knows no DOM.
 */
import { recoveryFor } from "../net/errors.js";
import { Bandwidth } from "./bandwidth.js";
import { Checks } from "./completions.js";
import { Concurrency } from "./concurrency.js";
import { Queue, choose } from "./part-queue.js";
import { Outage, Sleeper, backoff } from "../net/retry.js";
import { Signer } from "./signer.js";
import { Counter } from "./counter.js";

/** Wrong bytes or a refused URL may be an accident twice; after that the file fails. */
const MAX_RETRIES = 5;
/** Read and signed ahead: for each part being sent, and of small parts, up to a number of bytes together. */
const PREFETCH = 3;
const SMALL_PREFETCH = 200;
const SMALL_PREFETCH_BYTES = 32 * 1024 * 1024;
/** Trouble shorter than this is no news. */
const QUIET_MS = 2_000;

export class Transfer {
  #queue = new Queue();
  #prepared = [];
  #ahead = new Counter();
  #aheadBytes = 0;
  #uploading = new Counter();
  #flying = 0;
  #isPaused = false;
  #online = true;
  #moved = -Infinity;

  /** `put` sends one part (see put-part.js), `onChange(file)` hears of every change worth showing. */
  constructor({
    api,
    digester,
    put,
    concurrency = new Concurrency(),
    bandwidth = new Bandwidth(),
    onChange = () => {},
    sleeper = new Sleeper(),
  }) {
    Object.assign(this, { api, digester, put, concurrency, bandwidth, onChange, sleeper });
    this.signer = new Signer({ api, sleeper });
    this.checks = new Checks({
      api,
      sleeper,
      hasMore: () => this.#queue.size > 0,
      hashOf: (file) => this.digester.hashOf?.(file) ?? null,
      onReady: (file) => this.#update(file, () => file.ready()),
      onFailed: (file, error) => this.#update(file, () => file.fail(error)),
      onReopened: (file) => this.add([file]),
    });
  }

  get isPaused() {
    return this.#isPaused;
  }

  /** Take files that have their slot. */
  add(files) {
    this.#queue.add(files);
    for (const file of files) {
      if (this.#isPaused) file.pause();
      this.#advance(file);
    }
  }

  /**
   * Pause one file, or all of them and those that come after: parts on their way arrive, no other begins. A second time,
   * or `now`, cuts them off.
   */
  pause(file = null, { now = false } = {}) {
    if (file) this.#hold(file, now || file.state === "pausing");
    else {
      for (const queuedFile of [...this.#queue]) this.#hold(queuedFile, now || this.#isPaused);
      this.#isPaused = true;
    }
  }

  #hold(file, now) {
    if (now || this.#uploading.get(file) === 0) {
      this.#update(file, () => file.pause());
      return;
    }
    this.#update(file, () => file.hold());
    for (const waiting of this.#prepared.filter((item) => item.file === file)) {
      this.#prepared.splice(this.#prepared.indexOf(waiting), 1);
      this.#await(file, waiting.part, -1);
      file.partAgain(waiting.part);
    }
    this.sleeper.wake(); // a part that only waits to be tried again is not on its way
    this.#pump();
  }

  resume(file = null) {
    this.#isPaused = false;
    for (const queuedFile of file ? [file] : this.#queue) this.#update(queuedFile, () => queuedFile.resume());
    for (const queuedFile of this.#queue) this.#advance(queuedFile); // the last doubt about a paused file may be settled
    this.sleeper.wake();
    this.#pump();
  }

  drop(file) {
    this.#update(file, () => file.cancel());
    this.#queue.drop(file);
    this.#pump();
  }

  /** What the browser says about the line. Coming back wakes everything that waits. */
  set online(online) {
    this.#online = online;
    if (online) this.sleeper.wake();
    this.#pump();
  }

  /** True while things are only tried again and nothing has moved for a while. */
  get waiting() {
    return !this.#online || (this.sleeper.count > 0 && performance.now() - this.#moved > QUIET_MS);
  }

  #pump() {
    if (!this.#online) return;
    this.#refill();
    for (;;) {
      const countOf = (file) => this.#uploading.get(file);
      const next = choose(this.#prepared, { limit: this.concurrency.count, countOf });
      if (!next || this.#uploading.total >= this.concurrency.limitFor(next.part.size)) break;
      if (!this.bandwidth.allows(next.part.size, this.#flying)) break;
      this.#prepared.splice(this.#prepared.indexOf(next), 1);
      void this.#send(next);
    }
    if (this.#uploading.total === 0) this.#idle();
    this.#flush();
  }

  #idle() {
    this.concurrency.idle();
    this.digester.pace?.pause();
  }

  /** By the batch, not by the piece, so that URLs are asked for by the batch too. */
  #refill() {
    const limit = this.concurrency.count * PREFETCH;
    const countOf = (file) => this.#ahead.get(file);
    if (this.#ahead.total > this.concurrency.count && !this.#spare(SMALL_PREFETCH / 2)) return;
    while (this.#ahead.total < limit || this.#spare(SMALL_PREFETCH)) {
      const next = choose(this.#queue.waiting(), { limit, countOf });
      if (!next) return;
      next.part.state = "taken";
      void this.#prepare(next.file, next.part, next.file.signal);
    }
  }

  /** Whether more small parts can be prepared. */
  #spare(maxParts) {
    return this.#ahead.total < maxParts && this.#aheadBytes < SMALL_PREFETCH_BYTES;
  }

  #await(file, part, delta) {
    this.#ahead.add(file, delta);
    this.#aheadBytes += delta * part.size;
  }

  async #prepare(file, part, signal) {
    this.#await(file, part, 1);
    try {
      const digest = part.digest ?? (await this.#digest(file, part, signal));
      Object.assign(part, { digest });
      signal.throwIfAborted();
      const pendingUrl = this.signer.sign(file, part, signal);
      this.#flush();
      const signedUrl = await pendingUrl;
      signal.throwIfAborted();
      Object.assign(part, { signedUrl });
      if (file.state === "uploading") this.#prepared.push({ file, part, signal });
      else {
        this.#await(file, part, -1);
        file.partAgain(part);
      }
    } catch (error) {
      this.#await(file, part, -1);
      if (!signal.aborted) this.#update(file, () => file.fail(error));
    }
    this.#pump();
  }

  #digest(file, part, signal) {
    const origin = file.single ? null : { file, number: part.number, signal };
    return this.digester.digest(file.bytesOf(part), origin);
  }

  /** Ask for URLs when the stock is out, or when no part is still being read that could join the batch. */
  #flush() {
    const stock = this.#prepared.length;
    if (stock === 0 || this.signer.piled >= this.#ahead.total - stock) this.signer.flush();
  }

  async #send({ file, part, signal }) {
    this.#await(file, part, -1);
    if (!signal.aborted && this.signer.fresh(part.signedUrl)) await this.#sendFresh({ file, part, signal });
    else if (!signal.aborted) file.partAgain(part);
    this.#advance(file);
  }

  async #sendFresh({ file, part, signal }) {
    this.#occupy(file, part, 1);
    const since = performance.now();
    const before = this.#uploading.total;
    try {
      await this.put({
        ...part.signedUrl,
        blob: file.bytesOf(part),
        signal,
        onProgress: (bytes) => {
          this.#note(bytes - part.sent);
          this.#update(file, () => file.progress(part, bytes));
        },
      });
      this.bandwidth.addArrival(part.size, performance.now() - since, (before + this.#uploading.total) / 2);
      file.partStored(part);
      this.sleeper.wake();
    } catch (error) {
      if (!signal.aborted) await this.#repair(file, part, signal, error);
    }
    this.#occupy(file, part, -1);
  }

  #occupy(file, part, delta) {
    this.#uploading.add(file, delta);
    file.occupy(delta);
    this.#flying += delta * part.size;
  }

  #note(bytes) {
    this.#moved = performance.now();
    this.concurrency.moved(bytes, this.#uploading.total >= this.concurrency.count);
    this.digester.pace?.addSent(bytes);
    this.digester.fileHashes?.judge();
  }

  /** After a failed PUT: wait without giving the slot away, so that a dead line is tried once per slot, then queue again. */
  async #repair(file, part, signal, error) {
    const recovery = recoveryFor(error);
    if (recovery === "retry") this.concurrency.reportFailure();
    part.outage ??= new Outage();
    const hasBudget = part.outage.recordFailure();
    if (recovery === "stop" || !hasBudget || (recovery !== "retry" && part.outage.attempts > MAX_RETRIES)) {
      this.#update(file, () => file.fail(error));
      return;
    }
    this.#update(file, () => file.progress(part, 0));
    const delay = backoff(part.outage.attempts, { retryAfter: error.retryAfter });
    if (file.state !== "pausing") await this.sleeper.sleep(delay, signal).catch(() => {});
    if (!signal.aborted) file.partAgain(part, { digest: recovery === "digest" });
  }

  #advance(file) {
    if ((file.state === "uploading" || file.state === "pausing") && file.allStored()) file.check();
    if (file.state === "pausing" && this.#uploading.get(file) === 0) file.pause();
    if (file.state === "checking") {
      this.#queue.drop(file);
      this.checks.add(file);
    }
    this.onChange(file);
    this.#pump();
  }

  #update(file, change) {
    change();
    if (file.settled) this.#queue.drop(file);
    this.onChange(file);
  }
}
