/** <show-password>: a button that shows what is typed into the field beside it. Without this script there is none. */
class ShowPassword extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    const button = this.querySelector("button");
    button.hidden = false;
    button.addEventListener("click", () => this.show(this.input.type === "password"));
    // Browsers keep what was sent from a text field, to offer it again.
    this.input.form.addEventListener("submit", () => this.show(false));
  }

  show(shown) {
    this.input.type = shown ? "text" : "password";
    this.querySelector("[data-act]").textContent = shown ? "Hide" : "Show";
  }
}

customElements.define("show-password", ShowPassword);
