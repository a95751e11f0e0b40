/**
 * “Download all”, or those that are ticked, in a browser that can make the archive itself: straight from the storage to
 * the disk. Wherever that is not possible the form is sent as it is, and the server makes the archive.
 *
 * A large file goes the same way: over a line that breaks it goes on from a fresh address, for as long as the page is open.
 * The code for it comes when somebody presses the button.
 */
const root = document.querySelector("[data-archive]");

/** As it would have been without this script. */
function send(form, submitter) {
  if (submitter?.hasAttribute("formaction")) form.action = submitter.formAction;
  form.submit();
}

/** The ids of what is to be saved, none for all; nothing at all for a small file, which needs no help. */
function chosen(form, submitter) {
  if (submitter?.dataset.large) return [submitter.dataset.large];
  const files = new FormData(form).getAll("file");
  return submitter?.hasAttribute("formaction") || files.length === 1 ? null : files;
}

function take(event) {
  const { target: form, submitter } = event;
  if (!form.action.endsWith("/download")) return;
  const files = chosen(form, submitter);
  if (!files) return;
  event.preventDefault();
  submitter?.setAttribute("aria-busy", "true");
  import("./page.js")
    .then(({ make }) => make(files))
    .catch(() => send(form, submitter))
    .finally(() => submitter?.removeAttribute("aria-busy"));
}

if (root && window.isSecureContext && "serviceWorker" in navigator && "withResolvers" in Promise) {
  root.addEventListener("submit", take);
}
