"""Thumbnails over the API, into the real storage server."""

from typing import Any

import pytest

from tests.api.api_client import ApiClient
from tests.api.uploading import digest, share_of
from tests.fixtures import put

pytestmark = pytest.mark.usefixtures("storage")
PICTURE = b"what a browser drew"
BODY = {
    "size": len(PICTURE),
    "checksum_sha256": digest(PICTURE),
    "content_type": "image/jpeg",
    "width": 320,
    "height": 240,
}


def test_a_thumbnail_is_declared_uploaded_and_listed(api: ApiClient) -> None:
    file = share_of(api, b"hello")["files"][0]
    path = f"/uploads/{file['id']}/thumbnail"
    assert api.codes("POST", f"{path}/complete") == (409, "not-ready")
    signed_part = api.data("POST", path, BODY)
    assert signed_part["expires_in"] == 120
    assert put(signed_part["url"], PICTURE, signed_part["headers"]) == 200
    for _ in range(2):
        api.data("POST", f"{path}/complete", status=204)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", 40_001), ("size", "5"), ("width", 321), ("height", 0), ("content_type", "image/svg+xml"),
        ("checksum_sha256", "aGVsbG8="), ("checksum_sha256", None), ("key", "t/1"),
    ],
)  # fmt: skip
def test_what_is_no_thumbnail_is_refused_by_field(api: ApiClient, field: str, value: Any) -> None:
    file = share_of(api, b"hello")["files"][0]
    problem = api.problem("POST", f"/uploads/{file['id']}/thumbnail", {**BODY, field: value})
    assert (problem["status"], problem["code"], problem["field"]) == (422, "invalid", field)


@pytest.mark.parametrize("call", ["", "/complete"])
def test_a_file_of_somebody_else_is_not_there(api: ApiClient, stranger: ApiClient, call: str) -> None:
    file = share_of(api, b"hello")["files"][0]
    body = None if call else BODY
    assert stranger.codes("POST", f"/uploads/{file['id']}/thumbnail{call}", body) == (404, "not-found")
