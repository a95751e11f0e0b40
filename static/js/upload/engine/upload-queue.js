/**
 * The files of the page and what happens to each: selected, reserved, resumed, removed, retried. It connects the share (slots),
 * the engine (bytes) and the browser's upload store.
 */
import { ApiError, ChangedError, worthRetrying } from "../net/errors.js";
import { FileUpload } from "./file-upload.js";
import { inSlices } from "./slices.js";
import { verify } from "../hashing/verify.js";

/** @typedef {import("./file-upload.js").SelectedFile} SelectedFile */
/** @typedef {import("./transfer.js").Transfer} Transfer */
/** @typedef {import("../resume/missing-files.js").Match} Match */
/** @typedef {import("../resume/upload-store.js").UploadStore} UploadStore */
/** @typedef {import("../selection/content.js").Content} Content */
/** @typedef {import("../share/outgoing-share.js").OutgoingShare} OutgoingShare */
/** @typedef {import("../share/quota.js").Quota} Quota */

/** How long the removal of a ready file can be undone. */
export const UNDO_MS = 10_000;

export class UploadQueue {
  /** @type {Set<FileUpload>} */
  #files = new Set();
  #lastKey = 0;
  /** @type {Map<FileUpload, number>} the files that are removed in some seconds, with their timers */
  #leaving = new Map();

  /**
   * @param {object} settings
   * @param {() => OutgoingShare} settings.share  the share that files are added to
   * @param {Transfer} settings.transfer
   * @param {Content} settings.content
   * @param {UploadStore} settings.uploadStore
   * @param {Quota} settings.quota
   * @param {(file: FileUpload) => void} settings.onChange
   * @param {(error: Error) => void} settings.onRefused  no share could be created
   * @param {(error: unknown) => void} settings.onError  what a person has requested could not be done
   */
  constructor({ share, transfer, content, uploadStore, quota, onChange, onRefused, onError }) {
    this.share = share;
    this.transfer = transfer;
    this.content = content;
    this.uploadStore = uploadStore;
    this.quota = quota;
    this.onChange = onChange;
    this.onRefused = onRefused;
    this.onError = onError;
  }

  get files() {
    return this.#files;
  }

