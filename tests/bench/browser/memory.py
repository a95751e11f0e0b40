"""Memory of the page while it uploads the beginning of a very large file, which is sparse on the disk."""

import time

import psutil
from playwright.sync_api import BrowserContext, Page

from shares.models import Upload
from shares.storage import share_storage
from tests.bench.browser import site
from tests.stack import Stack

SENT_BYTES_SCRIPT = "document.querySelector('upload-app').uploader.totals.sentBytes"
TIMEOUT_SECONDS = 15 * 60


def run(stack: Stack, context: BrowserContext, url: str, *, send: int, file_bytes: int) -> int:
    """The peak of the proportional memory of the page's process, in bytes."""
    path = stack.folder / "sparse.bin"
    with path.open("wb") as file:
        file.truncate(file_bytes)
    with site.opened(context, url) as page:
        process = renderer(page)
        page.set_input_files("[data-part=files]", str(path))
        peak, end = 0, time.monotonic() + TIMEOUT_SECONDS
        while page.evaluate(SENT_BYTES_SCRIPT) < send:
            assert time.monotonic() < end, "The file does not get on."
            peak = max(peak, process.memory_full_info().pss)
            time.sleep(0.25)
    path.unlink()
    for upload in Upload.objects.exclude(storage_id="").filter(file__ready_at=None).select_related("file"):
        share_storage().uploads.abort(upload.file.key, upload.storage_id)
    return peak


def renderer(page: Page) -> psutil.Process:
    """The process of the page: the one that uses processor time while the page is busy."""
    browser = page.context.browser
    assert browser is not None
    session = browser.new_browser_cdp_session()
    pids = [
        process["id"]
        for process in session.send("SystemInfo.getProcessInfo")["processInfo"]
        if process["type"] == "renderer"
    ]
    session.detach()
    candidates = [psutil.Process(pid) for pid in pids]
    before = {process.pid: process.cpu_times().user for process in candidates}
    page.evaluate("() => { const end = performance.now() + 500; while (performance.now() < end); }")
    return max(candidates, key=lambda process: process.cpu_times().user - before[process.pid])
