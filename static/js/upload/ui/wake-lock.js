/** Keeps the screen on, and the computer with it, while files are on their way; where browsers offer it, on https. */
export class Wake {
  #wish = false;
  #lock = null;
  #asking = false;

  constructor({ signal, locks = globalThis.navigator?.wakeLock, page = globalThis.document }) {
    Object.assign(this, { locks, page });
    // The browser takes the lock back while the tab is hidden.
    page.addEventListener("visibilitychange", () => void this.#settle(), { signal });
    signal.addEventListener("abort", () => this.keep(false));
  }

  keep(wish) {
    this.#wish = wish;
    void this.#settle();
  }

  /** Never rejects: a computer that saves its battery refuses. */
  async #settle() {
    if (this.#asking || !this.locks) return;
    this.#asking = true;
    try {
      await (this.#wish ? this.#hold() : this.#release());
    } catch {
      this.#lock = null;
    }
    this.#asking = false;
    if (!this.#wish && this.#lock) void this.#settle(); // it ended while the lock was on its way
  }

  async #hold() {
    const held = this.#lock !== null && !this.#lock.released;
    if (!held && this.page.visibilityState === "visible") this.#lock = await this.locks.request("screen");
  }

  async #release() {
    await this.#lock?.release();
    this.#lock = null;
  }
}
