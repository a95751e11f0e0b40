/**
 * How many parts are sent at a time: 2 to 8, depending on the connection.
 *
 * A trial adds one part. If the total became noticeably faster, the limit stays and the next trial follows; otherwise the
 * limit is lowered again, and the next trial waits. A failure lowers the limit. Small files are limited by round trips and
 * not by the connection: for them the maximum applies. Pure arithmetic on a clock.
 */

export const MIN_PARTS = 2;
export const MAX_PARTS = 8;
const START = 4;
/** One measurement; so long that the time in which a part waits for its response does not count as a slower connection. */
const PERIOD_MS = 1_200;
/** A trial has to bring this factor, or it was noise. */
const MIN_GAIN = 1.06;
/** Periods until the next trial, after one that brought nothing and after a failure. */
const REST_PERIODS = 8;
const REST_PERIODS_AFTER_FAILURE = 4;
/** Files below this are small. */
export const SMALL_BYTES = 1024 * 1024;

/** `isFull`: as many parts as allowed were sent in all of it. */
/** @typedef {{startedAt: number, bytes: number, isFull: boolean}} Period */

export class Concurrency {
  #count = START;
  /** @type {Period | null} */
  #period = null;
  /** @type {number | null} the rate before the trial that is running, in bytes a millisecond */
  #baseRate = null;
  #restPeriods = 0;
  #hasFailed = false;

  /** @param {{min?: number, max?: number, start?: number, now?: () => number}} [settings] */
  constructor({ min = MIN_PARTS, max = MAX_PARTS, start = START, now = () => performance.now() } = {}) {
    this.min = min;
    this.max = max;
    this.now = now;
    this.#count = Math.min(max, Math.max(min, start));
  }

  /** How many parts of `size` bytes may be sent at a time. */
  limitFor(size = Infinity) {
    return size < SMALL_BYTES && !this.#hasFailed ? this.max : this.#count;
  }

  get count() {
    return this.#count;
  }

  /**
   * @param {number} bytes  sent since the last call
   * @param {boolean} [isFull]  whether as many parts as allowed are being sent
   */
  recordProgress(bytes, isFull = true) {
    const now = this.now();
    this.#period ??= { startedAt: now, bytes: 0, isFull: true };
    this.#period.bytes += bytes;
    this.#period.isFull &&= isFull;
    const ms = now - this.#period.startedAt;
    if (ms < PERIOD_MS) return;
    const period = this.#period;
    this.#period = { startedAt: now, bytes: 0, isFull: true };
    this.#hasFailed = false;
    if (period.isFull && ms < 3 * PERIOD_MS) this.#adjust(period.bytes / ms);
    else this.#baseRate = null;
  }

  /** Nothing is in flight: the current measurement does not measure the connection. */
  recordIdle() {
    this.#period = null;
  }

  /** The connection was cut, stalled, or the storage requested fewer requests. Many at the same moment are one failure. */
  recordFailure() {
    this.#period = null;
    this.#baseRate = null;
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#count = Math.max(this.min, this.#count - 1);
    this.#restPeriods = REST_PERIODS_AFTER_FAILURE;
  }

  /** @param {number} rate */
  #adjust(rate) {
    if (this.#baseRate !== null) {
      const isFaster = rate >= this.#baseRate * MIN_GAIN;
      this.#baseRate = null;
      if (!isFaster) {
        this.#count = Math.max(this.min, this.#count - 1);
        this.#restPeriods = REST_PERIODS;
        return;
      }
    } else if (this.#restPeriods > 0) {
      this.#restPeriods -= 1;
      return;
    }
    if (this.#count >= this.max) return;
    this.#baseRate = rate;
    this.#count += 1;
  }
}
