"""Screenshots of a recipient's page in each of its states, and the page of the documentation that shows them."""

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser

from tests.e2e.screenshots.window import VARIANTS, ScreenshotWindow
from tests.e2e.site import Site

Action = Callable[[ScreenshotWindow], None]


class State(NamedTuple):
    """``scenario`` is the share, ``description`` stands above the screenshots, ``prepare`` changes the page first.

    ``storage_down`` states are taken after all others, with the storage stopped.
    """

    name: str
    scenario: str
    title: str
    description: str
    prepare: Action | None = None
    storage_down: bool = False


def enter_wrong_password(window: ScreenshotWindow) -> None:
    window.page.fill("[name=password]", "not this one")
    window.page.click("main .button-main")
    window.page.wait_for_selector("[role=alert], .field-error")


def select_files(window: ScreenshotWindow) -> None:
    for index in (1, 2, 4):
        window.page.check(f".pick [name=file] >> nth={index}")


def open_report_form(window: ScreenshotWindow) -> None:
    window.page.click("text=Report abuse")
    window.page.wait_for_selector("form [type=radio], form select, form textarea")


def open_pass_on(window: ScreenshotWindow) -> None:
    window.page.click(".pass-on summary")


def open_unknown_share(window: ScreenshotWindow) -> None:
    window.go("/share/AAAAAAAAAAAAAAAAAAAAAA")


def wait_for_outage_notice(window: ScreenshotWindow) -> None:
    """The site probes its storage every few seconds, and only while pages are requested."""
    for _ in range(40):
        if window.page.locator(".notice-warn[role=alert]").count():
            return
        window.page.wait_for_timeout(500)
        window.page.reload(wait_until="networkidle")
    raise AssertionError("The page never reported that the storage is down.")


STATES = (
    State("open", "open", "Open", "Who sent what, what remains, and one big button."),
    State("single", "single", "One file", "Nothing to choose from: the button names the file."),
    State("folders", "folders", "Folders", "Each with its number of files and size; equal names get numbers."),
    State("chosen", "folders", "Some of them chosen", "The button downloads the selected files.", select_files),
    State("many", "many", "Many files", "Sorted by name, size or time; the button stays visible."),
    State("uploading", "uploading", "Still uploading", "Complete files can be downloaded already."),
    State("waiting", "waiting", "Nothing there yet", "The link works before the first file is there."),
    State("scanning", "scanning", "Being checked for viruses", "Listed; available once the scanner is finished."),
    State("withheld", "withheld", "One file is withheld", "The others are available; a virus is named as the reason."),
    State(
        "passed-on", "single", "Passed on", "A link to copy, the device's share dialog, and a QR code.", open_pass_on
    ),
    State("locked", "locked", "Locked", "Nothing about the files is shown before the password."),
    State(
        "wrong-password",
        "locked",
        "Wrong password",
        "The error and the remedy are beside the field.",
        enter_wrong_password,
    ),
    State("too-many-tries", "barred", "Too many attempts", "With the time of the next attempt.", enter_wrong_password),
    State("expired", "expired", "Expired", "When it ended, and the sender to contact."),
    State("ask-again", "wanted", "Expired, and may be asked for again", "The sender is notified; no address is shown."),
    State("used-up", "used-up", "Used up", "A text of its own: more time would not help."),
    State("removed", "removed", "Removed", "The sender's decision, named as such."),
    State("blocked", "blocked", "Blocked for abuse", "By an administrator."),
    State(
        "storage-away",
        "open",
        "The storage is away",
        "Before a download fails.",
        wait_for_outage_notice,
        storage_down=True,
    ),
    State("not-found", "open", "Not found", "A link to no share.", open_unknown_share),
    State("report", "open", "Report abuse", "For everyone who has the link.", open_report_form),
)


def write_screenshots(browser: Browser, site: Site, scenarios: dict[str, str], folder: Path) -> None:
    """Every state in every variant, each in a browser context of its own."""
    store = site.stack.storage
    for is_down in (False, True):
        if is_down:
            store.stop()
            site.stack.started.remove(store)
        for variant, state in product(
            VARIANTS, (candidate for candidate in STATES if candidate.storage_down == is_down)
        ):
            with ScreenshotWindow(browser, site, folder, variant) as window:
                window.go(f"/share/{scenarios[state.scenario]}")
                if state.prepare is not None:
                    state.prepare(window)
                window.capture(screenshot_name(state, window.name), full=True)
    site.stack.need(store)
    (folder / "README.md").write_text(readme(), encoding="utf-8")


def screenshot_name(state: State, variant: str) -> str:
    return f"share-{state.name}-{variant}"


def readme() -> str:
    """The documentation's page, in Markdown."""
    parts = [
        "# The recipient's page in every state\n",
        "At 1280 and 390 pixels, light and dark, as `make screenshots` takes them from a running site.\n",
    ]
    for state in STATES:
        shots = (
            f'<img src="{name}.webp" alt="{state.title}, {scheme}" width="{pixels}">'
            for width, pixels in ((1280, 440), (390, 150))
            for scheme in ("light", "dark")
            if (name := screenshot_name(state, f"{scheme}-{width}"))
        )
        parts.append(f"## {state.title}\n\n{state.description}\n\n" + "\n".join(shots) + "\n")
    return "\n".join(parts)
