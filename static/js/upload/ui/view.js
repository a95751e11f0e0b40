/** Fills the markup of the server: rows, totals, the link, the notices. Draws at most four times a second. */
import { Announcer } from "../../lib/announcer.js";
import { gettext } from "../../lib/i18n.js";
import { worthRetrying } from "../net/errors.js";
import { Favicon } from "./favicon.js";
import { RejectedFiles } from "../selection/rejected.js";
import * as messages from "./messages.js";
import { Rows } from "./rows.js";
import { Speed } from "./speed.js";

/** @typedef {import("../engine/file-upload.js").FileUpload} FileUpload */
/** @typedef {import("../selection/rejected.js").Rejection} Rejection */
/** @typedef {import("../../lib/find-part.js").FindPart} FindPart */
/** @typedef {import("./row.js").FileHandlers} FileHandlers */
/** @typedef {import("./totals.js").Phase} Phase */
/** @typedef {import("./totals.js").Totals} Totals */
/** @typedef {{sums: Totals, phase: Phase, waiting: boolean}} Status */

const FRAME_MS = 250;

export class View {
  #timer = 0;
  #speed = new Speed();
  #rejectedFiles = new RejectedFiles();

  /**
   * @param {object} settings
   * @param {HTMLElement} settings.root
   * @param {FindPart} settings.part
   * @param {FileHandlers} settings.handlers
   * @param {() => Status} settings.status  the status at the time of drawing
   * @param {(phase: Phase) => void} settings.onPhase  called when the phase changes
   */
  constructor({ root, part, handlers, status, onPhase }) {
    this.root = root;
    this.part = part;
    this.status = status;
    this.onPhase = onPhase;
    this.announcer = new Announcer(part("status"));
    /** @type {HTMLLinkElement | null} */
    const iconLink = document.querySelector("link[rel=icon]");
    this.favicon = new Favicon(iconLink);
    this.rows = new Rows({
      list: part("list"),
      moreButton: part("more"),
      template: part("row"),
      handlers,
      fallbackFocus: () => this.#fallbackFocus(),
      onMore: () => this.#drawSoon(0),
    });
    part("add").addEventListener("click", () => part("files").click());
    part("notes-close").addEventListener("click", () => this.#clearNotes());
    part("retry-all").addEventListener("click", () => {
      for (const file of [...this.rows.files]) if (file.state === "failed" && worthRetrying(file.error)) handlers.retry(file);
    });
  }

  /** @param {FileUpload} file  that is new or has changed: it is drawn soon */
  markChanged(file) {
    this.rows.markChanged(file);
    this.#drawSoon();
  }

  /** @param {Rejection} rejection  a file or folder that is not uploaded */
  addRejection(rejection) {
    this.#rejectedFiles.add(rejection);
    this.#drawSoon();
  }

  /** @param {{id: string, url: string}} share */
  showLink({ id, url }) {
    /** @type {HTMLInputElement} */ (this.part("link")).value = url;
    /** @type {HTMLAnchorElement} */ (this.part("link-open")).href = this.pageOf(id);
    this.part("link-box").hidden = false;
  }

  /**
   * The owner's page of a share.
   *
   * @param {string} id
   */
  pageOf(id) {
    return this.root.dataset.sharePage?.replace("ID", id) ?? "";
  }

  hideLink() {
    this.part("link-box").hidden = true;
    /** @type {HTMLInputElement} */ (this.part("link")).value = "";
  }

  /**
   * Displays an error of the whole share; "" removes it.
   *
   * @param {string} text
   * @param {(() => void) | null} [retry]
   */
  alert(text, retry = null) {
    this.part("alert").hidden = !text;
    this.part("alert-text").textContent = text;
    this.part("alert-retry").hidden = retry === null;
    this.part("alert-retry").onclick = retry;
  }

  #draw() {
    this.#timer = 0;
    const status = this.status();
    if (isTransferring(status.phase) || status.phase !== this.root.dataset.state) this.rows.refresh();
    this.#drawTotals(status);
    if (!this.rows.draw(status)) this.#drawSoon(0);
    else if (status.sums.open > 0) this.#drawSoon();
  }

  #drawSoon(wait = FRAME_MS) {
    if (this.#timer !== 0 && wait > 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#draw(), wait);
  }

  /** @param {Status} status */
  #drawTotals({ sums, phase }) {
    this.#showPhase(phase);
    if (phase === "paused") this.#speed.reset();
    else this.#speed.addSample(sums.sentBytes, performance.now());
    const progress = sums.bytes > 0 ? sums.sentBytes / sums.bytes : sums.states.ready / Math.max(1, sums.count);
    const total = /** @type {HTMLProgressElement} */ (this.part("total"));
    total.value = progress * total.max;
    this.#write("total-text", messages.progressText({ ...sums, speed: isTransferring(phase) ? this.#speed : null }));
    this.#write("pause-text", phase === "pausing" ? gettext("Stop now") : gettext("Pause"));
    this.#write("headline", messages.headline(sums, phase));
    this.#write("notes-text", this.#rejectedFiles.message);
    this.part("notes").hidden = this.#rejectedFiles.message === "";
    this.part("retry-all").hidden = phase !== "failed" || sums.retryable < 2;
    if (phase !== "idle") {
      this.announcer.announce(messages.announcement(sums, phase), { urgent: phase === "done" || phase === "failed" });
    }
    this.announcer.setTitlePrefix(messages.titlePrefix(sums, phase));
    this.favicon.update(phase, progress);
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  #write(name, text) {
    if (this.part(name).textContent !== text) this.part(name).textContent = text;
  }

  /** @param {Phase} phase */
  #showPhase(phase) {
    if (this.root.dataset.state === phase) return;
    this.root.dataset.state = phase;
    this.onPhase(phase);
    const focused = document.activeElement;
    /** @type {NodeListOf<HTMLElement>} */
    const elements = this.root.querySelectorAll("[data-when]");
    for (const element of elements) element.hidden = !element.dataset.when?.split(" ").includes(phase);
    // A button that has hidden itself passes its focus to the one in its place.
    if (focused && this.root.contains(focused) && focused.closest("[hidden]")) {
      const visibleButton = ["pause", "resume", "new-share"].map(this.part).find((button) => !button.closest("[hidden]"));
      (visibleButton ?? this.#fallbackFocus()).focus();
    }
  }

  #clearNotes() {
    this.#rejectedFiles.clear();
    this.#drawTotals(this.status());
    this.#fallbackFocus().focus();
  }

  /** Gets the focus of an element that is removed. */
  #fallbackFocus() {
    return this.root.dataset.state === "idle" ? this.part("files") : this.part("add");
  }
}

/** @param {Phase} phase */
function isTransferring(phase) {
  return phase === "uploading" || phase === "pausing";
}
