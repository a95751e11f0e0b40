/** Tells the server once per browser and share that a person opened the page; a scanner that runs no script is not one. */
const page = document.querySelector("[data-opened]");
const key = `opened:${page?.dataset.share}`;

function remembered() {
  try {
    if (localStorage.getItem(key)) return true;
    localStorage.setItem(key, "1");
  } catch {
    // Storage is off: the server's own cookie still keeps it to once.
  }
  return false;
}

function tell() {
  if (!page || document.visibilityState !== "visible" || remembered()) return;
  const body = new URLSearchParams({ csrfmiddlewaretoken: page.dataset.csrf });
  fetch(page.dataset.opened, { method: "POST", body, credentials: "same-origin", keepalive: true }).catch(() => {});
}

if (document.visibilityState === "visible") tell();
else document.addEventListener("visibilitychange", tell, { once: true });
