"""The first page of the administration warns before the disk is full."""

import pytest
from django.test import Client

from shares.services import disk
from shares.services.disk import MIB, Room


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("free", "words"),
    [(60, None), (40, "almost full: 40.0 MB of 1000.0 MB (4.0 %) left"), (1, "is full: 1.0 MB of 1000.0 MB")],
)
def test_administrators_read_how_much_is_left(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, free: int, words: str | None
) -> None:
    monkeypatch.setattr(disk, "room", lambda: Room(free * MIB, 1000 * MIB))
    page = admin_client.get("/admin/").content.decode()
    assert words in page if words else "disk" not in page.split("</nav>")[-1].lower()
