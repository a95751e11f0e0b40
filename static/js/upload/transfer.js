/**
 * The engine: takes parts of all files through reading, signing and sending, several at a time, and asks the server
 * to check each file whose parts are all there.
 *
 * Two windows bound everything: `lanes` PUTs at once, and a few parts read and signed ahead of them. Knows no DOM.
 */
import { cure, isAbort } from "./errors.js";
import { Queue, choose } from "./queue.js";
import { Outage, Waits, backoff, insist } from "./retry.js";
import { Signer } from "./signer.js";

/** Wrong bytes or a refused URL may be an accident twice; after that a person is told. */
const PATIENCE = 5;
const CHECKS_AT_ONCE = 4;
/** Trouble shorter than this is no news. */
const QUIET_MS = 2_000;

export class Transfer {
  #queue = new Queue();
  #prepared = [];
  #ahead = new Map();
  #sending = new Map();
  #unchecked = [];
  #checking = 0;
  #held = false;
  #online = true;
  #moved = -Infinity;

  /** `put` sends one part (see part.js), `onChange(file)` hears of every change worth showing. */
  constructor({ api, digester, put, lanes = 5, onChange = () => {}, waits = new Waits() }) {
    Object.assign(this, { api, digester, put, lanes, onChange, waits });
    this.signer = new Signer({ api, waits });
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

  /** Stop or go on: one file, or all of them and those that come after. */
  pause(file = null) {
    this.#held = file ? this.#held : true;
    for (const one of file ? [file] : this.#queue) this.#tell(one, () => one.pause());
  }

  resume(file = null) {
    this.#held = false;
    for (const one of file ? [file] : this.#queue) this.#tell(one, () => one.resume());
    for (const one of this.#queue) this.#advance(one); // the last doubt about a held file may be settled
    this.waits.wake();
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
    if (online) this.waits.wake();
    this.#pump();
  }

  /** True while things are only tried again and nothing has moved for a while. */
  get waiting() {
    return !this.#online || (this.waits.count > 0 && performance.now() - this.#moved > QUIET_MS);
  }

  #pump() {
    if (!this.#online) return;
    // Refilled by the batch, not by the piece, so that URLs are asked for by the batch too.
    if (total(this.#ahead) <= this.lanes) this.#refill(this.lanes * 3);
    while (total(this.#sending) < this.lanes) {
      const next = choose(this.#prepared, { places: this.lanes, held: (file) => this.#sending.get(file) ?? 0 });
      if (!next) break;
      this.#prepared.splice(this.#prepared.indexOf(next), 1);
      void this.#send(next);
    }
    this.#flush();
  }

  #refill(places) {
    while (total(this.#ahead) < places) {
      const next = choose(this.#queue.waiting(), { places, held: (file) => this.#ahead.get(file) ?? 0 });
      if (!next) return;
      next.part.state = "taken";
      void this.#prepare(next.file, next.part, next.file.signal);
    }
  }

  async #prepare(file, part, signal) {
    bump(this.#ahead, file, 1);
    try {
      const digest = part.digest ?? (await this.digester.digest(file.file.slice(part.start, part.end)));
      signal.throwIfAborted();
      Object.assign(part, { digest });
      const coming = this.signer.sign(file, part, signal);
      this.#flush();
      const signed = await coming;
      signal.throwIfAborted();
      Object.assign(part, { signed });
      this.#prepared.push({ file, part, signal });
    } catch (error) {
      bump(this.#ahead, file, -1);
      if (!signal.aborted) this.#tell(file, () => file.fail(error));
    }
    this.#pump();
  }

  /** Ask for URLs when the stock is out, or when no part is still being read that could join the batch. */
  #flush() {
    const stock = this.#prepared.length;
    if (stock === 0 || this.signer.piled >= total(this.#ahead) - stock) this.signer.flush();
  }

  async #send({ file, part, signal }) {
    bump(this.#ahead, file, -1);
    if (!signal.aborted && this.signer.fresh(part.signed)) await this.#sendFresh({ file, part, signal });
    else if (!signal.aborted) file.partAgain(part);
    this.#advance(file);
  }

  async #sendFresh({ file, part, signal }) {
    bump(this.#sending, file, 1);
    try {
      await this.put({
        ...part.signed,
        blob: file.file.slice(part.start, part.end),
        signal,
        onProgress: (bytes) => {
          this.#moved = performance.now();
          this.#tell(file, () => file.progress(part, bytes));
        },
      });
      file.partStored(part);
      this.waits.wake();
    } catch (error) {
      if (!signal.aborted) await this.#repair(file, part, signal, error);
    }
    bump(this.#sending, file, -1);
  }

  /** After a failed PUT: wait in the lane, so that a dead line is asked once per lane, then line up again. */
  async #repair(file, part, signal, error) {
    const remedy = cure(error);
    part.outage ??= new Outage();
    const left = part.outage.fail();
    if (remedy === "stop" || !left || (remedy !== "again" && part.outage.attempts > PATIENCE)) {
      this.#tell(file, () => file.fail(error));
      return;
    }
    this.#tell(file, () => file.progress(part, 0));
    await this.waits.sleep(backoff(part.outage.attempts, { retryAfter: error.retryAfter }), signal).catch(() => {});
    if (!signal.aborted) file.partAgain(part, { digest: remedy === "digest" });
  }

  #advance(file) {
    if (file.state === "uploading" && file.allStored()) file.check();
    if (file.state === "checking") {
      this.#queue.drop(file);
      this.#unchecked.push(file);
    }
    this.onChange(file);
    this.#check();
    this.#pump();
  }

  #check() {
    while (this.#checking < CHECKS_AT_ONCE && this.#unchecked.length > 0) {
      this.#checking += 1;
      void this.#complete(this.#unchecked.shift());
    }
  }

  async #complete(file) {
    const { signal } = file;
    try {
      signal.throwIfAborted();
      await insist(() => this.api.complete(file.id, { signal }), { waits: this.waits, signal });
      this.#tell(file, () => file.ready());
    } catch (error) {
      if (!isAbort(error)) this.#tell(file, () => file.fail(error));
    }
    this.#checking -= 1;
    this.#check();
  }

  #tell(file, change) {
    change();
    if (file.settled) this.#queue.drop(file);
    this.onChange(file);
  }
}

function bump(counts, file, by) {
  const count = (counts.get(file) ?? 0) + by;
  if (count > 0) counts.set(file, count);
  else counts.delete(file);
}

function total(counts) {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}