  /** @param {SelectedFile[]} selection */
  async add(selection) {
    /** @type {FileUpload[]} */
    const files = [];
    // The browser reads the size of each file from the disk, which takes a while for thousands of them.
    for await (const slice of inSlices(selection, (item) => this.#create(item))) {
      files.push(...slice);
      this.#register(slice);
    }
    void this.#requestSlots(files);
  }

  /**
   * Starts the uploads of files that have their slots. No byte is sent before the browser has stored where it belongs.
   *
   * @param {string} shareId
   * @param {FileUpload[]} files
   */
  async start(shareId, files) {
    await this.uploadStore.addFiles(shareId, files);
    const openFiles = files.filter((file) => !file.settled);
    this.transfer.add(openFiles);
    this.content.add(openFiles, shareId);
  }

  /**
   * Adds a file of an interrupted upload, or one of its name that has changed since.
   *
   * @param {Match & SelectedFile} match
   */
  addResumed({ record, file, handle, isUnchanged }) {
    const upload = this.#create({ file, path: record.path, handle });
    Object.assign(upload, isUnchanged ? { id: record.id } : { previousSlot: record.id });
    this.#register([upload]);
    if (isUnchanged) void this.#continueUpload(upload);
    else this.reject([upload], new ChangedError(file.name));
  }

  /**
   * @param {FileUpload[]} files
   * @param {Error} error
   */
  reject(files, error) {
    for (const file of files) {
      file.fail(error);
      this.onChange(file);
    }
    if (error instanceof ApiError && error.code === "quota-exceeded") void this.#explainQuota(files);
    if (this.share().id === null) this.onRefused(error);
  }

  /**
   * Removes a file; a ready one only after `UNDO_MS`, until when `restore` keeps it.
   *
   * @param {FileUpload} file
   */
  remove(file) {
    if (file.state !== "ready") {
      this.#drop(file);
      return;
    }
    file.leave();
    this.#leaving.set(file, setTimeout(() => this.#drop(file), UNDO_MS));
    this.onChange(file);
  }

  /** @param {FileUpload} file */
  restore(file) {
    clearTimeout(this.#leaving.get(file));
    if (this.#leaving.delete(file)) file.stay();
    this.onChange(file);
  }

  /** Removes what is to be removed in some seconds: the page is being left, and nothing can be restored. */
  flushRemovals() {
    for (const file of [...this.#leaving.keys()]) this.#drop(file);
  }

  /** @param {FileUpload} file */
  #drop(file) {
    clearTimeout(this.#leaving.get(file));
    this.#leaving.delete(file);
    this.transfer.drop(file);
    this.#files.delete(file);
    void this.share().remove(file).catch(this.onError);
  }

  /**
   * Continues after a failure with the parts that the storage has; a file that has changed gets a new slot.
   *
   * @param {FileUpload} file
   */
  async retry(file) {
    try {
      if (file.previousSlot) await this.#discardSlot(file.previousSlot);
      await this.#continueUpload(file);
    } catch (error) {
      this.onError(error);
    }
  }

  retryAll() {
    for (const file of this.#files) if (file.state === "failed" && worthRetrying(file.error)) void this.retry(file);
  }

  cancelAll() {
    for (const timer of this.#leaving.values()) clearTimeout(timer);
    this.#leaving.clear();
    for (const file of this.#files) this.transfer.drop(file);
    this.#files.clear();
  }

  /** @param {SelectedFile} selectedFile */
  #create(selectedFile) {
    return new FileUpload({ key: ++this.#lastKey, ...selectedFile });
  }

  /** @param {FileUpload[]} files */
  #register(files) {
    for (const file of files) this.#files.add(file);
    for (const file of files) this.onChange(file);
  }

  /**
   * Replaces the error of the server by one that states the remaining space.
   *
   * @param {FileUpload[]} files
   */
  async #explainQuota(files) {
    for (const file of files) {
      const error = await this.quota.refusal(file);
      if (error === null || file.state !== "failed") continue;
      Object.assign(file, { error });
      this.onChange(file);
    }
  }

  /**
   * Refuses files that cannot fit without a request to the server.
   *
   * @param {FileUpload[]} files
   */
  async #requestSlots(files) {
    const { fitting, refusals } = await this.quota.reserve(files);
    for (const { file, error } of refusals) {
      if (file.state !== "new") continue;
      file.fail(error);
      this.onChange(file);
    }
    if (fitting.length > 0) void this.share().add(fitting);
  }

  /**
   * Sends the parts that the storage lacks, and verifies those that it has; without a slot it starts anew.
   *
   * @param {FileUpload} file
   */
  async #continueUpload(file) {
    const share = this.share();
    const uploadState = await share.fetchState(file);
    if (file.state === "failed") file.reset();
    if (file.state !== "new") return;
    if (uploadState === null) {
      Object.assign(file, { id: null });
      void this.#requestSlots([file]);
      return;
    }
    file.adopt(uploadState);
    this.transfer.add([file]);
    if (share.id !== null) this.content.add([file], share.id);
    await this.#verify(file);
  }

  /** @param {FileUpload} file */
  async #verify(file) {
    try {
      if ((await verify(file, this.transfer.digester)) && file.state === "uploading") this.transfer.add([file]);
    } catch (error) {
      this.reject([file], /** @type {Error} */ (error));
      // The slot may contain parts of two different files by now, and cannot be used any more.
      if (error instanceof ChangedError && file.id !== null) await this.#discardSlot(file.id);
    }
  }

  /** @param {string} id */
  async #discardSlot(id) {
    await this.share().removeSlot(id);
    this.uploadStore.drop(id);
  }
}
