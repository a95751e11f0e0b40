"""Rotation: a key pair signs only after it has done everything that the site does with storage."""

from datetime import datetime

import pytest
from pytest_django import Settings

from shares.errors import Invalid, StorageUnavailable
from shares.models import KeyRotation
from shares.services.maintenance import rotation


def use_next_pair(settings: Settings, access_key: str, secret_key: str) -> None:
    options = settings.STORAGES["shares"]["OPTIONS"] | {"next_access_key": access_key, "next_secret_key": secret_key}
    settings.STORAGES = settings.STORAGES | {"shares": settings.STORAGES["shares"] | {"OPTIONS": options}}


def test_without_a_next_pair_there_is_no_rotation(db: None, now: datetime) -> None:
    with pytest.raises(Invalid, match="AWS_ACCESS_KEY_ID_NEXT"):
        rotation.rotate(now=now)


def test_a_pair_that_storage_refuses_is_not_selected(
    db: None, storage: None, settings: Settings, now: datetime
) -> None:
    use_next_pair(settings, "a-key-that-storage-does-not-know", "x" * 40)
    with pytest.raises(StorageUnavailable):
        rotation.rotate(now=now)
    assert not KeyRotation.objects.exists()
