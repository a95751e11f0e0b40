"""The type of a file: from its name, its sender, its first bytes; never trusted when it is served."""

from typing import Any

import pytest

from tests.api.api_client import ApiClient
from tests.api.uploading import share_of
from tests.fixtures import fetch


def types(share: Any) -> list[str]:
    return [file["content_type"] for file in share["files"]]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content_type", "expected"),
    [
        ("a.jpg", "", "image/jpeg"),
        ("a.JPG", "", "image/jpeg"),
        ("a.pdf", "image/png", "image/png"),
        ("a.tar.gz", "", "application/octet-stream"),
        ("no extension", "", "application/octet-stream"),
        ("a.png", "<b>", "application/octet-stream"),
        ("a.png", "text/html; charset=x", "text/html"),
    ],
)
def test_a_missing_type_is_derived_from_the_name(api: ApiClient, name: str, content_type: str, expected: str) -> None:
    files = [{"name": name, "size": 1, "content_type": content_type}]
    assert types(api.data("POST", "/shares", {"files": files}, status=201)) == [expected]


def test_the_first_bytes_may_be_more_exact(api: ApiClient, storage: None) -> None:
    share = share_of(api, b"one", b"two")
    first, second = (file["id"] for file in share["files"])
    body = {"files": [{"id": first, "content_type": "image/jpeg"}, {"id": second, "content_type": "not a type"}]}
    api.data("POST", f"/shares/{share['id']}/types", body, status=204)
    assert types(api.data("GET", f"/shares/{share['id']}")) == ["image/jpeg", "application/octet-stream"]


def test_no_type_changes_how_a_file_is_served(api: ApiClient, storage: None) -> None:
    share = share_of(api, b"<script>alert(1)</script>")
    [file] = share["files"]
    body = {"files": [{"id": file["id"], "content_type": "text/html"}]}
    api.data("POST", f"/shares/{share['id']}/types", body, status=204)
    url = api.data("POST", f"/shares/{share['id']}/downloads")["downloads"][0]["url"]
    assert "response-content-type=application%2Foctet-stream" in url
    assert "response-content-disposition=attachment" in url
    assert fetch(url) == b"<script>alert(1)</script>"


def test_files_of_others_and_of_other_shares_stay_as_they_are(
    api: ApiClient, stranger: ApiClient, storage: None
) -> None:
    first, second = share_of(api, b"one"), share_of(api, b"two")
    body = {
        "files": [{"id": second["files"][0]["id"], "content_type": "image/jpeg"}, {"id": "\0", "content_type": "a/b"}]
    }
    api.data("POST", f"/shares/{first['id']}/types", body, status=204)
    assert stranger.codes("POST", f"/shares/{second['id']}/types", body) == (404, "not-found")
    assert types(api.data("GET", f"/shares/{second['id']}")) == ["text/plain"]
    api.data("DELETE", f"/shares/{first['id']}", status=204)
    assert api.codes("POST", f"/shares/{first['id']}/types", body) == (410, "removed")


@pytest.mark.django_db
@pytest.mark.parametrize("files", [[], None, [{"id": "x"}], [{"id": "x", "content_type": 5}]])
def test_invalid_types_are_refused(api: ApiClient, files: Any) -> None:
    share = api.data("POST", "/shares", {"files": [{"name": "a", "size": 1}]}, status=201)
    assert api.codes("POST", f"/shares/{share['id']}/types", {"files": files}) == (422, "invalid")
