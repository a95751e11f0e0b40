/** How fast bytes leave, smoothed over the last seconds, and how long the rest will take. */

const WINDOW_MS = 10_000;
const STEP_MS = 200;
/** Before this much has been seen any number would be a guess. */
const WARM_UP_MS = 1_000;

export class Speed {
  #samples = [];

  /** Note that `bytes` have been sent in all, at `now` in milliseconds. Bytes taken back lower the rate, never below 0. */
  note(bytes, now) {
    const last = this.#samples.at(-1);
    if (last && now - last.now < STEP_MS) return;
    this.#samples.push({ bytes, now });
    while (this.#samples.length > 2 && now - this.#samples[1].now >= WINDOW_MS) this.#samples.shift();
  }

  reset() {
    this.#samples = [];
  }

  /** Bytes a second, or null while it is too early to say. */
  rate() {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || last.now - first.now < WARM_UP_MS) return null;
    return Math.max(0, ((last.bytes - first.bytes) * 1000) / (last.now - first.now));
  }

  /** Seconds until `bytes` more are sent, or null when nobody can say. */
  secondsFor(bytes) {
    const rate = this.rate();
    return rate ? bytes / rate : null;
  }
}
