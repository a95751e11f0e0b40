/**
 * The browser opens six connections to a host (HTTP/1.1) and lets further requests wait, without a word about it. A
 * request that has not begun must not be taken for a dead one, so each learns when its turn can have come.
 */

export const AT_ONCE = 6;

export class Connections {
  #open = 0;
  #waiting = [];

  constructor(most = AT_ONCE) {
    this.most = most;
  }

  /** Take a place; `onTurn` is called as soon as no more than five others are before it. Returns how to leave. */
  enter(onTurn) {
    const place = { onTurn, open: false, left: false };
    this.#waiting.push(place);
    this.#next();
    return () => this.#leave(place);
  }

  #next() {
    while (this.#open < this.most && this.#waiting.length > 0) {
      const place = this.#waiting.shift();
      place.open = true;
      this.#open += 1;
      place.onTurn();
    }
  }

  #leave(place) {
    if (place.left) return;
    place.left = true;
    if (place.open) this.#open -= 1;
    else this.#waiting.splice(this.#waiting.indexOf(place), 1);
    this.#next();
  }
}
