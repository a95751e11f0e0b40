/**
 * The browser opens six connections to a host (HTTP/1.1) and lets further requests wait, without a word about it. A
 * request that has not begun must not be taken for a dead one, so each learns when its turn can have come.
 */

export const MAX_CONNECTIONS = 6;

export class Connections {
  #open = 0;
  #waiting = [];

  constructor(limit = MAX_CONNECTIONS) {
    this.limit = limit;
  }

  /** Wait for a turn; `onTurn` is called as soon as a connection is free. Returns a function that ends the turn. */
  enter(onTurn) {
    const turn = { onTurn, open: false, isOver: false };
    this.#waiting.push(turn);
    this.#next();
    return () => this.#leave(turn);
  }

  #next() {
    while (this.#open < this.limit && this.#waiting.length > 0) {
      const turn = this.#waiting.shift();
      turn.open = true;
      this.#open += 1;
      turn.onTurn();
    }
  }

  #leave(turn) {
    if (turn.isOver) return;
    turn.isOver = true;
    if (turn.open) this.#open -= 1;
    else this.#waiting.splice(this.#waiting.indexOf(turn), 1);
    this.#next();
  }
}
