/**
 * What is in the files: their type by the first bytes, and a small picture of images and videos. One file at a time,
 * beside the upload and never in its way: whatever fails here, the file itself goes on, and only lacks its picture.
 */
import { checksumsOf } from "../hashing/digest.js";
import { videoFrame } from "./video-frame.js";

const TIMEOUT_MS = 15_000;
const TYPES_A_CALL = 100;

export class Content {
  #line = [];
  #busy = false;
  #worker = null;
  #types = [];
  #end = new AbortController();

  /**
   * `put` sends a blob (see put-part.js), `url` is the address of content-worker.js. `open()` gives such a worker, and
   * `grabFrame(file, {signal})` a frame of a video.
   */
  constructor({ api, digester, put, url, open = () => spawn(url), grabFrame = videoFrame, timeoutMs = TIMEOUT_MS }) {
    Object.assign(this, { api, digester, put, open, grabFrame, timeoutMs });
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
      const signal = AbortSignal.any([this.#end.signal, AbortSignal.timeout(this.timeoutMs)]);
      if (isNeeded(job)) await this.#inspect(job, signal).catch(() => this.#dismiss());
      const next = this.#line[0];
      if (this.#types.length >= TYPES_A_CALL || next?.shareId !== job.shareId) await this.#sendTypes(job.shareId);
    }
    this.#busy = false;
    this.#dismiss();
  }

  async #inspect(job, signal) {
    const { file } = job.file;
    const inspection = await this.#query({ file, claimedType: file.type }, signal);
    if (inspection.type && inspection.type !== file.type) this.#types.push({ id: job.id, content_type: inspection.type });
    const picture = inspection.picture ?? (inspection.isVideo ? await this.#drawVideo(file, signal) : null);
    if (picture && isNeeded(job)) await this.#send(job.id, picture, signal);
  }

  async #drawVideo(file, signal) {
    const frame = await this.grabFrame(file, { signal });
    return frame ? (await this.#query({ frame }, signal, [frame])).picture : null;
  }

  async #send(id, { blob, width, height }, signal) {
    const sums = checksumsOf(await this.digester.digest(blob));
    const drawing = { size: blob.size, ...sums, content_type: blob.type, width, height };
    const { url, headers } = await this.api.signThumbnail(id, drawing, { signal });
    await this.put({ url, headers, blob, signal, onProgress: () => {} });
    await this.api.completeThumbnail(id, { signal });
  }

  async #sendTypes(shareId) {
    const files = this.#types.splice(0);
    if (files.length > 0) await this.api.describeFiles(shareId, files, { signal: this.#end.signal }).catch(() => {});
  }

  /** One question at a time; a worker that does not answer in time is let go, and the next one starts afresh. */
  #query(question, signal, handed = []) {
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

function spawn(url) {
  return new Worker(url, { type: "module" });
}

/** Still the same file in the same slot, and not given up. */
function isNeeded({ file, id }) {
  return file.id === id && file.state !== "canceled" && file.state !== "failed";
}
