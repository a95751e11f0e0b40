/** Markdown: headings, lists, tables, code and links; no HTML, no pictures, nothing from other sites. */
import { gettext } from "../lib/i18n.js";
import { createElement } from "./element.js";
import { sanitize } from "./sanitize.js";
import { readBytes } from "./preview-link.js";
import { renderMarkup } from "./render.js";
import { createPreview as createTextPreview, truncationNote } from "./text.js";
import { decodeText } from "./decode-text.js";

const MAX_BYTES = 256 * 1024;
const TAGS = "h3 h4 h5 h6 p br hr em strong s a ul ol li blockquote pre code table thead tbody tr th td".split(" ");

/** @param {import("./preview-link.js").PreviewRequest} request */
export async function createPreview(request) {
  const { url, name, signal } = request;
  const { bytes, isComplete } = await readBytes(url, MAX_BYTES, signal);
  const markdown = decodeText(bytes, isComplete);
  const html = await renderMarkup({ markdown, pictureLabel: gettext("picture") }, signal);
  if (!html) return createTextPreview(request);
  const content = sanitize(html, { tags: TAGS, attributes: ["href", "title", "start"] });
  for (const link of content.querySelectorAll("a")) {
    link.rel = "noopener noreferrer nofollow ugc";
    link.target = "_blank";
    link.title = link.href;
  }
  const article = createElement("article", { class: "preview-prose", tabindex: "0", "aria-label": name }, content);
  return { element: article, note: isComplete ? "" : truncationNote(MAX_BYTES) };
}
