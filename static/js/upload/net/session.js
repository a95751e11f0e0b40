/**
 * The page's session with the server. It can end, or a sign-in in another tab can replace its CSRF token, while files are
 * uploading: requests that are refused for that reason wait here until they can be repeated.
 */
import { ApiError } from "./errors.js";

const POLL_MS = 3_000;

/**
 * The response of the session's URL. `account` is null when nobody is signed in, and undefined when the server does not
 * respond.
 *
 * @typedef {{account?: string | null, csrf?: string}} SessionState
 */

export class Session {
  #csrf;
  /** @type {Promise<void> | null} */
  #recovery = null;

  /**
   * @param {object} settings
   * @param {string} settings.url  returns `{account, csrf}` to a signed-in browser
   * @param {string | undefined} settings.account  the account that the page was loaded for
   * @param {string} settings.csrf
   * @param {(isOtherAccount: boolean) => void} [settings.onSignedOut]  someone has to sign in; `isOtherAccount` when
   *   another account is signed in
   * @param {() => void} [settings.onSignedIn]
   * @param {typeof globalThis.fetch} [settings.fetch]
   */
  constructor({ url, account, csrf, onSignedOut = () => {}, onSignedIn = () => {}, fetch = globalThis.fetch.bind(globalThis) }) {
    this.url = url;
    this.account = account;
    this.onSignedOut = onSignedOut;
    this.onSignedIn = onSignedIn;
    this.fetch = fetch;
    this.#csrf = csrf;
  }

  get csrf() {
    return this.#csrf;
  }

  /**
   * Waits for the session if `error` is due to it. True when the request is to be repeated now.
   *
   * @param {unknown} error
   * @param {{csrf: string, signal?: AbortSignal}} request  `csrf` is the token that it was sent with
   */
  async recover(error, { csrf, signal }) {
    if (!(error instanceof ApiError)) return false;
    if (error.status === 401) {
      await this.#waitForSession(signal);
      return true;
    }
    if (error.status !== 403 || error.code !== "forbidden") return false;
    if (csrf === this.#csrf) await this.#waitForSession(signal);
    return csrf !== this.#csrf;
  }

  /** @param {AbortSignal} [signal] */
  async #waitForSession(signal) {
    this.#recovery ??= this.#poll().finally(() => {
      this.#recovery = null;
    });
    await Promise.race([this.#recovery, whenAborted(signal)]);
    signal?.throwIfAborted();
  }

  async #poll() {
    /** @type {string | null} */
    let reportedAccount = null;
    for (;;) {
      const { account, csrf } = await this.#fetchState();
      if (account === this.account && csrf !== undefined) {
        this.#csrf = csrf;
        if (reportedAccount !== null) this.onSignedIn();
        return;
      }
      const current = account === null ? "" : account;
      if (current !== undefined && current !== reportedAccount) this.onSignedOut(current !== "");
      reportedAccount = current ?? reportedAccount;
      await nextPoll(POLL_MS);
    }
  }

  /** @returns {Promise<SessionState>} */
  async #fetchState() {
    try {
      const response = await this.fetch(this.url, { credentials: "same-origin", headers: { Accept: "application/json" } });
      if (response.status === 401) return { account: null };
      return response.ok ? await response.json() : {};
    } catch {
      return {};
    }
  }
}

/**
 * Resolves after `ms`, or as soon as the person returns to this tab.
 *
 * @param {number} ms
 */
async function nextPoll(ms) {
  const listeners = new AbortController();
  await new Promise((resolve) => {
    globalThis.addEventListener?.("focus", resolve, { signal: listeners.signal });
    setTimeout(resolve, ms);
  });
  listeners.abort();
}

/**
 * @param {AbortSignal} [signal]
 * @returns {Promise<unknown>}
 */
function whenAborted(signal) {
  return new Promise((resolve) => {
    signal?.addEventListener("abort", resolve, { once: true });
  });
}
