/** The bytes of one stored file. An interrupted read continues where it broke off, from a new link, without another download. */

/** @typedef {(url: string, options: RequestInit) => Promise<Response>} Fetcher */

const MAX_RETRIES = 8;
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;
const STALL_MS = 30_000;

/**
 * Why a download fails; the page has a text for each.
 * @typedef {"share-ended" | "file-missing" | "file-changed" | "connection-lost"} FailureReason
 */

/** The share or a file is not available any more: a retry would not help. */
export class UnavailableError extends Error {
  /**
   * @param {Exclude<FailureReason, "connection-lost">} reason
   * @param {string} fileName
   */
  constructor(reason, fileName = "") {
    super(reason);
    this.reason = reason;
    this.fileName = fileName;
  }
}

export class RangeReader {
  /**
   * @param {object} options
   * @param {{name: string, size: number}} options.file
   * @param {(options: {renew: boolean}) => Promise<string>} options.getUrl  with `renew`, another one than before
   * @param {Fetcher} options.fetcher
   * @param {AbortSignal} options.signal
   * @param {(count: number) => void} options.onBytes
   * @param {(ms: number, signal: AbortSignal) => Promise<void>} [options.wait]
   */
  constructor({ file, getUrl, fetcher, signal, onBytes, wait = sleep }) {
    this.file = file;
    this.getUrl = getUrl;
    this.fetcher = fetcher;
    this.signal = signal;
    this.onBytes = onBytes;
    this.wait = wait;
    this.offset = 0;
    this.failures = 0;
  }

  /** All bytes as one array; for small files. */
  async readAll() {
    const bytes = new Uint8Array(this.file.size);
    let filled = 0;
    for await (const chunk of this.chunks()) {
      bytes.set(chunk, filled);
      filled += chunk.length;
    }
    return bytes;
  }

  /**
   * `onError` gets the reason why the stream breaks off, since its reader may report nothing; `onEnd` whether it is complete.
   *
   * @param {(error: unknown) => void} onError
   * @param {(isComplete: boolean) => void} onEnd
   */
  stream(onError, onEnd = () => {}) {
    const chunks = this.chunks();
    return new ReadableStream({
      pull: async (controller) => {
        try {
          const result = await chunks.next();
          if (!result.done) {
            controller.enqueue(result.value);
            return;
          }
          controller.close();
          onEnd(true);
        } catch (error) {
          onError(error);
          throw error;
        }
      },
      cancel: () => {
        onEnd(false);
        void chunks.return();
      },
    });
  }

  /** @returns {AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>} */
  async *chunks() {
    while (this.offset < this.file.size) {
      try {
        yield* this.#readRange();
      } catch (error) {
        this.signal.throwIfAborted();
        this.failures += 1;
        if (error instanceof UnavailableError || this.failures > MAX_RETRIES) throw error;
        await this.wait(Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** this.failures), this.signal);
      }
    }
  }

  async *#readRange() {
    const stall = new StallTimer(this.signal);
    try {
      this.signal.throwIfAborted();
      const url = await rejectOnAbort(this.getUrl({ renew: this.failures > 0 }), this.signal);
      const response = await this.#request(url, stall.signal);
      if (!response.body) throw new Error("the storage answered without a body");
      const reader = response.body.getReader();
      for (;;) {
        stall.restart();
        const { value, done } = await reader.read();
        if (done) break;
        yield this.#countBytes(value);
      }
      if (this.offset < this.file.size) throw new Error("the connection ended early");
    } finally {
      stall.end();
    }
  }

  /**
   * @param {string} url
   * @param {AbortSignal} signal
   */
  async #request(url, signal) {
    /** @type {Record<string, string>} */
    const headers = this.offset > 0 ? { Range: `bytes=${this.offset}-` } : {};
    const response = await this.fetcher(url, { headers, signal, cache: "no-store" });
    if (response.status === 404) throw new UnavailableError("file-missing", this.file.name);
    if (response.status !== (this.offset > 0 ? 206 : 200)) throw new Error(`the storage answered ${response.status}`);
    return response;
  }

  /** @param {Uint8Array<ArrayBuffer>} chunk */
  #countBytes(chunk) {
    this.offset += chunk.length;
    // An archive whose entries are longer than announced would be broken further on: break off here instead.
    if (this.offset > this.file.size) throw new UnavailableError("file-changed", this.file.name);
    this.failures = 0;
    this.onBytes(chunk.length);
    return chunk;
  }
}

/**
 * For a promise that may take long to settle, and whose value nobody needs after an abort.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} signal
 * @returns {Promise<T>}
 */
function rejectOnAbort(promise, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** Aborts a request that receives nothing for too long, or that is canceled. */
class StallTimer {
  #abort = new AbortController();
  #timer = 0;

  /** @param {AbortSignal} signal */
  constructor(signal) {
    this.signal = AbortSignal.any([signal, this.#abort.signal]);
    this.restart();
  }

  restart() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#abort.abort(new Error("no byte came for a while")), STALL_MS);
  }

  end() {
    clearTimeout(this.#timer);
    this.#abort.abort();
  }
}

/**
 * Waits for about `ms`; the jitter keeps many browsers from retrying at the same moment.
 *
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms * (0.75 + Math.random() / 2));
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
