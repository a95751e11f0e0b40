/**
 * How much of the line to the storage may be at stake: all parts on their way together are about `CUT_SECONDS` of it, so
 * that a cut, a reload or a stop at once costs no more. The rate is that of parts that have arrived, since bytes that
 * have left may still lie in a buffer. The last rate is remembered by the browser: it decides how files are cut.
 */

/** S3 takes no smaller parts, the last one of a file excepted. */
export const MIN_PART_BYTES = 5 * 1024 * 1024;
const CUT_SECONDS = 16;
/** Four parts of this length keep a line full and are one cut. */
const PART_SECONDS = 4;
/** What is smaller is bound by round trips and says nothing of the line. */
const TELLING_BYTES = 256 * 1024;
/** Share of the newest part in the rate. */
const NEWEST = 0.4;
const KEY = "upload-line";
const REMEMBER_MS = 12 * 3600_000;

export class Bandwidth {
  #rate = null;
  #remembered;

  constructor({ memory = browserMemory(), now = Date.now } = {}) {
    Object.assign(this, { memory, now });
    this.#remembered = this.#recall();
  }

  /** A part of `bytes` took `ms` to arrive while `abreast` parts shared the line. */
  addArrival(bytes, ms, abreast) {
    if (bytes < TELLING_BYTES || ms <= 0) return;
    const rate = (bytes * abreast * 1000) / ms;
    this.#rate = this.#rate === null ? rate : this.#rate * (1 - NEWEST) + rate * NEWEST;
    this.#remembered = this.#rate;
    this.#remember();
  }

  /** Bytes that may be on their way together; one smallest part until something has arrived. */
  get budget() {
    return Math.max(MIN_PART_BYTES, (this.#rate ?? 0) * CUT_SECONDS);
  }

  /** Whether a part of `bytes` may leave while `flying` bytes are on their way. One part always may. */
  allows(bytes, flying) {
    return flying === 0 || flying + bytes <= this.budget;
  }

  /** The longest part that files should be cut into; the server takes less than its own setting, never more. */
  get partSize() {
    return Math.max(MIN_PART_BYTES, Math.floor((this.#remembered ?? 0) * PART_SECONDS));
  }

  #recall() {
    try {
      const { rate, at } = JSON.parse(this.memory.getItem(KEY));
      return this.now() - at < REMEMBER_MS && rate > 0 ? rate : null;
    } catch {
      return null;
    }
  }

  #remember() {
    try {
      this.memory.setItem(KEY, JSON.stringify({ rate: Math.round(this.#rate), at: this.now() }));
    } catch {
      // Nothing is kept by this browser: the next page begins with small parts again.
    }
  }
}

/** Browsers that keep nothing refuse even to be asked. */
function browserMemory() {
  try {
    return globalThis.localStorage;
  } catch {
    return null;
  }
}
