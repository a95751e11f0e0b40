/** The dialog that displays one file at a time over the page, and leads to the previous and the next one. */
import { gettext, interpolate } from "../lib/i18n.js";
import { createElement } from "./element.js";
import { RefusalError, requestLink } from "./preview-link.js";

/**
 * @typedef {import("./preview-link.js").PreviewLink} PreviewLink
 * @typedef {import("./preview-link.js").PreviewRequest} PreviewRequest
 * @typedef {import("./preview-link.js").Preview} Preview
 * @typedef {{isExplicit: boolean}} PreviewOptions
 * @typedef {"confirming" | "loading" | "displayed" | "failed"} PreviewState
 */

/** @type {Record<PreviewLink["kind"], () => Promise<{createPreview: (request: PreviewRequest) => Promise<Preview>}>>} */
const KINDS = {
  image: () => import("./image.js"),
  video: () => import("./media.js"),
  audio: () => import("./media.js"),
  pdf: () => import("./pdf.js"),
  text: () => import("./text.js"),
  markdown: () => import("./markdown.js"),
};
const CONFIRMATION = gettext(
  "A preview uses 1 download of this share. After that, you can preview and download all its files for 24 hours.",
);
const { previewStyles = "" } = /** @type {HTMLElement} */ (document.querySelector("script[data-preview-styles]")).dataset;

function loadStyles() {
  const sheet = createElement("link", { rel: "stylesheet", href: previewStyles });
  const loaded = new Promise((resolve) => {
    sheet.addEventListener("load", resolve);
    sheet.addEventListener("error", resolve);
  });
  document.head.append(sheet);
  return loaded;
}

/** @param {HTMLButtonElement} button */
const nameOf = (button) => button.dataset.name ?? "";

/** @returns {HTMLButtonElement[]} */
const previewButtons = () => [...document.querySelectorAll(/** @type {"button"} */ ("[data-preview]"))];

/**
 * @param {string} text
 * @param {() => void} onClick
 */
function createButton(text, onClick, label = "") {
  const button = createElement("button", { type: "button", class: "button", ...(label && { "aria-label": label }) }, text);
  button.addEventListener("click", onClick);
  return button;
}

class PreviewDialog {
  /** @type {Preview | null} */
  #preview = null;
  #abort = new AbortController();
  #styles = loadStyles();

