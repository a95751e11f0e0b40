"""The first page of the administration warns before the disk is full."""

import pytest
from django.test import Client

from shares.services import disk
from shares.services.disk import DiskSpace

MB = 10**6


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("free", "text"),
    [(60, None), (40, "almost full: 40 MB of 1 GB (4.0 %) left"), (1, "is full: 1 MB of 1 GB")],
)
def test_administrators_read_how_much_is_left(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, free: int, text: str | None
) -> None:
    monkeypatch.setattr(disk, "free_space", lambda: DiskSpace(free * MB, 1000 * MB))
    page = admin_client.get("/admin/").content.decode()
    assert text in page if text else "disk" not in page.split("</nav>")[-1].lower()
