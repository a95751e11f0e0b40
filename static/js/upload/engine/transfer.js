/**
 * The engine: takes parts of all files through reading, signing and sending, several at a time, and asks the server
 * to check each file whose parts are all there.
 *
 * Two windows bound everything: as many PUTs at once as there are lanes and the line may lose (see bandwidth.js), and a few parts read and signed ahead of them;
 * of small ones more, since their URLs are asked for by the hundred. Knows no DOM.
 */
import { Checks } from "./checks.js";
import { recoveryFor } from "../net/errors.js";
import { Lanes } from "./concurrency.js";
import { Line } from "./bandwidth.js";
import { Queue, choose } from "./part-queue.js";
import { Outage, Sleeper, backoff } from "../net/retry.js";
import { Signer } from "./signer.js";
import { Tally } from "./counter.js";

/** Wrong bytes or a refused URL may be an accident twice; after that a person is told. */
const PATIENCE = 5;
/** Read and signed ahead: for each lane, and of small parts, up to so many bytes together. */
const AHEAD = 3;
const SMALL_AHEAD = 200;
const SMALL_AHEAD_BYTES = 32 * 1024 * 1024;
/** Trouble shorter than this is no news. */
const QUIET_MS = 2_000;

export class Transfer {
  #queue = new Queue();
  #prepared = [];
  #ahead = new Tally();
  #aheadBytes = 0;
  #sending = new Tally();
  #flying = 0;
  #held = false;
  #online = true;
  #moved = -Infinity;

  /** `put` sends one part (see part.js), `onChange(file)` hears of every change worth showing. */
  constructor({ api, digester, put, lanes = new Lanes(), line = new Line(), onChange = () => {}, sleeper = new Sleeper() }) {
    Object.assign(this, { api, digester, put, lanes, line, onChange, sleeper });
    this.signer = new Signer({ api, sleeper });
    this.checks = new Checks({
      api,
      sleeper,
      more: () => this.#queue.size > 0,
      whole: (file) => this.digester.hashOf?.(file) ?? null,
      onReady: (file) => this.#tell(file, () => file.ready()),
      onFailed: (file, error) => this.#tell(file, () => file.fail(error)),
      onReopened: (file) => this.add([file]),
    });
  }

  get held() {
    return this.#held;
  }

