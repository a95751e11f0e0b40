/**
 * A PDF, drawn onto canvases by PDF.js from its bytes: nothing in it is run, no link in it leads anywhere, and nothing is
 * fetched for it but fonts and tables of the library itself.
 */
import * as pdfjs from "pdfjs-dist/legacy/build/pdf.min.mjs";
import { Refused, read } from "./preview-link.js";
import { element } from "./element.js";

const MOST = 64 * 1024 * 1024;
const MOST_PAGES = 300;
const MOST_PIXELS = 16_000_000;
const { pdfWorker } = document.querySelector("script[data-pdf-worker]").dataset;
const beside = (folder) => new URL(`../../${folder}/`, pdfjs.GlobalWorkerOptions.workerSrc).href;

pdfjs.GlobalWorkerOptions.workerSrc = new URL(pdfWorker, window.location.href).href;

export async function show({ url, name, signal, stage }) {
  const { bytes, whole } = await read(url, MOST, signal);
  if (!whole) throw new Error("larger than announced");
  const task = pdfjs.getDocument({
    data: bytes,
    isEvalSupported: false,
    enableXfa: false,
    useWasm: false,
    maxImageSize: MOST_PIXELS * 4,
    cMapUrl: beside("cmaps"),
    standardFontDataUrl: beside("standard_fonts"),
    wasmUrl: beside("wasm"),
    verbosity: 0,
  });
  try {
    const document_ = await task.promise;
    const first = await document_.getPage(1);
    const pages = new Pages(document_, first, { name, stage });
    const { numPages } = document_;
    const note = numPages > MOST_PAGES ? `The first ${MOST_PAGES} of ${numPages} pages. Download the file to have all of them.` : "";
    return { node: pages.node, note, end: () => pages.end(task) };
  } catch (error) {
    void task.destroy();
    if (error.name === "PasswordException") throw new Refused("This PDF asks for a password. Download it to open it.");
    throw error;
  }
}

/** Room for every page from the start; what comes near the view is drawn, what is far from it is forgotten. */
class Pages {
  #drawn = new Map();

  constructor(source, first, { name, stage }) {
    this.source = source;
    this.count = Math.min(source.numPages, MOST_PAGES);
    this.width = Math.min(stage.clientWidth - 32, 1000);
    this.node = element("div", { class: "preview-pdf", role: "region", "aria-label": name, tabindex: "0" });
    const { width, height } = first.getViewport({ scale: 1 });
    for (let number = 1; number <= this.count; number += 1) {
      const page = element("div", { class: "preview-page", "data-number": number, role: "group", "aria-label": `Page ${number}` });
      page.style.aspectRatio = `${width} / ${height}`;
      this.node.append(page);
    }
    this.watcher = new IntersectionObserver((seen) => this.#come(seen), { root: stage, rootMargin: "100% 0px" });
    for (const page of this.node.children) this.watcher.observe(page);
  }

  #come(seen) {
    for (const { target, isIntersecting } of seen) {
      if (isIntersecting && !this.#drawn.has(target)) this.#drawn.set(target, this.#draw(target));
      if (!isIntersecting && this.#drawn.has(target)) {
        target.replaceChildren();
        this.#drawn.delete(target);
      }
    }
  }

  async #draw(place) {
    try {
      const page = await this.source.getPage(Number(place.dataset.number));
      const { width, height } = page.getViewport({ scale: 1 });
      const sharp = (this.width / width) * Math.min(window.devicePixelRatio, 2);
      const viewport = page.getViewport({ scale: Math.min(sharp, Math.sqrt(MOST_PIXELS / (width * height))) });
      const canvas = element("canvas", { "aria-hidden": "true", width: Math.ceil(viewport.width), height: Math.ceil(viewport.height) });
      await page.render({ canvas, viewport }).promise;
      const { items } = await page.getTextContent();
      const words = items.map(({ str, hasEOL }) => (hasEOL ? `${str}\n` : str)).join("");
      if (!this.#drawn.has(place)) return;
      place.style.aspectRatio = `${width} / ${height}`;
      place.replaceChildren(canvas, element("p", { class: "visually-hidden" }, words));
    } catch {
      place.replaceChildren(element("p", { class: "muted" }, `Page ${place.dataset.number} cannot be drawn.`));
    }
  }

  end(task) {
    this.watcher.disconnect();
    this.#drawn.clear();
    void task.destroy();
  }
}
