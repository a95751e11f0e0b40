/** Polls for files that finish uploading, and puts them where the page lists them: docs/decisions/017. */
import { Announcer } from "../lib/announcer.js";

const MIN_INTERVAL_SECONDS = 1;
const MAX_INTERVAL_SECONDS = 30;
const TIMEOUT_MS = 20_000;
const ENDED_STATUSES = new Set([0, 401, 403, 404, 410]); // 0: redirected to the sign-in page

/**
 * @template {Element} [E=HTMLElement]
 * @param {ParentNode} container
 * @param {string} selector
 * @returns {E}
 */
const find = (container, selector) => /** @type {E} */ (container.querySelector(selector));

class LiveUpdates {
  #etag = "";
  #timer = 0;
  #polledAt = performance.now();
  #interval = MIN_INTERVAL_SECONDS;
  #failures = 0;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.list = find(root, "[data-live-list]");
    this.updatedAt = this.list.dataset.since;
    this.announcer = new Announcer(find(root, "[data-live-status]"));
    for (const fallback of root.querySelectorAll("[data-live-instead]")) fallback.setAttribute("hidden", "");
    document.addEventListener("visibilitychange", () => this.#schedule());
    this.#schedule();
  }

  /** Plans the next poll; none while the page is hidden, and at once when it becomes visible again. */
  #schedule() {
    clearTimeout(this.#timer);
    if (this.#interval === 0 || document.hidden) return;
    const remaining = this.#polledAt + this.#interval * 1000 - performance.now();
    this.#timer = setTimeout(() => void this.#poll(), Math.max(0, remaining));
  }

  async #poll() {
    const url = new URL(this.root.dataset.arrivals ?? "", window.location.href);
    if (this.updatedAt) url.searchParams.set("since", this.updatedAt);
    this.#polledAt = performance.now();
    try {
      const response = await fetch(url, {
        headers: this.#etag ? { "If-None-Match": this.#etag } : {},
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (ENDED_STATUSES.has(response.status)) {
        this.#interval = 0;
        window.location.reload(); // the page itself displays the state of the share
        return;
      }
      await this.#apply(response);
      this.#failures = 0;
    } catch {
      this.#failures += 1;
      const interval = Math.min(MAX_INTERVAL_SECONDS, MIN_INTERVAL_SECONDS * 2 ** this.#failures);
      this.#interval = interval * (0.75 + Math.random() / 2);
    }
    this.#schedule();
  }

  /** @param {Response} response */
  async #apply(response) {
    if (!response.ok && response.status !== 304) throw new Error(`unexpected status: ${response.status}`);
    const html = response.ok ? await response.text() : "";
    this.#etag = response.headers.get("ETag") ?? "";
    this.#interval = Math.max(Number(response.headers.get("Look-Again")), 0);
    if (html) this.#render(new DOMParser().parseFromString(html, "text/html"));
  }

  /** @param {Document} update */
  #render(update) {
    for (const part of update.querySelectorAll("[data-live]")) {
      for (const current of this.root.querySelectorAll(`[data-live="${part.getAttribute("data-live")}"]`)) {
        if (!current.isEqualNode(part)) current.replaceChildren(...part.cloneNode(true).childNodes);
      }
    }
    const list = find(update, "[data-live-list]");
    const rows = /** @type {HTMLElement[]} */ ([...list.children]);
    const total = Number(list.dataset.rows);
    if (rows.length === total) this.#removeAllBut(new Set(rows.map((row) => row.id)));
    for (const row of rows) this.#renderRow(row);
    // Rows were removed, and this response does not list which: the next one lists all.
    this.updatedAt = this.#rows().length === total ? list.dataset.since : "";
    const text = find(this.root, '[data-live="ready"]').textContent ?? "";
    this.announcer.announce(text.trim(), { urgent: this.#interval === 0 });
  }

  /** The rows of the page, in whichever folder. */
  #rows() {
    return [...this.list.querySelectorAll(".file")];
  }

  /** @param {Set<string>} ids */
  #removeAllBut(ids) {
    for (const row of this.#rows()) if (!ids.has(row.id)) row.remove();
    for (const folder of this.list.querySelectorAll(".folder")) if (!folder.querySelector(".file")) folder.remove();
  }

  /** @param {HTMLElement} row */
  #renderRow(row) {
    const current = document.getElementById(row.id);
    if (!current) this.list.append(row);
    else if (current.dataset.row !== row.dataset.row) {
      // A button of the row that has the focus keeps it.
      if (current.contains(document.activeElement)) find(current, ".file-text").replaceWith(find(row, ".file-text"));
      else current.replaceWith(row);
    }
  }
}

for (const root of document.querySelectorAll(/** @type {"article"} */ ("[data-arrivals]"))) new LiveUpdates(root);
