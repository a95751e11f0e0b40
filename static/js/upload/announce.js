/** For those who listen, and for those in another tab: a polite live region at most every 5 s, and the page's title. */

const PAUSE_MS = 5_000;

export class Announcer {
  #region;
  #title = document.title;
  #said = "";
  #last = -Infinity;

  constructor(region) {
    this.#region = region;
  }

  /** Speak `words` unless it is too soon; `urgent` words (the end, a failure) are only kept from repeating. */
  say(words, { urgent = false, now = performance.now() } = {}) {
    if (words === this.#said || (!urgent && now - this.#last < PAUSE_MS)) return;
    this.#said = words;
    this.#last = now;
    this.#region.textContent = words;
  }

  /** Put a word before the page's own title, or take it away. */
  title(word) {
    const wanted = word ? `${word} · ${this.#title}` : this.#title;
    if (document.title !== wanted) document.title = wanted;
  }
}