  /** @param {HTMLButtonElement} button  of the first file to display */
  constructor(button) {
    this.button = button;
    this.title = createElement("h2", { id: "preview-title" });
    this.position = createElement("p", { class: "secondary muted" });
    this.previous = createButton(gettext("Previous"), () => this.#move(-1), gettext("Previous file"));
    this.next = createButton(gettext("Next"), () => this.#move(1), gettext("Next file"));
    this.download = createButton(gettext("Download"), () => this.button.form?.requestSubmit(this.#downloadButton()));
    this.close = createButton(gettext("Close"), () => this.dialog.close());
    this.stage = createElement("div", { class: "preview-stage" });
    this.status = createElement("p", { class: "preview-status", role: "status" });
    this.confirm = createButton(gettext("Use 1 download and preview"), () => void this.open(this.button, { isExplicit: true }));
    this.confirm.classList.add("button-main");
    this.dialog = this.#createDialog();
    document.body.append(this.dialog);
  }

  #createDialog() {
    const buttons = createElement("div", { class: "preview-acts" }, this.previous, this.next, this.download, this.close);
    const head = createElement("header", { class: "preview-head" }, createElement("div", {}, this.title, this.position), buttons);
    const message = createElement("div", { class: "preview-words" }, this.status, this.confirm);
    const body = createElement("div", { class: "preview-body" }, this.stage, message);
    const dialog = createElement("dialog", { class: "preview", "aria-labelledby": "preview-title" }, head, body);
    dialog.addEventListener("close", () => this.#end());
    dialog.addEventListener("keydown", (event) => this.#moveByKey(event));
    return dialog;
  }

  /**
   * @param {HTMLButtonElement} button
   * @param {PreviewOptions} options
   */
  async open(button, { isExplicit }) {
    await this.#styles;
    this.#end();
    this.button = button;
    this.#renderHead();
    if (!this.dialog.open) this.dialog.showModal();
    if (!isExplicit && "takes" in button.dataset) {
      this.#setState("confirming", CONFIRMATION);
      this.confirm.focus();
      return;
    }
    this.#setState("loading", gettext("Loading…"));
    const { signal } = (this.#abort = new AbortController());
    try {
      const preview = await this.#createPreview(signal);
      if (signal.aborted) preview.end?.();
      else this.#display(preview);
    } catch (error) {
      if (!signal.aborted) this.#setState("failed", error instanceof RefusalError ? error.message : this.#failedText());
    }
  }

  #failedText() {
    return interpolate(gettext("“%(name)s” can't be previewed. Download it to open it."), { name: nameOf(this.button) });
  }

  /** @param {AbortSignal} signal */
  async #createPreview(signal) {
    const { button, stage } = this;
    const renewLink = () => requestLink(button, signal);
    const { kind, url } = await renewLink();
    for (const previewButton of previewButtons()) delete previewButton.dataset.takes;
    for (const note of document.querySelectorAll("[data-takes-note]")) note.remove();
    const { createPreview } = await KINDS[kind]();
    return createPreview({ kind, url, name: nameOf(button), signal, renewLink, stage });
  }

  /** @param {Preview} preview */
  #display(preview) {
    this.#preview = preview;
    this.stage.replaceChildren(preview.element);
    this.#setState("displayed", preview.note ?? "");
  }

  /**
   * @param {PreviewState} state
   * @param {string} message
   */
  #setState(state, message) {
    this.dialog.dataset.state = state;
    this.status.textContent = message;
    this.confirm.hidden = state !== "confirming";
  }

  #renderHead() {
    const buttons = previewButtons();
    const index = buttons.indexOf(this.button);
    this.title.textContent = nameOf(this.button);
    const position = interpolate(gettext("%(number)s of %(count)s"), { number: index + 1, count: buttons.length });
    this.position.textContent = buttons.length > 1 ? position : "";
    // Not disabled: a focused button must not lose the focus.
    this.previous.hidden = this.next.hidden = buttons.length < 2;
    this.previous.setAttribute("aria-disabled", String(index <= 0));
    this.next.setAttribute("aria-disabled", String(index >= buttons.length - 1));
    this.download.hidden = !this.#downloadButton();
  }

  /** @returns {HTMLButtonElement | null} */
  #downloadButton() {
    /** @type {HTMLButtonElement | null | undefined} */
    const buttonOfRow = this.button.closest(".file")?.querySelector('[formaction$="/download"]');
    return buttonOfRow ?? (previewButtons().length === 1 ? document.querySelector("[data-all] .button-big") : null);
  }

  /** @param {number} step */
  #move(step) {
    const buttons = previewButtons();
    const next = buttons[buttons.indexOf(this.button) + step];
    if (next) void this.open(next, { isExplicit: false });
  }

  /** @param {KeyboardEvent} event */
  #moveByKey(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target instanceof Element && event.target.closest("video, audio, pre, article")) return;
    event.preventDefault();
    this.#move(step);
  }

  #end() {
    this.#abort.abort();
    this.#preview?.end?.();
    this.#preview = null;
    this.stage.replaceChildren();
  }
}

/** @type {PreviewDialog | null} */
let dialog = null;

/**
 * Displays the file of `button`; unless the request is explicit, asks before that uses a download.
 *
 * @param {HTMLButtonElement} button
 * @param {PreviewOptions} options
 */
export function openDialog(button, options) {
  dialog ??= new PreviewDialog(button);
  void dialog.open(button, options);
}
