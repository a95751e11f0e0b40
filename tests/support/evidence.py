"""The evidence of a failed test: screenshots and HTML of the browser's pages, and the logs of every server."""

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page

PROJECT = Path(__file__).resolve().parents[2]
# The passes over both databases run side by side.
FOLDER = PROJECT / "test-failures" / os.environ.get("TEST_DATABASE", "postgresql")
LOG_BYTES = 200_000


def clear() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)


def collect(item: pytest.Item, logs: Path) -> Path:
    """Save the evidence of ``item``, which has just failed; ``logs`` is searched for ``*.log``. Returns the folder."""
    folder = FOLDER / re.sub(r"[^\w.-]+", "-", item.nodeid.removeprefix("tests/"))[-150:]
    folder.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(open_pages(item)):
        # A page may have crashed or closed: that is what the test is about, then.
        with contextlib.suppress(Error):
            page.screenshot(path=folder / f"page-{number}.png", full_page=True, timeout=5000)
            (folder / f"page-{number}.html").write_text(f"<!-- {page.url} -->\n{page.content()}")
    for log in logs.rglob("*.log"):
        with contextlib.suppress(OSError):
            name = "-".join(log.relative_to(logs).parts)
            (folder / name).write_bytes(log.read_bytes()[-LOG_BYTES:])
    return folder


def open_pages(item: pytest.Item) -> Iterator[Page]:
    """Every open page that the fixtures of the test can reach."""
    pages: dict[int, Page] = {}
    for value in getattr(item, "funcargs", {}).values():
        contexts: list[BrowserContext] = []
        if isinstance(value, Page):
            contexts = [value.context]
        elif isinstance(value, BrowserContext):
            contexts = [value]
        elif isinstance(value, Browser):
            contexts = value.contexts
        pages |= {id(page): page for context in contexts for page in context.pages}
    yield from pages.values()
