/** <copy-button for="ID">: copies the value of that input, and says so in the button. */
class CopyButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", () => this.copy());
  }

  async copy() {
    const input = document.getElementById(this.getAttribute("for"));
    input.select();
    try {
      await navigator.clipboard.writeText(input.value);
    } catch {
      // The clipboard API needs a secure context; on a plain http address of the LAN the old command still works.
      if (!document.execCommand("copy")) return this.say("Press Ctrl+C");
    }
    return this.say("Copied");
  }

  say(text) {
    const label = this.querySelector("[data-label]");
    this.label ??= label.textContent;
    label.textContent = text;
    label.setAttribute("role", "status");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { label.textContent = this.label; }, 2500);
  }
}

customElements.define("copy-button", CopyButton);
