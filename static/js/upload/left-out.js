/** What was dropped and cannot be sent, gathered into one or two sentences: the rest goes on. */

const MOST_NAMES = 3;

export class LeftOut {
  #unreadable = [];
  #emptyFolders = 0;

  unreadable(name) {
    this.#unreadable.push(name);
  }

  emptyFolder() {
    this.#emptyFolders += 1;
  }

  clear() {
    this.#unreadable = [];
    this.#emptyFolders = 0;
  }

  /** Empty while nothing was left out. */
  get words() {
    const told = [];
    const names = this.#unreadable.slice(0, MOST_NAMES).map((name) => `“${name}”`);
    const more = this.#unreadable.length - names.length;
    if (more > 0) names.push(`${more} more`);
    if (names.length > 0) told.push(`${listed(names)} could not be read from your device and stayed behind.`);
    if (this.#emptyFolders === 1) told.push("1 empty folder was left out.");
    else if (this.#emptyFolders > 1) told.push(`${this.#emptyFolders} empty folders were left out.`);
    return told.join(" ");
  }
}

function listed(names) {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
