/**
 * URLs for parts, asked for in batches and only when their digest is known. Parts pile up until `flush`; while one call
 * is under way the next ones collect, so a fast disk makes bigger batches rather than more calls. A large file has a
 * batcher of its own; all small ones share one.
 */
import { problemError } from "../net/api.js";
import { checksumsOf } from "../hashing/digest.js";
import { retry } from "../net/retry.js";

export const MAX_PARTS_PER_CALL = 100;
/** A URL this close to its end is not used any more: a PUT must at least start before it. Of a short life, a third. */
const MARGIN_MS = 30_000;
const SMALL = "small";

export class Signer {
  #batchers = new Map();

  constructor({ api, sleeper, now = () => performance.now() }) {
    this.api = api;
    this.sleeper = sleeper;
    this.now = now;
  }

  /** A promise of `{url, headers, until, margin}` for this part, on this clock in ms. */
  sign(file, part, signal) {
    return new Promise((resolve, reject) => {
      const key = file.single ? SMALL : file;
      const batcher = this.#batchers.get(key) ?? { pile: [], busy: false };
      this.#batchers.set(key, batcher);
      batcher.pile.push({ file, part, signal, resolve, reject });
    });
  }

  /** How many parts wait for a call. */
  get piled() {
    let count = 0;
    for (const { pile } of this.#batchers.values()) count += pile.length;
    return count;
  }

  flush() {
    for (const [key, batcher] of this.#batchers) if (!batcher.busy) void this.#work(key, batcher);
  }

  fresh(signedUrl) {
    return signedUrl !== null && signedUrl.until - this.now() > signedUrl.margin;
  }

  /** When URLs that were requested at `since` expire, and how close to that they are not used any more; in ms. */
  #validity(since, seconds) {
    return { until: since + seconds * 1000, margin: Math.min(MARGIN_MS, (seconds * 1000) / 3) };
  }

  async #work(key, batcher) {
    batcher.busy = true;
    await null; // everything requested in the same task goes into one call
    while (batcher.pile.length > 0) {
      const batch = batcher.pile.splice(0, MAX_PARTS_PER_CALL).filter(({ signal, reject }) => {
        if (signal.aborted) reject(signal.reason);
        return !signal.aborted;
      });
      if (batch.length > 0) await (key === SMALL ? this.#callForFiles(batch) : this.#call(key, batch));
    }
    this.#batchers.delete(key);
  }

  async #call(file, batch) {
    const { signal } = batch[0];
    const requests = batch.map(({ part }) => ({ number: part.number, ...checksumsOf(part.digest) }));
    try {
      const since = this.now();
      const answer = await retry(() => this.api.signParts(file.id, requests, { signal }), { sleeper: this.sleeper, signal });
      const validity = this.#validity(since, answer.expires_in);
      const byNumber = new Map(answer.parts.map((signedUrl) => [signedUrl.number, signedUrl]));
      for (const { part, resolve } of batch) resolve({ ...byNumber.get(part.number), ...validity });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  /** One file's end is not the end of the others, so this call listens to none of them. */
  async #callForFiles(batch) {
    const requests = batch.map(({ file, part }) => ({ id: file.id, ...checksumsOf(part.digest) }));
    try {
      const since = this.now();
      const answer = await retry(() => this.api.signFiles(requests), { sleeper: this.sleeper });
      const validity = this.#validity(since, answer.expires_in);
      for (const [index, { resolve, reject }] of batch.entries()) {
        const { url, headers, problem } = answer.files[index];
        if (problem) reject(problemError(problem));
        else resolve({ number: 1, url, headers, ...validity });
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
