/** <show-password>: a button that displays what is entered in the field beside it. Without this script there is none. */
import { gettext } from "../lib/i18n.js";

class ShowPassword extends HTMLElement {
  connectedCallback() {
    this.#button.hidden = false;
    this.#button.addEventListener("click", () => this.#setVisible(this.#input.type === "password"));
    // Browsers save what was sent from a text field, to suggest it later.
    this.#input.form?.addEventListener("submit", () => this.#setVisible(false));
  }

  get #button() {
    return /** @type {HTMLButtonElement} */ (this.querySelector("button"));
  }

  get #input() {
    return /** @type {HTMLInputElement} */ (this.querySelector("input"));
  }

  /** @param {boolean} isVisible */
  #setVisible(isVisible) {
    this.#input.type = isVisible ? "text" : "password";
    this.#button.textContent = isVisible ? gettext("Hide") : gettext("Show");
    this.#button.setAttribute("aria-label", isVisible ? gettext("Hide password") : gettext("Show password"));
  }
}

customElements.define("show-password", ShowPassword);
