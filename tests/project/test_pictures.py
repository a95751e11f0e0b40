"""The pictures of the documentation: every state in every look, light enough to be kept beside the code."""

from sharesite.env import PROJECT
from tests.e2e.screenshots import recipient_page
from tests.e2e.screenshots.window import LOOKS

FOLDER = PROJECT / "docs" / "screenshots"
MAX_BYTES = 2_000_000


def test_every_state_has_its_pictures_in_every_look() -> None:
    variants = [f"{scheme}-{size[0]}" for scheme, size in LOOKS]
    expected = {
        f"{recipient_page.picture(state, variant)}.webp" for state in recipient_page.STATES for variant in variants
    }
    existing_names = {path.name for path in FOLDER.glob("share-*")}
    assert expected == existing_names, expected ^ existing_names


def test_the_page_of_pictures_is_the_one_that_was_taken() -> None:
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == recipient_page.page()


def test_pictures_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MAX_BYTES
