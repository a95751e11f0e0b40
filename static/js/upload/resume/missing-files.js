/** Which of the selected files belong to an interrupted upload. Compares records, and reads nothing from the disk. */

/** @typedef {import("./upload-store.js").FileRecord} FileRecord */

/**
 * `isUnchanged` is false when the size or the date differs from the record.
 *
 * @typedef {{record: FileRecord, isUnchanged: boolean}} Match
 */

export class MissingFiles {
  /** @type {Set<FileRecord>} */
  #records;

  /** @param {FileRecord[]} records */
  constructor(records) {
    this.#records = new Set(records);
  }

  get records() {
    return [...this.#records];
  }

  /**
   * The record of a missing file, or null for any other file. A file that was selected alone also matches the record of one
   * that came from a folder.
   *
   * @param {Pick<File, "name" | "size" | "lastModified">} file
   * @returns {Match | null}
   */
  match(file, path = "") {
    const sameName = this.records.filter(({ name }) => name === file.name);
    const isUnchanged = (/** @type {FileRecord} */ record) => record.size === file.size && record.lastModified === file.lastModified;
    const samePath = sameName.filter((record) => record.path === path);
    const record = samePath.find(isUnchanged) ?? sameName.find(isUnchanged);
    if (record) return { record, isUnchanged: true };
    const changed = samePath[0] ?? (path === "" && sameName.length === 1 ? sameName[0] : null);
    return changed ? { record: changed, isUnchanged: false } : null;
  }

  /** @param {FileRecord} record  that is not missing any more */
  remove(record) {
    this.#records.delete(record);
  }
}
