/** <share-button data-url data-title>: the platform's own dialog for sharing a link; hidden where there is none. */
class ShareButton extends HTMLElement {
  connectedCallback() {
    const { url, title } = this.dataset;
    if (!navigator.canShare?.({ url, title })) return;
    this.hidden = false;
    this.addEventListener("click", () => {
      // Closing the dialog rejects the promise, which is no error.
      navigator.share({ url, title }).catch(() => {});
    });
  }
}

customElements.define("share-button", ShareButton);
