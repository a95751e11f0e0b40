/**
 * The share that the page uploads: created with its first files, so that the link exists immediately; then files are added
 * in batches and options are changed. One request at a time, in order.
 */
import { requestKey } from "../net/api.js";
import { ApiError, FILE_FIELDS } from "../net/errors.js";
import { batches } from "../engine/parts.js";
import { retry } from "../net/retry.js";

/** @typedef {import("../engine/file-upload.js").FileUpload} FileUpload */
/** @typedef {import("../net/api.js").Api} Api */
/** @typedef {import("../net/api.js").FileDeclaration} FileDeclaration */
/** @typedef {import("../net/api.js").Share} Share */
/** @typedef {import("../net/api.js").ShareFields} ShareFields */
/** @typedef {import("../net/api.js").Slot} Slot */
/** @typedef {import("../net/retry.js").Sleeper} Sleeper */

const MAX_FILES_PER_CALL = 200;

export class OutgoingShare {
  /** @type {string | null} */
  id = null;
  /** @type {Promise<unknown>} */
  #lastRequest = Promise.resolve();
  #end = new AbortController();

  /**
   * @param {object} settings
   * @param {Api} settings.api
   * @param {Sleeper} settings.sleeper
   * @param {() => ShareFields} settings.options  the options for a new share
   * @param {() => number} [settings.partSize]  the longest part of a file
   * @param {(share: Share, selectedOptions: ShareFields) => void} settings.onCreated
   * @param {(files: FileUpload[]) => void} settings.onSlots  the files have their slots
   * @param {(files: FileUpload[], error: Error) => void} settings.onRefused
   */
  constructor({ api, sleeper, options, partSize = () => Infinity, onCreated, onSlots, onRefused }) {
    this.api = api;
    this.sleeper = sleeper;
    this.options = options;
    this.partSize = partSize;
    this.onCreated = onCreated;
    this.onSlots = onSlots;
    this.onRefused = onRefused;
  }

  /** @param {string} id  of a share that was created earlier, and continues */
  adopt(id) {
    this.id = id;
  }

  /**
   * Reserves a slot for each file.
   *
   * @param {FileUpload[]} files
   */
  add(files) {
    return this.#enqueue(async () => {
      for (const batch of batches(files, MAX_FILES_PER_CALL)) await this.#requestSlots(batch.filter((file) => file.state === "new"));
    });
  }

  /**
   * Rejects with the refusal of the server.
   *
   * @param {Partial<ShareFields>} changes
   */
  edit(changes) {
    return this.#enqueue(() => this.#call((id) => this.api.editShare(id, changes)));
  }

  /**
   * Removes a file with its bytes.
   *
   * @param {FileUpload} file
   */
  async remove(file) {
    if (file.id !== null) await this.removeSlot(file.id);
  }

  /** @param {string} slot  which may be removed already */
  async removeSlot(slot) {
    try {
      await this.#enqueue(() => this.#call((id) => this.api.removeFile(id, slot)));
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    }
  }

  /**
   * What the server and the storage have of a file, or null.
   *
   * @param {FileUpload} file
   */
  async fetchState(file) {
    const slot = file.id;
    if (slot === null) return null;
    try {
      return await this.#enqueue(() => this.#retry(() => this.api.upload(slot)));
    } catch (error) {
      if (error instanceof ApiError && (error.status === 404 || error.status === 409)) return null;
      throw error;
    }
  }

  /** Ends the share; this object cannot be used any more. */
  revoke() {
    this.#end.abort(new DOMException("canceled", "AbortError"));
    return this.#enqueue(async () => {
      if (this.id !== null) await this.api.revokeShare(this.id);
    });
  }

  /**
   * @template Result
   * @param {() => Promise<Result>} operation
   * @returns {Promise<Result>}
   */
  #enqueue(operation) {
    const result = this.#lastRequest.then(operation);
    this.#lastRequest = result.catch(() => {});
    return result;
  }

  /**
   * @template Result
   * @param {() => Promise<Result>} operation
   * @returns {Promise<Result>}
   */
  #retry(operation) {
    return retry(operation, { sleeper: this.sleeper, signal: this.#end.signal });
  }

  /**
   * Calls an operation of the share, which has to exist.
   *
   * @template Result
   * @param {(id: string) => Promise<Result>} operation
   * @returns {Promise<Result>}
   */
  #call(operation) {
    const { id } = this;
    if (id === null) throw new Error("the share does not exist yet");
    return this.#retry(() => operation(id));
  }

  /** @param {FileUpload[]} files */
  async #requestSlots(files) {
    if (files.length === 0) return;
    try {
      const slots = await this.#reserve(files.map((file) => file.declare(this.partSize())));
      this.onSlots(files.filter((file, index) => this.#open(file, slots[index])));
    } catch (error) {
      if (error instanceof ApiError && error.field === "part_size") {
        this.partSize = () => Infinity; // the server is older than the page, during an update
        await this.#requestSlots(files);
      } else if (files.length > 1 && isAboutFiles(error)) {
        // One of the files is refused: halve the list until it is alone, so that the others are not.
        const middle = Math.ceil(files.length / 2);
        await this.#requestSlots(files.slice(0, middle));
        await this.#requestSlots(files.slice(middle));
      } else {
        this.onRefused(files, /** @type {Error} */ (error));
      }
    }
  }

  /**
   * Each attempt sends the same request under the same key: if its response is lost, it is not executed again.
   *
   * @param {FileDeclaration[]} files
   * @returns {Promise<Slot[]>}
   */
  async #reserve(files) {
    const key = requestKey();
    if (this.id !== null) {
      return (await this.#call((id) => this.api.addFiles(id, files, { key }))).files;
    }
    const selectedOptions = this.options();
    const share = await this.#retry(() => this.api.createShare({ ...selectedOptions, files }, { key }));
    this.id = share.id;
    this.onCreated(share, selectedOptions);
    return share.files;
  }

  /**
   * @param {FileUpload} file
   * @param {Slot} slot
   */
  #open(file, slot) {
    const isNeeded = file.state === "new";
    if (isNeeded) file.open({ id: slot.id, partSize: slot.part_size });
    else void this.#call((id) => this.api.removeFile(id, slot.id)).catch(() => {}); // it was canceled during the request
    return isNeeded;
  }
}

/** @param {unknown} error */
function isAboutFiles(error) {
  if (!(error instanceof ApiError)) return false;
  if (["too-large", "quota-exceeded", "type-not-allowed"].includes(error.code)) return true;
  return error.code === "invalid" && FILE_FIELDS.has(error.field ?? "");
}
