/** The row of one file in the list. */
import { cloneTemplate, partFinder } from "../../lib/find-part.js";
import { gettext, interpolate } from "../../lib/i18n.js";
import { ApiError, messageFor, worthRetrying } from "../net/errors.js";
import { note } from "./messages.js";
import { Speed } from "./speed.js";

/** @typedef {import("../engine/file-state.js").FileState} FileState */
/** @typedef {import("../engine/file-upload.js").FileUpload} FileUpload */
/** @typedef {(file: FileUpload) => void} FileHandler */
/** @typedef {{remove: FileHandler, retry: FileHandler, togglePause: FileHandler, restore: FileHandler}} FileHandlers */

/** @type {Partial<Record<FileState, string>>} the `data-state` of states that have another name on the page */
const DISPLAYED_STATES = { new: "waiting", pausing: "uploading" };
/** @type {Partial<Record<FileState, string>>} */
const PAUSE_LABELS = {
  uploading: gettext("Pause %(name)s"),
  pausing: gettext("Stop %(name)s now"),
  paused: gettext("Resume %(name)s"),
};
const MAX_EXTENSION_LENGTH = 4;

export class Row {
  #speed = new Speed();

  /**
   * @param {object} settings
   * @param {HTMLElement} settings.template
   * @param {FileUpload} settings.file
   * @param {FileHandlers} settings.handlers
   * @param {number} [settings.ordinal]  2 for the second file of the same name
   */
  constructor({ template, file, handlers, ordinal = 1 }) {
    this.file = file;
    this.node = cloneTemplate(template);
    this.part = partFinder(this.node);
    const name = file.path ? `${file.path}/${file.name}` : file.name;
    this.displayName = ordinal > 1 ? `${name} (${ordinal})` : name;
    this.part("name").textContent = name;
    if (ordinal > 1) this.part("ordinal").textContent = interpolate(gettext("number %(ordinal)s of this name"), { ordinal });
    this.part("type").textContent = extensionOf(file.name);
    this.part("progress").setAttribute("aria-label", this.displayName);
    this.#connect("remove", gettext("Remove %(name)s"), handlers.remove);
    this.#connect("retry", gettext("Try again: %(name)s"), handlers.retry);
    this.#connect("toggle-pause", "", handlers.togglePause);
    this.#connect("undo", gettext("Undo: keep %(name)s"), handlers.restore);
  }

  /** @param {{waiting: boolean}} context  whether the network is being waited for */
  update({ waiting }) {
    const { file, node } = this;
    const state = DISPLAYED_STATES[file.state] ?? file.state;
    if (node.dataset.state !== state) node.dataset.state = state;
    if (file.state === "uploading" && !waiting) this.#speed.addSample(file.sentBytes, performance.now());
    else this.#speed.reset();
    const text = note(file, { waiting, speed: this.#speed, reason: file.error ? messageFor(file.error) : "" });
    if (this.part("note").textContent !== text) this.part("note").textContent = text;
    const progress = /** @type {HTMLProgressElement} */ (this.part("progress"));
    progress.value = file.size > 0 ? (file.sentBytes / file.size) * progress.max : 0;
    progress.hidden = file.settled;
    this.part("retry").hidden = file.state !== "failed" || !worthRetrying(file.error);
    this.part("shares").hidden = !(file.error instanceof ApiError && file.error.code === "quota-exceeded");
    this.#updateUndo(file.state === "leaving");
    this.#updatePauseButton();
  }

  /**
   * Replaces the button to remove by the button to undo, or the other way round. The new one gets the focus of the other.
   *
   * @param {boolean} canUndo
   */
  #updateUndo(canUndo) {
    const [undo, remove] = [this.part("undo"), this.part("remove")];
    if (undo.hidden !== canUndo) return;
    const hasFocus = document.activeElement === (canUndo ? remove : undo);
    undo.hidden = !canUndo;
    remove.hidden = canUndo;
    if (hasFocus) (canUndo ? undo : remove).focus();
  }

  #updatePauseButton() {
    const button = this.part("toggle-pause");
    const isPaused = this.file.state === "paused";
    const label = PAUSE_LABELS[this.file.state];
    button.hidden = label === undefined;
    if (label === undefined) return;
    this.#setLabel(button, label);
    button.querySelector("[data-icon=pause]")?.toggleAttribute("hidden", isPaused);
    button.querySelector("[data-icon=resume]")?.toggleAttribute("hidden", !isPaused);
  }

  /**
   * @param {string} name
   * @param {string} label  with the placeholder %(name)s; "" for a button whose label depends on the state
   * @param {FileHandler} handler
   */
  #connect(name, label, handler) {
    const button = this.part(name);
    if (label) this.#setLabel(button, label);
    button.addEventListener("click", () => handler(this.file));
  }

  /**
   * @param {HTMLElement} button
   * @param {string} label
   */
  #setLabel(button, label) {
    const text = interpolate(label, { name: this.displayName });
    if (button.getAttribute("aria-label") !== text) button.setAttribute("aria-label", text);
  }
}

/**
 * The letters after the last dot, for the badge of the row.
 *
 * @param {string} name
 */
function extensionOf(name) {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot + 1, dot + 1 + MAX_EXTENSION_LENGTH).toLowerCase() : "";
}
