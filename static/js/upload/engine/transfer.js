/**
 * The engine: reads, signs and sends the parts of all files, several at a time, and requests the completion of each file
 * whose parts are all stored.
 *
 * Two limits apply: the number of concurrent PUTs (concurrency.js and bandwidth.js), and the number of parts that are
 * prepared for them (prefetch.js).
 */
import { recoveryFor, retryAfterOf } from "../net/errors.js";
import { Outage, Sleeper, backoff } from "../net/retry.js";
import { Bandwidth } from "./bandwidth.js";
import { Completions } from "./completions.js";
import { Concurrency } from "./concurrency.js";
import { Counter } from "./counter.js";
import { PartQueue, choose } from "./part-queue.js";
import { Prefetch } from "./prefetch.js";
import { Signer } from "./signer.js";

/** @typedef {import("../hashing/digest.js").Digester} Digester */
/** @typedef {import("../net/api.js").Api} Api */
/** @typedef {import("../net/put-part.js").PutRequest} PutRequest */
/** @typedef {import("./file-upload.js").FileUpload} FileUpload */
/** @typedef {import("./parts.js").Part} Part */
/** @typedef {import("./prefetch.js").PreparedPart} PreparedPart */
/** @typedef {import("./signer.js").SignedUrl} SignedUrl */
/** @typedef {Pick<Digester, "digest"> & Partial<Pick<Digester, "hashOf" | "pace" | "fileHashes">>} PartDigester */

/** Wrong bytes, or a URL that is refused, can be an accident this often before the file fails. */
const MAX_RETRIES = 5;
/** Parts that are prepared for each part that is being sent. */
const PREFETCH = 3;
/** Retries are displayed after this long. */
const QUIET_MS = 2_000;

export class Transfer {
  #queue = new PartQueue();
  #prefetch;
  /** @type {Counter<FileUpload>} */
  #inFlight = new Counter();
  #inFlightBytes = 0;
  #isPaused = false;
  #isOnline = true;
  #progressedAt = -Infinity;

