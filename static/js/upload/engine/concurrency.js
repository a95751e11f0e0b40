/**
 * How many parts travel at once: 2 to 8, by what the line gives.
 *
 * A lane is added for a trial; if the whole got noticeably faster it stays and the next one is tried, else it goes again
 * and the next trial waits. Trouble on the line takes a lane away. Small files are bound by round trips, not by the
 * line: for them every lane is open. Pure arithmetic on a clock that is given; knows no network.
 */

export const LEAST = 2;
export const MOST = 8;
const START = 4;
/** One measurement. Long enough that a part's pause for its answer does not count as a slower line. */
const PERIOD_MS = 1_200;
/** A trial lane must bring this share more, or it was noise. */
const GAIN = 1.06;
/** Periods until the next trial, after one that brought nothing and after trouble. */
const REST = 8;
const REST_AFTER_TROUBLE = 4;
/** Files below this are small. */
export const SMALL_BYTES = 1024 * 1024;

export class Lanes {
  #count = START;
  #period = null;
  #trial = null;
  #rest = 0;
  #troubled = false;

  constructor({ least = LEAST, most = MOST, start = START, now = () => performance.now() } = {}) {
    Object.assign(this, { least, most, now });
    this.#count = Math.min(most, Math.max(least, start));
  }

  /** Places for parts of `size` bytes. */
  places(size = Infinity) {
    return size < SMALL_BYTES && !this.#troubled ? this.most : this.#count;
  }

  get count() {
    return this.#count;
  }

  /** `bytes` have left; `busy` tells that no lane stood empty for want of work. */
  moved(bytes, busy = true) {
    const now = this.now();
    this.#period ??= { since: now, bytes: 0, busy: true };
    this.#period.bytes += bytes;
    this.#period.busy &&= busy;
    const took = now - this.#period.since;
    if (took < PERIOD_MS) return;
    const { bytes: sum, busy: full } = this.#period;
    this.#period = { since: now, bytes: 0, busy: true };
    this.#troubled = false;
    if (full && took < 3 * PERIOD_MS) this.#judge(sum / took);
    else this.#trial = null;
  }

  /** Nothing is on its way: what was being measured says nothing of the line. */
  idle() {
    this.#period = null;
  }

  /** The line cut, stalled or asked to slow down. Many at the same moment are one trouble. */
  trouble() {
    this.#period = null;
    this.#trial = null;
    if (this.#troubled) return;
    this.#troubled = true;
    this.#count = Math.max(this.least, this.#count - 1);
    this.#rest = REST_AFTER_TROUBLE;
  }

  #judge(rate) {
    if (this.#trial) {
      if (rate < this.#trial.before * GAIN) {
        this.#count = Math.max(this.least, this.#count - 1);
        this.#trial = null;
        this.#rest = REST;
        return;
      }
      this.#trial = null;
    } else if (this.#rest > 0) {
      this.#rest -= 1;
      return;
    }
    if (this.#count >= this.most) return;
    this.#trial = { before: rate };
    this.#count += 1;
  }
}
