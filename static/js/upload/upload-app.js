/** `<upload-app>`: the page for uploading files. templates/_uploader.html has its markup. */
import { Uploader } from "./uploader.js";

class UploadApp extends HTMLElement {
  #end = new AbortController();
  /** @type {Uploader | null} */
  uploader = null;

  connectedCallback() {
    this.uploader = new Uploader({ root: this, signal: this.#end.signal });
  }

  disconnectedCallback() {
    this.#end.abort();
    this.uploader?.close();
  }
}

customElements.define("upload-app", UploadApp);
