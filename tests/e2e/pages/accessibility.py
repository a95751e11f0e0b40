"""Checks a page in every variant: accessible, targets large enough for a finger, nothing cut off."""

import os
from typing import Any, Literal
from weakref import WeakKeyDictionary

from playwright.sync_api import Page

from tests.e2e.site import PROJECT

AXE = (PROJECT / "node_modules" / "axe-core" / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Targets of at least 44 px, except links in a sentence; skip links are only visible when focused.
FIND_SMALL_TARGETS = """
[...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary, label.button')]
  .filter((one) => one.checkVisibility() && !one.closest('p, dd, .file-input'))
  .map((one) => [one.outerHTML.slice(0, 80), one.closest('.row-check, .check, .pick, .preset') ?? one])
  .map(([html, target]) => [html, target.getBoundingClientRect()])
  .filter(([, box]) => box.width < 43.5 || box.height < 43.5)
  .map(([html, box]) => `${html} ${box.width} x ${box.height}`)"""
OVERFLOW_WIDTH = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Colors in the middle of a transition have no contrast to check.
FINISH_TRANSITIONS = """
for (const animation of document.getAnimations()) if (animation instanceof CSSTransition) animation.finish()"""
Scheme = Literal["light", "dark"]
# Both schemes and both widths; ``LOOKS=all`` combines them, for `make looks`. A page starts in the first.
VARIANTS: list[tuple[Scheme, int]] = [("light", 390), ("dark", 1280)]
ALL = os.environ.get("LOOKS") == "all"
if ALL:
    VARIANTS += [("dark", 390), ("light", 1280)]
HEIGHT = 844
# How many states of a page were checked: axe is slow, and takes turns with the variants.
CHECKED_STATES: "WeakKeyDictionary[Page, int]" = WeakKeyDictionary()
FIRST_VARIANT: dict[str, Any] = {
    "color_scheme": VARIANTS[0][0],
    "viewport": {"width": VARIANTS[0][1], "height": HEIGHT},
}


def wait_ready(page: Page) -> None:
    """Wait until the page's scripts have run and its elements are defined."""
    page.wait_for_load_state()
    page.wait_for_function("document.querySelector(':not(:defined)') === null")


def find_problems(page: Page) -> list[Any]:
    """Problems of the page in its current state: small targets and content that is too wide in each variant, and by
    axe in one of them, or in each with ``LOOKS=all``.
    """
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
    state = CHECKED_STATES.get(page, 0)
    CHECKED_STATES[page] = state + 1
    problems: list[Any] = []
    for index, (scheme, width) in enumerate(VARIANTS):
        set_variant(page, scheme, width)
        findings = find_size_problems(page)
        if ALL or index == state % len(VARIANTS):
            findings += find_axe_problems(page)
        problems += [(scheme, width, finding) for finding in findings]
    set_variant(page, *VARIANTS[0])
    return problems


def set_variant(page: Page, scheme: Scheme, width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.evaluate(FINISH_TRANSITIONS)


def find_axe_problems(page: Page) -> list[Any]:
    options = {"runOnly": RULES, "resultTypes": ["violations"]}
    violations = page.evaluate("(options) => axe.run(document, options).then((result) => result.violations)", options)
    return [(rule["id"], rule["help"], [node["html"][:120] for node in rule["nodes"]]) for rule in violations]


def find_size_problems(page: Page) -> list[Any]:
    return [
        *(f"small: {html}" for html in page.evaluate(FIND_SMALL_TARGETS)),
        *(["too wide"] if page.evaluate(OVERFLOW_WIDTH) > 0 else []),
    ]
