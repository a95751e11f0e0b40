"""Rotation of the key pair that signs: the next pair is proven, then recorded, and every process follows the record."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from shares.errors import Invalid
from shares.models import KeyRotation
from shares.services.limits import FORM_SECONDS
from shares.storage import POLL_SECONDS, share_storage


@dataclass(frozen=True, slots=True)
class Rotation:
    """``switched_by``: when every process signs with ``access_key``; ``urls_until``: when the last URL of
    ``previous_key`` has expired.
    """

    access_key: str
    previous_key: str
    switched_by: datetime
    urls_until: datetime


def selected_key() -> str:
    """The access key that the last rotation selected; "" without one, which means that of the settings."""
    return KeyRotation.objects.values_list("access_key_id", flat=True).first() or ""


def poll_selected_key() -> str | None:
    """The same, for a thread that ends after it: its database connection is closed. None if the database is away."""
    try:
        return selected_key()
    except DatabaseError:
        return None
    finally:
        connection.close()


def rotate(*, now: datetime, back: bool = False) -> Rotation:
    """Sign with the next key pair from now on, or with the first one again if ``back``.

    Raises Invalid without a next pair, and StorageUnavailable if the pair cannot do what the site does; then nothing
    has changed.
    """
    storage = share_storage()
    if storage.next_pair is None:
        raise Invalid(_("Set AWS_ACCESS_KEY_ID_NEXT and AWS_SECRET_ACCESS_KEY_NEXT, and restart all processes first."))
    first, following = storage.access_key, storage.next_pair.access_key
    access_key, previous_key = (first, following) if back else (following, first)
    storage.prove_key(access_key)
    KeyRotation.objects.create(access_key_id=access_key, previous_key_id=previous_key, created_at=now)
    switched_by = now + timedelta(seconds=2 * POLL_SECONDS)
    return Rotation(access_key, previous_key, switched_by, switched_by + timedelta(seconds=longest_url_seconds()))


def page_url_seconds() -> int:
    """The longest life of the URLs on pages: those of uploads and downloads."""
    return max(settings.UPLOAD_URL_SECONDS, settings.DOWNLOAD_URL_SECONDS, FORM_SECONDS)


def longest_url_seconds() -> int:
    """The same of all URLs, those of links for programs as well."""
    return max([page_url_seconds(), *(seconds for _pattern, seconds in settings.LINK_SECONDS)])
