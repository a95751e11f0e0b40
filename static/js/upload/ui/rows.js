/**
 * The list of files: a row for each of the first hundred and for each that failed, and more when someone scrolls down or
 * clicks the button. It works in slices of a few milliseconds, so that thousands of files never block the page.
 */
import { gettext, interpolate } from "../../lib/i18n.js";
import { Row } from "./row.js";

/** @typedef {import("../engine/file-upload.js").FileUpload} FileUpload */
/** @typedef {import("./row.js").FileHandlers} FileHandlers */

const STEP = 100;
const SLICE_MS = 8;
/** How near to its end the list is extended. */
const NEAR_PX = 600;

export class Rows {
  /** @type {Map<FileUpload, Row | null>} the files in order, with their rows */
  #rows = new Map();
  /** @type {Map<string, number>} how many files had each name so far */
  #nameCounts = new Map();
  /** @type {Set<FileUpload>} */
  #changed = new Set();
  #limit = STEP;
  #rowCount = 0;

  /**
   * @param {object} settings
   * @param {HTMLElement} settings.list
   * @param {HTMLElement} settings.moreButton
   * @param {HTMLElement} settings.template
   * @param {FileHandlers} settings.handlers
   * @param {() => HTMLElement} settings.fallbackFocus  gets the focus of the last row when that is removed
   * @param {() => void} settings.onMore  further rows have to be drawn
   */
  constructor({ list, moreButton, template, handlers, fallbackFocus, onMore }) {
    this.list = list;
    this.moreButton = moreButton;
    this.template = template;
    this.handlers = handlers;
    this.fallbackFocus = fallbackFocus;
    const extend = () => {
      this.#limit += STEP;
      onMore();
    };
    moreButton.addEventListener("click", extend);
    list.addEventListener("scroll", () => {
      const below = list.scrollHeight - list.scrollTop - list.clientHeight;
      if (!moreButton.hidden && below < NEAR_PX && this.#rowCount >= this.#limit) extend();
    });
  }

  get files() {
    return this.#rows.keys();
  }

  /** @param {FileUpload} file  that is new or has changed */
  markChanged(file) {
    this.#changed.add(file);
    if (!this.#rows.has(file)) this.#rows.set(file, null);
  }

  /** The rows of files that are uploading also depend on time and on the network. */
  refresh() {
    for (const [file, row] of this.#rows) if (row && !file.settled) this.#changed.add(file);
  }

  /**
   * Updates the list for some milliseconds. True when it is up to date, false when another slice is needed.
   *
   * @param {{waiting: boolean}} context
   */
  draw(context) {
    const end = performance.now() + SLICE_MS;
    for (const file of this.#changed) {
      if (performance.now() > end) return false;
      this.#changed.delete(file);
      if (file.state === "canceled") this.#remove(file);
      else if (this.#rows.get(file) || file.state === "failed") this.#rowOf(file).update(context);
    }
    for (const [file, row] of this.#rows) {
      if (this.#rowCount >= this.#limit) break;
      if (row) continue;
      if (performance.now() > end) return false;
      this.#rowOf(file).update(context);
    }
    const hiddenCount = this.#rows.size - this.#rowCount;
    this.moreButton.hidden = hiddenCount <= 0;
    this.moreButton.textContent = interpolate(gettext("Show more (%(count)s)"), { count: hiddenCount });
    return true;
  }

  /** @param {FileUpload} file */
  #rowOf(file) {
    const existing = this.#rows.get(file);
    if (existing) return existing;
    const row = new Row({ template: this.template, file, handlers: this.handlers, ordinal: this.#ordinalOf(file) });
    this.#rows.set(file, row);
    this.#rowCount += 1;
    this.list.append(row.node);
    return row;
  }

  /**
   * 1 for the first file of this name, 2 for the second: both the page and screen readers distinguish them.
   *
   * @param {FileUpload} file
   */
  #ordinalOf({ path, name }) {
    const fullName = `${path}/${name}`;
    const ordinal = (this.#nameCounts.get(fullName) ?? 0) + 1;
    this.#nameCounts.set(fullName, ordinal);
    return ordinal;
  }

  /**
   * The focus moves from a removed row to its neighbor, so that a keyboard does not restart at the top of the page.
   *
   * @param {FileUpload} file
   */
  #remove(file) {
    const row = this.#rows.get(file);
    this.#rows.delete(file);
    if (!row) return;
    const neighbor = row.node.nextElementSibling ?? row.node.previousElementSibling;
    const hasFocus = row.node.contains(document.activeElement);
    row.node.remove();
    this.#rowCount -= 1;
    if (!hasFocus) return;
    /** @type {HTMLElement | null | undefined} */
    const neighborButton = neighbor?.querySelector("[data-part=remove]");
    (neighborButton ?? this.fallbackFocus()).focus();
  }
}
