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

const CHANNEL = "sharesite-uploads";
/** How long a tab may take to respond. A message also wakes a tab whose timers are suspended. */
const RESPONSE_MS = 500;

/**
 * @param {{onLost?: (shareId: string) => void}} [settings]  `onLost`: another tab has acquired a share of this one
 * @returns {Locks}
 */
export function createLocks({ onLost = () => {} } = {}) {
  return navigator.locks ? new WebLocks() : new ChannelLocks({ onLost });
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
  /** @type {Map<string, {isFree: boolean, isAcquiring: boolean}>} the queries that wait for responses, by share */
  #queries = new Map();

  /**
   * @param {object} settings
   * @param {(shareId: string) => void} settings.onLost
   * @param {Pick<BroadcastChannel, "addEventListener" | "postMessage">} [settings.channel]
   * @param {number} [settings.responseMs]
   */
  constructor({ onLost, channel = new BroadcastChannel(CHANNEL), responseMs = RESPONSE_MS }) {
    this.onLost = onLost;
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
    const query = { isFree: true, isAcquiring };
    this.#queries.set(shareId, query);
    this.#send({ type: "query", shareId, isAcquiring });
    await new Promise((resolve) => {
      setTimeout(resolve, this.responseMs);
    });
    this.#queries.delete(shareId);
    return query.isFree;
  }

  /** @param {Message} message */
  #handleMessage({ type, shareId, sender, recipient, isAcquiring = false }) {
    const query = this.#queries.get(shareId);
    if (type === "query") this.#respond(shareId, sender, isAcquiring);
    else if (type === "deny" && recipient === this.#id && query) query.isFree = false;
    else if (type === "acquired" && this.#acquired.delete(shareId)) this.onLost(shareId); // this tab was suspended during the query
  }

  /**
   * Two tabs that acquire a share at the same time come to the same result independently.
   *
   * @param {string} shareId
   * @param {string} sender
   * @param {boolean} isAcquiring
   */
  #respond(shareId, sender, isAcquiring) {
    const query = this.#queries.get(shareId);
    const isConflict = isAcquiring && query?.isAcquiring === true;
    if (this.#acquired.has(shareId) || (isConflict && this.#id < sender)) this.#send({ type: "deny", shareId, recipient: sender });
    else if (isConflict) query.isFree = false;
  }

  /** @param {Omit<Message, "sender">} message */
  #send(message) {
    this.channel.postMessage({ ...message, sender: this.#id });
  }
}
