/** Status messages for screen readers, in a polite live region at most every 5 s, and for other tabs, in the page's title. */

const INTERVAL_MS = 5_000;

export class Announcer {
  #region;
  #pageTitle = globalThis.document?.title ?? "";
  #titlePrefix = "";
  #announcedMessage = "";
  #latestMessage = "";
  #announcedAt = -Infinity;
  #timer = 0;

  /** @param {{textContent: string | null}} region  an element with a polite `aria-live` */
  constructor(region) {
    this.#region = region;
  }

  /**
   * Announces `message`, or the latest one as soon as the interval is over; an `urgent` one, such as a failure, does not wait.
   *
   * @param {string} message
   */
  announce(message, { urgent = false } = {}) {
    this.#latestMessage = message;
    const remaining = this.#announcedAt + INTERVAL_MS - performance.now();
    if (urgent || remaining <= 0) this.#render();
    else if (this.#timer === 0) this.#timer = setTimeout(() => this.#render(), remaining);
  }

  /**
   * Puts `prefix` before the page's own title; "" removes it.
   *
   * @param {string} prefix
   */
  setTitlePrefix(prefix) {
    if (prefix === this.#titlePrefix) return;
    this.#titlePrefix = prefix;
    document.title = prefix ? `${prefix} · ${this.#pageTitle}` : this.#pageTitle;
  }

  #render() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.#latestMessage === this.#announcedMessage) return;
    this.#announcedMessage = this.#latestMessage;
    this.#announcedAt = performance.now();
    this.#region.textContent = this.#latestMessage;
  }
}
