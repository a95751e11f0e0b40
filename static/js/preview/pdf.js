/**
 * A PDF, drawn onto canvases by PDF.js from its bytes: no script in it is run, no link in it can be followed, and nothing is
 * fetched for it but fonts and tables of the library itself.
 */
import * as pdfjs from "pdfjs-dist/legacy/build/pdf.min.mjs";
import { gettext, interpolate, ngettext } from "../lib/i18n.js";
import { RefusalError, readBytes } from "./preview-link.js";
import { createElement } from "./element.js";

/**
 * @typedef {import("pdfjs-dist").PDFDocumentProxy} PDFDocumentProxy
 * @typedef {import("pdfjs-dist").PDFPageProxy} PDFPageProxy
 */

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_PAGES = 300;
const MAX_PIXELS = 16_000_000;
const { pdfWorker = "" } = /** @type {HTMLElement} */ (document.querySelector("script[data-pdf-worker]")).dataset;

/** @param {string} folder */
const vendorUrl = (folder) => new URL(`../../${folder}/`, pdfjs.GlobalWorkerOptions.workerSrc).href;

pdfjs.GlobalWorkerOptions.workerSrc = new URL(pdfWorker, window.location.href).href;

/** @param {import("./preview-link.js").PreviewRequest} request */
export async function createPreview({ url, name, signal, stage }) {
  const { bytes, isComplete } = await readBytes(url, MAX_BYTES, signal);
  if (!isComplete) throw new Error("larger than announced");
  const task = pdfjs.getDocument({
    data: bytes,
    enableXfa: false,
    useWasm: false,
    maxImageSize: MAX_PIXELS * 4,
    cMapUrl: vendorUrl("cmaps"),
    standardFontDataUrl: vendorUrl("standard_fonts"),
    wasmUrl: vendorUrl("wasm"),
    verbosity: 0,
  });
  try {
    const pdf = await task.promise;
    const pages = new PageList(pdf, await pdf.getPage(1), { name, stage });
    const note = pdf.numPages > MAX_PAGES ? truncationNote(pdf.numPages) : "";
    const end = () => {
      pages.end();
      void task.destroy();
    };
    return { element: pages.element, note, end };
  } catch (error) {
    void task.destroy();
    if (error instanceof Error && error.name === "PasswordException") {
      throw new RefusalError(gettext("This PDF needs a password. Download it to open it."));
    }
    throw error;
  }
}

/** @param {number} count */
function truncationNote(count) {
  const text = ngettext(
    "These are the first %(max)s of %(count)s page. Download the file to see all of it.",
    "These are the first %(max)s of %(count)s pages. Download the file to see all of it.",
    count,
  );
  return interpolate(text, { max: MAX_PAGES, count });
}

/** An element for every page from the start; pages near the view are drawn, those far from it are emptied. */
class PageList {
  /** @type {Set<Element>} */
  #visibleElements = new Set();

  /**
   * @param {PDFDocumentProxy} pdf
   * @param {PDFPageProxy} firstPage
   * @param {{name: string, stage: HTMLElement}} options
   */
  constructor(pdf, firstPage, { name, stage }) {
    this.pdf = pdf;
    this.width = Math.min(stage.clientWidth - 32, 1000);
    this.element = createElement("div", { class: "preview-pdf", role: "region", "aria-label": name, tabindex: "0" });
    const { width, height } = firstPage.getViewport({ scale: 1 });
    for (let number = 1; number <= Math.min(pdf.numPages, MAX_PAGES); number += 1) {
      const label = interpolate(gettext("Page %(number)s"), { number });
      const element = createElement("div", { class: "preview-page", "data-number": number, role: "group", "aria-label": label });
      element.style.aspectRatio = `${width} / ${height}`;
      this.element.append(element);
    }
    this.observer = new IntersectionObserver((entries) => this.#update(entries), { root: stage, rootMargin: "100% 0px" });
    for (const element of this.element.children) this.observer.observe(element);
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #update(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting && !this.#visibleElements.has(target)) {
        this.#visibleElements.add(target);
        void this.#draw(/** @type {HTMLElement} */ (target));
      }
      if (!isIntersecting && this.#visibleElements.delete(target)) target.replaceChildren();
    }
  }

  /** @param {HTMLElement} element */
  async #draw(element) {
    const number = Number(element.dataset.number);
    try {
      const page = await this.pdf.getPage(number);
      const { width, height } = page.getViewport({ scale: 1 });
      const sharpScale = (this.width / width) * Math.min(window.devicePixelRatio, 2);
      const viewport = page.getViewport({ scale: Math.min(sharpScale, Math.sqrt(MAX_PIXELS / (width * height))) });
      const size = { width: Math.ceil(viewport.width), height: Math.ceil(viewport.height) };
      const canvas = createElement("canvas", { "aria-hidden": "true", ...size });
      await page.render({ canvas, viewport }).promise;
      const { items } = await page.getTextContent();
      const text = items.map((item) => ("str" in item ? `${item.str}${item.hasEOL ? "\n" : ""}` : "")).join("");
      if (!this.#visibleElements.has(element)) return;
      element.style.aspectRatio = `${width} / ${height}`;
      element.replaceChildren(canvas, createElement("p", { class: "visually-hidden" }, text));
    } catch {
      const text = interpolate(gettext("Page %(number)s can't be displayed."), { number });
      element.replaceChildren(createElement("p", { class: "muted" }, text));
    }
  }

  end() {
    this.observer.disconnect();
    this.#visibleElements.clear();
  }
}
