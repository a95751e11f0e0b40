/**
 * How many parts travel at once: 2 to 8, by what the line gives.
 *
 * One more part is tried; if the whole got noticeably faster the limit stays and the next one is tried, else it is
 * lowered again and the next trial waits. A failure of the line lowers the limit. Small files are bound by round trips,
 * not by the line: for them the maximum holds. Pure arithmetic on a given clock; knows no network.
 */

export const MIN_PARTS = 2;
export const MAX_PARTS = 8;
const START = 4;
/** One measurement. Long enough that a part's pause for its answer does not count as a slower line. */
const PERIOD_MS = 1_200;
/** A trial must bring this factor more, or it was noise. */
const GAIN = 1.06;
/** Periods until the next trial, after one that brought nothing and after a failure. */
const REST_PERIODS = 8;
const REST_PERIODS_AFTER_FAILURE = 4;
/** Files below this are small. */
export const SMALL_BYTES = 1024 * 1024;

export class Concurrency {
  #count = START;
  #period = null;
  #trial = null;
  #restPeriods = 0;
  #hasFailed = false;

  constructor({ min = MIN_PARTS, max = MAX_PARTS, start = START, now = () => performance.now() } = {}) {
    Object.assign(this, { min, max, now });
    this.#count = Math.min(max, Math.max(min, start));
  }

  /** Places for parts of `size` bytes. */
  limitFor(size = Infinity) {
    return size < SMALL_BYTES && !this.#hasFailed ? this.max : this.#count;
  }

  get count() {
    return this.#count;
  }

  /** `bytes` have left; `busy`: as many parts as allowed were being sent. */
  moved(bytes, busy = true) {
    const now = this.now();
    this.#period ??= { since: now, bytes: 0, busy: true };
    this.#period.bytes += bytes;
    this.#period.busy &&= busy;
    const took = now - this.#period.since;
    if (took < PERIOD_MS) return;
    const { bytes: sum, busy: full } = this.#period;
    this.#period = { since: now, bytes: 0, busy: true };
    this.#hasFailed = false;
    if (full && took < 3 * PERIOD_MS) this.#judge(sum / took);
    else this.#trial = null;
  }

  /** Nothing is on its way: what was being measured says nothing of the line. */
  idle() {
    this.#period = null;
  }

  /** The line cut, stalled or asked to slow down. Many at the same moment are one failure. */
  reportFailure() {
    this.#period = null;
    this.#trial = null;
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#count = Math.max(this.min, this.#count - 1);
    this.#restPeriods = REST_PERIODS_AFTER_FAILURE;
  }

  #judge(rate) {
    if (this.#trial) {
      if (rate < this.#trial.before * GAIN) {
        this.#count = Math.max(this.min, this.#count - 1);
        this.#trial = null;
        this.#restPeriods = REST_PERIODS;
        return;
      }
      this.#trial = null;
    } else if (this.#restPeriods > 0) {
      this.#restPeriods -= 1;
      return;
    }
    if (this.#count >= this.max) return;
    this.#trial = { before: rate };
    this.#count += 1;
  }
}
