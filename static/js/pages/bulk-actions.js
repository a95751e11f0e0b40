/** Opens the bulk actions when a share is selected, so that nobody has to look for them. */

/** @type {HTMLDetailsElement | null} */
const actions = document.querySelector(".bulk");

document.addEventListener("change", ({ target }) => {
  if (!actions || !(target instanceof HTMLInputElement) || target.name !== "ids") return;
  actions.open = document.querySelector('[name="ids"]:checked') !== null;
});
