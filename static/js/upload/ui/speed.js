/** The rate of an upload, smoothed over the last seconds, and the time that remains. */

const WINDOW_MS = 10_000;
const SAMPLE_INTERVAL_MS = 200;
/** After a shorter time a rate would be a guess. */
const WARM_UP_MS = 1_000;

export class Speed {
  /** @type {{bytes: number, now: number}[]} */
  #samples = [];

  /**
   * Bytes that are cut off and sent again lower the rate, but never below 0.
   *
   * @param {number} bytes  sent so far
   * @param {number} now  in milliseconds
   */
  addSample(bytes, now) {
    const last = this.#samples.at(-1);
    if (last && now - last.now < SAMPLE_INTERVAL_MS) return;
    this.#samples.push({ bytes, now });
    while (this.#samples.length > 2 && now - this.#samples[1].now >= WINDOW_MS) this.#samples.shift();
  }

  reset() {
    this.#samples = [];
  }

  /** Bytes a second, or null while the measurement is too short. */
  rate() {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.now - first.now < WARM_UP_MS) return null;
    return Math.max(0, ((last.bytes - first.bytes) * 1000) / (last.now - first.now));
  }
}
