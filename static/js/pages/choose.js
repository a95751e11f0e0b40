/**
 * Selecting some of the files: displays how many and how large, and selects a folder or the whole page at once. Without this
 * script the same form is sent with the selected files.
 */
import { size } from "../lib/format.js";
import { gettext, interpolate, ngettext } from "../lib/i18n.js";

const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-choose]"));
const status = /** @type {HTMLElement} */ (form.querySelector("[data-chosen]"));
/** @type {Map<HTMLInputElement, Element>}  the checkbox of a folder or of the form, and what it selects the files of */
const containers = new Map();

/** @returns {HTMLInputElement[]} */
const checkboxesIn = (container = /** @type {Element} */ (form)) => [
  ...container.querySelectorAll(/** @type {"input"} */ ("input[name=file]")),
];

/**
 * The label of a checkbox that selects all files in `container`.
 *
 * @param {Element} container
 * @param {string} name
 */
function createCheckbox(container, name) {
  const label = document.createElement("label");
  const checkbox = document.createElement("input");
  label.className = "pick";
  checkbox.type = "checkbox";
  checkbox.setAttribute("aria-label", name);
  label.append(checkbox);
  containers.set(checkbox, container);
  return label;
}

/**
 * @param {number} count
 * @param {number} total
 * @param {number} bytes
 */
function selectionText(count, total, bytes) {
  const text = ngettext("%(count)s of %(total)s selected, %(size)s", "%(count)s of %(total)s selected, %(size)s", count);
  return interpolate(text, { count, total, size: size(bytes) });
}

function render() {
  const checkboxes = checkboxesIn();
  const selected = checkboxes.filter((checkbox) => checkbox.checked);
  const bytes = selected.reduce((sum, checkbox) => sum + Number(checkbox.dataset.size), 0);
  status.textContent = selected.length > 0 ? selectionText(selected.length, checkboxes.length, bytes) : "";
  for (const [checkbox, container] of containers) {
    const contained = checkboxesIn(container);
    const count = contained.filter(({ checked }) => checked).length;
    checkbox.checked = count > 0 && count === contained.length;
    checkbox.indeterminate = count > 0 && !checkbox.checked;
    checkbox.disabled = contained.length === 0;
  }
}

/** @param {Event} event */
function selectAll({ target }) {
  if (target instanceof HTMLInputElement) {
    const container = containers.get(target);
    for (const checkbox of container ? checkboxesIn(container) : []) checkbox.checked = target.checked;
  }
  render();
}

function start() {
  for (const folder of form.querySelectorAll(".folder")) {
    const name = folder.querySelector(".file-name")?.textContent ?? "";
    folder.prepend(createCheckbox(folder, interpolate(gettext("Select all of %(name)s"), { name })));
  }
  const all = createCheckbox(form, gettext("Select all files"));
  all.classList.add("pick-all");
  all.append(gettext("All"));
  form.querySelector("[data-pick-all]")?.prepend(all);
  form.addEventListener("change", selectAll);
  // Enter would press the form's first button, which downloads one file.
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target instanceof HTMLInputElement && event.target.type === "checkbox") event.preventDefault();
  });
  // A browser that returns to the page restores the selection; files that finish uploading can be selected as well.
  window.addEventListener("pageshow", render);
  const list = /** @type {HTMLElement} */ (form.querySelector(".files"));
  new MutationObserver(render).observe(list, { childList: true, subtree: true });
  render();
}

start();
