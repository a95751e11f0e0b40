/** Which of the files a person brings are the ones an unfinished share waits for. Pure; knows records, not the disk. */

export class MissingFiles {
  #records;

  /** `records` as `UploadStore` gives them: `{id, name, path, size, lastModified}`. */
  constructor(records) {
    this.#records = new Set(records);
  }

  get left() {
    return [...this.#records];
  }

  /**
   * `{record, same}` for a file that is waited for, and null for any other. `same` is false when its size or its date
   * tell that it is not the file any more. A file picked by itself matches one that came out of a folder.
   */
  match(file, path = "") {
    const namesakes = this.left.filter(({ name }) => name === file.name);
    const same = (record) => record.size === file.size && record.lastModified === file.lastModified;
    const here = namesakes.filter((record) => record.path === path);
    const record = here.find(same) ?? namesakes.find(same);
    if (record) return { record, same: true };
    const changed = here[0] ?? (path === "" && namesakes.length === 1 ? namesakes[0] : null);
    return changed ? { record: changed, same: false } : null;
  }

  /** It has been found, or is given up. */
  settle(record) {
    this.#records.delete(record);
  }
}
