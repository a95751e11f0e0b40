"""The lifetime that the API states for a URL is the one in the URL itself."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as site
from django.utils import timezone
from pytest_django import Settings

from shares.services.uploads import thumbnails
from tests.api.api_client import ApiClient
from tests.api.uploading import digest

BODY = b"hello"
SETTING = {
    "parts": site.UPLOAD_URL_SECONDS,
    "batch": site.UPLOAD_URL_SECONDS,
    "thumbnail": thumbnails.SECONDS,
    "download": site.DOWNLOAD_URL_SECONDS,
}


def urls_by_call(api: ApiClient) -> dict[str, tuple[int, str]]:
    """The lifetime and the URL of each call that returns signed URLs."""
    files = [{"name": f"{name}.png", "size": len(BODY)} for name in "abc"]
    share = api.data("POST", "/shares", {"files": files}, status=201)
    first, second, third = (slot["id"] for slot in share["files"])
    checksum = {"checksum_sha256": digest(BODY)}
    parts = api.data("POST", f"/uploads/{first}/parts", {"parts": [{"number": 1, **checksum}]})
    batch = api.data("POST", "/uploads/sign", {"files": [{"id": second, **checksum}]})
    drawing: dict[str, Any] = {"size": 5, "content_type": "image/webp", "width": 1, "height": 1, **checksum}
    thumbnail = api.data("POST", f"/uploads/{third}/thumbnail", drawing)
    return {
        "parts": (parts["expires_in"], parts["parts"][0]["url"]),
        "batch": (batch["expires_in"], batch["files"][0]["url"]),
        "thumbnail": (thumbnail["expires_in"], thumbnail["url"]),
    }


def valid_seconds(url: str) -> int:
    return int(parse_qs(urlsplit(url).query)["X-Amz-Expires"][0])


def test_the_setting_where_nothing_ends_before(api: ApiClient, storage: None) -> None:
    for call, (seconds, url) in urls_by_call(api).items():
        assert seconds == valid_seconds(url) == SETTING[call], call


@pytest.mark.parametrize("remaining", [50, 600])
def test_what_is_left_of_temporary_credentials(
    api: ApiClient, storage: None, settings: Settings, remaining: int
) -> None:
    options = settings.STORAGES["shares"]["OPTIONS"]
    ending = options | {"credentials_end": (timezone.now() + timedelta(seconds=remaining)).isoformat()}
    settings.STORAGES = settings.STORAGES | {"shares": settings.STORAGES["shares"] | {"OPTIONS": ending}}
    for call, (seconds, url) in urls_by_call(api).items():
        assert seconds == valid_seconds(url), call
        assert seconds <= min(remaining, SETTING[call]), call


def test_a_batch_in_which_all_are_refused_still_answers(api: ApiClient, storage: None) -> None:
    unknown = {"id": "A" * 22, "checksum_sha256": digest(BODY)}
    assert api.data("POST", "/uploads/sign", {"files": [unknown]})["expires_in"] == site.UPLOAD_URL_SECONDS
