"""The screenshots of the documentation: every state in every variant, small enough to be stored with the code."""

from sharesite.env import PROJECT
from tests.e2e.screenshots import recipient_page
from tests.e2e.screenshots.window import VARIANTS

FOLDER = PROJECT / "docs" / "screenshots"
MAX_BYTES = 2_000_000


def test_every_state_has_a_screenshot_in_every_variant() -> None:
    variants = [f"{scheme}-{size[0]}" for scheme, size in VARIANTS]
    expected = {
        f"{recipient_page.screenshot_name(state, variant)}.webp"
        for state in recipient_page.STATES
        for variant in variants
    }
    existing_names = {path.name for path in FOLDER.glob("share-*")}
    assert expected == existing_names, expected ^ existing_names


def test_the_page_of_screenshots_is_up_to_date() -> None:
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == recipient_page.readme()


def test_screenshots_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MAX_BYTES
