/** <local-date>: the server reads and writes UTC, the person sees and types their own time, and only where an own date
 * is chosen. Without the script the label says UTC and the same field works. */
const pad = (number) => String(number).padStart(2, "0");

export function local(date) {
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

class LocalDate extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector("input");
    for (const word of this.querySelectorAll("[data-utc]")) word.hidden = true;
    if (input.value) input.value = local(new Date(`${input.value}Z`));
    const choice = input.form.elements.namedItem("expires_in");
    const follow = () => { this.hidden = choice.value !== "own"; };
    choice.addEventListener("change", follow);
    follow();
    input.form.addEventListener("formdata", ({ formData }) => {
      const value = formData.get(input.name);
      if (value) formData.set(input.name, new Date(value).toISOString().slice(0, 16));
    });
  }
}

customElements.define("local-date", LocalDate);
