/**
 * One download: the files of a plan, in order, as one stored ZIP whose length is known before its first byte. A single
 * file is sent as it is.
 */
import { makeZip, predictLength } from "client-zip";
import { RangeReader, UnavailableError } from "./range-reader.js";
import { Links } from "./links.js";
import { withBackpressure } from "./backpressure.js";

/**
 * @typedef {import("./links.js").ArchiveFile} ArchiveFile
 * @typedef {import("./range-reader.js").Fetcher} Fetcher
 */
/**
 * What a page asks the service worker for; `path` is the address that the browser then opens.
 * @typedef {{path: string, disposition: string, linksUrl: string, csrf: string, files: ArchiveFile[]}} Plan
 */
/**
 * `reason` is there after a failure, `fileName` if one file is its reason.
 * @typedef {object} ArchiveProgress
 * @property {"waiting" | "started" | "going" | "done" | "failed" | "canceled"} state
 * @property {number} bytes
 * @property {number} total
 * @property {import("./range-reader.js").FailureReason} [reason]
 * @property {string} [fileName]
 */

/** Files up to this size are fetched ahead, some at a time: thousands of small ones would otherwise wait in a row. */
const MAX_PREFETCHED_BYTES = 256 * 1024;
const PREFETCH_FILES = 6;
const REPORT_INTERVAL_MS = 250;

export class ArchiveStream {
  #abort = new AbortController();
  #reportedAt = 0;

  /**
   * @param {Plan} plan
   * @param {(progress: ArchiveProgress) => void} onProgress
   * @param {{links?: Pick<Links, "urlOf"> & {needsCookies?: boolean}, fetcher?: Fetcher}} [environment]
   */
  constructor(plan, onProgress, { links = new Links(plan), fetcher = (url, options) => fetch(url, options) } = {}) {
    this.plan = plan;
    this.onProgress = onProgress;
    this.links = links;
    this.fetcher = fetcher;
    this.bytes = 0;
    this.total = plan.files.reduce((sum, { size }) => sum + size, 0);
    this.modified = new Date();
  }

  /** By the page, or by the browser that reads no further. The file that was being saved breaks off. */
  cancel() {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#report("canceled");
  }

  /** Without content if the page has given up waiting: the browser then saves nothing and stays on the page. */
  createResponse() {
    if (this.#abort.signal.aborted) return new Response(null, { status: 204 });
    const { files, disposition } = this.plan;
    const isSingle = files.length === 1;
    const length = isSingle ? files[0].size : predictLength(files.map(({ name, size }) => ({ name, size })));
    this.#report("started");
    return new Response(withBackpressure(isSingle ? this.#singleFile() : makeZip(this.#entries(), { buffersAreUTF8: true })), {
      headers: {
        "Content-Type": isSingle ? "application/octet-stream" : "application/zip",
        "Content-Length": String(length),
        "Content-Disposition": disposition,
        "X-Content-Type-Options": "nosniff",
      },
    });
  }

  #singleFile() {
    return this.#reader(0).stream(
      (error) => this.#fail(error),
      (isComplete) => (isComplete ? this.#report("done") : this.cancel()),
    );
  }

  /** Ends early when the download is canceled; throws, and so breaks the download off visibly, when a file fails. */
  async *#entries() {
    let isComplete = false;
    try {
      yield* this.#inputs();
      isComplete = true;
      this.#report("done");
    } catch (error) {
      this.#fail(error);
      throw error;
    } finally {
      if (!isComplete) this.cancel();
    }
  }

  async *#inputs() {
    const { files } = this.plan;
    /** @type {Map<number, Promise<Uint8Array<ArrayBuffer>>>} */
    const prefetched = new Map();
    for (const [index, file] of files.entries()) {
      const end = Math.min(index + PREFETCH_FILES, files.length);
      for (let next = index; prefetched.size < PREFETCH_FILES && next < end; next += 1) {
        if (files[next].size <= MAX_PREFETCHED_BYTES && !prefetched.has(next)) prefetched.set(next, this.#readAll(next));
      }
      const input = (await prefetched.get(index)) ?? this.#reader(index).stream((error) => this.#fail(error));
      prefetched.delete(index);
      try {
        yield { name: file.name, size: file.size, lastModified: this.modified, input };
      } catch (reason) {
        this.cancel(); // The browser reads no further; an error here is thrown further up.
        throw reason;
      }
      if (file.size > MAX_PREFETCHED_BYTES) this.#report("going");
    }
  }

  /** @param {number} index */
  #reader(index) {
    return new RangeReader({
      file: this.plan.files[index],
      getUrl: (options) => this.links.urlOf(index, options),
      fetcher: (url, options) => this.fetcher(url, this.links.needsCookies ? { ...options, credentials: "include" } : options),
      signal: this.#abort.signal,
      onBytes: (count) => {
        this.bytes += count;
        if (performance.now() - this.#reportedAt > REPORT_INTERVAL_MS) this.#report("going");
      },
    });
  }

  /** @param {number} index */
  #readAll(index) {
    const bytes = this.#reader(index).readAll();
    bytes.catch(() => {}); // reported when it is awaited
    return bytes;
  }

  /**
   * A canceled download is no failure.
   *
   * @param {unknown} error
   */
  #fail(error) {
    if (!this.#abort.signal.aborted) {
      const isUnavailable = error instanceof UnavailableError;
      this.#report("failed", isUnavailable ? { reason: error.reason, fileName: error.fileName } : { reason: "connection-lost" });
    }
    this.#abort.abort();
  }

  /**
   * @param {ArchiveProgress["state"]} state
   * @param {Pick<ArchiveProgress, "reason" | "fileName">} [failure]
   */
  #report(state, failure = {}) {
    this.#reportedAt = performance.now();
    this.onProgress({ state, ...failure, bytes: this.bytes, total: this.total });
  }
}
