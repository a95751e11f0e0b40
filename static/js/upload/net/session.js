/**
 * The page's session with the server. It may end, or its CSRF token may be exchanged by a sign-in in another tab, while
 * files are on their way: calls that are refused for it wait here until they can be made again.
 */
import { ApiError } from "./errors.js";

const LOOK_MS = 3_000;

export class Session {
  #csrf;
  #coming = null;

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
  async mend(error, { used, signal } = {}) {
    if (!(error instanceof ApiError)) return false;
    if (error.status === 401) await this.#signedIn(signal);
    else if (error.status === 403 && error.code === "forbidden") {
      if (used === this.#csrf) await this.#signedIn(signal);
      return used !== this.#csrf;
    } else return false;
    return true;
  }

  async #signedIn(signal) {
    this.#coming ??= this.#await().finally(() => {
      this.#coming = null;
    });
    await Promise.race([this.#coming, ended(signal)]);
    signal?.throwIfAborted();
  }

  async #await() {
    let told = null;
    for (;;) {
      const { account, csrf } = await this.#look();
      if (account === this.account) {
        this.#csrf = csrf;
        if (told !== null) this.onSignedIn();
        return;
      }
      const who = account === null ? "" : account;
      if (who !== undefined && who !== told) this.onSignedOut(who !== "");
      told = who ?? told;
      await somethingHappens(LOOK_MS);
    }
  }

  /** `account` is null when nobody is signed in, undefined when the server did not say. */
  async #look() {
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

function ended(signal) {
  return new Promise((resolve) => {
    signal?.addEventListener("abort", resolve, { once: true });
  });
}
