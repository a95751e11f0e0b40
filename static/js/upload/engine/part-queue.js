/**
 * Which part is next. Files are sent in the order of their selection, so that the first are ready soon; but while others
 * wait, no single file may use all connections, so that a small file behind a large one does not starve.
 */

/** @typedef {import("./file-upload.js").FileUpload} FileUpload */
/** @typedef {import("./parts.js").Part} Part */
/** @typedef {{file: FileUpload, part: Part}} Candidate */

/**
 * The first candidate whose file has fewer than all but one of `limit` parts; if there is none, the first of all. Null
 * without candidates.
 *
 * @template {Candidate} Item
 * @param {Iterable<Item>} candidates
 * @param {{limit: number, countOf: (file: FileUpload) => number}} options
 * @returns {Item | null}
 */
export function choose(candidates, { limit, countOf }) {
  let first = null;
  for (const candidate of candidates) {
    if (countOf(candidate.file) < Math.max(1, limit - 1)) return candidate;
    first ??= candidate;
  }
  return first;
}

export class PartQueue {
  /** @type {Set<FileUpload>} */
  #files = new Set();

  /** @param {FileUpload[]} files */
  add(files) {
    for (const file of files) this.#files.add(file);
  }

  /** @param {FileUpload} file */
  drop(file) {
    this.#files.delete(file);
  }

  get size() {
    return this.#files.size;
  }

  [Symbol.iterator]() {
    return this.#files.values();
  }

  /**
   * The next waiting part of each file. Lazy: a long list costs nothing until it is iterated.
   *
   * @returns {Generator<Candidate, void>}
   */
  *waiting() {
    for (const file of this.#files) {
      if (file.state !== "uploading") continue;
      const part = file.nextWaiting();
      if (part) yield { file, part };
    }
  }
}
