/**
 * SHA-256 of slices of files in a few workers, and of whole files on the way. Memory: one slice per worker, and what
 * waits for a sum of a whole (see file-hash.js).
 */
import { NetworkError, UnreadableError } from "../net/errors.js";
import { Sleeper, retry } from "../net/retry.js";
import { Pace, Wholes } from "./file-hash.js";

export class Digester {
  #free = [];
  #waiting = [];
  #running = new Map();
  #workers = [];
  #last = 0;

  /**
   * `url` is the address of the worker's module; workers start with the first slice, by `open()`. While the server
   * does not give the module, slices wait in `sleeper`. With `md5`, each digest has that of the same bytes beside it.
   */
  constructor({
    url,
    md5 = false,
    sleeper = new Sleeper(),
    most = Math.min(4, Math.max(1, (navigator.hardwareConcurrency || 2) - 1)),
    pace = new Pace(),
    open = () => new Worker(url, { type: "module" }),
  }) {
    Object.assign(this, { md5, sleeper, most, pace, open });
    this.wholes = new Wholes({ pace, tell: (worker, message) => worker.postMessage(message) });
  }

  /**
   * 32 bytes as `Uint8Array`, perhaps with another one as its `md5`. Rejects with `UnreadableError` when the file is gone from under us. `place`, of a part of
   * a file of several: `{file, number, signal}`; its bytes then count for the file's own sum.
   */
  digest(blob, place = null) {
    return retry(() => this.#digest(blob, place), { sleeper: this.sleeper, signal: place?.signal });
  }

  async #digest(blob, place) {
    const chain = place && (await this.wholes.take(place, blob.size));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ id: ++this.#last, blob, chain, resolve, reject });
      this.#next();
    });
  }

  /** The SHA-256 of the whole file in hexadecimal, or null where it could not be had without reading twice. */
  whole(file) {
    return this.wholes.of(file);
  }

  close() {
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
    this.#free = [];
  }

  #next() {
    for (const job of [...this.#waiting]) {
      const worker = this.#workerFor(job);
      if (!worker) continue;
      this.#waiting.splice(this.#waiting.indexOf(job), 1);
      this.#running.set(worker, job);
      const asked = { id: job.id, blob: job.blob, chain: this.wholes.idOf(job.chain) };
      worker.postMessage(this.md5 ? { ...asked, md5: true } : asked);
      if (job.chain) this.wholes.judge();
    }
  }

  /** The slices of one file's sum all go to the same worker. */
  #workerFor({ chain }) {
    const bound = chain?.worker;
    if (bound) {
      const at = this.#free.indexOf(bound);
      return at < 0 ? null : this.#free.splice(at, 1)[0];
    }
    const worker = this.#free.pop() ?? this.#hire();
    if (chain && worker) chain.worker = worker;
    return worker;
  }

  #hire() {
    if (this.#workers.length >= this.most) return null;
    const worker = this.open();
    worker.addEventListener("message", ({ data }) => {
      if (data.away) this.#lose(worker);
      else if (data.chain) this.wholes.hear(data);
      else this.#settle(worker, data);
    });
    worker.addEventListener("error", () => this.#lose(worker));
    this.#workers.push(worker);
    return worker;
  }

  #settle(worker, { digest, md5, error }) {
    const job = this.#running.get(worker);
    this.#running.delete(worker);
    this.#free.push(worker);
    if (digest) job?.resolve(Object.assign(new Uint8Array(digest), md5 && { md5: new Uint8Array(md5) }));
    else job?.reject(error === "" ? new UnreadableError() : new Error(error));
    this.#next();
  }

  /** Its script did not come, as while the site restarts. The slice is tried again, by a worker hired anew. */
  #lose(worker) {
    const job = this.#running.get(worker);
    this.#running.delete(worker);
    this.#workers = this.#workers.filter((one) => one !== worker);
    worker.terminate();
    this.wholes.lose(worker);
    job?.reject(new NetworkError("server"));
    this.#next();
  }
}

/** What the server is told of bytes before it signs for them. */
export function announcement(digest) {
  const said = { checksum_sha256: base64(digest) };
  return digest.md5 ? { ...said, checksum_md5: base64(digest.md5) } : said;
}

/** Standard base64, as the S3 checksum header wants it. */
export function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}
