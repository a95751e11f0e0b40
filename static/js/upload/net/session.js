/**
 * The page's session with the server. It may end, or its CSRF token may be exchanged by a sign-in in another tab, while
 * files are on their way: calls that are refused for it wait here until they can be made again.
 */
import { ApiError } from "./errors.js";

const POLL_MS = 3_000;

export class Session {
  #csrf;
  #recovery = null;

  /**
   * `url` answers `{account, csrf}` to who is signed in. `onSignedOut(other)` hears that somebody has to sign in again
   * (`other`: as this account, since another one is), `onSignedIn()` that it has happened.
   */
  constructor({ url, account, csrf, onSignedOut = () => {}, onSignedIn = () => {}, fetch = globalThis.fetch.bind(globalThis) }) {
    Object.assign(this, { url, account, onSignedOut, onSignedIn, fetch });
    this.#csrf = csrf;
  }

  get csrf() {
    return this.#csrf;
  }

  /** True when the call that failed with `error` is worth repeating now: the session is in order again. */
  async recover(error, { used, signal } = {}) {
    if (!(error instanceof ApiError)) return false;
    if (error.status === 401) await this.#signedIn(signal);
    else if (error.status === 403 && error.code === "forbidden") {
      if (used === this.#csrf) await this.#signedIn(signal);
      return used !== this.#csrf;
    } else return false;
    return true;
  }

  async #signedIn(signal) {
    this.#recovery ??= this.#await().finally(() => {
      this.#recovery = null;
    });
    await Promise.race([this.#recovery, whenAborted(signal)]);
    signal?.throwIfAborted();
  }

  async #await() {
    let announced = null;
    for (;;) {
      const { account, csrf } = await this.#fetchAccount();
      if (account === this.account) {
        this.#csrf = csrf;
        if (announced !== null) this.onSignedIn();
        return;
      }
      const current = account === null ? "" : account;
      if (current !== undefined && current !== announced) this.onSignedOut(current !== "");
      announced = current ?? announced;
      await somethingHappens(POLL_MS);
    }
  }

  /** `account` is null when nobody is signed in, undefined when the server did not say. */
  async #fetchAccount() {
    try {
      const response = await this.fetch(this.url, { credentials: "same-origin", headers: { Accept: "application/json" } });
      if (response.status === 401) return { account: null };
      return response.ok ? await response.json() : {};
    } catch {
      return {};
    }
  }
}

/** A while, or until the person comes back to this tab. */
async function somethingHappens(ms) {
  const over = new AbortController();
  await new Promise((resolve) => {
    globalThis.addEventListener?.("focus", resolve, { signal: over.signal });
    setTimeout(resolve, ms);
  });
  over.abort();
}

function whenAborted(signal) {
  return new Promise((resolve) => {
    signal?.addEventListener("abort", resolve, { once: true });
  });
}
