/**
 * The uploads that are not finished, in IndexedDB, so that they continue after a reload, a crash or a night: the share, its
 * files, and a handle of each file where the browser has one. Never bytes, passwords or tokens. Separate for each account;
 * where the browser stores nothing (private windows), uploads work, and cannot be resumed.
 */

/** @typedef {import("../engine/file-upload.js").FileUpload} FileUpload */
/** @typedef {import("../selection/handles.js").DiskHandle} DiskHandle */
/** @typedef {{id: string, name: string, path: string, size: number, lastModified: number, handle?: DiskHandle | null}} FileRecord */
/** @typedef {{id: string, files: FileRecord[]}} UnfinishedUpload */

const NAME = "sharesite-uploads";
/** Parts are sent after the records are written, but no later than this: a disk that hangs must not block the upload. */
const TIMEOUT_MS = 10_000;
const FLUSH_MS = 300;

export class UploadStore {
  /** @type {Promise<IDBDatabase> | null} */
  #database = null;
  /** @type {Set<string>} */
  #droppedIds = new Set();
  #timer = 0;

  /** @param {{account: string, factory?: IDBFactory}} settings  `account` is the id of the user */
  constructor({ account, factory = globalThis.indexedDB }) {
    this.account = account;
    this.factory = factory;
  }

  /**
   * Stores files that have just received their slots; they are on the disk when the promise resolves. Never rejects.
   *
   * @param {string} shareId
   * @param {FileUpload[]} files
   */
  async addFiles(shareId, files) {
    const rows = files.map((file) => ({
      id: file.id,
      share: shareId,
      name: file.name,
      path: file.path,
      size: file.size,
      lastModified: file.file.lastModified,
      ...(file.handle ? { handle: file.handle } : {}),
    }));
    const writing = this.#write((shares, table) => {
      shares.put({ id: shareId, account: this.account, "at": Date.now() });
      for (const row of rows) putRow(table, row);
    }, "strict");
    await Promise.race([writing, pause(TIMEOUT_MS)]);
  }

  /**
   * Forgets files that are ready or given up. Writes several together.
   *
   * @param {...string} ids
   */
  drop(...ids) {
    for (const id of ids) this.#droppedIds.add(id);
    if (this.#timer === 0 && this.#droppedIds.size > 0) this.#timer = setTimeout(() => void this.flush(), FLUSH_MS);
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

  /**
   * Forgets a share and all its files.
   *
   * @param {string} shareId
   */
  discard(shareId) {
    return this.#write((shares, table) => {
      shares.delete(shareId);
      const request = table.index("share").openKeyCursor(IDBKeyRange.only(shareId));
      request.onsuccess = () => {
        const cursor = request.result;
        if (!cursor) return;
        table.delete(cursor.primaryKey);
        cursor.continue();
      };
    });
  }

  /**
   * The unfinished uploads of this account, the oldest first.
   *
   * @returns {Promise<UnfinishedUpload[]>}
   */
  async unfinished() {
    try {
      const database = await this.#open();
      const reading = database.transaction(["shares", "files"]);
      const [shares, files] = await Promise.all([
        resultOf(reading.objectStore("shares").index("account").getAll(this.account)),
        resultOf(reading.objectStore("files").getAll()),
      ]);
      const uploads = shares
        .sort((first, second) => first.at - second.at)
        .map(({ id }) => ({ id, files: files.filter((file) => file.share === id) }));
      for (const upload of uploads) if (upload.files.length === 0) await this.discard(upload.id);
      return uploads.filter((upload) => upload.files.length > 0);
    } catch {
      return [];
    }
  }

  /**
   * @param {(shares: IDBObjectStore, files: IDBObjectStore) => void} change
   * @param {IDBTransactionDurability} [durability]
   */
  async #write(change, durability = "relaxed") {
    try {
      const database = await this.#open();
      const writing = database.transaction(["shares", "files"], "readwrite", { durability });
      /** @type {Promise<void>} */
      const completion = new Promise((resolve, reject) => {
        writing.oncomplete = () => resolve();
        writing.onabort = () => reject(writing.error);
      });
      change(writing.objectStore("shares"), writing.objectStore("files"));
      await completion;
    } catch {
      // The browser stores nothing, and the upload continues.
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

/**
 * Some handles cannot be stored; the name and the size can.
 *
 * @param {IDBObjectStore} table
 * @param {object} row
 */
function putRow(table, row) {
  try {
    table.put(row);
  } catch {
    table.put({ ...row, handle: null });
  }
}

/**
 * @template Result
 * @param {IDBRequest<Result>} request
 * @returns {Promise<Result>}
 */
function resultOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * @param {number} ms
 * @returns {Promise<void>}
 */
function pause(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
