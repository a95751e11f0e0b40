/** Asks the server for files that have arrived, and puts them where the page shows them: docs/decisions/017. */
import { Announcer } from "../lib/announcer.js";

const SOONEST_S = 1;
const LATEST_S = 30;
const GONE = new Set([0, 401, 403, 404, 410]); // 0: sent on to the sign-in page

class Arrivals {
  #tag = "";
  #timer = 0;
  #last = performance.now();
  #wait = SOONEST_S;

  constructor(root) {
    this.root = root;
    this.failures = 0;
    this.list = root.querySelector("[data-live-list]");
    this.since = this.list.dataset.since;
    this.announcer = new Announcer(root.querySelector("[data-live-status]"));
    for (const one of root.querySelectorAll("[data-live-instead]")) one.hidden = true;
    document.addEventListener("visibilitychange", () => this.#plan());
    this.#plan();
  }

  /** The next look; none while nobody looks at the page, and at once when somebody does again. */
  #plan() {
    clearTimeout(this.#timer);
    if (this.#wait === 0 || document.hidden) return;
    const due = this.#last + this.#wait * 1000 - performance.now();
    this.#timer = setTimeout(() => void this.#look(), Math.max(0, due));
  }

  async #look() {
    const address = new URL(this.root.dataset.arrivals, window.location.href);
    if (this.since) address.searchParams.set("since", this.since);
    this.#last = performance.now();
    try {
      const answer = await fetch(address, {
        headers: this.#tag ? { "If-None-Match": this.#tag } : {},
        redirect: "manual",
        signal: AbortSignal.timeout(20_000),
      });
      if (GONE.has(answer.status)) {
        this.#wait = 0;
        window.location.reload(); // the page itself says what has become of the share
        return;
      }
      await this.#take(answer);
      this.failures = 0;
    } catch {
      this.failures += 1;
      this.#wait = Math.min(LATEST_S, SOONEST_S * 2 ** this.failures) * (0.75 + Math.random() / 2);
    }
    this.#plan();
  }

  async #take(answer) {
    if (!answer.ok && answer.status !== 304) throw new Error(`no answer to go by: ${answer.status}`);
    const text = answer.ok ? await answer.text() : "";
    this.#tag = answer.headers.get("ETag") ?? "";
    this.#wait = Math.max(Number(answer.headers.get("Look-Again")), 0);
    if (text) this.#show(new DOMParser().parseFromString(text, "text/html"));
  }

  #show(fresh) {
    for (const there of fresh.querySelectorAll("[data-live]")) {
      for (const here of this.root.querySelectorAll(`[data-live="${there.dataset.live}"]`)) {
        if (!here.isEqualNode(there)) here.replaceChildren(...there.cloneNode(true).childNodes);
      }
    }
    const list = fresh.querySelector("[data-live-list]");
    const rows = [...list.children];
    const all = Number(list.dataset.rows);
    if (rows.length === all) this.#keepOnly(new Set(rows.map((row) => row.id)));
    for (const row of rows) this.#place(row);
    // Rows have gone, and this answer did not say which: the next one tells all.
    this.since = this.#rows().length === all ? list.dataset.since : "";
    const words = this.root.querySelector('[data-live="ready"]').textContent.trim();
    this.announcer.announce(words, { urgent: this.#wait === 0 });
  }

  /** Of the page, in whichever folder. */
  #rows() {
    return [...this.list.querySelectorAll(".file")];
  }

  #keepOnly(ids) {
    for (const row of this.#rows()) if (!ids.has(row.id)) row.remove();
    for (const folder of this.list.querySelectorAll(".folder")) if (!folder.querySelector(".file")) folder.remove();
  }

  #place(row) {
    const here = document.getElementById(row.id);
    if (!here) this.list.append(row);
    else if (here.dataset.row !== row.dataset.row) {
      // Keep the focus if it is on one of the row's buttons.
      if (here.contains(document.activeElement)) here.querySelector(".file-text").replaceWith(row.querySelector(".file-text"));
      else here.replaceWith(row);
    }
  }
}

for (const root of document.querySelectorAll("[data-arrivals]")) new Arrivals(root);
