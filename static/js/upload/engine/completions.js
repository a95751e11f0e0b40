/**
 * The last step of each file: the server compares what the storage has with what was signed. Large files are completed one
 * by one, small ones by the hundred; a problem of one file does not affect the others.
 */
import { problemError } from "../net/api.js";
import { ApiError, isAbort, recoveryFor, retryAfterOf } from "../net/errors.js";
import { Outage, backoff, retry } from "../net/retry.js";
import { idOf } from "./file-upload.js";

/** @typedef {import("../net/api.js").Api} Api */
/** @typedef {import("../net/retry.js").Sleeper} Sleeper */
/** @typedef {import("./file-upload.js").FileUpload} FileUpload */
/** @typedef {{waiting: FileUpload[], running: number}} Group */

const MAX_CONCURRENT = 4;
const MAX_CONCURRENT_BATCHES = 2;
const MAX_FILES_PER_CALL = 100;
/** While more files are being sent, a call waits for a batch of this size, or this long. */
const BATCH_SIZE = 50;
const BATCH_WAIT_MS = 250;
/** How often parts that the storage has lost are sent again before the file fails. */
const MAX_RETRIES = 5;

export class Completions {
  /** @type {Group} */
  #large = { waiting: [], running: 0 };
  /** @type {Group} */
  #small = { waiting: [], running: 0 };
  /** @type {Map<FileUpload, number>} how often each file was found incomplete */
  #incompleteCounts = new Map();
  #timer = 0;

  /**
   * @param {object} settings
   * @param {Api} settings.api
   * @param {Sleeper} settings.sleeper
   * @param {() => boolean} settings.hasMore  whether other files are still being sent
   * @param {(file: FileUpload) => Promise<string | null>} settings.hashOf  the file's SHA-256 in hexadecimal, if it is known
   * @param {(file: FileUpload) => void} settings.onReady
   * @param {(file: FileUpload, error: Error) => void} settings.onFailed
   * @param {(file: FileUpload) => void} settings.onReopened  the storage lacks parts of it, which have to be sent again
   */
  constructor({ api, sleeper, hasMore, hashOf, onReady, onFailed, onReopened }) {
    this.api = api;
    this.sleeper = sleeper;
    this.hasMore = hasMore;
    this.hashOf = hashOf;
    this.onReady = onReady;
    this.onFailed = onFailed;
    this.onReopened = onReopened;
  }

  /** @param {FileUpload} file */
  add(file) {
    (file.isSinglePart ? this.#small : this.#large).waiting.push(file);
    this.#startNext();
  }

  #startNext() {
    const [large, small] = [this.#large, this.#small];
    while (large.running < MAX_CONCURRENT && large.waiting.length > 0) void this.#run(large, large.waiting.splice(0, 1));
    while (small.running < MAX_CONCURRENT_BATCHES && this.#isBatchDue(small.waiting.length)) {
      void this.#run(small, small.waiting.splice(0, MAX_FILES_PER_CALL));
    }
  }

  /** @param {number} count */
  #isBatchDue(count) {
    if (count === 0) return false;
    if (count >= BATCH_SIZE || !this.hasMore()) return true;
    if (this.#timer === 0) this.#timer = setTimeout(() => this.#runPartialBatch(), BATCH_WAIT_MS);
    return false;
  }

  #runPartialBatch() {
    this.#timer = 0;
    const small = this.#small;
    if (small.waiting.length > 0) void this.#run(small, small.waiting.splice(0, MAX_FILES_PER_CALL));
  }

  /**
   * @param {Group} group
   * @param {FileUpload[]} files
   */
  async #run(group, files) {
    group.running += 1;
    const checkingFiles = files.filter((file) => file.state === "checking");
    if (checkingFiles.length > 0) {
      await (group === this.#large ? this.#completeFile(checkingFiles[0]) : this.#completeBatch(checkingFiles));
    }
    group.running -= 1;
    this.#startNext();
  }

  /** @param {FileUpload} file */
  async #completeFile(file) {
    const { signal } = file;
    try {
      const sha256 = await this.hashOf(file);
      const claims = sha256 ? { sha256 } : {};
      await retry(() => this.api.complete(idOf(file), claims, { signal }), { sleeper: this.sleeper, signal });
      this.onReady(file);
    } catch (error) {
      if (!isAbort(error)) await this.#handleError(file, /** @type {Error} */ (error));
    }
  }

  /** @param {FileUpload[]} files */
  async #completeBatch(files) {
    let remaining = files;
    const outage = new Outage();
    while (remaining.length > 0) {
      const { retryable, error } = await this.#requestCompletion(remaining);
      remaining = retryable.filter((file) => file.state === "checking");
      if (remaining.length === 0 || error === null) return;
      if (!outage.recordFailure()) {
        for (const file of remaining) this.onFailed(file, error);
        return;
      }
      await this.sleeper.sleep(backoff(outage.attempts, { retryAfter: retryAfterOf(error) }));
    }
  }

  /**
   * One call; the files whose problem passes by itself, with the last such error.
   *
   * @param {FileUpload[]} files
   */
  async #requestCompletion(files) {
    /** @type {FileUpload[]} */
    const retryable = [];
    /** @type {Error | null} */
    let lastError = null;
    /**
     * @param {FileUpload} file
     * @param {Error | null} error
     */
    const handleResult = async (file, error) => {
      if (file.state !== "checking") return;
      if (error === null) this.onReady(file);
      else if (recoveryFor(error) === "retry") {
        retryable.push(file);
        lastError = error;
      } else await this.#handleError(file, error);
    };
    try {
      const response = await this.api.completeFiles(files.map((file) => ({ id: idOf(file) })));
      for (const [index, { problem }] of response.files.entries()) {
        await handleResult(files[index], problem ? problemError(problem) : null);
      }
    } catch (error) {
      for (const file of files) await handleResult(file, /** @type {Error} */ (error));
    }
    return { retryable, error: /** @type {Error | null} */ (lastError) };
  }

  /**
   * A storage that was restarted may have lost parts: those that it does not list are sent again.
   *
   * @param {FileUpload} file
   * @param {Error} error
   */
  async #handleError(file, error) {
    const count = (this.#incompleteCounts.get(file) ?? 0) + 1;
    this.#incompleteCounts.set(file, count);
    if (!(error instanceof ApiError) || error.code !== "not-ready" || count > MAX_RETRIES) {
      this.onFailed(file, error);
      return;
    }
    const { signal } = file;
    try {
      await this.sleeper.sleep(backoff(count), signal);
      const uploadState = await retry(() => this.api.upload(idOf(file), { signal }), { sleeper: this.sleeper, signal });
      if (file.state !== "checking") return;
      if (uploadState.state !== "uploading") {
        this.onReady(file);
        return;
      }
      file.reopen(uploadState);
      this.onReopened(file);
    } catch (stateError) {
      if (!isAbort(stateError)) this.onFailed(file, /** @type {Error} */ (stateError));
    }
  }
}
