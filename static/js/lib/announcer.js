/** For those who listen, and for those in another tab: a polite live region at most every 5 s, and the page's title. */

const PAUSE_MS = 5_000;

export class Announcer {
  #region;
  #title = globalThis.document?.title ?? "";
  #before = "";
  #said = "";
  #wanted = "";
  #last = -Infinity;
  #timer = 0;

  constructor(region) {
    this.#region = region;
  }

  /** Speak `words`, or the newest of them once it is time; `urgent` words (the end, a failure) do not wait. */
  say(words, { urgent = false } = {}) {
    this.#wanted = words;
    const early = this.#last + PAUSE_MS - performance.now();
    if (urgent || early <= 0) this.#speak();
    else if (this.#timer === 0) this.#timer = setTimeout(() => this.#speak(), early);
  }

  /** Put a word before the page's own title, or take it away. */
  title(word) {
    if (word === this.#before) return;
    this.#before = word;
    document.title = word ? `${word} · ${this.#title}` : this.#title;
  }

  #speak() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.#wanted === this.#said) return;
    this.#said = this.#wanted;
    this.#last = performance.now();
    this.#region.textContent = this.#wanted;
  }
}
