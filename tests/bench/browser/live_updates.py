"""The time until a recipient who has the page open sees a ready file."""

import time
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Browser

from shares.callers import Caller
from shares.models import SharedFile, User
from shares.services.sharing import shares
from shares.services.sharing.files import FileSpec
from tests.e2e.site import EMAIL
from tests.fixtures import send

TIMEOUT_MS = 30_000
WATCH = """() => {
  const seen = (window.bench = {});
  const look = () => {
    for (const row of document.querySelectorAll("li.file[data-row^=ready]")) seen[row.id] ||= Date.now() / 1000;
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


def run(browser: Browser, url: str, *, number: int) -> list[float]:
    """Seconds from ``ready_at`` to the row on the page, for each file."""
    now = timezone.now()
    caller = Caller(user=User.objects.get(email=EMAIL), address="127.0.0.1", host="127.0.0.1")
    # One more than arrive: a page that expects nothing more looks no more.
    specs = [FileSpec(f"{index}.txt", 5) for index in range(number + 1)]
    share = shares.create(caller=caller, values={"expires_at": now + timedelta(days=1)}, specs=specs, now=now)
    files = list(SharedFile.objects.filter(share=share).select_related("share", "upload__file").order_by("position"))
    page = browser.new_page()
    page.goto(f"{url}/share/{share.pk}")
    page.evaluate(WATCH)
    waited = []
    for file in files[:number]:
        time.sleep(0.7)  # Out of step with the page's own looks.
        ready = send(file, b"hello", caller, timezone.now()).ready_at
        assert ready is not None
        name = f"file-{file.pk}"
        page.wait_for_selector(f"[id='{name}'][data-row^=ready]", timeout=TIMEOUT_MS)
        waited.append(float(page.evaluate(f"window.bench['{name}']")) - ready.timestamp())
    page.close()
    return waited
