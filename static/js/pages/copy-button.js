/** <copy-button for="ID">: copies the value of that input, and confirms it in the button. */
import { gettext } from "../lib/i18n.js";

const MESSAGE_MS = 2500;

class CopyButton extends HTMLElement {
  #text = "";
  #timer = 0;

  connectedCallback() {
    this.addEventListener("click", () => this.#copy());
  }

  async #copy() {
    const input = /** @type {HTMLInputElement} */ (document.getElementById(this.getAttribute("for") ?? ""));
    input.select();
    try {
      await navigator.clipboard.writeText(input.value);
    } catch {
      // The clipboard API needs a secure context; on a plain http address of the LAN the old command still works.
      if (!document.execCommand("copy")) {
        this.#render(gettext("Press Ctrl+C"));
        return;
      }
    }
    this.#render(gettext("Copied"));
  }

  /** @param {string} message */
  #render(message) {
    const label = /** @type {HTMLElement} */ (this.querySelector("[data-label]"));
    this.#text ||= label.textContent ?? "";
    label.textContent = message;
    label.setAttribute("role", "status");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => { label.textContent = this.#text; }, MESSAGE_MS);
  }
}

customElements.define("copy-button", CopyButton);
