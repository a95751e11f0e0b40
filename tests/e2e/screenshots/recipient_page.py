"""Pictures of a recipient's page in each of its states, and the page of the documentation that shows them."""

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser

from tests.e2e.screenshots.window import LOOKS, Camera
from tests.e2e.site import Site

Action = Callable[[Camera], None]


class State(NamedTuple):
    """``scene`` is the share it is seen at; ``words`` stand above its pictures; ``act`` leads there from its page.

    ``away`` is seen with the storage ended, after all others.
    """

    name: str
    scene: str
    title: str
    words: str
    act: Action | None = None
    away: bool = False


def guess(window: Camera) -> None:
    window.page.fill("[name=password]", "not this one")
    window.page.click("main .button-main")
    window.page.wait_for_selector("[role=alert], .field-error")


def tick(window: Camera) -> None:
    for index in (1, 2, 4):
        window.page.check(f".pick [name=file] >> nth={index}")


def report(window: Camera) -> None:
    window.page.click("text=Report abuse")
    window.page.wait_for_selector("form [type=radio], form select, form textarea")


def pass_on(window: Camera) -> None:
    window.page.click(".pass-on summary")


def nowhere(window: Camera) -> None:
    window.go("/share/AAAAAAAAAAAAAAAAAAAAAA")


def notice(window: Camera) -> None:
    """The site asks its storage every few seconds, and only while somebody looks."""
    for _ in range(40):
        if window.page.locator(".notice-warn[role=alert]").count():
            return
        window.page.wait_for_timeout(500)
        window.page.reload(wait_until="networkidle")
    raise AssertionError("The page never told that the storage is away.")


STATES = (
    State("open", "open", "Open", "Who sent what, what is left with its meaning beside it, and one big button."),
    State("single", "single", "One file", "Nothing to choose from: the button says what it does."),
    State("folders", "folders", "Folders", "Each tells what it holds; files of one name are told apart."),
    State("chosen", "folders", "Some of them chosen", "The button becomes the one for what is ticked.", tick),
    State("many", "many", "Many files", "Sorted by name, size or time; the button stays in sight."),
    State("uploading", "uploading", "Still uploading", "What has arrived can be had already."),
    State("waiting", "waiting", "Nothing there yet", "The link works before the first file is there."),
    State("scanning", "scanning", "Being checked for viruses", "Shown, and given as soon as the scanner is through."),
    State("withheld", "withheld", "One file is withheld", "The others can be had; a virus is called one."),
    State("passed-on", "single", "Passed on", "The link to copy, the device's own sheet, and a QR code.", pass_on),
    State("locked", "locked", "Locked", "Nothing about the files is told before the password is right."),
    State("wrong-password", "locked", "Wrong password", "Said beside the field, and what to do.", guess),
    State("too-many-tries", "barred", "Too many attempts", "With the time from which on to try again.", guess),
    State("expired", "expired", "Expired", "When it ended, and whom to ask."),
    State("ask-again", "wanted", "Expired, and may be asked for again", "The sender is told; no address is."),
    State("used-up", "used-up", "Used up", "Other words than for expired: more time would not help."),
    State("removed", "removed", "Removed", "Somebody's decision, said as such."),
    State("blocked", "blocked", "Blocked for abuse", "By an administrator."),
    State("storage-away", "open", "The storage is away", "Before a click leads nowhere.", notice, away=True),
    State("not-found", "open", "Not found", "A link that leads nowhere.", nowhere),
    State("report", "open", "Report abuse", "For everybody who has the link.", report),
)


def shown(browser: Browser, site: Site, scenarios: dict[str, str], folder: Path) -> None:
    """Every state in every look, in a browser of its own each."""
    store = site.stack.storage
    for is_down in (False, True):
        if is_down:
            store.stop()
            site.stack.started.remove(store)
        for variant, state in product(LOOKS, (candidate for candidate in STATES if candidate.away == is_down)):
            with Camera(browser, site, folder, variant) as window:
                window.go(f"/share/{scenarios[state.scene]}")
                if state.act is not None:
                    state.act(window)
                window.shoot(picture(state, window.name), full=True)
    site.stack.need(store)
    (folder / "README.md").write_text(page(), encoding="utf-8")


def picture(state: State, variant: str) -> str:
    return f"share-{state.name}-{variant}"


def page() -> str:
    """The documentation's page, in Markdown."""
    parts = [
        "# The recipient's page in every state\n",
        "At 1280 and 390 pixels, light and dark, as `make screenshots` takes them from a running site.\n",
    ]
    for state in STATES:
        shots = (
            f'<img src="{picture(state, f"{scheme}-{width}")}.webp" alt="{state.title}, {scheme}" width="{pixels}">'
            for width, pixels in ((1280, 440), (390, 150))
            for scheme in ("light", "dark")
        )
        parts.append(f"## {state.title}\n\n{state.words}\n\n" + "\n".join(shots) + "\n")
    return "\n".join(parts)
