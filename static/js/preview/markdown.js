/** Markdown: headings, lists, tables, code and links; no markup of its own, no pictures, nothing from anywhere else. */
import { element } from "./element.js";
import { cleaned } from "./clean.js";
import { read } from "./preview-link.js";
import { rendered } from "./render.js";
import { show as showText } from "./text.js";
import { wordsOf } from "./decode-text.js";

const MOST = 256 * 1024;
const TAGS = "h3 h4 h5 h6 p br hr em strong s a ul ol li blockquote pre code table thead tbody tr th td".split(" ");

export async function show(wanted) {
  const { url, name, signal } = wanted;
  const { bytes, whole } = await read(url, MOST, signal);
  const html = await rendered({ markdown: wordsOf(bytes, whole) }, signal);
  if (!html) return showText(wanted);
  const content = cleaned(html, { tags: TAGS, attributes: ["href", "title", "start"] });
  for (const link of content.querySelectorAll("a")) {
    link.rel = "noopener noreferrer nofollow ugc";
    link.target = "_blank";
    link.title = link.href;
  }
  const node = element("article", { class: "preview-prose", tabindex: "0", "aria-label": name }, content);
  return { node, note: whole ? "" : `This is its beginning, ${MOST / 1024} KiB. Download the file to have all of it.` };
}
