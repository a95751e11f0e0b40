/** Fills the server's markup: rows, totals, the link, the notices. Draws at most four times a second. */
import { Announcer } from "../../lib/announcer.js";
import { percent } from "../../lib/format.js";
import { worthRetrying } from "../net/errors.js";
import { Favicon } from "./favicon.js";
import { RejectedFiles } from "../selection/rejected.js";
import * as messages from "./messages.js";
import { Rows } from "./rows.js";
import { Speed } from "./speed.js";

const FRAME_MS = 250;

export class View {
  #timer = 0;
  #speed = new Speed();
  #rejected = new RejectedFiles();

  /** `status()` gives `{sums, mood, waiting}` at the moment of drawing; `onMood(mood)` hears when that changes. */
  constructor({ root, part, acts, status, onMood }) {
    Object.assign(this, { root, part, status, onMood });
    this.announcer = new Announcer(part("status"));
    this.favicon = new Favicon(document.querySelector("link[rel=icon]"));
    this.rows = new Rows({
      list: part("list"),
      more: part("more"),
      template: root.querySelector("template[data-part=row]"),
      acts: { ...acts, home: () => this.#home() },
      onMore: () => this.#drawSoon(0),
    });
    part("add").addEventListener("click", () => part("files").click());
    part("notes-close").addEventListener("click", () => this.#clearNotes());
    part("retry-all").addEventListener("click", () => {
      for (const file of [...this.rows.files]) if (file.state === "failed" && worthRetrying(file.error)) acts.retry(file);
    });
  }

  /** A file is new or has changed; it will be drawn soon. */
  touch(file) {
    this.rows.touch(file);
    this.#drawSoon();
  }

  /** Something that could not be read, that only a system needs, or a folder with nothing in it. */
  rejected({ unreadable = null, system = null, emptyFolder = false }) {
    if (system !== null) this.#rejected.system(system);
    if (unreadable !== null) this.#rejected.unreadable(unreadable);
    if (emptyFolder) this.#rejected.emptyFolder();
    this.#drawSoon();
  }

  showLink(share) {
    this.part("link").value = share.url;
    this.part("link-open").href = this.pageOf(share.id);
    this.part("link-box").hidden = false;
  }

  /** The owner's page of a share. */
  pageOf(id) {
    return this.root.dataset.sharePage.replace("ID", id);
  }

  hideLink() {
    this.part("link-box").hidden = true;
    this.part("link").value = "";
  }

  alert(text, retry = null) {
    this.part("alert").hidden = !text;
    this.part("alert-text").textContent = text;
    this.part("alert-retry").hidden = retry === null;
    this.part("alert-retry").onclick = retry;
  }

  #draw() {
    this.#timer = 0;
    const status = this.status();
    if (status.mood === "sending" || status.mood === "pausing" || status.mood !== this.root.dataset.state) this.rows.refresh();
    this.#drawWhole(status);
    if (!this.rows.draw(status)) this.#drawSoon(0);
    else if (status.sums.open > 0) this.#drawSoon();
  }

  #drawSoon(wait = FRAME_MS) {
    if (this.#timer !== 0 && wait > 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#draw(), wait);
  }

  #drawWhole({ sums, mood }) {
    this.#show(mood);
    const moving = mood === "sending" || mood === "pausing";
    if (mood === "paused") this.#speed.reset();
    else this.#speed.note(sums.sent, performance.now());
    const share = sums.bytes > 0 ? sums.sent / sums.bytes : sums.ready / Math.max(1, sums.count);
    this.part("total").value = share * this.part("total").max;
    this.#write("total-text", messages.progress({ sent: sums.sent, bytes: sums.bytes, resent: sums.resent, speed: moving ? this.#speed : null }));
    this.#write("pause-text", mood === "pausing" ? "Stop now" : "Pause");
    const headline = messages.headline(sums, mood);
    this.#write("headline", headline);
    this.#write("notes-text", this.#rejected.message);
    this.part("notes").hidden = this.#rejected.message === "";
    this.part("retry-all").hidden = mood !== "failed" || sums.retryable < 2;
    if (mood !== "idle") {
      const spoken = `${headline}, ${percent(sums.sent, sums.bytes)} percent`;
      this.announcer.announce(spoken, { urgent: mood === "done" || mood === "failed" });
    }
    this.announcer.setTitlePrefix(messages.title(sums, mood));
    this.favicon.show(mood, share);
  }

  #write(part, text) {
    if (this.part(part).textContent !== text) this.part(part).textContent = text;
  }

  #show(mood) {
    if (this.root.dataset.state === mood) return;
    this.root.dataset.state = mood;
    this.onMood(mood);
    const focused = document.activeElement;
    for (const node of this.root.querySelectorAll("[data-when]")) {
      node.hidden = !node.dataset.when.split(" ").includes(mood);
    }
    // A button that has just hidden itself hands the focus to the one that took its place.
    if (this.root.contains(focused) && focused.closest("[hidden]")) {
      const successor = ["pause", "resume", "again"].map(this.part).find((button) => !button.closest("[hidden]"));
      (successor ?? this.#home()).focus();
    }
  }

  #clearNotes() {
    this.#rejected.clear();
    this.#drawWhole(this.status());
    this.#home().focus();
  }

  /** Where a keyboard goes on when what it was at is gone. */
  #home() {
    return this.root.dataset.state === "idle" ? this.part("files") : this.part("add");
  }
}
