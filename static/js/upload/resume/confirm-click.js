const CONFIRM_MS = 5_000;

/**
 * Handles a click on a button that has to be clicked twice: the first click displays `question`, the second one calls
 * `action`.
 *
 * @param {HTMLElement} button  with its label at the end
 * @param {string} question
 * @param {() => void} action
 */
export function confirmClick(button, question, action) {
  if (button.hasAttribute("data-confirming")) {
    action();
    return;
  }
  const label = /** @type {ChildNode} */ (button.lastChild);
  const text = label.textContent;
  button.setAttribute("data-confirming", "");
  label.textContent = question;
  setTimeout(() => {
    button.removeAttribute("data-confirming");
    label.textContent = text;
  }, CONFIRM_MS);
}
