/**
 * The share that is being sent: made with its first files, so that the link exists at once; then files are added in
 * batches and options changed. One call at a time, in order.
 */
import { requestKey } from "../net/api.js";
import { FILE_FIELDS, ApiError } from "../net/errors.js";
import { batches } from "../engine/parts.js";
import { retry } from "../net/retry.js";

const FILES_A_CALL = 200;

export class OutgoingShare {
  #queueEnd = Promise.resolve();
  #end = new AbortController();

  /**
   * `options()` gives what the form holds when the share is made, `partSize()` how long parts should be at most.
   * `onCreated(share, selectedOptions)`, `onPlaced(files)` (they have their slots), `onRefused(files, error)`.
   */
  constructor({ api, sleeper, options, partSize = () => Infinity, onCreated, onPlaced, onRefused }) {
    Object.assign(this, { api, sleeper, options, partSize, onCreated, onPlaced, onRefused });
    this.id = null;
  }

  /** Go on with a share that was made earlier. */
  adopt(id) {
    this.id = id;
  }

  /** Reserve a slot for each file. */
  add(files) {
    return this.#queue(async () => {
      for (const batch of batches(files, FILES_A_CALL)) await this.#requestSlots(batch.filter((file) => file.state === "new"));
    });
  }

  /** Change title, message, expiry, cap or password. Rejects with the server's refusal. */
  edit(changes) {
    return this.#queue(() => this.#call(() => this.api.editShare(this.id, changes)));
  }

  /** Take a file out again; its bytes go with it. */
  remove(file) {
    return file.id === null ? Promise.resolve() : this.removeSlot(file.id);
  }

  /** What is gone already is gone. */
  async removeSlot(id) {
    try {
      await this.#queue(() => this.#call(() => this.api.removeFile(this.id, id)));
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    }
  }

  /** What the server and the storage have of a file, to go on after a failure; null when they know nothing of it. */
  async fetchState(file) {
    if (file.id === null) return null;
    try {
      return await this.#queue(() => this.#call(() => this.api.upload(file.id)));
    } catch (error) {
      if (error instanceof ApiError && (error.status === 404 || error.status === 409)) return null;
      throw error;
    }
  }

  /** Give the whole share up. Nothing of it can be used after this. */
  revoke() {
    this.#end.abort(new DOMException("canceled", "AbortError"));
    const revocation = this.#queueEnd.then(() => (this.id === null ? null : this.api.revokeShare(this.id)));
    this.#queueEnd = revocation.catch(() => {});
    return revocation;
  }

  #queue(operation) {
    const result = this.#queueEnd.then(operation);
    this.#queueEnd = result.catch(() => {});
    return result;
  }

  #call(operation) {
    return retry(operation, { sleeper: this.sleeper, signal: this.#end.signal });
  }

  async #requestSlots(files) {
    if (files.length === 0) return;
    try {
      const slots = await this.#reserve(files.map((file) => file.declare(this.partSize())));
      const openedFiles = files.filter((file, index) => this.#open(file, slots[index]));
      this.onPlaced(openedFiles);
    } catch (error) {
      if (error instanceof ApiError && error.field === "part_size") {
        this.partSize = () => Infinity; // a server of the former version, while the new one is being put in place
        await this.#requestSlots(files);
      } else if (files.length > 1 && aboutFiles(error)) {
        // One of them is at fault: halve until it is found, so that the others go.
        const middle = Math.ceil(files.length / 2);
        await this.#requestSlots(files.slice(0, middle));
        await this.#requestSlots(files.slice(middle));
      } else {
        this.onRefused(files, error);
      }
    }
  }

  /** Each try says exactly the same under the same key: one whose answer got lost is answered again, not done again. */
  async #reserve(declared) {
    const key = requestKey();
    if (this.id !== null) {
      return (await this.#call(() => this.api.addFiles(this.id, declared, { key }))).files;
    }
    const selectedOptions = this.options();
    const share = await this.#call(() => this.api.createShare({ ...selectedOptions, files: declared }, { key }));
    this.id = share.id;
    this.onCreated(share, selectedOptions);
    return share.files;
  }

  #open(file, slot) {
    const isNeeded = file.state === "new";
    if (isNeeded) file.open({ id: slot.id, partSize: slot.part_size });
    else void this.#call(() => this.api.removeFile(this.id, slot.id)).catch(() => {}); // canceled while on its way
    return isNeeded;
  }
}

function aboutFiles(error) {
  if (!(error instanceof ApiError)) return false;
  if (error.code === "too-large" || error.code === "quota-exceeded") return true;
  return error.code === "invalid" && FILE_FIELDS.has(error.field);
}
