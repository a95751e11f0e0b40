/**
 * Looking at files: the code for it comes when somebody asks for the first time.
 *
 * `[data-preview]` is the button of a row; its form works without any of this. A click on the row's small picture is the
 * same wish, though less plainly said.
 */

function wish(target) {
  const button = target.closest("[data-preview]");
  if (button) return { button, plain: true };
  const picture = target.closest(".file-type img");
  return { button: picture?.closest(".file").querySelector("[data-preview]"), plain: false };
}

async function look(event) {
  const { button, plain } = event.target instanceof Element ? wish(event.target) : {};
  if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  button.setAttribute("aria-busy", "true");
  try {
    const { open } = await import("./dialog.js");
    open(button, { plain });
  } catch {
    button.form.requestSubmit(button); // as it would be without this script
  } finally {
    button.removeAttribute("aria-busy");
  }
}

// The files of a strict share have no address that a page could read.
if (document.querySelector("script[data-preview-worker]")) document.addEventListener("click", look);
