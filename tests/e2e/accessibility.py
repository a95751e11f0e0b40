"""What a page is held to in every look: accessible, large enough for a finger, nothing cut off."""

import os
from typing import Any, Literal

from playwright.sync_api import Page

from tests.e2e.site import PROJECT

AXE = (PROJECT / "node_modules" / "axe-core" / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Targets of at least 44 px, except links within a sentence; what is meant for keyboards only shows when focused.
SMALL = """
[...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary, label.button')]
  .filter((one) => one.checkVisibility() && !one.closest('p, dd, .file-input'))
  .map((one) => [one.outerHTML.slice(0, 80), (one.closest('.row-check, .check, .pick') ?? one).getBoundingClientRect()])
  .filter(([, box]) => box.width < 43.5 || box.height < 43.5)
  .map(([html, box]) => `${html} ${box.width} x ${box.height}`)"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Colors on their way from one scheme to the other have no contrast of their own.
SETTLE = """
for (const animation of document.getAnimations()) if (animation instanceof CSSTransition) animation.finish()"""
Scheme = Literal["light", "dark"]
# Both schemes and both widths; ``LOOKS=all`` crosses them, for `make looks`. The first is the one a page starts in.
LOOKS: list[tuple[Scheme, int]] = [("light", 390), ("dark", 1280)]
if os.environ.get("LOOKS") == "all":
    LOOKS += [("dark", 390), ("light", 1280)]
HEIGHT = 844
FIRST: dict[str, Any] = {"color_scheme": LOOKS[0][0], "viewport": {"width": LOOKS[0][1], "height": HEIGHT}}


def wait_ready(page: Page) -> None:
    """Its scripts have run, and what they draw is there."""
    page.wait_for_load_state()
    page.wait_for_function("document.querySelector(':not(:defined)') === null")


def findings(page: Page) -> list[Any]:
    """What axe, a finger or a narrow screen would complain about on the page as it is now, in each look."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
    findings: list[Any] = []
    for scheme, width in LOOKS:
        show(page, scheme, width)
        findings += [(scheme, width, finding) for finding in current_findings(page)]
    show(page, *LOOKS[0])
    return findings


def show(page: Page, scheme: Scheme, width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.evaluate(SETTLE)


def current_findings(page: Page) -> list[Any]:
    options = {"runOnly": RULES, "resultTypes": ["violations"]}
    violations = page.evaluate("(options) => axe.run(document, options).then((result) => result.violations)", options)
    axe = [(rule["id"], rule["help"], [node["html"][:120] for node in rule["nodes"]]) for rule in violations]
    return [
        *axe,
        *(f"small: {html}" for html in page.evaluate(SMALL)),
        *(["too wide"] if page.evaluate(WIDER) > 0 else []),
    ]
