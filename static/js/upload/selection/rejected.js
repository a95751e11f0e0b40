/** The files and folders that are not uploaded, in one or two sentences. */
import { formatList, gettext, interpolate, ngettext } from "../../lib/i18n.js";

/**
 * `detail` is a sentence: why a type is refused.
 *
 * @typedef {{reason: "unreadable" | "system" | "empty-folder" | "type", name: string, error?: unknown, detail?: string}} Rejection
 */

const MAX_NAMES = 3;
/** Files that systems create in folders: macOS (AppleDouble files too) and Windows. */
const SYSTEM_FILES = /^(\.DS_Store|\._.*|Thumbs\.db|ehthumbs\.db|desktop\.ini)$/i;

/** @param {string} name */
export const isSystemFile = (name) => SYSTEM_FILES.test(name);

export class RejectedFiles {
  /** @type {Rejection[]} */
  #rejections = [];

  /** @param {Rejection} rejection */
  add(rejection) {
    this.#rejections.push(rejection);
  }

  clear() {
    this.#rejections = [];
  }

  /** "" if there are none. */
  get message() {
    const sentences = [];
    const unreadable = this.#namesOf("unreadable");
    if (unreadable.length > 0) {
      sentences.push(interpolate(gettext("Couldn't be read from your device: %(names)s."), { names: quoteNames(unreadable) }));
    }
    for (const detail of new Set(this.#rejections.flatMap((rejection) => rejection.detail ?? []))) {
      const names = this.#rejections.filter((rejection) => rejection.detail === detail).map(({ name }) => name);
      sentences.push(interpolate(gettext("Not added: %(names)s."), { names: quoteNames(names) }), detail);
    }
    const system = this.#namesOf("system");
    if (system.length > 0) sentences.push(interpolate(gettext("Skipped system files: %(names)s."), { names: quoteNames(system) }));
    const count = this.#namesOf("empty-folder").length;
    if (count > 0) {
      sentences.push(interpolate(ngettext("Skipped %(count)s empty folder.", "Skipped %(count)s empty folders.", count), { count }));
    }
    return sentences.join(" ");
  }

  /** @param {Rejection["reason"]} reason */
  #namesOf(reason) {
    return this.#rejections.filter((rejection) => rejection.reason === reason).map(({ name }) => name);
  }
}

/**
 * The first few names, each once, and the number of the others.
 *
 * @param {string[]} names
 */
function quoteNames(names) {
  const firstNames = [...new Set(names)].slice(0, MAX_NAMES);
  const count = names.filter((name) => !firstNames.includes(name)).length;
  const remaining = count > 0 ? [interpolate(ngettext("%(count)s more", "%(count)s more", count), { count })] : [];
  return formatList([...firstNames.map((name) => interpolate(gettext("“%(name)s”"), { name })), ...remaining]);
}
