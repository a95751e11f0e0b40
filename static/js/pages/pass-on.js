/** <share-button data-url data-title>: the platform's own sheet for passing a link on; hidden where there is none. */
class ShareButton extends HTMLElement {
  connectedCallback() {
    const { url, title } = this.dataset;
    if (!navigator.canShare?.({ url, title })) return;
    this.hidden = false;
    this.addEventListener("click", () => {
      // Closing the sheet rejects, and there is nothing to say about that.
      navigator.share({ url, title }).catch(() => {});
    });
  }
}

customElements.define("share-button", ShareButton);
