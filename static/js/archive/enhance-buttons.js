/** Archives and large files are saved by the browser itself, and by the server where it cannot: docs/decisions/052, 072. */

/** @type {HTMLElement | null} */
const root = document.querySelector("[data-archive]");

/**
 * Submits the form as without this script.
 *
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} submitter
 */
function submitForm(form, submitter) {
  if (submitter instanceof HTMLButtonElement && submitter.hasAttribute("formaction")) form.action = submitter.formAction;
  form.submit();
}

/**
 * The ids of the files to save, none for all; null for a small file, which needs no archive.
 *
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} submitter
 */
function selectedFiles(form, submitter) {
  if (submitter?.dataset.large) return [submitter.dataset.large];
  const files = new FormData(form).getAll("file").map(String);
  return submitter?.hasAttribute("formaction") || files.length === 1 ? null : files;
}

/** @param {SubmitEvent} event */
function startDownload(event) {
  const { submitter } = event;
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.action.endsWith("/download")) return;
  const files = selectedFiles(form, submitter);
  const button = submitter ?? form.querySelector("button");
  if (!files || !button) return;
  event.preventDefault();
  submitter?.setAttribute("aria-busy", "true");
  import("./archive-ui.js")
    .then(({ downloadFiles }) => downloadFiles(files, button))
    .catch(() => submitForm(form, submitter))
    .finally(() => submitter?.removeAttribute("aria-busy"));
}

if (root && window.isSecureContext && "serviceWorker" in navigator && "withResolvers" in Promise) {
  root.addEventListener("submit", startDownload);
}
