/** One file's row in the list. */
import { inWords } from "./errors.js";
import { note } from "./words.js";

const LOOKS = { new: "waiting", uploading: "sending" };

export class Row {
  /** `template` is the server's row; `acts` are `{remove, retry, hold}`, each given the file. */
  constructor({ template, file, acts }) {
    this.file = file;
    this.node = template.content.firstElementChild.cloneNode(true);
    const name = file.path ? `${file.path}/${file.name}` : file.name;
    this.#part("name").textContent = name;
    this.#part("type").textContent = extension(file.name);
    this.#part("progress").setAttribute("aria-label", name);
    this.#button("remove", `Remove ${name}`, acts.remove);
    this.#button("retry", `Try ${name} again`, acts.retry);
    this.#button("hold", "", acts.hold);
    this.fullName = name;
  }

  show({ waiting }) {
    const { file, node } = this;
    const look = LOOKS[file.state] ?? file.state;
    if (node.dataset.state !== look) node.dataset.state = look;
    const words = note(file, { waiting, reason: file.error ? inWords(file.error) : "" });
    if (this.#part("note").textContent !== words) this.#part("note").textContent = words;
    const progress = this.#part("progress");
    progress.value = file.size > 0 ? (file.sent / file.size) * progress.max : 0;
    progress.hidden = file.settled;
    this.#part("retry").hidden = file.state !== "failed";
    this.#hold();
  }

  #hold() {
    const hold = this.#part("hold");
    const paused = this.file.state === "paused";
    hold.hidden = !paused && this.file.state !== "uploading";
    const label = paused ? `Go on with ${this.fullName}` : `Pause ${this.fullName}`;
    if (hold.getAttribute("aria-label") === label) return;
    hold.setAttribute("aria-label", label);
    hold.querySelector("[data-look=pause]").toggleAttribute("hidden", paused);
    hold.querySelector("[data-look=resume]").toggleAttribute("hidden", !paused);
  }

  #button(part, label, act) {
    const button = this.#part(part);
    if (label) button.setAttribute("aria-label", label);
    button.addEventListener("click", () => act(this.file));
  }

  #part(name) {
    return this.node.querySelector(`[data-part="${name}"]`);
  }
}

/** Up to four letters after the last dot, for the little badge. */
function extension(name) {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot + 1, dot + 5).toLowerCase() : "";
}
