/** Archives and large files by the browser itself, and by the server where it cannot: docs/decisions/052 and 072. */
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
  import("./archive-ui.js")
    .then(({ make }) => make(files, submitter ?? form.querySelector("button")))
    .catch(() => send(form, submitter))
    .finally(() => submitter?.removeAttribute("aria-busy"));
}

if (root && window.isSecureContext && "serviceWorker" in navigator && "withResolvers" in Promise) {
  root.addEventListener("submit", take);
}
