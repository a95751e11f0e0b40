/** Reports a page view once per browser and share; a scanner that runs no script does not count as one. */

/** @type {HTMLElement | null} */
const page = document.querySelector("[data-opened]");
const key = `opened:${page?.dataset.share}`;

function isReported() {
  try {
    if (localStorage.getItem(key)) return true;
    localStorage.setItem(key, "1");
  } catch {
    // Storage is off: the server's own cookie still limits it to one report.
  }
  return false;
}

function reportView() {
  if (!page || document.visibilityState !== "visible" || isReported()) return;
  const { opened: url = "", csrf: csrfmiddlewaretoken = "" } = page.dataset;
  const body = new URLSearchParams({ csrfmiddlewaretoken });
  fetch(url, { method: "POST", body, credentials: "same-origin", keepalive: true }).catch(() => {});
}

if (document.visibilityState === "visible") reportView();
else document.addEventListener("visibilitychange", reportView, { once: true });
