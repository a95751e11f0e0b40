/** Signed URLs of the files of a plan, requested in batches shortly before they are needed: each is valid for minutes. */
import { UnavailableError } from "./range-reader.js";

/**
 * @typedef {{id: string, name: string, size: number}} ArchiveFile
 * @typedef {{id: string, url: string, expires_in: number}} SignedLink
 * @typedef {{links: SignedLink[], needs_cookies?: boolean}} LinksResponse
 * @typedef {import("./range-reader.js").Fetcher} Fetcher
 */

const MAX_BATCH_FILES = 100;
/** A batch holds about as much as a browser fetches while its links are valid. */
const MAX_BATCH_BYTES = 64 * 1024 * 1024;
const EXPIRY_MARGIN_MS = 15_000;
/** With so few links remaining, and so few bytes behind them, the next batch is requested early. */
const PREFETCH_FILES = 30;
const PREFETCH_BYTES = 8 * 1024 * 1024;

export class Links {
  /** @type {Map<number, {url: string, validUntil: number}>}  by the index of the file */
  #links = new Map();
  /** @type {Promise<void> | null} */
  #pendingRequest = null;
  /** Whether storage needs cookies that the site has set for it, in place of a signature in each URL. */
  needsCookies = false;
  /** Where the latest batch ends. */
  #batchEnd = 0;

  /**
   * @param {{linksUrl: string, csrf: string, files: ArchiveFile[]}} plan
   * @param {{fetcher?: Fetcher, now?: () => number}} [environment]
   */
  constructor({ linksUrl, csrf, files }, environment = {}) {
    this.linksUrl = linksUrl;
    this.csrf = csrf;
    this.files = files;
    this.fetcher = environment.fetcher ?? ((url, options) => fetch(url, options));
    this.now = environment.now ?? (() => performance.now());
  }

  /**
   * The signed URL of the file at `index`, a new one with `renew`.
   *
   * @param {number} index
   */
  async urlOf(index, { renew = false } = {}) {
    if (renew) this.#links.delete(index);
    let link = this.#validLink(index);
    while (!link) {
      this.#pendingRequest ??= this.#requestBatch(index).finally(() => (this.#pendingRequest = null));
      await this.#pendingRequest;
      link = this.#validLink(index);
    }
    this.#prefetch(index);
    return link.url;
  }

  /**
   * An error here is reported when the link is needed and requested once more.
   *
   * @param {number} index
   */
  #prefetch(index) {
    const remaining = this.files.slice(index, this.#batchEnd);
    if (this.#pendingRequest || this.#batchEnd >= this.files.length || remaining.length > PREFETCH_FILES) return;
    if (remaining.reduce((sum, { size }) => sum + size, 0) > PREFETCH_BYTES) return;
    this.#pendingRequest = this.#requestBatch(this.#batchEnd)
      .catch(() => {})
      .finally(() => (this.#pendingRequest = null));
  }

  /** @param {number} index */
  #validLink(index) {
    const link = this.#links.get(index);
    return link && link.validUntil - this.now() > EXPIRY_MARGIN_MS ? link : null;
  }

  /** @param {number} start  the index of the first file */
  async #requestBatch(start) {
    const batch = this.#batch(start);
    this.#batchEnd = start + batch.length;
    const body = new URLSearchParams(batch.map((index) => ["file", this.files[index].id]));
    const requestedAt = this.now();
    const headers = { "X-CSRFToken": this.csrf };
    const response = await this.fetcher(this.linksUrl, { method: "POST", body, headers, cache: "no-store" });
    if (response.status >= 400 && response.status < 500 && response.status !== 429) {
      throw new UnavailableError("share-ended");
    }
    if (!response.ok) throw new Error(`the site answered ${response.status}`);
    const { links, needs_cookies: needsCookies = false } = /** @type {LinksResponse} */ (await response.json());
    this.needsCookies = needsCookies;
    for (const [position, { url, expires_in: seconds }] of links.entries()) {
      this.#links.set(batch[position], { url, validUntil: requestedAt + Math.max(seconds * 1000, EXPIRY_MARGIN_MS + 1000) });
    }
  }

  /** @param {number} start */
  #batch(start) {
    /** @type {number[]} */
    const batch = [];
    let bytes = 0;
    for (let index = start; index < this.files.length && batch.length < MAX_BATCH_FILES; index += 1) {
      bytes += this.files[index].size;
      if (batch.length > 0 && bytes > MAX_BATCH_BYTES) break;
      batch.push(index);
    }
    return batch;
  }
}
