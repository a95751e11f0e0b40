/** Links to the files of a plan, asked for by the batch shortly before they are needed: each lives for a minute or two. */
import { EndedError } from "./range-reader.js";

const MOST = 100;
/** A batch holds about as much as a browser fetches while its links live. */
const BATCH_BYTES = 64 * 1024 * 1024;
const MARGIN_MS = 15_000;
/** With so few links left, and so few bytes behind them, the next batch is asked for in good time. */
const FEW = 30;
const FEW_BYTES = 8 * 1024 * 1024;

export class Links {
  #known = new Map();
  #coming = null;
  /** Where the batch asked for last ends. */
  #end = 0;

  constructor({ linksUrl, csrf, files }, { fetcher = (...call) => fetch(...call), now = () => performance.now() } = {}) {
    Object.assign(this, { linksUrl, csrf, files, fetcher, now });
  }

  /** The address of the file at `index`; a new one for `again`. */
  async of(index, again = false) {
    if (again) this.#known.delete(index);
    while (!this.#fresh(index)) {
      this.#coming ??= this.#ask(index).finally(() => (this.#coming = null));
      await this.#coming;
    }
    this.#ahead(index);
    return this.#known.get(index).url;
  }

  /** What goes wrong here is told when the link is needed, and asked for again. */
  #ahead(index) {
    const left = this.files.slice(index, this.#end);
    if (this.#coming || this.#end >= this.files.length || left.length > FEW) return;
    if (left.reduce((sum, { size }) => sum + size, 0) > FEW_BYTES) return;
    this.#coming = this.#ask(this.#end)
      .catch(() => {})
      .finally(() => (this.#coming = null));
  }

  #fresh(index) {
    return (this.#known.get(index)?.until ?? 0) - this.now() > MARGIN_MS;
  }

  async #ask(from) {
    const batch = this.#batch(from);
    this.#end = from + batch.length;
    const body = new URLSearchParams(batch.map((index) => ["file", this.files[index].id]));
    const since = this.now();
    const headers = { "X-CSRFToken": this.csrf };
    const answer = await this.fetcher(this.linksUrl, { method: "POST", body, headers, cache: "no-store" });
    if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) {
      throw new EndedError("The share ended, or was changed, in the middle of this download.");
    }
    if (!answer.ok) throw new Error(`the site answered ${answer.status}`);
    const { links } = await answer.json();
    for (const [place, { url, expires_in: life }] of links.entries()) {
      this.#known.set(batch[place], { url, until: since + Math.max(life * 1000, MARGIN_MS + 1000) });
    }
  }

  #batch(from) {
    const batch = [];
    let bytes = 0;
    for (let index = from; index < this.files.length && batch.length < MOST; index += 1) {
      bytes += this.files[index].size;
      if (batch.length > 0 && bytes > BATCH_BYTES) break;
      batch.push(index);
    }
    return batch;
  }
}
