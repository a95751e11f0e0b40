/**
 * Choosing some of the files: says how many and how large, and ticks a folder or the whole page at once. Without this
 * script the same form is sent with what is ticked.
 */
import { size } from "../lib/format.js";

const form = document.querySelector("[data-choose]");
const words = form?.querySelector("[data-chosen]");
const pickers = new Map();

const boxes = (within = form) => [...within.querySelectorAll("input[name=file]")];

/** A box that ticks all boxes in `within`. */
function picker(within, name) {
  const label = document.createElement("label");
  const box = document.createElement("input");
  label.className = "pick";
  box.type = "checkbox";
  box.setAttribute("aria-label", name);
  label.append(box);
  pickers.set(box, within);
  return label;
}

function show() {
  const all = boxes();
  const chosen = all.filter((box) => box.checked);
  const bytes = chosen.reduce((sum, box) => sum + Number(box.dataset.size), 0);
  words.textContent = chosen.length > 0 ? `${chosen.length} of ${all.length} chosen, ${size(bytes)}` : "";
  for (const [box, within] of pickers) {
    const inside = boxes(within);
    const ticked = inside.filter((one) => one.checked).length;
    box.checked = ticked > 0 && ticked === inside.length;
    box.indeterminate = ticked > 0 && !box.checked;
    box.disabled = inside.length === 0;
  }
}

function start() {
  for (const folder of form.querySelectorAll(".folder")) {
    folder.prepend(picker(folder, `Choose all of ${folder.querySelector(".file-name").textContent}`));
  }
  const all = picker(form, "Choose all files");
  all.classList.add("pick-all");
  all.append("All");
  form.querySelector("[data-pick-all]").prepend(all);
  form.addEventListener("change", ({ target }) => {
    for (const box of pickers.has(target) ? boxes(pickers.get(target)) : []) box.checked = target.checked;
    show();
  });
  // Enter would press the form's first button, which downloads one file.
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.type === "checkbox") event.preventDefault();
  });
  // A browser that comes back to the page ticks what was ticked; files that arrive can be ticked as well.
  window.addEventListener("pageshow", show);
  new MutationObserver(show).observe(form.querySelector(".files"), { childList: true, subtree: true });
  show();
}

if (form) start();
