/**
 * Locks that let only one tab upload a share. Web Locks where the browser has them: they end with their tab, however that
 * ends. Browsers hide them on plain http (a local network); there the tabs send one another messages, and the tab that has
 * acquired a share last keeps it.
 */

/** @typedef {() => void} Release */
/** @typedef {{acquire: (shareId: string) => Promise<Release | null>, isFree: (shareId: string) => Promise<boolean>}} Locks */

/**
 * `query`: the sender wants to know whether a share is free, or to acquire it (`isAcquiring`). `deny`: the share of
 * `recipient`'s query is not free. `acquired`: the sender has acquired the share.
 *
 * @typedef {object} Message
 * @property {"query" | "deny" | "acquired"} type
 * @property {string} shareId
 * @property {string} sender
 * @property {string} [recipient]
 * @property {boolean} [isAcquiring]
 */

/**
 * A query that waits for responses.
 *
 * @typedef {{shareId: string, isAcquiring: boolean, isFree: boolean}} Query
 */

const CHANNEL = "sharesite-uploads";
/** How long a tab may take to respond. A message also wakes a tab whose timers are suspended. */
const RESPONSE_MS = 500;
/** After a late response the next query waits longer, up to this. */
const MAX_RESPONSE_MS = 10_000;

/**
 * @param {object} settings
 * @param {(shareId: string) => void} settings.onLost  another tab has acquired a share of this one
 * @param {(shareId: string) => void} settings.onBusy  another tab has a share that `isFree` may have called free
 * @returns {Locks}
 */
export function createLocks({ onLost, onBusy }) {
  return navigator.locks ? new WebLocks() : new ChannelLocks({ onLost, onBusy });
}

export class WebLocks {
  /**
   * Null when another tab has the share.
   *
   * @param {string} shareId
   * @returns {Promise<Release | null>}
   */
  acquire(shareId) {
    return new Promise((resolve) => {
      void navigator.locks
        .request(`${CHANNEL}:${shareId}`, { ifAvailable: true }, (lock) => {
          if (lock === null) {
            resolve(null);
            return null;
          }
          return new Promise((release) => {
            resolve(() => release(undefined));
          });
        })
        .catch(() => resolve(() => {})); // the browser has no lock manager for this page: better two tabs than none
    });
  }

  /** @param {string} shareId */
  async isFree(shareId) {
    const snapshot = await navigator.locks.query();
    return !snapshot.held?.some(({ name }) => name === `${CHANNEL}:${shareId}`);
  }
}

/** The same by messages. A share is free if no tab denies it; of two tabs that acquire it together, the lower id wins. */
export class ChannelLocks {
  #id = `${Math.random()}`.slice(2);
  /** @type {Set<string>} */
  #acquired = new Set();
  /** @type {Set<Query>} */
  #queries = new Set();
  /** @type {Map<string, number>} when the last query for a share was sent */
  #sentAt = new Map();

  /**
   * @param {object} settings
   * @param {(shareId: string) => void} settings.onLost
   * @param {(shareId: string) => void} settings.onBusy
   * @param {Pick<BroadcastChannel, "addEventListener" | "postMessage">} [settings.channel]
   * @param {number} [settings.responseMs]
   */
  constructor({ onLost, onBusy, channel = new BroadcastChannel(CHANNEL), responseMs = RESPONSE_MS }) {
    this.onLost = onLost;
    this.onBusy = onBusy;
    this.channel = channel;
    this.responseMs = responseMs;
    channel.addEventListener("message", ({ data }) => this.#handleMessage(data));
  }

  /**
   * Null when another tab has the share.
   *
   * @param {string} shareId
   * @returns {Promise<Release | null>}
   */
  async acquire(shareId) {
    if (!(await this.#query(shareId, { isAcquiring: true }))) return null;
    this.#acquired.add(shareId);
    this.#send({ type: "acquired", shareId });
    return () => void this.#acquired.delete(shareId);
  }

  /** @param {string} shareId */
  isFree(shareId) {
    return this.#query(shareId, { isAcquiring: false });
  }

  /**
   * @param {string} shareId
   * @param {{isAcquiring: boolean}} options
   */
  async #query(shareId, { isAcquiring }) {
    if (this.#acquired.has(shareId)) return false;
    const query = { shareId, isAcquiring, isFree: true };
    this.#queries.add(query);
    this.#sentAt.set(shareId, performance.now());
    this.#send({ type: "query", shareId, isAcquiring });
    await new Promise((resolve) => {
      setTimeout(resolve, this.responseMs);
    });
    this.#queries.delete(query);
    return query.isFree;
  }

  /** @param {Message} message */
  #handleMessage({ type, shareId, sender, recipient, isAcquiring = false }) {
    if (type === "query") this.#respond(shareId, sender, isAcquiring);
    else if (type === "deny" && recipient === this.#id) this.#handleDenial(shareId);
    else if (type === "acquired") this.#handleAcquisition(shareId);
  }

  /**
   * Two tabs that acquire a share at the same time come to the same result independently.
   *
   * @param {string} shareId
   * @param {string} sender
   * @param {boolean} isAcquiring
   */
  #respond(shareId, sender, isAcquiring) {
    const acquisitions = this.#queriesFor(shareId).filter((query) => query.isAcquiring);
    const wins = acquisitions.length > 0 && (!isAcquiring || this.#id < sender);
    if (this.#acquired.has(shareId) || wins) this.#send({ type: "deny", shareId, recipient: sender });
    else for (const query of acquisitions) query.isFree = false;
  }

  /** @param {string} shareId */
  #handleDenial(shareId) {
    const queries = this.#queriesFor(shareId);
    for (const query of queries) query.isFree = false;
    if (queries.length === 0 && !this.#acquired.has(shareId)) {
      // Too late for its query. If this tab has acquired the share since, the other one is notified and gives it up.
      const delay = performance.now() - (this.#sentAt.get(shareId) ?? 0);
      this.responseMs = Math.max(this.responseMs, Math.min(2 * delay, MAX_RESPONSE_MS));
      this.onBusy(shareId);
    }
  }

  /** @param {string} shareId */
  #handleAcquisition(shareId) {
    if (this.#acquired.delete(shareId)) this.onLost(shareId); // this tab was suspended during the query
    else this.onBusy(shareId);
  }

  /** @param {string} shareId */
  #queriesFor(shareId) {
    return [...this.#queries].filter((query) => query.shareId === shareId);
  }

  /** @param {Omit<Message, "sender">} message */
  #send(message) {
    this.channel.postMessage({ ...message, sender: this.#id });
  }
}
