"""The pictures of the documentation: every state in every look, light enough to be kept beside the code."""

from sharesite.env import PROJECT
from tests.e2e import gallery
from tests.e2e.camera import LOOKS

FOLDER = PROJECT / "docs" / "screenshots"
MOST_BYTES = 2_000_000


def test_every_state_has_its_pictures_in_every_look() -> None:
    looks = [f"{scheme}-{size[0]}" for scheme, size in LOOKS]
    wanted = {f"{gallery.picture(state, look)}.webp" for state in gallery.STATES for look in looks}
    there = {path.name for path in FOLDER.glob("share-*")}
    assert wanted == there, wanted ^ there


def test_the_page_of_pictures_is_the_one_that_was_taken() -> None:
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == gallery.page()


def test_pictures_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MOST_BYTES
