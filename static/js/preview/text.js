/** Text and code: shown as text at once, in color when a worker has found out how. */
import { languageOf, wordsOf } from "./decode-text.js";
import { element } from "./element.js";
import { cleaned } from "./clean.js";
import { read } from "./preview-link.js";
import { rendered } from "./render.js";

const MOST = 512 * 1024;
const COLORED = 192 * 1024;

export async function show({ url, name, signal }) {
  const { bytes, whole } = await read(url, MOST, signal);
  const words = wordsOf(bytes, whole);
  const code = element("code", {}, words);
  const node = element("pre", { class: "preview-text", tabindex: "0", "aria-label": name, role: "region" }, code);
  const language = languageOf(name);
  if (language && words.length <= COLORED) void color(code, words, language, signal);
  return { node, note: whole ? "" : `This is its beginning, ${MOST / 1024} KiB. Download the file to have all of it.` };
}

/** Takes the colors only if every character is where it was. */
async function color(code, words, language, signal) {
  const html = await rendered({ words, language }, signal);
  const colored = html && cleaned(html, { tags: ["span"], attributes: ["class"] });
  if (colored?.textContent === words) code.replaceChildren(colored);
}
