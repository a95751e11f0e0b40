/** Shows the bulk acts as soon as a share is chosen, so that nobody has to look for them. */
const acts = document.querySelector(".bulk");

document.addEventListener("change", ({ target }) => {
  if (acts && target.name === "ids") acts.open = document.querySelector('[name="ids"]:checked') !== null;
});
