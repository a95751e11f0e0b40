/**
 * What this browser remembers of uploads that are not finished, so that they go on after a reload, a crash or a night:
 * which share, which files, and where the browser can give one a handle to find the file again. Never bytes, passwords
 * or tokens. Kept apart by account; where the browser keeps nothing (private windows), uploads work as before.
 */

const NAME = "sharesite-uploads";
/** Sending waits for the note to be written, but no longer than this: a stuck disk must not hold it up. */
const TIMEOUT_MS = 10_000;
const GATHER_MS = 300;

export class UploadStore {
  #database = null;
  #droppedIds = new Set();
  #timer = 0;

  /** `account` is the user's id on this server, as text. */
  constructor({ account, factory = globalThis.indexedDB }) {
    this.account = account;
    this.factory = factory;
  }

  /**
   * Note files that have just got their slots, on the disk before the promise ends: whatever dies after that, the
   * files are remembered. `files` are `FileUpload`s. Never rejects.
   */
  async addFiles(share, files) {
    const rows = files.map((file) => ({
      id: file.id,
      share,
      name: file.name,
      path: file.path,
      size: file.size,
      lastModified: file.file.lastModified,
      ...(file.handle ? { handle: file.handle } : {}),
    }));
    const writing = this.#write((shares, table) => {
      shares.put({ id: share, account: this.account, at: Date.now() });
      for (const row of rows) putRow(table, row);
    }, "strict");
    await Promise.race([writing, pause(TIMEOUT_MS)]);
  }

  /** These need no remembering any more: they are ready, or given up. Written by the handful. */
  drop(...ids) {
    for (const id of ids) this.#droppedIds.add(id);
    if (this.#timer === 0 && this.#droppedIds.size > 0) this.#timer = setTimeout(() => void this.flush(), GATHER_MS);
  }

  async flush() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const ids = [...this.#droppedIds];
    if (ids.length === 0) return;
    this.#droppedIds.clear();
    await this.#write((_, table) => {
      for (const id of ids) table.delete(id);
    });
  }

  /** Forget a share with all its files. */
  discard(share) {
    return this.#write((shares, table) => {
      shares.delete(share);
      table.index("share").openKeyCursor(IDBKeyRange.only(share)).onsuccess = ({ target: { result: cursor } }) => {
        if (!cursor) return;
        table.delete(cursor.primaryKey);
        cursor.continue();
      };
    });
  }

  /** `[{id, at, files: [{id, name, path, size, lastModified, handle?}]}]` of this account, oldest first. */
  async unfinished() {
    try {
      const database = await this.#open();
      const reading = database.transaction(["shares", "files"]);
      const [shares, files] = await Promise.all([
        answer(reading.objectStore("shares").index("account").getAll(this.account)),
        answer(reading.objectStore("files").getAll()),
      ]);
      const known = shares.map(({ id, at }) => ({ id, at, files: files.filter((file) => file.share === id) }));
      for (const { id } of known.filter((share) => share.files.length === 0)) await this.discard(id);
      return known.filter((share) => share.files.length > 0).sort((a, b) => a.at - b.at);
    } catch {
      return [];
    }
  }

  async #write(change, durability = "relaxed") {
    try {
      const database = await this.#open();
      const writing = database.transaction(["shares", "files"], "readwrite", { durability });
      const completion = new Promise((resolve, reject) => {
        writing.oncomplete = resolve;
        writing.onabort = () => reject(writing.error);
      });
      change(writing.objectStore("shares"), writing.objectStore("files"));
      await completion;
    } catch {
      // A browser that keeps nothing still sends.
    }
  }

  #open() {
    this.#database ??= new Promise((resolve, reject) => {
      const opening = this.factory.open(NAME, 1);
      opening.onupgradeneeded = () => {
        opening.result.createObjectStore("shares", { keyPath: "id" }).createIndex("account", "account");
        opening.result.createObjectStore("files", { keyPath: "id" }).createIndex("share", "share");
      };
      opening.onsuccess = () => {
        opening.result.onversionchange = () => opening.result.close();
        resolve(opening.result);
      };
      opening.onerror = () => reject(opening.error);
    });
    return this.#database;
  }
}

/** Some handles cannot be stored; the name and the size still can. */
function putRow(table, row) {
  try {
    table.put(row);
  } catch {
    table.put({ ...row, handle: null });
  }
}

function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function pause(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