  /**
   * @param {object} settings
   * @param {Api} settings.api
   * @param {PartDigester} settings.digester
   * @param {(request: PutRequest) => Promise<void>} settings.put
   * @param {Concurrency} [settings.concurrency]
   * @param {Bandwidth} [settings.bandwidth]
   * @param {(file: FileUpload) => void} [settings.onChange]  for each change that is displayed
   * @param {Sleeper} [settings.sleeper]
   */
  constructor({
    api,
    digester,
    put,
    concurrency = new Concurrency(),
    bandwidth = new Bandwidth(),
    onChange = () => {},
    sleeper = new Sleeper(),
  }) {
    this.api = api;
    this.digester = digester;
    this.put = put;
    this.concurrency = concurrency;
    this.bandwidth = bandwidth;
    this.onChange = onChange;
    this.sleeper = sleeper;
    this.signer = new Signer({ api, sleeper });
    this.#prefetch = new Prefetch({
      digester,
      signer: this.signer,
      onFailed: (file, error) => this.#update(file, () => file.fail(error)),
      onChange: () => this.#pump(),
    });
    this.completions = new Completions({
      api,
      sleeper,
      hasMore: () => this.#queue.size > 0,
      hashOf: async (file) => (await this.digester.hashOf?.(file)) ?? null,
      onReady: (file) => this.#update(file, () => file.ready()),
      onFailed: (file, error) => this.#update(file, () => file.fail(error)),
      onReopened: (file) => this.add([file]),
    });
  }

  get isPaused() {
    return this.#isPaused;
  }

  /** @param {FileUpload[]} files  which have their slots */
  add(files) {
    this.#queue.add(files);
    for (const file of files) {
      if (this.#isPaused) file.pause();
      this.#advance(file);
    }
  }

  /**
   * Pauses one file, or all of them and those that are added later: parts in flight are sent to their end, and none is
   * started. The second call, or `now`, cuts them off.
   *
   * @param {FileUpload | null} file
   */
  pause(file = null, { now = false } = {}) {
    if (file) this.#pauseFile(file, now || file.state === "pausing");
    else {
      for (const queuedFile of [...this.#queue]) this.#pauseFile(queuedFile, now || this.#isPaused);
      this.#isPaused = true;
    }
  }

  /**
   * @param {FileUpload} file
   * @param {boolean} now
   */
  #pauseFile(file, now) {
    if (now || this.#inFlight.get(file) === 0) {
      this.#update(file, () => file.pause());
      return;
    }
    this.#update(file, () => file.startPausing());
    for (const item of this.#prefetch.preparedOf(file)) {
      this.#prefetch.remove(item);
      file.requeuePart(item.part);
    }
    this.sleeper.wake(); // a part that waits for its retry is not in flight
    this.#pump();
  }

  /** @param {FileUpload | null} file */
  resume(file = null) {
    this.#isPaused = false;
    for (const queuedFile of file ? [file] : this.#queue) this.#update(queuedFile, () => queuedFile.resume());
    for (const queuedFile of this.#queue) this.#advance(queuedFile); // its last unverified part may be verified by now
    this.sleeper.wake();
    this.#pump();
  }

  /** @param {FileUpload} file */
  drop(file) {
    this.#update(file, () => file.cancel());
    this.#queue.drop(file);
    this.#pump();
  }

  /** @param {boolean} online  whether the browser is online; when it is again, all retries start immediately */
  set online(online) {
    this.#isOnline = online;
    if (online) this.sleeper.wake();
    this.#pump();
  }

  /** Whether there have only been retries, and no progress, for a while. */
  get waiting() {
    return !this.#isOnline || (this.sleeper.count > 0 && performance.now() - this.#progressedAt > QUIET_MS);
  }

  #pump() {
    if (!this.#isOnline) return;
    this.#refill();
    for (;;) {
      const countOf = (/** @type {FileUpload} */ file) => this.#inFlight.get(file);
      const next = this.#prefetch.next({ limit: this.concurrency.count, countOf });
      if (!next || this.#inFlight.total >= this.concurrency.limitFor(next.part.size)) break;
      if (!this.bandwidth.allows(next.part.size, this.#inFlightBytes)) break;
      this.#prefetch.remove(next);
      void this.#send(next);
    }
    if (this.#inFlight.total === 0) this.#recordIdle();
    this.#prefetch.flush();
  }

  #recordIdle() {
    this.concurrency.recordIdle();
    this.digester.pace?.pause();
  }

  /** Prepares many parts at a time, so that their URLs are requested in batches too. */
  #refill() {
    const limit = this.concurrency.count * PREFETCH;
    const countOf = (/** @type {FileUpload} */ file) => this.#prefetch.countOf(file);
    if (this.#prefetch.total > this.concurrency.count && !this.#prefetch.hasCapacityForBatch) return;
    while (this.#prefetch.total < limit || this.#prefetch.hasCapacity) {
      const next = choose(this.#queue.waiting(), { limit, countOf });
      if (!next) return;
      next.part.state = "active";
      void this.#prefetch.prepare({ ...next, signal: next.file.signal });
    }
  }

  /** @param {PreparedPart} item */
  async #send(item) {
    const { file, part, signal } = item;
    const { signedUrl } = part;
    if (!signal.aborted) {
      if (signedUrl && this.signer.isFresh(signedUrl)) await this.#sendTo(signedUrl, item);
      else file.requeuePart(part);
    }
    this.#advance(file);
  }

  /**
   * @param {SignedUrl} signedUrl
   * @param {PreparedPart} item
   */
  async #sendTo({ url, headers }, { file, part, signal }) {
    this.#countInFlight(file, part, 1);
    const startedAt = performance.now();
    const concurrencyBefore = this.#inFlight.total;
    try {
      await this.put({ url, headers, blob: file.bytesOf(part), signal, onProgress: (bytes) => this.#recordProgress(file, part, bytes) });
      this.bandwidth.addArrival(part.size, performance.now() - startedAt, (concurrencyBefore + this.#inFlight.total) / 2);
      file.partStored(part);
      this.sleeper.wake();
    } catch (error) {
      if (!signal.aborted) await this.#handleFailure({ file, part, signal }, error);
    }
    this.#countInFlight(file, part, -1);
  }

  /**
   * @param {FileUpload} file
   * @param {Part} part
   * @param {1 | -1} delta
   */
  #countInFlight(file, part, delta) {
    this.#inFlight.add(file, delta);
    file.countInFlight(delta);
    this.#inFlightBytes += delta * part.size;
  }

  /**
   * @param {FileUpload} file
   * @param {Part} part
   * @param {number} bytes  sent of this part
   */
  #recordProgress(file, part, bytes) {
    const newBytes = bytes - part.sentBytes;
    this.#progressedAt = performance.now();
    this.concurrency.recordProgress(newBytes, this.#inFlight.total >= this.concurrency.count);
    this.digester.pace?.addSent(newBytes);
    this.digester.fileHashes?.decide();
    this.#update(file, () => file.progress(part, bytes));
  }

  /**
   * After a failed PUT: waits without freeing its connection, so that a dead connection is retried once and not by each
   * waiting part, and then queues the part again.
   *
   * @param {PreparedPart} item
   * @param {unknown} error
   */
  async #handleFailure({ file, part, signal }, error) {
    const recovery = recoveryFor(error);
    if (recovery === "retry") this.concurrency.recordFailure();
    part.outage ??= new Outage();
    const hasBudget = part.outage.recordFailure();
    const { attempts } = part.outage;
    if (recovery === "stop" || !hasBudget || (recovery !== "retry" && attempts > MAX_RETRIES)) {
      this.#update(file, () => file.fail(/** @type {Error} */ (error)));
      return;
    }
    this.#update(file, () => file.progress(part, 0));
    const wait = backoff(attempts, { retryAfter: retryAfterOf(error) });
    if (file.state !== "pausing") await this.sleeper.sleep(wait, signal).catch(() => {});
    if (!signal.aborted) file.requeuePart(part, { withoutDigest: recovery === "digest" });
  }

  /** @param {FileUpload} file */
  #advance(file) {
    if ((file.state === "uploading" || file.state === "pausing") && file.allStored()) file.check();
    if (file.state === "pausing" && this.#inFlight.get(file) === 0) file.pause();
    if (file.state === "checking") {
      this.#queue.drop(file);
      this.completions.add(file);
    }
    this.onChange(file);
    this.#pump();
  }

  /**
   * @param {FileUpload} file
   * @param {() => void} change
   */
  #update(file, change) {
    change();
    if (file.settled) this.#queue.drop(file);
    this.onChange(file);
  }
}
