/**
 * URLs for parts, asked for in batches and only when their digest is known. Parts pile up until `flush`; while one call
 * is under way the next ones collect, so a fast disk makes bigger batches rather than more calls. A large file has a
 * desk of its own; all small ones share one.
 */
import { problemError } from "../net/api.js";
import { announcement } from "../hashing/digest.js";
import { retry } from "../net/retry.js";

export const MOST_A_CALL = 100;
/** A URL this close to its end is not used any more: a PUT must at least start before it. Of a short life, a third. */
const MARGIN_MS = 30_000;
const SMALL = "small";

export class Signer {
  #desks = new Map();

  constructor({ api, sleeper, now = () => performance.now() }) {
    this.api = api;
    this.sleeper = sleeper;
    this.now = now;
  }

  /** A promise of `{url, headers, until, margin}` for this part, on this clock in ms. */
  sign(file, part, signal) {
    return new Promise((resolve, reject) => {
      const key = file.single ? SMALL : file;
      const desk = this.#desks.get(key) ?? { pile: [], busy: false };
      this.#desks.set(key, desk);
      desk.pile.push({ file, part, signal, resolve, reject });
    });
  }

  /** How many parts wait for a call. */
  get piled() {
    let count = 0;
    for (const { pile } of this.#desks.values()) count += pile.length;
    return count;
  }

  flush() {
    for (const [key, desk] of this.#desks) if (!desk.busy) void this.#work(key, desk);
  }

  fresh(signed) {
    return signed !== null && signed.until - this.now() > signed.margin;
  }

  /** When URLs that were asked for at `since` end, and how close to that they are not used any more; in ms. */
  #life(since, seconds) {
    return { until: since + seconds * 1000, margin: Math.min(MARGIN_MS, (seconds * 1000) / 3) };
  }

  async #work(key, desk) {
    desk.busy = true;
    await null; // everything asked for in this same breath goes into one call
    while (desk.pile.length > 0) {
      const batch = desk.pile.splice(0, MOST_A_CALL).filter(({ signal, reject }) => {
        if (signal.aborted) reject(signal.reason);
        return !signal.aborted;
      });
      if (batch.length > 0) await (key === SMALL ? this.#callForFiles(batch) : this.#call(key, batch));
    }
    this.#desks.delete(key);
  }

  async #call(file, batch) {
    const { signal } = batch[0];
    const asked = batch.map(({ part }) => ({ number: part.number, ...announcement(part.digest) }));
    try {
      const since = this.now();
      const answer = await retry(() => this.api.signParts(file.id, asked, { signal }), { sleeper: this.sleeper, signal });
      const life = this.#life(since, answer.expires_in);
      const byNumber = new Map(answer.parts.map((signed) => [signed.number, signed]));
      for (const { part, resolve } of batch) resolve({ ...byNumber.get(part.number), ...life });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  /** One file's end is not the end of the others, so this call listens to none of them. */
  async #callForFiles(batch) {
    const asked = batch.map(({ file, part }) => ({ id: file.id, ...announcement(part.digest) }));
    try {
      const since = this.now();
      const answer = await retry(() => this.api.signFiles(asked), { sleeper: this.sleeper });
      const life = this.#life(since, answer.expires_in);
      for (const [index, { resolve, reject }] of batch.entries()) {
        const { url, headers, problem } = answer.files[index];
        if (problem) reject(problemError(problem));
        else resolve({ number: 1, url, headers, ...life });
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
