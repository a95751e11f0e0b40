/** The surface that shows one file at a time over the page, and leads to the next one. */
import { element } from "./element.js";
import { Refused, ask } from "./preview-link.js";

const KINDS = {
  image: () => import("./image.js"),
  video: () => import("./media.js"),
  audio: () => import("./media.js"),
  pdf: () => import("./pdf.js"),
  text: () => import("./text.js"),
  markdown: () => import("./markdown.js"),
};
const { previewStyles } = document.querySelector("script[data-preview-styles]").dataset;

function styled() {
  const sheet = element("link", { rel: "stylesheet", href: previewStyles });
  const loaded = new Promise((resolve) => {
    sheet.addEventListener("load", resolve);
    sheet.addEventListener("error", resolve);
  });
  document.head.append(sheet);
  return loaded;
}

const nameOf = (button) => button.getAttribute("aria-label").replace(/^\S+ /u, "");
const offered = () => [...document.querySelectorAll("[data-preview]")];

class Viewer {
  #shown = null;
  #stop = new AbortController();
  #styles = styled();

  constructor() {
    const act = (words, deed, label = "") => {
      const button = element("button", { type: "button", class: "button", ...(label && { "aria-label": label }) }, words);
      button.addEventListener("click", deed);
      return button;
    };
    this.title = element("h2", { id: "preview-title" });
    this.place = element("p", { class: "secondary muted" });
    this.back = act("Previous", () => this.#move(-1), "Previous file");
    this.on = act("Next", () => this.#move(1), "Next file");
    this.save = act("Download", () => this.#download());
    this.close = act("Close", () => this.dialog.close());
    this.stage = element("div", { class: "preview-stage" });
    this.status = element("p", { class: "preview-status", role: "status" });
    this.sure = act("Take one and show it", () => void this.show(this.button, { plain: true }));
    this.sure.classList.add("button-main");
    const acts = element("div", { class: "preview-acts" }, this.back, this.on, this.save, this.close);
    const head = element("header", { class: "preview-head" }, element("div", {}, this.title, this.place), acts);
    const body = element("div", { class: "preview-body" }, this.stage, element("div", { class: "preview-words" }, this.status, this.sure));
    this.dialog = element("dialog", { class: "preview", "aria-labelledby": "preview-title" }, head, body);
    this.dialog.addEventListener("close", () => this.#end());
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
    document.body.append(this.dialog);
  }

  async show(button, { plain }) {
    await this.#styles;
    this.#end();
    this.button = button;
    this.#describe();
    if (!this.dialog.open) this.dialog.showModal();
    if (!plain && "takes" in button.dataset) {
      this.#say("asking", "Looking at a file takes one of the downloads of this share, as downloading does. After that, this browser has all its files for a day.");
      this.sure.focus();
      return;
    }
    this.#say("loading", "Loading…");
    const { signal } = (this.#stop = new AbortController());
    try {
      const shown = await this.#draw(signal);
      if (signal.aborted) shown.end?.();
      else this.#put(shown);
    } catch (error) {
      if (!signal.aborted) this.#say("failed", error instanceof Refused ? error.message : `${this.#name} cannot be shown here. Download it to open it.`);
    }
  }

  async #draw(signal) {
    const { button } = this;
    const again = () => ask(button, signal);
    const { kind, url } = await again();
    for (const one of document.querySelectorAll("[data-takes]")) delete one.dataset.takes;
    for (const note of document.querySelectorAll("[data-takes-note]")) note.remove();
    const { show } = await KINDS[kind]();
    return show({ kind, url, name: this.#name, signal, again, stage: this.stage });
  }

  #put(shown) {
    this.#shown = shown;
    this.stage.replaceChildren(shown.node);
    this.#say("shown", shown.note ?? "");
  }

  /** "asking", "loading", "shown" or "failed", and what there is to say about it. */
  #say(state, words) {
    this.dialog.dataset.state = state;
    this.status.textContent = words;
    this.sure.hidden = state !== "asking";
  }

  #describe() {
    const all = offered();
    const index = all.indexOf(this.button);
    this.title.textContent = this.#name;
    this.place.textContent = all.length > 1 ? `${index + 1} of ${all.length}` : "";
    // Not disabled: the button must keep the focus.
    this.back.hidden = this.on.hidden = all.length < 2;
    this.back.setAttribute("aria-disabled", String(index <= 0));
    this.on.setAttribute("aria-disabled", String(index >= all.length - 1));
    this.save.hidden = !this.#saver();
  }

  get #name() {
    return nameOf(this.button);
  }

  #saver() {
    const own = this.button.closest(".file").querySelector('[formaction$="/download"]');
    return own ?? (offered().length === 1 ? document.querySelector("[data-all] .button-big") : null);
  }

  #download() {
    this.button.form.requestSubmit(this.#saver());
  }

  #move(step) {
    const next = offered()[offered().indexOf(this.button) + step];
    if (next) void this.show(next, { plain: false });
  }

  #key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey || event.target.closest("video, audio, pre, article")) return;
    event.preventDefault();
    this.#move(step);
  }

  #end() {
    this.#stop.abort();
    this.#shown?.end?.();
    this.#shown = null;
    this.stage.replaceChildren();
  }
}

let viewer = null;

/** Show the file of `button`; unless the wish was `plain`, ask before that takes a download. */
export function open(button, { plain }) {
  viewer ??= new Viewer();
  void viewer.show(button, { plain });
}
