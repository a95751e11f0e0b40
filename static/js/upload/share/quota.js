/**
 * The quota of the account, the largest file and the maximum of files in a share. Each file is compared with them before
 * the server hears of it, so that a person learns at once which file does not fit; the server decides again.
 */
import { ApiError } from "../net/errors.js";
import { files as count, size } from "../../lib/format.js";

export class Quota {
  #remaining;
  #limits;
  #inShare = 0;
  #reserved = [];

  /** `pageData` is what the page came with: `bytes`, `files`, `max_file_bytes`, `max_files_per_share`. */
  constructor({ api, pageData }) {
    this.api = api;
    this.#remaining = { bytes: pageData.bytes, files: pageData.files };
    this.#limits = { fileBytes: pageData.max_file_bytes, shareFiles: pageData.max_files_per_share };
  }

  /** The next files go into another share. */
  newShare() {
    this.#inShare = 0;
  }

  /** Of `files`, in order: those that fit (`fitting`), and `{file, error}` for the others (`refusals`). Asks the server before it says no. */
  async reserve(files) {
    if (!this.#fits(files)) await this.#refresh();
    const fitting = [];
    const refusals = [];
    for (const file of files) {
      const error = this.#refusal(file);
      if (error) {
        refusals.push({ file, error });
        continue;
      }
      this.#remaining.bytes -= file.size;
      this.#remaining.files -= 1;
      this.#inShare += 1;
      this.#reserved.push(file);
      fitting.push(file);
    }
    return { fitting, refusals };
  }

  /** Why `file` does not fit, by the server's numbers of now; null if it does. */
  async refusal(file) {
    await this.#refresh();
    return this.#refusal(file);
  }

  #fits(files) {
    const bytes = files.reduce((sum, file) => sum + file.size, 0);
    return bytes <= this.#remaining.bytes && files.length <= this.#remaining.files;
  }

  /** Other shares may have ended since the page was opened. What waits for its slot is not in the server's numbers yet. */
  async #refresh() {
    try {
      const { quota } = await this.api.me();
      this.#reserved = this.#reserved.filter((file) => file.state === "new");
      const waiting = this.#reserved.reduce((sum, file) => sum + file.size, 0);
      this.#remaining = { bytes: quota.left_bytes - waiting, files: quota.left_files - this.#reserved.length };
    } catch {
      // Then what is known has to do; the server has the last word either way.
    }
  }

  #refusal({ size: bytes }) {
    const { fileBytes, shareFiles } = this.#limits;
    if (bytes > fileBytes) return no("too-large", `This server takes files up to ${size(fileBytes)}; this one has ${size(bytes)}.`);
    if (this.#inShare >= shareFiles) return no("too-large", `A share can hold at most ${count(shareFiles)}.`);
    if (this.#remaining.files < 1) return no("quota-exceeded", "Your account can't hold more files. Remove a share to free space.");
    if (bytes <= this.#remaining.bytes) return null;
    const remaining = size(Math.max(0, this.#remaining.bytes));
    return no("quota-exceeded", `This file (${size(bytes)}) is larger than your remaining space (${remaining}). Remove a share to free space.`);
  }
}

function no(code, detail) {
  return new ApiError({ status: 413, code, detail });
}
