/**
 * "Go on with …": draws what is unfinished, from the server's template, and the list of files that have to be chosen
 * again. Text only goes in as text.
 */
import { files, size } from "../../lib/format.js";

const MAX_NAMES = 5;
const SURE_MS = 5_000;

export class ResumeOffers {
  #rows = new Map();

  /** `onGo(offer)` and `onDiscard(offer)` hear the buttons; discarding asks once more by itself. */
  constructor({ part, onGo, onDiscard }) {
    Object.assign(this, { part, onGo, onDiscard });
    this.template = part("offer");
  }

  /** `offer`: `{id, name, count, left, busy}`, `left` in bytes. */
  show(offer) {
    const row = this.#rows.get(offer.id) ?? this.#make(offer.id);
    row.offer = offer;
    const find = (name) => row.node.querySelector(`[data-part="${name}"]`);
    find("offer-name").textContent = offer.busy ? `“${offer.name}”` : `Go on with “${offer.name}”`;
    find("offer-note").textContent = offer.busy
      ? "is being sent in another tab"
      : `${files(offer.count)}, ${size(offer.left)} left`;
    find("offer-acts").hidden = offer.busy;
    this.part("offers").hidden = false;
  }

  drop(id) {
    this.#rows.get(id)?.node.remove();
    this.#rows.delete(id);
    this.part("offers").hidden = this.#rows.size === 0;
  }

  clear() {
    for (const id of [...this.#rows.keys()]) this.drop(id);
  }

  /** Ask for files that the browser cannot reach by itself; an empty list takes the question away. */
  want(records) {
    const names = records.slice(0, MAX_NAMES).map((record) => `“${record.name}” (${size(record.size)})`);
    if (records.length > MAX_NAMES) names.push(`${files(records.length - MAX_NAMES)} more`);
    this.part("wanted-text").textContent = `Choose or drop again: ${names.join(", ")}. What has arrived stays.`;
    this.part("wanted").hidden = records.length === 0;
  }

  #make(id) {
    const node = this.template.content.firstElementChild.cloneNode(true);
    const row = { node, offer: null };
    this.#rows.set(id, row);
    node.querySelector("[data-part=offer-go]").addEventListener("click", () => this.onGo(row.offer));
    const discard = node.querySelector("[data-part=offer-discard]");
    discard.addEventListener("click", () => sure(discard, "Discard for good?", () => this.onDiscard(row.offer)));
    this.part("offer-list").append(node);
    return row;
  }
}

/** The first click asks, the second does it. */
export function sure(button, question, action) {
  if (button.hasAttribute("data-sure")) {
    action();
    return;
  }
  const label = button.lastChild.textContent;
  button.setAttribute("data-sure", "");
  button.lastChild.textContent = question;
  setTimeout(() => {
    button.removeAttribute("data-sure");
    button.lastChild.textContent = label;
  }, SURE_MS);
}
