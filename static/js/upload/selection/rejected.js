/** The files and folders that are not uploaded, in one or two sentences. */

/** @typedef {{reason: "unreadable" | "system" | "empty-folder", name: string, error?: unknown}} Rejection */

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
    if (unreadable.length > 0) sentences.push(`${quoteNames(unreadable)} could not be read from your device and stayed behind.`);
    const system = this.#namesOf("system");
    if (system.length > 0) sentences.push(`${quoteNames(system)} ${system.length > 1 ? "were" : "was"} left out: made by your system for itself.`);
    const emptyFolders = this.#namesOf("empty-folder");
    if (emptyFolders.length === 1) sentences.push("1 empty folder was left out.");
    else if (emptyFolders.length > 1) sentences.push(`${emptyFolders.length} empty folders were left out.`);
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
  const quotedNames = [...new Set(names)].slice(0, MAX_NAMES);
  const remainingCount = names.filter((name) => !quotedNames.includes(name)).length;
  return joinNames([...quotedNames.map((name) => `“${name}”`), ...(remainingCount > 0 ? [`${remainingCount} more`] : [])]);
}

/** @param {string[]} names */
function joinNames(names) {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
