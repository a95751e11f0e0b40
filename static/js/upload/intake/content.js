/**
 * What is in the files: their type by the first bytes, and a small picture of images and videos. One file at a time,
 * beside the upload and never in its way: whatever fails here, the file itself goes on, and only lacks its picture.
 */
import { announcement } from "../hashing/digest.js";
import { poster } from "./video-frame.js";

const PATIENCE_MS = 15_000;
const TYPES_A_CALL = 100;

export class Content {
  #line = [];
  #busy = false;
  #worker = null;
  #types = [];
  #end = new AbortController();

  /**
   * `put` sends a blob (see part.js), `url` is the address of content-worker.js. `open()` gives such a worker, and
   * `film(file, {signal})` a frame of a video.
   */
  constructor({ api, digester, put, url, open = () => hire(url), film = poster, patienceMs = PATIENCE_MS }) {
    Object.assign(this, { api, digester, put, open, film, patienceMs });
  }

  /** Take files that have their slot in the share `shareId`. */
  add(files, shareId) {
    for (const file of files) if (file.size > 0) this.#line.push({ file, id: file.id, shareId });
    if (!this.#busy) void this.#work();
  }

  close() {
    this.#end.abort();
    this.#line = [];
    this.#dismiss();
  }

  async #work() {
    this.#busy = true;
    while (this.#line.length > 0) {
      const job = this.#line.shift();
      const signal = AbortSignal.any([this.#end.signal, AbortSignal.timeout(this.patienceMs)]);
      if (wanted(job)) await this.#look(job, signal).catch(() => this.#dismiss());
      const next = this.#line[0];
      if (this.#types.length >= TYPES_A_CALL || next?.shareId !== job.shareId) await this.#tell(job.shareId);
    }
    this.#busy = false;
    this.#dismiss();
  }

  async #look(job, signal) {
    const { file } = job.file;
    const seen = await this.#ask({ file, told: file.type }, signal);
    if (seen.type && seen.type !== file.type) this.#types.push({ id: job.id, content_type: seen.type });
    const picture = seen.picture ?? (seen.film ? await this.#drawFilm(file, signal) : null);
    if (picture && wanted(job)) await this.#send(job.id, picture, signal);
  }

  async #drawFilm(file, signal) {
    const frame = await this.film(file, { signal });
    return frame ? (await this.#ask({ frame }, signal, [frame])).picture : null;
  }

  async #send(id, { blob, width, height }, signal) {
    const sums = announcement(await this.digester.digest(blob));
    const drawing = { size: blob.size, ...sums, content_type: blob.type, width, height };
    const { url, headers } = await this.api.signThumbnail(id, drawing, { signal });
    await this.put({ url, headers, blob, signal, onProgress: () => {} });
    await this.api.completeThumbnail(id, { signal });
  }

  async #tell(shareId) {
    const files = this.#types.splice(0);
    if (files.length > 0) await this.api.describeFiles(shareId, files, { signal: this.#end.signal }).catch(() => {});
  }

  /** One question at a time; a worker that does not answer in time is let go, and the next one starts afresh. */
  #ask(question, signal, handed = []) {
    this.#worker ??= this.open();
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = () => reject(new Error("The worker did not start."));
      worker.postMessage(question, handed);
    });
  }

  #dismiss() {
    this.#worker?.terminate();
    this.#worker = null;
  }
}

function hire(url) {
  return new Worker(url, { type: "module" });
}

/** Still the same file in the same slot, and not given up. */
function wanted({ file, id }) {
  return file.id === id && file.state !== "canceled" && file.state !== "failed";
}
