/**
 * Opens previews on the page itself; the code for it is loaded with the first one.
 *
 * `[data-preview]` is the button of a row, whose form works without this script. A click on the row's thumbnail opens the
 * preview as well, but is a less explicit request for it.
 */

/**
 * The button of a preview, and whether it was clicked itself.
 *
 * @param {Element} target
 */
function findButton(target) {
  /** @type {HTMLButtonElement | null} */
  const button = target.closest("[data-preview]");
  if (button) return { button, isExplicit: true };
  /** @type {HTMLButtonElement | null | undefined} */
  const buttonOfRow = target.closest(".file-type img")?.closest(".file")?.querySelector("[data-preview]");
  return { button: buttonOfRow, isExplicit: false };
}

/** @param {MouseEvent} event */
async function openPreview(event) {
  if (!(event.target instanceof Element) || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const { button, isExplicit } = findButton(event.target);
  if (!button) return;
  event.preventDefault();
  button.setAttribute("aria-busy", "true");
  try {
    const { openDialog } = await import("./dialog.js");
    openDialog(button, { isExplicit });
  } catch {
    button.form?.requestSubmit(button); // as without this script
  } finally {
    button.removeAttribute("aria-busy");
  }
}

document.addEventListener("click", openPreview);
