/**
 * Selecting some of the files: displays how many and how large, and selects a folder or the whole page at once. Without this
 * script the same form is sent with the selected files.
 */
import { size } from "../lib/format.js";
import { gettext, interpolate, ngettext } from "../lib/i18n.js";

/**
 * @param {Element} container
 * @returns {HTMLInputElement[]}
 */
const checkboxesIn = (container) => [...container.querySelectorAll(/** @type {"input"} */ ("input[name=file]"))];

/**
 * @param {number} count
 * @param {number} total
 * @param {number} bytes
 */
function selectionText(count, total, bytes) {
  const text = ngettext("%(count)s of %(total)s selected, %(size)s", "%(count)s of %(total)s selected, %(size)s", count);
  return interpolate(text, { count, total, size: size(bytes) });
}

class FileSelection {
  /** @type {Map<HTMLInputElement, Element>}  the checkbox of a folder or of the form, and what it selects the files of */
  #containers = new Map();

  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.status = /** @type {HTMLElement} */ (form.querySelector("[data-chosen]"));
    this.#addCheckboxes();
    form.addEventListener("change", ({ target }) => {
      if (target instanceof HTMLInputElement) this.#selectAll(target);
      this.#render();
    });
    // Enter would press the form's first button, which downloads one file.
    form.addEventListener("keydown", (event) => {
      const isCheckbox = event.target instanceof HTMLInputElement && event.target.type === "checkbox";
      if (event.key === "Enter" && isCheckbox) event.preventDefault();
    });
    // A browser that returns to the page restores the selection; files that finish uploading can be selected as well.
    window.addEventListener("pageshow", () => this.#render());
    const list = /** @type {HTMLElement} */ (form.querySelector(".files"));
    new MutationObserver(() => this.#render()).observe(list, { childList: true, subtree: true });
    this.#render();
  }

  #addCheckboxes() {
    for (const folder of this.form.querySelectorAll(".folder")) {
      const name = folder.querySelector(".file-name")?.textContent ?? "";
      folder.prepend(this.#createCheckbox(folder, interpolate(gettext("Select all of %(name)s"), { name })));
    }
    const all = this.#createCheckbox(this.form, gettext("Select all files"));
    all.classList.add("pick-all");
    all.append(gettext("All"));
    this.form.querySelector("[data-pick-all]")?.prepend(all);
  }

  /**
   * The label of a checkbox that selects all files in `container`.
   *
   * @param {Element} container
   * @param {string} name
   */
  #createCheckbox(container, name) {
    const label = document.createElement("label");
    const checkbox = document.createElement("input");
    label.className = "pick";
    checkbox.type = "checkbox";
    checkbox.setAttribute("aria-label", name);
    label.append(checkbox);
    this.#containers.set(checkbox, container);
    return label;
  }

  /** @param {HTMLInputElement} checkbox  of a folder or of the form; another one selects nothing else */
  #selectAll(checkbox) {
    const container = this.#containers.get(checkbox);
    for (const contained of container ? checkboxesIn(container) : []) contained.checked = checkbox.checked;
  }

  #render() {
    const checkboxes = checkboxesIn(this.form);
    const selected = checkboxes.filter((checkbox) => checkbox.checked);
    const bytes = selected.reduce((sum, checkbox) => sum + Number(checkbox.dataset.size), 0);
    this.status.textContent = selected.length > 0 ? selectionText(selected.length, checkboxes.length, bytes) : "";
    for (const [checkbox, container] of this.#containers) {
      const contained = checkboxesIn(container);
      const count = contained.filter(({ checked }) => checked).length;
      checkbox.checked = count > 0 && count === contained.length;
      checkbox.indeterminate = count > 0 && !checkbox.checked;
      checkbox.disabled = contained.length === 0;
    }
  }
}

for (const form of document.querySelectorAll(/** @type {"form"} */ ("form[data-choose]"))) new FileSelection(form);
