/**
 * Counts something for each key, and the total.
 *
 * @template Key
 */
export class Counter {
  /** @type {Map<Key, number>} */
  #counts = new Map();
  total = 0;

  /** @param {Key} key */
  get(key) {
    return this.#counts.get(key) ?? 0;
  }

  /**
   * @param {Key} key
   * @param {number} delta
   */
  add(key, delta) {
    const count = this.get(key) + delta;
    this.total += delta;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}
