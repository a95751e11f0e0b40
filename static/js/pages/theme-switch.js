/** <theme-switch>: system, light or dark. Stored in a cookie, so that the server renders it and no page flashes. */

const YEAR_SECONDS = 31_536_000;

class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    const select = /** @type {HTMLSelectElement} */ (this.querySelector("select"));
    select.value = document.documentElement.dataset.theme ?? "";
    select.addEventListener("change", () => this.#setTheme(select.value));
    this.hidden = false;
  }

  /** @param {string} theme */
  #setTheme(theme) {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    document.cookie = `theme=${theme}; path=/; max-age=${theme ? YEAR_SECONDS : 0}; samesite=lax`;
  }
}

customElements.define("theme-switch", ThemeSwitch);
