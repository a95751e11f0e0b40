"""Folders within folders on a phone: a name stays on one line at every depth."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.scenarios import DEEP
from tests.e2e.site import Site

# Width, and lines that its text takes, of each name in the tree.
MEASURE = """(names) => names.map((name) => {
  const style = getComputedStyle(name);
  const lines = name.getBoundingClientRect().height / parseFloat(style.lineHeight);
  return [name.textContent, Math.round(name.parentElement.getBoundingClientRect().width), Math.round(lines)];
})"""


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(base_url=site.url, viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


def test_names_stay_on_one_line_at_every_depth(page: Page, scenarios: dict[str, str], tmp_path: Path) -> None:
    page.goto(f"/share/{scenarios['deep']}")
    # The checkboxes for folders are added by the script.
    expect(page.locator(".folder > .pick")).to_have_count(7)
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        measured = page.locator(".files .file-name").evaluate_all(MEASURE)
        assert len(measured) == len(DEEP) + 7
        # "Measurements 1.pdf" has 18 letters.
        assert [name for name, name_width, lines in measured if name_width < 90 or lines > 3] == [], measured
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.screenshot(path=tmp_path / f"deep-{width}.png", full_page=True)
