/**
 * Retries: exponential backoff with jitter, the server's own `Retry-After` where it gives one, and a budget of outage
 * rather than a number of attempts, so that a storage that is unreachable for minutes costs nothing.
 */
import { isAbort, recoveryFor } from "./errors.js";

export const FIRST_WAIT_MS = 500;
export const MAX_WAIT_MS = 20_000;
/** How long one piece may keep failing before a person is asked. */
export const OUTAGE_BUDGET_MS = 15 * 60_000;

/** Milliseconds before attempt number `attempt` (from 1): random in the upper half of a doubling span. */
export function backoff(attempt, { random = Math.random, retryAfter = null } = {}) {
  const span = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, attempt - 1));
  const wait = span / 2 + (span / 2) * random();
  return retryAfter === null ? wait : Math.max(wait, Math.min(retryAfter * 1000, 120_000));
}

/** Seconds asked for by a `Retry-After` header (a number or a date), or null. */
export function retryAfterSeconds(header, now = Date.now()) {
  if (!header) return null;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - now) / 1000));
}

/** Remembers since when one piece of work has been failing. */
export class Outage {
  constructor(budgetMs = OUTAGE_BUDGET_MS) {
    this.budgetMs = budgetMs;
    this.clear();
  }

  clear() {
    this.since = null;
    this.attempts = 0;
  }

  /** Count one failure; true while there is budget left. */
  fail(now = Date.now()) {
    this.since ??= now;
    this.attempts += 1;
    return now - this.since < this.budgetMs;
  }
}

/** Sleeps that can be ended early: `wake()` lets all of them retry now, as when the browser is online again. */
export class Sleeper {
  #sleepers = new Set();

  get count() {
    return this.#sleepers.size;
  }

  async sleep(ms, signal) {
    signal?.throwIfAborted();
    let wake;
    const woken = new Promise((resolve) => {
      wake = resolve;
    });
    const timer = setTimeout(wake, ms);
    this.#sleepers.add(wake);
    signal?.addEventListener("abort", wake);
    await woken;
    clearTimeout(timer);
    this.#sleepers.delete(wake);
    signal?.removeEventListener("abort", wake);
    signal?.throwIfAborted();
  }

  wake() {
    for (const wake of [...this.#sleepers]) wake();
  }
}

/** Run `operation` until it works, its error is not cured by waiting, or the outage outlasts its budget. */
export async function retry(operation, { sleeper, signal, outage = new Outage(), onFailure } = {}) {
  for (;;) {
    try {
      const answer = await operation();
      outage.clear();
      return answer;
    } catch (error) {
      if (isAbort(error) || recoveryFor(error) !== "again" || !outage.fail()) throw error;
      onFailure?.(error);
      await sleeper.sleep(backoff(outage.attempts, { retryAfter: error.retryAfter }), signal);
    }
  }
}
