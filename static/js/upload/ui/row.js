/** One file's row in the list. */
import { messageFor, worthRetrying } from "../net/errors.js";
import { note } from "./messages.js";
import { Speed } from "./speed.js";

const LOOKS = { new: "waiting", uploading: "sending", pausing: "sending" };
const HOLDS = { uploading: "Pause", pausing: "Stop now:", paused: "Go on with" };

export class Row {
  #parts = {};
  #speed = new Speed();

  /**
   * `template` is the server's row; `acts` are `{remove, retry, hold}`, each given the file; `ordinal` is 2 for the
   * second file of the same name.
   */
  constructor({ template, file, acts, ordinal = 1 }) {
    this.file = file;
    this.node = template.content.firstElementChild.cloneNode(true);
    for (const one of this.node.querySelectorAll("[data-part]")) this.#parts[one.dataset.part] = one;
    const name = file.path ? `${file.path}/${file.name}` : file.name;
    this.fullName = ordinal > 1 ? `${name} (${ordinal})` : name;
    this.#parts.name.textContent = name;
    if (ordinal > 1) this.#parts.ordinal.textContent = `number ${ordinal} of this name`;
    this.#parts.type.textContent = extension(file.name);
    this.#parts.progress.setAttribute("aria-label", this.fullName);
    this.#button("remove", `Remove ${this.fullName}`, acts.remove);
    this.#button("retry", `Try again: ${this.fullName}`, acts.retry);
    this.#button("hold", "", acts.hold);
    this.#button("undo", `Undo: keep ${this.fullName}`, acts.restore);
  }

  show({ waiting }) {
    const { file, node } = this;
    const look = LOOKS[file.state] ?? file.state;
    if (node.dataset.state !== look) node.dataset.state = look;
    if (file.state === "uploading" && !waiting) this.#speed.note(file.sent, performance.now());
    else this.#speed.reset();
    const words = note(file, { waiting, speed: this.#speed, reason: file.error ? messageFor(file.error) : "" });
    if (this.#parts.note.textContent !== words) this.#parts.note.textContent = words;
    const { progress } = this.#parts;
    progress.value = file.size > 0 ? (file.sent / file.size) * progress.max : 0;
    progress.hidden = file.settled;
    this.#parts.retry.hidden = file.state !== "failed" || !worthRetrying(file.error);
    this.#parts.shares.hidden = file.error?.code !== "quota-exceeded";
    this.#offerUndo(file.state === "leaving");
    this.#hold();
  }

  /** The button that was pressed becomes the way back, and the other way round; the focus goes with it. */
  #offerUndo(offered) {
    const { undo, remove } = this.#parts;
    if (undo.hidden !== offered) return;
    const focused = document.activeElement === (offered ? remove : undo);
    undo.hidden = !offered;
    remove.hidden = offered;
    if (focused) (offered ? undo : remove).focus();
  }

  #hold() {
    const { hold } = this.#parts;
    const paused = this.file.state === "paused";
    const act = HOLDS[this.file.state];
    hold.hidden = act === undefined;
    const label = `${act} ${this.fullName}`;
    if (hold.hidden || hold.getAttribute("aria-label") === label) return;
    hold.setAttribute("aria-label", label);
    hold.querySelector("[data-look=pause]").toggleAttribute("hidden", paused);
    hold.querySelector("[data-look=resume]").toggleAttribute("hidden", !paused);
  }

  #button(part, label, act) {
    const button = this.#parts[part];
    if (label) button.setAttribute("aria-label", label);
    button.addEventListener("click", () => act(this.file));
  }
}

/** Up to four letters after the last dot, for the little badge. */
function extension(name) {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot + 1, dot + 5).toLowerCase() : "";
}
