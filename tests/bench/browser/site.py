"""The site's own page in Chromium: the time from choosing files until all are ready, and its longest task."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from shares.models import SharedFile, User
from shares.storage import share_storage
from shares.storage.bucket.cors import rules
from tests.e2e.conftest import FLAGS, sign_in
from tests.e2e.site import EMAIL, PASSWORD

CHROMIUM = "/usr/bin/chromium"
MINUTES_MS = 15 * 60_000
QUOTA = 1 << 40
WATCH = """() => {
  const app = document.querySelector("upload-app");
  const seen = (window.bench = { since: 0, until: 0, longest: 0 });
  const inputs = document.querySelectorAll("input[type=file]");
  for (const one of inputs) one.addEventListener("change", () => (seen.since ||= performance.now()), true);
  const look = () => {
    if (!seen.since || app.dataset.state !== "done") return;
    seen.until ||= performance.now();
    document.documentElement.dataset.bench = "done";
  };
  new MutationObserver(look).observe(app, { attributes: true, attributeFilter: ["data-state"] });
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      // Of the task in which the files are chosen, what comes after: before it works the driver, not the page.
      if (seen.since) seen.longest = Math.max(seen.longest, startTime + duration - Math.max(startTime, seen.since));
    }
  }).observe({ type: "longtask" });
}"""


@dataclass(frozen=True, slots=True)
class Timing:
    """``seconds`` from the choice until the page says that all is sent; ``longest`` task of its main thread in ms."""

    seconds: float
    longest: float


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def account() -> User:
    return User.objects.create_user(EMAIL, PASSWORD, quota_bytes=QUOTA, quota_files=1_000_000)


def allow(*origins: str) -> None:
    """The site's own rules, and what the opponent needs besides: it opens and completes uploads from the page."""
    storage = share_storage()
    cors_rules = [rule | {"AllowedMethods": ["PUT", "GET", "POST"]} for rule in rules(origins)]
    storage.client.put_bucket_cors(Bucket=storage.bucket_name, CORSConfiguration={"CORSRules": cors_rules})


@contextmanager
def signed_in(browser: Browser, url: str) -> Iterator[BrowserContext]:
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, url)
    page.close()
    try:
        yield context
    finally:
        context.close()


@contextmanager
def opened(context: BrowserContext, url: str) -> Iterator[Page]:
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(url)
    page.wait_for_selector("upload-app")
    page.evaluate(WATCH)
    try:
        yield page
    finally:
        page.close()
        assert wrong == [], wrong


def send(context: BrowserContext, url: str, paths: Sequence[Path]) -> Timing:
    with opened(context, url) as page:
        page.set_input_files("[data-part=files]", [str(path) for path in paths])
        page.wait_for_selector("html[data-bench=done]", timeout=MINUTES_MS)
        timings: dict[str, Any] = page.evaluate("window.bench")
    return Timing((timings["until"] - timings["since"]) / 1000, timings["longest"])


def delete_uploads() -> None:
    """Free the space: a storage that fills up is not comparable."""
    keys = list(SharedFile.objects.filter(purged_at=None, ready_at__isnull=False).values_list("key", flat=True))
    share_storage().objects.delete([*keys, "bench/uppy", "bench/boto3"])
