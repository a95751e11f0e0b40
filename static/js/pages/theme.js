/** <theme-switch>: system, light or dark. Kept in a cookie, so that the server writes it and no page flashes. */
class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    const select = this.querySelector("select");
    select.value = document.documentElement.dataset.theme ?? "";
    select.addEventListener("change", () => this.choose(select.value));
    this.hidden = false;
  }

  choose(theme) {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    const life = theme ? 31_536_000 : 0;
    document.cookie = `theme=${theme}; path=/; max-age=${life}; samesite=lax`;
  }
}

customElements.define("theme-switch", ThemeSwitch);
