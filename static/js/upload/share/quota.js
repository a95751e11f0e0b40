/**
 * The quota of the account, the largest file and the maximum of files in a share. Each file is compared with them before the
 * server is asked for a slot, so that the page names a file that does not fit immediately; the server decides again.
 */
import { ApiError } from "../net/errors.js";
import { size } from "../../lib/format.js";
import { gettext, interpolate, ngettext } from "../../lib/i18n.js";

/** @typedef {import("../engine/file-upload.js").FileUpload} FileUpload */
/** @typedef {import("../net/api.js").Api} Api */
/** @typedef {{bytes: number, files: number, max_file_bytes: number, max_files_per_share: number}} QuotaData */
/** @typedef {{file: FileUpload, error: ApiError}} FileRefusal */

export class Quota {
  #remaining;
  #limits;
  #shareFileCount = 0;
  /** @type {FileUpload[]} */
  #reserved = [];

  /** @param {{api: Pick<Api, "me">, pageData: QuotaData}} settings  `pageData` is what the page was loaded with */
  constructor({ api, pageData }) {
    this.api = api;
    this.#remaining = { bytes: pageData.bytes, files: pageData.files };
    this.#limits = { fileBytes: pageData.max_file_bytes, shareFiles: pageData.max_files_per_share };
  }

  /** The next files go into another share. */
  startShare() {
    this.#shareFileCount = 0;
  }

  /**
   * Divides `files`, in order, into those that fit and the refusals of the others. Fetches the remaining space before it
   * refuses a file.
   *
   * @param {FileUpload[]} files
   */
  async reserve(files) {
    if (!this.#allFit(files)) await this.#refresh();
    /** @type {FileUpload[]} */
    const fitting = [];
    /** @type {FileRefusal[]} */
    const refusals = [];
    for (const file of files) {
      const error = this.#refusalOf(file);
      if (error) {
        refusals.push({ file, error });
        continue;
      }
      this.#remaining.bytes -= file.size;
      this.#remaining.files -= 1;
      this.#shareFileCount += 1;
      this.#reserved.push(file);
      fitting.push(file);
    }
    return { fitting, refusals };
  }

  /**
   * Why `file` does not fit now, or null.
   *
   * @param {FileUpload} file
   */
  async refusal(file) {
    await this.#refresh();
    return this.#refusalOf(file);
  }

  /** @param {FileUpload[]} files */
  #allFit(files) {
    const bytes = files.reduce((sum, file) => sum + file.size, 0);
    return bytes <= this.#remaining.bytes && files.length <= this.#remaining.files;
  }

  /** Other shares may have ended since the page was loaded. The server does not count files that wait for their slots. */
  async #refresh() {
    try {
      const { quota } = await this.api.me();
      this.#reserved = this.#reserved.filter((file) => file.state === "new");
      const reservedBytes = this.#reserved.reduce((sum, file) => sum + file.size, 0);
      this.#remaining = { bytes: quota.left_bytes - reservedBytes, files: quota.left_files - this.#reserved.length };
    } catch {
      // The last known space is used: the server decides anyway.
    }
  }

  /** @param {FileUpload} file */
  #refusalOf({ size: bytes }) {
    const { fileBytes, shareFiles } = this.#limits;
    if (bytes > fileBytes) {
      return refuse("too-large", gettext("This file (%(size)s) is larger than the maximum of %(limit)s."), {
        size: size(bytes),
        limit: size(fileBytes),
      });
    }
    if (this.#shareFileCount >= shareFiles) {
      const text = ngettext("A share can have at most %(count)s file.", "A share can have at most %(count)s files.", shareFiles);
      return refuse("too-large", text, { count: shareFiles });
    }
    if (this.#remaining.files < 1) return refuse("quota-exceeded", gettext("Your account can't have more files. Remove a share to free space."));
    if (bytes <= this.#remaining.bytes) return null;
    const text = gettext("This file (%(size)s) is larger than your remaining space (%(remaining)s). Remove a share to free space.");
    return refuse("quota-exceeded", text, { size: size(bytes), remaining: size(Math.max(0, this.#remaining.bytes)) });
  }
}

/**
 * @param {string} code
 * @param {string} text
 * @param {Record<string, string | number>} [values]  of the placeholders in `text`
 */
function refuse(code, text, values = {}) {
  return new ApiError({ status: 413, code, detail: interpolate(text, values) });
}
