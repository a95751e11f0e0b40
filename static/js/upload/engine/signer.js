/**
 * Signed URLs for parts whose checksums are known, requested in batches. Parts wait until `flush`; while a call is running
 * the next ones collect, so a fast disk makes larger batches instead of more calls. A large file has a batcher of its own,
 * and all small files share one.
 */
import { problemError } from "../net/api.js";
import { checksumsOf } from "../hashing/digest.js";
import { retry } from "../net/retry.js";
import { idOf } from "./file-upload.js";

/** @typedef {import("../hashing/digest.js").Digest} Digest */
/** @typedef {import("../net/api.js").Api} Api */
/** @typedef {import("../net/api.js").SignedPart} SignedPart */
/** @typedef {import("../net/retry.js").Sleeper} Sleeper */
/** @typedef {import("./file-upload.js").FileUpload} FileUpload */
/** @typedef {import("./parts.js").Part} Part */

/**
 * `expiresAt` is on the signer's clock; the URL is not used any more when it is closer than `margin` to it. In ms.
 *
 * @typedef {SignedPart & {expiresAt: number, margin: number}} SignedUrl
 */
/**
 * @typedef {object} SigningRequest
 * @property {FileUpload} file
 * @property {Part} part
 * @property {Digest} digest
 * @property {AbortSignal} signal
 * @property {(signedUrl: SignedUrl) => void} resolve
 * @property {(error: unknown) => void} reject
 */
/** @typedef {{waiting: SigningRequest[], isBusy: boolean}} Batcher */

export const MAX_PARTS_PER_CALL = 100;
/** A PUT has to start before its URL expires, so a URL this close to its end is not used; of a short validity, a third. */
const MARGIN_MS = 30_000;

/** The batcher of small files, instead of a file. */
const SMALL_FILES = Symbol("small files");

export class Signer {
  /** @type {Map<FileUpload | typeof SMALL_FILES, Batcher>} */
  #batchers = new Map();

  /** @param {{api: Api, sleeper: Pick<Sleeper, "sleep">, now?: () => number}} settings */
  constructor({ api, sleeper, now = () => performance.now() }) {
    this.api = api;
    this.sleeper = sleeper;
    this.now = now;
  }

  /**
   * @param {FileUpload} file
   * @param {Part} part
   * @param {Digest} digest
   * @param {AbortSignal} signal
   * @returns {Promise<SignedUrl>}
   */
  sign(file, part, digest, signal) {
    return new Promise((resolve, reject) => {
      const key = file.isSinglePart ? SMALL_FILES : file;
      const batcher = this.#batchers.get(key) ?? { waiting: [], isBusy: false };
      this.#batchers.set(key, batcher);
      batcher.waiting.push({ file, part, digest, signal, resolve, reject });
    });
  }

  /** How many parts wait for a call. */
  get waitingCount() {
    let count = 0;
    for (const { waiting } of this.#batchers.values()) count += waiting.length;
    return count;
  }

  flush() {
    for (const [key, batcher] of this.#batchers) if (!batcher.isBusy) void this.#run(key, batcher);
  }

  /** @param {SignedUrl | null} signedUrl */
  isFresh(signedUrl) {
    return signedUrl !== null && signedUrl.expiresAt - this.now() > signedUrl.margin;
  }

  /**
   * The validity of URLs that were requested at `requestedAt`.
   *
   * @param {number} requestedAt
   * @param {number} seconds
   */
  #validity(requestedAt, seconds) {
    return { expiresAt: requestedAt + seconds * 1000, margin: Math.min(MARGIN_MS, (seconds * 1000) / 3) };
  }

  /**
   * @param {FileUpload | typeof SMALL_FILES} key
   * @param {Batcher} batcher
   */
  async #run(key, batcher) {
    batcher.isBusy = true;
    await null; // requests of the same task go into one call
    while (batcher.waiting.length > 0) {
      const batch = batcher.waiting.splice(0, MAX_PARTS_PER_CALL).filter(({ signal, reject }) => {
        if (signal.aborted) reject(signal.reason);
        return !signal.aborted;
      });
      if (batch.length > 0) await (key === SMALL_FILES ? this.#signFiles(batch) : this.#signParts(batch));
    }
    this.#batchers.delete(key);
  }

  /** @param {SigningRequest[]} batch  parts of one file */
  async #signParts(batch) {
    const [{ file, signal }] = batch;
    const parts = batch.map(({ part, digest }) => ({ number: part.number, ...checksumsOf(digest) }));
    try {
      const requestedAt = this.now();
      const response = await retry(() => this.api.signParts(idOf(file), parts, { signal }), { sleeper: this.sleeper, signal });
      const validity = this.#validity(requestedAt, response.expires_in);
      const signedParts = new Map(response.parts.map((signedPart) => [signedPart.number, signedPart]));
      for (const { part, resolve, reject } of batch) {
        const signedPart = signedParts.get(part.number);
        if (signedPart) resolve({ ...signedPart, ...validity });
        else reject(new Error(`no URL for part ${part.number}`));
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  /**
   * Without the signals of the files: the end of one file must not end the call of the others.
   *
   * @param {SigningRequest[]} batch
   */
  async #signFiles(batch) {
    const files = batch.map(({ file, digest }) => ({ id: idOf(file), ...checksumsOf(digest) }));
    try {
      const requestedAt = this.now();
      const response = await retry(() => this.api.signFiles(files), { sleeper: this.sleeper });
      const validity = this.#validity(requestedAt, response.expires_in);
      for (const [index, { resolve, reject }] of batch.entries()) {
        const signedFile = response.files[index];
        if (signedFile.problem) reject(problemError(signedFile.problem));
        else resolve({ number: 1, url: signedFile.url, headers: signedFile.headers, ...validity });
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
