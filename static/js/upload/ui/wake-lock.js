/** Keeps the screen on, and the computer awake, while files are uploading; where browsers support it, on https. */
export class WakeLock {
  #isNeeded = false;
  /** @type {WakeLockSentinel | null} */
  #lock = null;
  #isUpdating = false;

  /**
   * @param {object} settings
   * @param {AbortSignal} settings.signal
   * @param {Pick<globalThis.WakeLock, "request">} [settings.locks]  undefined where the browser has none
   * @param {Pick<Document, "addEventListener" | "visibilityState">} [settings.page]
   */
  constructor({ signal, locks = globalThis.navigator?.wakeLock, page = globalThis.document }) {
    this.locks = locks;
    this.page = page;
    // Browsers release the lock while the tab is hidden.
    page.addEventListener("visibilitychange", () => void this.#update(), { signal });
    signal.addEventListener("abort", () => this.setNeeded(false));
  }

  /** @param {boolean} isNeeded */
  setNeeded(isNeeded) {
    this.#isNeeded = isNeeded;
    void this.#update();
  }

  /** Never rejects: a computer that saves its battery refuses the lock. */
  async #update() {
    if (this.#isUpdating || !this.locks) return;
    this.#isUpdating = true;
    try {
      await (this.#isNeeded ? this.#request(this.locks) : this.#release());
    } catch {
      this.#lock = null;
    }
    this.#isUpdating = false;
    if (!this.#isNeeded && this.#lock) void this.#update(); // it is not needed any more since the request
  }

  /** @param {Pick<globalThis.WakeLock, "request">} locks */
  async #request(locks) {
    const isActive = this.#lock !== null && !this.#lock.released;
    if (!isActive && this.page.visibilityState === "visible") this.#lock = await locks.request("screen");
  }

  async #release() {
    await this.#lock?.release();
    this.#lock = null;
  }
}
