/**
 * What there is room for: the account's bytes and files, the largest file, the most files of a share. Held against
 * each file before the server hears of it, so that a person is told at once and by file; the server judges again.
 */
import { ApiError } from "../net/errors.js";
import { files as count, size } from "../../lib/format.js";

export class Room {
  #left;
  #limits;
  #inShare = 0;
  #taken = [];

  /** `known` is what the page came with: `bytes`, `files`, `max_file_bytes`, `max_files_per_share`. */
  constructor({ api, known }) {
    this.api = api;
    this.#left = { bytes: known.bytes, files: known.files };
    this.#limits = { fileBytes: known.max_file_bytes, shareFiles: known.max_files_per_share };
  }

  /** The next files go into another share. */
  newShare() {
    this.#inShare = 0;
  }

  /** Of `files`, in order: those that `fit`, and those `refused` (`{file, error}`). Asks the server before it says no. */
  async take(files) {
    if (!this.#fits(files)) await this.#lookAgain();
    const fit = [];
    const refused = [];
    for (const file of files) {
      const error = this.#refusal(file);
      if (error) {
        refused.push({ file, error });
        continue;
      }
      this.#left.bytes -= file.size;
      this.#left.files -= 1;
      this.#inShare += 1;
      this.#taken.push(file);
      fit.push(file);
    }
    return { fit, refused };
  }

  /** Why `file` does not fit, by the server's numbers of now; null if it does. */
  async refusal(file) {
    await this.#lookAgain();
    return this.#refusal(file);
  }

  #fits(files) {
    const bytes = files.reduce((sum, file) => sum + file.size, 0);
    return bytes <= this.#left.bytes && files.length <= this.#left.files;
  }

  /** Other shares may have ended since the page was opened. What waits for its slot is not in the server's numbers yet. */
  async #lookAgain() {
    try {
      const { quota } = await this.api.me();
      this.#taken = this.#taken.filter((file) => file.state === "new");
      const waiting = this.#taken.reduce((sum, file) => sum + file.size, 0);
      this.#left = { bytes: quota.left_bytes - waiting, files: quota.left_files - this.#taken.length };
    } catch {
      // Then what is known has to do; the server has the last word either way.
    }
  }

  #refusal({ size: bytes }) {
    const { fileBytes, shareFiles } = this.#limits;
    if (bytes > fileBytes) return no("too-large", `This server takes files up to ${size(fileBytes)}; this one has ${size(bytes)}.`);
    if (this.#inShare >= shareFiles) return no("too-large", `A share can hold at most ${count(shareFiles)}.`);
    if (this.#left.files < 1) return no("quota-exceeded", "Your account can't hold more files. Remove a share to free space.");
    if (bytes <= this.#left.bytes) return null;
    const left = size(Math.max(0, this.#left.bytes));
    return no("quota-exceeded", `This file (${size(bytes)}) is larger than your remaining space (${left}). Remove a share to free space.`);
  }
}

function no(code, detail) {
  return new ApiError({ status: 413, code, detail });
}