  /** Take files that have their slot. */
  add(files) {
    this.#queue.add(files);
    for (const file of files) {
      if (this.#held) file.pause();
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
      for (const one of [...this.#queue]) this.#hold(one, now || this.#held);
      this.#held = true;
    }
  }

  #hold(file, now) {
    if (now || this.#sending.of(file) === 0) {
      this.#tell(file, () => file.pause());
      return;
    }
    this.#tell(file, () => file.hold());
    for (const waiting of this.#prepared.filter((one) => one.file === file)) {
      this.#prepared.splice(this.#prepared.indexOf(waiting), 1);
      this.#await(file, waiting.part, -1);
      file.partAgain(waiting.part);
    }
    this.sleeper.wake(); // a part that only waits to be tried again is not on its way
    this.#pump();
  }

  resume(file = null) {
    this.#held = false;
    for (const one of file ? [file] : this.#queue) this.#tell(one, () => one.resume());
    for (const one of this.#queue) this.#advance(one); // the last doubt about a held file may be settled
    this.sleeper.wake();
    this.#pump();
  }

  drop(file) {
    this.#tell(file, () => file.cancel());
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
      const held = (file) => this.#sending.of(file);
      const next = choose(this.#prepared, { places: this.lanes.count, held });
      if (!next || this.#sending.total >= this.lanes.places(next.part.size)) break;
      if (!this.line.takes(next.part.size, this.#flying)) break;
      this.#prepared.splice(this.#prepared.indexOf(next), 1);
      void this.#send(next);
    }
    if (this.#sending.total === 0) this.#idle();
    this.#flush();
  }

  #idle() {
    this.lanes.idle();
    this.digester.pace?.pause();
  }

  /** By the batch, not by the piece, so that URLs are asked for by the batch too. */
  #refill() {
    const places = this.lanes.count * AHEAD;
    const held = (file) => this.#ahead.of(file);
    if (this.#ahead.total > this.lanes.count && !this.#spare(SMALL_AHEAD / 2)) return;
    while (this.#ahead.total < places || this.#spare(SMALL_AHEAD)) {
      const next = choose(this.#queue.waiting(), { places, held });
      if (!next) return;
      next.part.state = "taken";
      void this.#prepare(next.file, next.part, next.file.signal);
    }
  }

  /** Is there room for more small ones? */
  #spare(most) {
    return this.#ahead.total < most && this.#aheadBytes < SMALL_AHEAD_BYTES;
  }

  #await(file, part, by) {
    this.#ahead.add(file, by);
    this.#aheadBytes += by * part.size;
  }

  async #prepare(file, part, signal) {
    this.#await(file, part, 1);
    try {
      const digest = part.digest ?? (await this.#digest(file, part, signal));
      Object.assign(part, { digest });
      signal.throwIfAborted();
      const coming = this.signer.sign(file, part, signal);
      this.#flush();
      const signed = await coming;
      signal.throwIfAborted();
      Object.assign(part, { signed });
      if (file.state === "uploading") this.#prepared.push({ file, part, signal });
      else {
        this.#await(file, part, -1);
        file.partAgain(part);
      }
    } catch (error) {
      this.#await(file, part, -1);
      if (!signal.aborted) this.#tell(file, () => file.fail(error));
    }
    this.#pump();
  }

  #digest(file, part, signal) {
    const place = file.single ? null : { file, number: part.number, signal };
    return this.digester.digest(file.bytesOf(part), place);
  }

  /** Ask for URLs when the stock is out, or when no part is still being read that could join the batch. */
  #flush() {
    const stock = this.#prepared.length;
    if (stock === 0 || this.signer.piled >= this.#ahead.total - stock) this.signer.flush();
  }

  async #send({ file, part, signal }) {
    this.#await(file, part, -1);
    if (!signal.aborted && this.signer.fresh(part.signed)) await this.#sendFresh({ file, part, signal });
    else if (!signal.aborted) file.partAgain(part);
    this.#advance(file);
  }

  async #sendFresh({ file, part, signal }) {
    this.#occupy(file, part, 1);
    const since = performance.now();
    const before = this.#sending.total;
    try {
      await this.put({
        ...part.signed,
        blob: file.bytesOf(part),
        signal,
        onProgress: (bytes) => {
          this.#note(bytes - part.sent);
          this.#tell(file, () => file.progress(part, bytes));
        },
      });
      this.line.arrived(part.size, performance.now() - since, (before + this.#sending.total) / 2);
      file.partStored(part);
      this.sleeper.wake();
    } catch (error) {
      if (!signal.aborted) await this.#repair(file, part, signal, error);
    }
    this.#occupy(file, part, -1);
  }

  #occupy(file, part, by) {
    this.#sending.add(file, by);
    file.occupy(by);
    this.#flying += by * part.size;
  }

  #note(bytes) {
    this.#moved = performance.now();
    this.lanes.moved(bytes, this.#sending.total >= this.lanes.count);
    this.digester.pace?.addSent(bytes);
    this.digester.fileHashes?.judge();
  }

  /** After a failed PUT: wait in the lane, so that a dead line is asked once per lane, then line up again. */
  async #repair(file, part, signal, error) {
    const recovery = recoveryFor(error);
    if (recovery === "again") this.lanes.trouble();
    part.outage ??= new Outage();
    const left = part.outage.fail();
    if (recovery === "stop" || !left || (recovery !== "again" && part.outage.attempts > PATIENCE)) {
      this.#tell(file, () => file.fail(error));
      return;
    }
    this.#tell(file, () => file.progress(part, 0));
    const rest = backoff(part.outage.attempts, { retryAfter: error.retryAfter });
    if (file.state !== "pausing") await this.sleeper.sleep(rest, signal).catch(() => {});
    if (!signal.aborted) file.partAgain(part, { digest: recovery === "digest" });
  }

  #advance(file) {
    if ((file.state === "uploading" || file.state === "pausing") && file.allStored()) file.check();
    if (file.state === "pausing" && this.#sending.of(file) === 0) file.pause();
    if (file.state === "checking") {
      this.#queue.drop(file);
      this.checks.add(file);
    }
    this.onChange(file);
    this.#pump();
  }

  #tell(file, change) {
    change();
    if (file.settled) this.#queue.drop(file);
    this.onChange(file);
  }
}
