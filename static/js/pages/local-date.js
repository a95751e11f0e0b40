/**
 * <local-date>: the server reads and writes UTC, people read and enter their own time, and only when a custom date is
 * selected. Without this script the label names UTC, and the same field works.
 */

/** @param {number} number */
const pad = (number) => String(number).padStart(2, "0");

/** @param {Date} date */
function localDateTime(date) {
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

class LocalDate extends HTMLElement {
  connectedCallback() {
    const input = /** @type {HTMLInputElement} */ (this.querySelector("input"));
    const form = /** @type {HTMLFormElement} */ (input.form);
    for (const note of this.querySelectorAll("[data-utc]")) note.setAttribute("hidden", "");
    if (input.value) input.value = localDateTime(new Date(`${input.value}Z`));
    const select = /** @type {HTMLSelectElement} */ (form.elements.namedItem("expires_in"));
    const update = () => { this.hidden = select.value !== "own"; };
    select.addEventListener("change", update);
    update();
    form.addEventListener("formdata", ({ formData }) => {
      const value = formData.get(input.name);
      if (value) formData.set(input.name, new Date(String(value)).toISOString().slice(0, 16));
    });
  }
}

customElements.define("local-date", LocalDate);
