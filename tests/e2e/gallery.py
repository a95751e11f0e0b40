"""Pictures of a recipient's page in each of its states, and the page of the documentation that shows them."""

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser

from tests.e2e.camera import LOOKS, Camera
from tests.e2e.site import Site

Act = Callable[[Camera], None]


class State(NamedTuple):
    """``scene`` is the share it is seen at; ``words`` stand above its pictures; ``act`` leads there from its page.

    ``away`` is seen with the storage ended, after all others.
    """

    name: str
    scene: str
    title: str
    words: str
    act: Act | None = None
    away: bool = False


def guess(camera: Camera) -> None:
    camera.page.fill("[name=password]", "not this one")
    camera.page.click("main .button-main")
    camera.page.wait_for_selector("[role=alert], .field-error")


def tick(camera: Camera) -> None:
    for place in (1, 2, 4):
        camera.page.check(f".pick [name=file] >> nth={place}")


def report(camera: Camera) -> None:
    camera.page.click("text=Report abuse")
    camera.page.wait_for_selector("form [type=radio], form select, form textarea")


def pass_on(camera: Camera) -> None:
    camera.page.click(".pass-on summary")


def nowhere(camera: Camera) -> None:
    camera.go("/share/AAAAAAAAAAAAAAAAAAAAAA")


def notice(camera: Camera) -> None:
    """The site asks its storage every few seconds, and only while somebody looks."""
    for _ in range(40):
        if camera.page.locator(".notice-warn[role=alert]").count():
            return
        camera.page.wait_for_timeout(500)
        camera.page.reload(wait_until="networkidle")
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
    State("too-many-tries", "barred", "Too many tries", "With the time from which on to try again.", guess),
    State("expired", "expired", "Expired", "When it ended, and whom to ask."),
    State("ask-again", "wanted", "Expired, and may be asked for again", "The sender is told; no address is."),
    State("used-up", "used-up", "Used up", "Other words than for expired: more time would not help."),
    State("removed", "removed", "Removed", "Somebody's decision, said as such."),
    State("blocked", "blocked", "Blocked for abuse", "By the people who run the site."),
    State("storage-away", "open", "The storage is away", "Before a click leads nowhere.", notice, away=True),
    State("not-found", "open", "Not found", "A link that leads nowhere.", nowhere),
    State("report", "open", "Report abuse", "For everybody who has the link.", report),
)


def shown(browser: Browser, site: Site, scenes: dict[str, str], folder: Path) -> None:
    """Every state in every look, in a browser of its own each."""
    store = site.stack.storage
    for away in (False, True):
        if away:
            store.stop()
            site.stack.started.remove(store)
        for look, state in product(LOOKS, (one for one in STATES if one.away == away)):
            with Camera(browser, site, folder, look) as camera:
                camera.go(f"/share/{scenes[state.scene]}")
                if state.act is not None:
                    state.act(camera)
                camera.shoot(picture(state, camera.name), full=True)
    site.stack.need(store)
    (folder / "README.md").write_text(page(), encoding="utf-8")


def picture(state: State, look: str) -> str:
    return f"share-{state.name}-{look}"


def page() -> str:
    """The documentation's page, in Markdown."""
    parts = [
        "# The recipient's page in every state\n",
        "At 1280 and 390 pixels, light and dark, as `make screenshots` takes them from a running site.\n",
    ]
    for state in STATES:
        shots = (
            f'<img src="{picture(state, f"{scheme}-{width}")}.webp" alt="{state.title}, {scheme}" width="{shown}">'
            for width, shown in ((1280, 440), (390, 150))
            for scheme in ("light", "dark")
        )
        parts.append(f"## {state.title}\n\n{state.words}\n\n" + "\n".join(shots) + "\n")
    return "\n".join(parts)
