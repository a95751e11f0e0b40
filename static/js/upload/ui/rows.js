/**
 * The list of files: a row for each of the first hundred and for what failed, more as they are scrolled to or asked
 * for. Works in slices of a few milliseconds, so that thousands of files never hold the page up.
 */
import { Row } from "./row.js";

const STEP = 100;
const SLICE_MS = 8;
const NEAR_PX = 600;

export class Rows {
  #files = new Map(); // each file in order, with its row once it has one
  #names = new Map(); // how many files had this name so far
  #dirty = new Set();
  #most = STEP;
  #drawn = 0;

  /** `list` and `more` are the server's; `onMore()` is told when another draw has something to do. */
  constructor({ list, more, template, acts, onMore }) {
    Object.assign(this, { list, more, template, acts });
    const grow = () => {
      this.#most += STEP;
      onMore();
    };
    more.addEventListener("click", grow);
    list.addEventListener("scroll", () => {
      const below = list.scrollHeight - list.scrollTop - list.clientHeight;
      if (!more.hidden && below < NEAR_PX && this.#drawn >= this.#most) grow();
    });
  }

  get files() {
    return this.#files.keys();
  }

  touch(file) {
    this.#dirty.add(file);
    if (!this.#files.has(file)) this.#files.set(file, null);
  }

  /** What is shown of files on their way depends on the clock and the line too, not on them alone. */
  refresh() {
    for (const [file, row] of this.#files) if (row && !file.settled) this.#dirty.add(file);
  }

  /** Bring the list up to date for some milliseconds. True when it is, false when another slice is needed. */
  draw(context) {
    const end = performance.now() + SLICE_MS;
    for (const file of this.#dirty) {
      if (performance.now() > end) return false;
      this.#dirty.delete(file);
      if (file.state === "canceled") this.#remove(file);
      else if (this.#files.get(file) || file.state === "failed") this.#rowOf(file).show(context);
    }
    for (const [file, row] of this.#files) {
      if (this.#drawn >= this.#most) break;
      if (row) continue;
      if (performance.now() > end) return false;
      this.#rowOf(file).show(context);
    }
    const hidden = this.#files.size - this.#drawn;
    this.more.hidden = hidden <= 0;
    this.more.textContent = `Show more (${hidden})`;
    return true;
  }

  #rowOf(file) {
    let row = this.#files.get(file);
    if (row) return row;
    row = new Row({ template: this.template, file, acts: this.acts, ordinal: this.#ordinal(file) });
    this.#files.set(file, row);
    this.#drawn += 1;
    this.list.append(row.node);
    return row;
  }

  /** 1 for the first file of this name, 2 for the second: told apart in what is seen and in what is read out. */
  #ordinal({ path, name }) {
    const full = `${path}/${name}`;
    this.#names.set(full, (this.#names.get(full) ?? 0) + 1);
    return this.#names.get(full);
  }

  /** Focus that was inside goes to the neighbor, so that a keyboard does not start over at the top of the page. */
  #remove(file) {
    const row = this.#files.get(file);
    this.#files.delete(file);
    if (!row) return;
    const neighbor = row.node.nextElementSibling ?? row.node.previousElementSibling;
    const focused = row.node.contains(document.activeElement);
    row.node.remove();
    this.#drawn -= 1;
    if (focused) (neighbor?.querySelector("[data-part=remove]") ?? this.acts.home()).focus();
  }
}
