/**
 * Retries: exponential backoff with jitter, the server's own `Retry-After` where it sends one, and a budget of time
 * instead of a number of attempts, so that an outage of the storage of some minutes ends no upload.
 */
import { isAbort, isRateLimit, recoveryFor, retryAfterOf } from "./errors.js";

export const MIN_WAIT_MS = 500;
export const MAX_WAIT_MS = 20_000;
const MAX_RETRY_AFTER_MS = 120_000;
/** How long an operation may fail before it is given up. */
export const OUTAGE_BUDGET_MS = 15 * 60_000;

/**
 * Milliseconds before attempt number `attempt` (from 1): random in the upper half of an interval that doubles each time.
 *
 * @param {number} attempt
 * @param {{random?: () => number, retryAfter?: number | null}} [options]  `retryAfter` in seconds
 */
export function backoff(attempt, { random = Math.random, retryAfter = null } = {}) {
  const interval = Math.min(MAX_WAIT_MS, MIN_WAIT_MS * 2 ** Math.max(0, attempt - 1));
  const wait = interval / 2 + (interval / 2) * random();
  return retryAfter === null ? wait : Math.max(wait, Math.min(retryAfter * 1000, MAX_RETRY_AFTER_MS));
}

/**
 * Milliseconds until a rate limit allows the next request: all that the server states, and up to a tenth more, so that
 * several tabs do not return at the same moment.
 *
 * @param {number | null} retryAfter  seconds
 * @param {{random?: () => number}} [options]
 */
export function rateLimitWait(retryAfter, { random = Math.random } = {}) {
  return Math.max(1, retryAfter ?? 1) * 1000 * (1 + random() / 10);
}

/**
 * The seconds of a `Retry-After` header (a number or a date), or null.
 *
 * @param {string | null | undefined} header
 */
export function retryAfterSeconds(header, now = Date.now()) {
  if (!header) return null;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - now) / 1000));
}

/** Counts the failures in a row of one operation, and the time since the first of them. */
export class Outage {
  /** @type {number | null} */
  #startedAt = null;
  attempts = 0;

  constructor(budgetMs = OUTAGE_BUDGET_MS) {
    this.budgetMs = budgetMs;
  }

  /** Called when the operation has succeeded. */
  reset() {
    this.#startedAt = null;
    this.attempts = 0;
  }

  /** Counts a failure; true while there is budget left. */
  recordFailure(now = Date.now()) {
    this.#startedAt ??= now;
    this.attempts += 1;
    return now - this.#startedAt < this.budgetMs;
  }
}

/** Sleeps that can be ended early: `wake()` makes all of them retry now, as when the browser is online again. */
export class Sleeper {
  /** @type {Set<() => void>} */
  #wakers = new Set();

  get count() {
    return this.#wakers.size;
  }

  /**
   * @param {number} ms
   * @param {AbortSignal} [signal]  rejects with its reason
   */
  async sleep(ms, signal) {
    signal?.throwIfAborted();
    const { promise, resolve: wake } = withResolvers();
    const timer = setTimeout(wake, ms);
    this.#wakers.add(wake);
    signal?.addEventListener("abort", wake);
    await promise;
    clearTimeout(timer);
    this.#wakers.delete(wake);
    signal?.removeEventListener("abort", wake);
    signal?.throwIfAborted();
  }

  wake() {
    for (const wake of [...this.#wakers]) wake();
  }
}

/** @returns {{promise: Promise<void>, resolve: () => void}} */
function withResolvers() {
  let resolve = () => {};
  /** @type {Promise<void>} */
  const promise = new Promise((resolvePromise) => {
    resolve = resolvePromise;
  });
  return { promise, resolve };
}

/**
 * Runs `operation` until it succeeds, its error is one that no retry can end, or the budget of the outage is spent. A rate
 * limit is no outage: the server responds, and is obeyed for as long as it states.
 *
 * @template Result
 * @param {() => Promise<Result>} operation
 * @param {object} options
 * @param {Pick<Sleeper, "sleep">} options.sleeper
 * @param {AbortSignal} [options.signal]
 * @param {Outage} [options.outage]
 * @returns {Promise<Result>}
 */
export async function retry(operation, { sleeper, signal, outage = new Outage() }) {
  for (;;) {
    try {
      const result = await operation();
      outage.reset();
      return result;
    } catch (error) {
      if (isAbort(error) || recoveryFor(error) !== "retry") throw error;
      if (isRateLimit(error)) {
        await sleeper.sleep(rateLimitWait(error.retryAfter), signal);
        continue;
      }
      if (!outage.recordFailure()) throw error;
      await sleeper.sleep(backoff(outage.attempts, { retryAfter: retryAfterOf(error) }), signal);
    }
  }
}
