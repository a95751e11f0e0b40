/**
 * The parts that are read and signed before a connection is free for them: a few of large files, and more of small files,
 * because their URLs are requested by the hundred.
 */
import { Counter } from "./counter.js";
import { choose } from "./part-queue.js";

/** @typedef {import("../hashing/digest.js").Digester} Digester */
/** @typedef {import("./file-upload.js").FileUpload} FileUpload */
/** @typedef {import("./parts.js").Part} Part */
/** @typedef {import("./signer.js").Signer} Signer */
/** @typedef {{file: FileUpload, part: Part, signal: AbortSignal}} PreparedPart */

const MAX_SMALL_PARTS = 200;
const MAX_SMALL_BYTES = 32 * 1024 * 1024;

export class Prefetch {
  /** @type {Counter<FileUpload>} */
  #counts = new Counter();
  #bytes = 0;
  /** @type {PreparedPart[]} signed, and waiting for a connection */
  #prepared = [];

  /**
   * @param {object} settings
   * @param {Pick<Digester, "digest">} settings.digester
   * @param {Signer} settings.signer
   * @param {(file: FileUpload, error: Error) => void} settings.onFailed
   * @param {() => void} settings.onChange  a part is prepared, or is not going to be
   */
  constructor({ digester, signer, onFailed, onChange }) {
    this.digester = digester;
    this.signer = signer;
    this.onFailed = onFailed;
    this.onChange = onChange;
  }

  /** How many parts are being prepared or are prepared. */
  get total() {
    return this.#counts.total;
  }

  /** @param {FileUpload} file */
  countOf(file) {
    return this.#counts.get(file);
  }

  /** Whether further parts can be prepared if they are small. */
  get hasCapacity() {
    return this.#hasCapacityFor(MAX_SMALL_PARTS);
  }

  /** Whether so many small parts can be prepared that a batch of URLs is worth its call. */
  get hasCapacityForBatch() {
    return this.#hasCapacityFor(MAX_SMALL_PARTS / 2);
  }

  /** @param {number} maxParts */
  #hasCapacityFor(maxParts) {
    return this.total < maxParts && this.#bytes < MAX_SMALL_BYTES;
  }

  /**
   * Reads and signs a part.
   *
   * @param {PreparedPart} item
   */
  async prepare({ file, part, signal }) {
    const item = { file, part, signal };
    this.#count(item, 1);
    try {
      await this.#sign(item);
      if (file.state === "uploading") this.#prepared.push(item);
      else {
        this.#count(item, -1);
        file.requeuePart(part);
      }
    } catch (error) {
      this.#count(item, -1);
      if (!signal.aborted) this.onFailed(file, /** @type {Error} */ (error));
    }
    this.onChange();
  }

  /** @param {PreparedPart} item */
  async #sign({ file, part, signal }) {
    const origin = file.isSinglePart ? null : { file, number: part.number, signal };
    const digest = part.digest ?? (await this.digester.digest(file.bytesOf(part), origin));
    Object.assign(part, { digest });
    signal.throwIfAborted();
    const pendingUrl = this.signer.sign(file, part, digest, signal);
    this.flush();
    const signedUrl = await pendingUrl;
    signal.throwIfAborted();
    Object.assign(part, { signedUrl });
  }

  /** Requests URLs when no prepared part is left, or when no part is being read that could join the batch. */
  flush() {
    const preparedCount = this.#prepared.length;
    if (preparedCount === 0 || this.signer.waitingCount >= this.total - preparedCount) this.signer.flush();
  }

  /**
   * @param {PreparedPart} item
   * @param {1 | -1} delta
   */
  #count({ file, part }, delta) {
    this.#counts.add(file, delta);
    this.#bytes += delta * part.size;
  }

  /**
   * The next part to send, as `choose` of part-queue.js selects it.
   *
   * @param {{limit: number, countOf: (file: FileUpload) => number}} options
   */
  next(options) {
    return choose(this.#prepared, options);
  }

  /** @param {PreparedPart} item  a prepared part */
  remove(item) {
    this.#prepared.splice(this.#prepared.indexOf(item), 1);
    this.#count(item, -1);
  }

  /**
   * The parts of `file` that are signed and not sent yet.
   *
   * @param {FileUpload} file
   */
  preparedOf(file) {
    return this.#prepared.filter((item) => item.file === file);
  }
}
