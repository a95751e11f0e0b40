/** What was dropped and cannot be sent, gathered into one or two sentences: the rest goes on. */

const MAX_NAMES = 3;
/** What systems leave in folders for themselves: macOS (AppleDouble files too) and Windows. */
const SYSTEM = /^(\.DS_Store|\._.*|Thumbs\.db|ehthumbs\.db|desktop\.ini)$/i;

export const isSystemFile = (name) => SYSTEM.test(name);

export class RejectedFiles {
  #unreadable = [];
  #system = [];
  #emptyFolders = 0;

  unreadable(name) {
    this.#unreadable.push(name);
  }

  system(name) {
    this.#system.push(name);
  }

  emptyFolder() {
    this.#emptyFolders += 1;
  }

  clear() {
    this.#unreadable = [];
    this.#system = [];
    this.#emptyFolders = 0;
  }

  /** Empty while nothing was left out. */
  get message() {
    const sentences = [];
    if (this.#unreadable.length > 0) sentences.push(`${quoteNames(this.#unreadable)} could not be read from your device and stayed behind.`);
    if (this.#system.length > 0) sentences.push(`${quoteNames(this.#system)} ${this.#system.length > 1 ? "were" : "was"} left out: made by your system for itself.`);
    if (this.#emptyFolders === 1) sentences.push("1 empty folder was left out.");
    else if (this.#emptyFolders > 1) sentences.push(`${this.#emptyFolders} empty folders were left out.`);
    return sentences.join(" ");
  }
}

/** Each name once, the first few of them, and how many more files. */
function quoteNames(names) {
  const quotedNames = [...new Set(names)].slice(0, MAX_NAMES);
  const remainingCount = names.filter((name) => !quotedNames.includes(name)).length;
  return joinNames([...quotedNames.map((name) => `“${name}”`), ...(remainingCount > 0 ? [`${remainingCount} more`] : [])]);
}

function joinNames(names) {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
