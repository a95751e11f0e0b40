/** How many of something each file has, and all of them together. */
export class Tally {
  #counts = new Map();
  total = 0;

  of(file) {
    return this.#counts.get(file) ?? 0;
  }

  add(file, by) {
    const count = this.of(file) + by;
    this.total += by;
    if (count > 0) this.#counts.set(file, count);
    else this.#counts.delete(file);
  }
}
