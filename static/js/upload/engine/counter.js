/** How many of something each file has, and all of them together. */
export class Counter {
  #counts = new Map();
  total = 0;

  get(file) {
    return this.#counts.get(file) ?? 0;
  }

  add(file, delta) {
    const count = this.get(file) + delta;
    this.total += delta;
    if (count > 0) this.#counts.set(file, count);
    else this.#counts.delete(file);
  }
}
