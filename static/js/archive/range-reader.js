/** The bytes of one stored file. What breaks off goes on where it broke, from a fresh link, without another download. */

const PATIENCE = 8;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const STALL_MS = 30_000;

/** The share ended, or this browser's grant did: nothing that is tried again would help. */
export class EndedError extends Error {}

export class Source {
  /** `link(again)` promises an address, another one than before for `again`. */
  constructor({ file, link, fetcher, signal, onBytes, wait = pause }) {
    Object.assign(this, { file, link, fetcher, signal, onBytes, wait });
    this.at = 0;
    this.failures = 0;
  }

  /** All of it as one array; for small files. */
  async all() {
    const bytes = new Uint8Array(this.file.size);
    let filled = 0;
    for await (const piece of this.pieces()) {
      bytes.set(piece, filled);
      filled += piece.length;
    }
    return bytes;
  }

  /** `onFailure` gets the reason of an abort, which a reader may not report; `onEnd` gets whether the stream is complete. */
  stream(onFailure, onEnd = () => {}) {
    const pieces = this.pieces();
    return new ReadableStream({
      pull: async (controller) => {
        try {
          const { value, done } = await pieces.next();
          if (!done) {
            controller.enqueue(value);
            return;
          }
          controller.close();
          onEnd(true);
        } catch (error) {
          onFailure(error);
          throw error;
        }
      },
      cancel: () => {
        onEnd(false);
        void pieces.return();
      },
    });
  }

  async *pieces() {
    while (this.at < this.file.size) {
      try {
        yield* this.#some();
      } catch (error) {
        this.signal.throwIfAborted();
        this.failures += 1;
        if (error instanceof EndedError || this.failures > PATIENCE) throw error;
        await this.wait(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.failures), this.signal);
      }
    }
  }

  async *#some() {
    const stall = new Stall(this.signal);
    try {
      this.signal.throwIfAborted();
      const url = await unlessAborted(this.link(this.failures > 0), this.signal);
      const headers = this.at > 0 ? { Range: `bytes=${this.at}-` } : {};
      const answer = await this.fetcher(url, { headers, signal: stall.signal, cache: "no-store" });
      if (answer.status === 404) throw new EndedError(`“${this.file.name}” is not in the storage any more.`);
      if (answer.status !== (this.at > 0 ? 206 : 200)) throw new Error(`the storage answered ${answer.status}`);
      const reader = answer.body.getReader();
      for (;;) {
        stall.watch();
        const { value, done } = await reader.read();
        if (done) break;
        yield this.#counted(value);
      }
      if (this.at < this.file.size) throw new Error("the connection ended early");
    } finally {
      stall.end();
    }
  }

  #counted(piece) {
    this.at += piece.length;
    // An archive whose entries are not as long as announced would be broken further on: break off here instead.
    if (this.at > this.file.size) throw new EndedError(`“${this.file.name}” is not as long as it was.`);
    this.failures = 0;
    this.onBytes(piece.length);
    return piece;
  }
}

/** A link may take long to come, and nobody wants it any more. */
function unlessAborted(promise, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** Aborts a request that has been silent for too long, or that nobody wants any more. */
class Stall {
  #abort = new AbortController();
  #timer = 0;

  constructor(signal) {
    this.signal = AbortSignal.any([signal, this.#abort.signal]);
    this.watch();
  }

  watch() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#abort.abort(new Error("no byte came for a while")), STALL_MS);
  }

  end() {
    clearTimeout(this.#timer);
    this.#abort.abort();
  }
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms * (0.75 + Math.random() / 2));
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
