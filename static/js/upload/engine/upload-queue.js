/**
 * The files that are being sent and what becomes of them: chosen, given their slots, found again, removed, tried again.
 * Between the share (slots), the engine (bytes) and what the browser remembers; draws nothing itself.
 */
import { ChangedError, worthRetrying } from "../net/errors.js";
import { FileUpload } from "./file-upload.js";
import { inSlices } from "./slices.js";
import { verify } from "../hashing/verify.js";

/** How long the removal of a file that has arrived can be undone. */
export const UNDO_MS = 10_000;

export class UploadQueue {
  #files = new Set();
  #keys = 0;
  #leaving = new Map();

  /**
   * `share()` gives the share that files go to. `onChange(file)`; `onRefused(error)` when no share could be made;
   * `onError(error)` for what a person asked for in vain.
   */
  constructor({ share, transfer, content, uploadStore, quota, onChange, onRefused, onError }) {
    Object.assign(this, { share, transfer, content, uploadStore, quota, onChange, onRefused, onError });
  }

  get files() {
    return this.#files;
  }

  /** Take `selection`, each `{file, path, handle}`. */
  async add(selection) {
    const files = [];
    // The browser looks at the disk for each file's size, so thousands take their time.
    for await (const slice of inSlices(selection, (item) => this.#newFile(item))) {
      files.push(...slice);
      this.#register(slice);
    }
    void this.#requestSlots(files);
  }

  /** Bytes leave only when the disk remembers what they belong to. */
  async placed(share, files) {
    await this.uploadStore.addFiles(share, files);
    const going = files.filter((file) => !file.settled);
    this.transfer.add(going);
    this.content.add(going, share);
  }

  /** A file that was begun earlier is here again; or one of its name that is not it any more. */
  addFound({ record, file, handle, same }) {
    const upload = this.#newFile({ file, path: record.path, handle });
    Object.assign(upload, same ? { id: record.id } : { previousSlot: record.id });
    this.#register([upload]);
    if (same) void this.#continueUpload(upload);
    else this.reject([upload], new ChangedError(file.name));
  }

  reject(files, error) {
    for (const file of files) {
      file.fail(error);
      this.onChange(file);
    }
    if (error.code === "quota-exceeded") void this.#explain(files);
    if (this.share().id === null) this.onRefused(error);
  }

  /** What has arrived goes for good only after a while, in which it can be had back; see `restore`. */
  remove(file) {
    if (file.state === "ready") {
      file.leave();
      this.#leaving.set(file, setTimeout(() => this.#drop(file), UNDO_MS));
      this.onChange(file);
    } else this.#drop(file);
  }

  restore(file) {
    clearTimeout(this.#leaving.get(file));
    if (this.#leaving.delete(file)) file.stay();
    this.onChange(file);
  }

  /** The page is being left: nobody can have them back any more. */
  removeNow() {
    for (const file of [...this.#leaving.keys()]) this.#drop(file);
  }

  #drop(file) {
    clearTimeout(this.#leaving.get(file));
    this.#leaving.delete(file);
    this.transfer.drop(file);
    this.#files.delete(file);
    void this.share().remove(file).catch(this.onError);
  }

  /** Go on after a failure with whatever the storage already has; a file that changed gets a slot of its own. */
  async retry(file) {
    try {
      if (file.previousSlot) await this.#giveUp(file.previousSlot);
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

  #newFile(selection) {
    return new FileUpload({ key: ++this.#keys, ...selection });
  }

  #register(files) {
    for (const file of files) this.#files.add(file);
    for (const file of files) this.onChange(file);
  }

  /** How much space there is, where the server has only said that it is too little. */
  async #explain(files) {
    for (const file of files) {
      const error = await this.quota.refusal(file);
      if (error === null || file.state !== "failed") continue;
      Object.assign(file, { error });
      this.onChange(file);
    }
  }

  /** What cannot fit is refused at once, before the server hears of it. */
  async #requestSlots(files) {
    const { fitting, refusals } = await this.quota.reserve(files);
    for (const { file, error } of refusals) {
      if (file.state !== "new") continue;
      file.fail(error);
      this.onChange(file);
    }
    if (fitting.length > 0) void this.share().add(fitting);
  }

  /** Where the storage has some of it, send what is missing and check what is there; else begin. */
  async #continueUpload(file) {
    const share = this.share();
    const serverState = await share.fetchState(file);
    if (file.state === "failed") file.reset();
    if (file.state !== "new") return;
    if (serverState === null) {
      Object.assign(file, { id: null });
      void this.#requestSlots([file]);
      return;
    }
    file.adopt(serverState);
    this.transfer.add([file]);
    this.content.add([file], share.id);
    await this.#verify(file);
  }

  async #verify(file) {
    try {
      if ((await verify(file, this.transfer.digester)) && file.state === "uploading") this.transfer.add([file]);
    } catch (error) {
      this.reject([file], error);
      // Parts of two different files may be stored by now: nobody can use this slot any more.
      if (error instanceof ChangedError) await this.#giveUp(file.id);
    }
  }

  async #giveUp(id) {
    await this.share().removeSlot(id);
    this.uploadStore.drop(id);
  }
}
