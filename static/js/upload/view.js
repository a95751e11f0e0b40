/** Fills the server's markup: rows, totals, the link, the one alert. Draws at most four times a second. */
import { Announcer } from "./announce.js";
import { Row } from "./row.js";
import { Speed } from "./speed.js";
import * as words from "./words.js";

const FRAME_MS = 250;
/** A list longer than this is counted, not drawn: nobody reads it, and the page stays quick. */
const MOST_ROWS = 200;

const TITLES = {
  sending: (percent) => `${percent} %`,
  offline: (percent) => `${percent} %, waiting`,
  paused: (percent) => `${percent} %, paused`,
  failed: () => "Not all sent",
  done: () => "Sent",
};

export class View {
  #rows = new Map();
  #dirty = new Set();
  #timer = 0;
  #speed = new Speed();

  /** `standing()` gives `{sums, mood, waiting}` at the moment of drawing. */
  constructor({ root, part, acts, standing }) {
    Object.assign(this, { root, part, acts, standing });
    this.template = root.querySelector("template[data-part=row]");
    this.announcer = new Announcer(part("status"));
  }

  /** A file is new or has changed; it will be drawn soon. */
  touch(file) {
    this.#dirty.add(file);
    this.#drawSoon();
  }

  showLink(share) {
    this.part("link").value = share.url;
    this.part("link-open").href = this.root.dataset.sharePage.replace("ID", share.id);
    this.part("link-box").hidden = false;
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
    const standing = this.standing();
    for (const file of this.#dirty) this.#drawRow(file, standing);
    this.#dirty.clear();
    this.#drawWhole(standing);
    if (standing.sums.open > 0) this.#drawSoon();
  }

  #drawSoon() {
    if (this.#timer === 0) this.#timer = setTimeout(() => this.#draw(), FRAME_MS);
  }

  #drawRow(file, { waiting }) {
    let row = this.#rows.get(file);
    if (file.state === "canceled") {
      if (row) this.#removeRow(row);
      return;
    }
    if (!row) {
      if (this.#rows.size >= MOST_ROWS && file.state !== "failed") return;
      row = new Row({ template: this.template, file, acts: this.acts });
      this.#rows.set(file, row);
      this.part("list").append(row.node);
    }
    row.show({ waiting });
  }

  /** Focus that was inside goes to the neighbor, so that a keyboard does not start over at the top of the page. */
  #removeRow(row) {
    const neighbor = row.node.nextElementSibling ?? row.node.previousElementSibling;
    const focused = row.node.contains(document.activeElement);
    row.node.remove();
    this.#rows.delete(row.file);
    if (focused) (neighbor?.querySelector("[data-part=remove]") ?? this.part("files")).focus();
  }

  #drawWhole({ sums, mood }) {
    this.#show(mood);
    const now = performance.now();
    if (mood === "sending" || mood === "offline") this.#speed.note(sums.sent, now);
    else this.#speed.forget();
    const share = sums.bytes > 0 ? sums.sent / sums.bytes : sums.ready / Math.max(1, sums.count);
    this.part("total").value = share * this.part("total").max;
    this.part("total-text").textContent = this.#progress(sums, mood);
    this.part("headline").textContent = headline(sums, mood);
    const hidden = sums.count - this.#rows.size;
    this.part("more").hidden = hidden <= 0;
    this.part("more").textContent = `and ${words.files(hidden)} more`;
    const spoken = `${headline(sums, mood)}, ${words.percent(sums.sent, sums.bytes)} percent`;
    this.announcer.say(spoken, { urgent: mood === "done" || mood === "failed" });
    this.announcer.title(TITLES[mood]?.(words.percent(sums.sent, sums.bytes)) ?? "");
  }

  #progress(sums, mood) {
    const told = [`${words.size(sums.sent)} of ${words.size(sums.bytes)}`];
    const rate = this.#speed.rate();
    if (mood === "sending" && rate) {
      told.push(words.rate(rate), words.timeLeft(this.#speed.secondsFor(sums.bytes - sums.sent)));
    }
    return told.join(" · ");
  }

  #show(mood) {
    if (this.root.dataset.state === mood) return;
    this.root.dataset.state = mood;
    const focused = document.activeElement;
    for (const node of this.root.querySelectorAll("[data-when]")) {
      node.hidden = !node.dataset.when.split(" ").includes(mood);
    }
    // A button that has just hidden itself hands the focus to the one that took its place.
    if (this.root.contains(focused) && focused.closest("[hidden]")) {
      const successor = ["pause", "resume", "again"].map(this.part).find((button) => !button.closest("[hidden]"));
      (successor ?? this.part("files")).focus();
    }
  }
}

function headline(sums, mood) {
  switch (mood) {
    case "done":
      return sums.count === 1 ? "Sent" : `All ${sums.count} files sent`;
    case "failed":
      return `${words.files(sums.failed)} could not be sent`;
    case "paused":
      return "Paused";
    case "offline":
      return "Waiting for the network, will go on by itself";
    default:
      return sums.ready > 0 ? `Sending, ${sums.ready} of ${sums.count} files ready` : `Sending ${words.files(sums.count)}`;
  }
}
