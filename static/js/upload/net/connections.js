/**
 * A browser opens six connections to a host (HTTP/1.1) and queues further requests without any event. A request in that
 * queue is not stalled, so each is notified as soon as a connection can be free for it.
 */

export const MAX_CONNECTIONS = 6;

/** @typedef {{onStart: () => void, isStarted: boolean, isFinished: boolean}} QueuedRequest */

export class Connections {
  #openCount = 0;
  /** @type {QueuedRequest[]} */
  #waiting = [];

  constructor(limit = MAX_CONNECTIONS) {
    this.limit = limit;
  }

  /**
   * Adds a request to the queue. Returns a function that removes it, which frees its connection.
   *
   * @param {() => void} onStart  called as soon as a connection is free
   */
  enter(onStart) {
    const request = { onStart, isStarted: false, isFinished: false };
    this.#waiting.push(request);
    this.#startNext();
    return () => this.#leave(request);
  }

  #startNext() {
    while (this.#openCount < this.limit) {
      const request = this.#waiting.shift();
      if (!request) return;
      request.isStarted = true;
      this.#openCount += 1;
      request.onStart();
    }
  }

  /** @param {QueuedRequest} request */
  #leave(request) {
    if (request.isFinished) return;
    request.isFinished = true;
    if (request.isStarted) this.#openCount -= 1;
    else this.#waiting.splice(this.#waiting.indexOf(request), 1);
    this.#startNext();
  }
}
