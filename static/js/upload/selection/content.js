/**
 * The content of files: their types by the first bytes, and thumbnails of images and videos. One file at a time, beside the
 * upload and independent of it: after an error here a file only lacks its thumbnail.
 */
import { checksumsOf } from "../hashing/digest.js";
import { videoFrame } from "./video-frame.js";

/** @typedef {import("../engine/file-upload.js").FileUpload} FileUpload */
/** @typedef {import("../hashing/digest.js").Digester} Digester */
/** @typedef {import("../net/api.js").Api} Api */
/** @typedef {import("../net/put-part.js").PutRequest} PutRequest */
/** @typedef {import("./inspection.js").Inspection} Inspection */
/** @typedef {import("./inspection.js").InspectionRequest} InspectionRequest */
/** @typedef {import("./inspection.js").Thumbnail} Thumbnail */
/** @typedef {{file: FileUpload, id: string, shareId: string}} Job */
/** @typedef {Pick<Worker, "postMessage" | "terminate" | "onmessage" | "onerror">} InspectionWorker */

const TIMEOUT_MS = 15_000;
const MAX_TYPES_PER_CALL = 100;

export class Content {
  /** @type {Job[]} */
  #queue = [];
  #isBusy = false;
  /** @type {InspectionWorker | null} */
  #worker = null;
  /** @type {{id: string, content_type: string}[]} */
  #types = [];
  #end = new AbortController();

  /**
   * @param {object} settings
   * @param {Pick<Api, "signThumbnail" | "completeThumbnail" | "describeFiles">} settings.api
   * @param {Pick<Digester, "digest">} settings.digester
   * @param {(request: PutRequest) => Promise<void>} settings.put
   * @param {string} [settings.url]  the module content-worker.js
   * @param {() => InspectionWorker} [settings.open]
   * @param {typeof videoFrame} [settings.grabFrame]
   * @param {number} [settings.timeoutMs]
   */
  constructor({ api, digester, put, url = "", open = () => spawn(url), grabFrame = videoFrame, timeoutMs = TIMEOUT_MS }) {
    this.api = api;
    this.digester = digester;
    this.put = put;
    this.open = open;
    this.grabFrame = grabFrame;
    this.timeoutMs = timeoutMs;
  }

  /**
   * @param {FileUpload[]} files  which have their slots
   * @param {string} shareId
   */
  add(files, shareId) {
    for (const file of files) if (file.size > 0 && file.id !== null) this.#queue.push({ file, id: file.id, shareId });
    if (!this.#isBusy) void this.#run();
  }

  close() {
    this.#end.abort();
    this.#queue = [];
    this.#terminate();
  }

  async #run() {
    this.#isBusy = true;
    for (let job = this.#queue.shift(); job; job = this.#queue.shift()) {
      const signal = AbortSignal.any([this.#end.signal, AbortSignal.timeout(this.timeoutMs)]);
      if (isNeeded(job)) await this.#inspect(job, signal).catch(() => this.#terminate());
      const next = this.#queue.at(0);
      if (this.#types.length >= MAX_TYPES_PER_CALL || next?.shareId !== job.shareId) await this.#sendTypes(job.shareId);
    }
    this.#isBusy = false;
    this.#terminate();
  }

  /**
   * @param {Job} job
   * @param {AbortSignal} signal
   */
  async #inspect(job, signal) {
    const { file } = job.file;
    const { type, isVideo, thumbnail } = await this.#query({ file, claimedType: file.type }, signal);
    if (type && type !== file.type) this.#types.push({ id: job.id, content_type: type });
    const picture = thumbnail ?? (isVideo ? await this.#drawVideo(file, signal) : null);
    if (picture && isNeeded(job)) await this.#send(job.id, picture, signal);
  }

  /**
   * @param {File} file
   * @param {AbortSignal} signal
   */
  async #drawVideo(file, signal) {
    const frame = await this.grabFrame(file, { signal });
    return frame ? (await this.#query({ frame }, signal, [frame])).thumbnail : null;
  }

  /**
   * @param {string} id
   * @param {Thumbnail} thumbnail
   * @param {AbortSignal} signal
   */
  async #send(id, { blob, width, height }, signal) {
    const checksums = checksumsOf(await this.digester.digest(blob));
    const declaration = { size: blob.size, ...checksums, content_type: blob.type, width, height };
    const { url, headers } = await this.api.signThumbnail(id, declaration, { signal });
    await this.put({ url, headers, blob, signal, onProgress: () => {} });
    await this.api.completeThumbnail(id, { signal });
  }

  /** @param {string} shareId */
  async #sendTypes(shareId) {
    const files = this.#types.splice(0);
    if (files.length > 0) await this.api.describeFiles(shareId, files, { signal: this.#end.signal }).catch(() => {});
  }

  /**
   * One request at a time. A worker that does not respond in time is terminated, and the next request starts another.
   *
   * @param {InspectionRequest} request
   * @param {AbortSignal} signal
   * @param {Transferable[]} [transferables]
   * @returns {Promise<Inspection>}
   */
  #query(request, signal, transferables = []) {
    const worker = (this.#worker ??= this.open());
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = () => reject(new Error("the worker did not start"));
      worker.postMessage(request, transferables);
    });
  }

  #terminate() {
    this.#worker?.terminate();
    this.#worker = null;
  }
}

/** @param {string} url */
function spawn(url) {
  return new Worker(url, { type: "module" });
}

/**
 * Whether the file still has its slot and was not given up.
 *
 * @param {Job} job
 */
function isNeeded({ file, id }) {
  return file.id === id && file.state !== "canceled" && file.state !== "failed";
}
