/**
 * Which part comes next. Files go in the order they were chosen, so that the first ones are soon ready; but while
 * others wait no single file may hold every place, so a small one added behind a huge one does not starve.
 */

/**
 * The first of `candidates` (each `{file, part}`) whose file holds fewer than all but one of the `limit`; if every
 * candidate's file is that greedy, simply the first. Null when there is none.
 */
export function choose(candidates, { limit, countOf }) {
  let first = null;
  for (const candidate of candidates) {
    if (countOf(candidate.file) < Math.max(1, limit - 1)) return candidate;
    first ??= candidate;
  }
  return first;
}

export class Queue {
  #files = new Set();

  add(files) {
    for (const file of files) this.#files.add(file);
  }

  drop(file) {
    this.#files.delete(file);
  }

  get size() {
    return this.#files.size;
  }

  [Symbol.iterator]() {
    return this.#files.values();
  }

  /** The next part that nobody works on, file by file. Lazy: a long list costs nothing until it is walked. */
  *waiting() {
    for (const file of this.#files) {
      if (file.state !== "uploading") continue;
      const part = file.nextWaiting();
      if (part) yield { file, part };
    }
  }
}
