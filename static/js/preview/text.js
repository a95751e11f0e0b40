/** Text and code: displayed as text at once, and in color when a worker has highlighted it. */
import { size } from "../lib/format.js";
import { gettext, interpolate } from "../lib/i18n.js";
import { decodeText, languageOf } from "./decode-text.js";
import { createElement } from "./element.js";
import { sanitize } from "./sanitize.js";
import { readBytes } from "./preview-link.js";
import { renderMarkup } from "./render.js";

const MAX_BYTES = 512 * 1024;
const MAX_HIGHLIGHTED_CHARACTERS = 192 * 1024;

/** @param {number} maxBytes */
export const truncationNote = (maxBytes) =>
  interpolate(gettext("These are the first %(size)s. Download the file to see all of it."), { size: size(maxBytes) });

/** @param {import("./preview-link.js").PreviewRequest} request */
export async function createPreview({ url, name, signal }) {
  const { bytes, isComplete } = await readBytes(url, MAX_BYTES, signal);
  const text = decodeText(bytes, isComplete);
  const code = createElement("code", {}, text);
  const region = createElement("pre", { class: "preview-text", tabindex: "0", "aria-label": name, role: "region" }, code);
  const language = languageOf(name);
  if (language && text.length <= MAX_HIGHLIGHTED_CHARACTERS) void highlight(code, text, language, signal);
  return { element: region, note: isComplete ? "" : truncationNote(MAX_BYTES) };
}

/**
 * Uses the highlighted code only if its text is unchanged.
 *
 * @param {HTMLElement} code
 * @param {string} text
 * @param {string} language
 * @param {AbortSignal} signal
 */
async function highlight(code, text, language, signal) {
  const html = await renderMarkup({ text, language }, signal);
  const content = html ? sanitize(html, { tags: ["span"], attributes: ["class"] }) : null;
  if (content?.textContent === text) code.replaceChildren(content);
}
