/**
 * How many bytes may be in flight: about `IN_FLIGHT_SECONDS` of the connection, so that a network error, a reload or a stop
 * loses no more. The rate is that of parts that have arrived, because bytes that were sent may still be in a buffer. The
 * browser stores the last rate: it decides about the size of parts on the next page.
 */

/** The smallest part that S3 accepts, except for the last one of a file. */
export const MIN_PART_BYTES = 5 * 1024 * 1024;
const IN_FLIGHT_SECONDS = 16;
/** Four parts of this length use the whole connection and are one loss. */
const PART_SECONDS = 4;
/** Smaller parts are limited by round trips and do not measure the connection. */
const MIN_MEASURED_BYTES = 256 * 1024;
/** The weight of the newest part in the rate. */
const NEWEST_WEIGHT = 0.4;
const KEY = "upload-line";
const MAX_AGE_MS = 12 * 3600_000;

/** @typedef {Pick<Storage, "getItem" | "setItem">} RateStorage */

export class Bandwidth {
  /** @type {number | null} bytes a second */
  #rate = null;
  /** @type {number | null} */
  #storedRate;

  /** @param {{storage?: RateStorage | null, now?: () => number}} [settings] */
  constructor({ storage = browserStorage(), now = Date.now } = {}) {
    this.storage = storage;
    this.now = now;
    this.#storedRate = this.#readRate();
  }

  /**
   * Records that a part has arrived.
   *
   * @param {number} bytes
   * @param {number} ms
   * @param {number} concurrency  how many parts shared the connection
   */
  addArrival(bytes, ms, concurrency) {
    if (bytes < MIN_MEASURED_BYTES || ms <= 0) return;
    const rate = (bytes * concurrency * 1000) / ms;
    this.#rate = this.#rate === null ? rate : this.#rate * (1 - NEWEST_WEIGHT) + rate * NEWEST_WEIGHT;
    this.#storedRate = this.#rate;
    this.#writeRate(this.#rate);
  }

  /** The bytes that may be in flight; one smallest part until something has arrived. */
  get budget() {
    return Math.max(MIN_PART_BYTES, (this.#rate ?? 0) * IN_FLIGHT_SECONDS);
  }

  /**
   * Whether a part of `bytes` may be sent while `inFlightBytes` are in flight. One part is always allowed.
   *
   * @param {number} bytes
   * @param {number} inFlightBytes
   */
  allows(bytes, inFlightBytes) {
    return inFlightBytes === 0 || inFlightBytes + bytes <= this.budget;
  }

  /** The longest part to request; the server accepts less than its own setting, never more. */
  get partSize() {
    return Math.max(MIN_PART_BYTES, Math.floor((this.#storedRate ?? 0) * PART_SECONDS));
  }

  /** @returns {number | null} */
  #readRate() {
    try {
      const { rate, at: storedAt } = JSON.parse(this.storage?.getItem(KEY) ?? "{}");
      return this.now() - storedAt < MAX_AGE_MS && rate > 0 ? rate : null;
    } catch {
      return null;
    }
  }

  /** @param {number} rate */
  #writeRate(rate) {
    try {
      this.storage?.setItem(KEY, JSON.stringify({ rate: Math.round(rate), "at": this.now() }));
    } catch {
      // The browser stores nothing: the next page starts with small parts.
    }
  }
}

/** Null in browsers that store nothing: some of them refuse even the access. */
function browserStorage() {
  try {
    return globalThis.localStorage;
  } catch {
    return null;
  }
}
