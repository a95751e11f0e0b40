"""Downloads over the API by clients that only have the link."""

import urllib.error
import urllib.request
from datetime import timedelta

import pytest
from django.utils import timezone

from shares.models import Share
from tests.api.api_client import ApiClient
from tests.api.uploading import share_of
from tests.fixtures import fetch

pytestmark = pytest.mark.usefixtures("storage")


def test_one_call_returns_every_file_and_takes_one_download(api: ApiClient, anonymous_api: ApiClient) -> None:
    share = share_of(api, b"one", b"two", max_downloads=2)
    download = anonymous_api.data("POST", f"/shares/{share['id']}/downloads")
    assert [fetch(link["url"]) for link in download["downloads"]] == [b"one", b"two"]
    assert [link["file_id"] for link in download["downloads"]] == [file["id"] for file in share["files"]]
    assert all(0 < link["expires_in"] <= 300 for link in download["downloads"])
    assert download["remaining"] == 1
    assert api.data("GET", f"/shares/{share['id']}")["downloads"] == 1


def test_the_size_can_be_requested_first(api: ApiClient, anonymous_api: ApiClient) -> None:
    """By an address of its own, that reads no bytes; that of a strict share allows both."""
    share = share_of(api, b"eleven byte")
    [link] = anonymous_api.data("POST", f"/shares/{share['id']}/downloads")["downloads"]
    request = urllib.request.Request(link["head_url"], method="HEAD")
    with urllib.request.urlopen(request, timeout=30) as response:
        assert (response.status, response.headers["Content-Length"]) == (200, "11")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        fetch(link["head_url"])
    strict = share_of(api, b"one", strict=True)
    [link] = anonymous_api.data("POST", f"/shares/{strict['id']}/downloads")["downloads"]
    assert link["head_url"] == link["url"]


def test_a_grant_fetches_again_without_another_download(api: ApiClient, anonymous_api: ApiClient) -> None:
    share = share_of(api, b"one", b"two", max_downloads=1)
    path = f"/shares/{share['id']}/downloads"
    grant = anonymous_api.data("POST", path, {"files": [share["files"][0]["id"]]})["grant"]
    assert anonymous_api.codes("POST", path) == (410, "used-up")
    second = anonymous_api.data("POST", path, {"files": [share["files"][1]["id"]], "grant": grant})
    assert (second["grant"], second["remaining"]) == (grant, 0)
    assert fetch(second["downloads"][0]["url"]) == b"two"


def test_the_command_asks_for_a_password_and_checks_it(api: ApiClient, anonymous_api: ApiClient) -> None:
    share = share_of(api, b"one", password="open sesame")
    path = f"/shares/{share['id']}/downloads"
    assert anonymous_api.codes("POST", path) == (403, "password-required")
    assert anonymous_api.codes("POST", path, {"password": "open"}) == (403, "wrong-password")
    assert anonymous_api.codes("POST", path, {"grant": "forged"}) == (403, "password-required")
    download = anonymous_api.data("POST", path, {"password": "open sesame "})
    assert fetch(download["downloads"][0]["url"]) == b"one"
    api.data("PATCH", f"/shares/{share['id']}", {"password": "another"})
    assert anonymous_api.codes("POST", path, {"grant": download["grant"]}) == (403, "password-required")


def test_password_attempts_are_limited(api: ApiClient, anonymous_api: ApiClient) -> None:
    path = f"/shares/{share_of(api, b'one', password='secret')['id']}/downloads"
    for _ in range(10):
        assert anonymous_api.codes("POST", path, {"password": "guess"}) == (403, "wrong-password")
    refusal = anonymous_api.call("POST", path, {"password": "secret"})
    assert refusal.status_code == 429
    assert 0 < int(refusal.headers["Retry-After"]) <= 900


def test_a_grant_of_one_share_opens_no_other(api: ApiClient, anonymous_api: ApiClient) -> None:
    open_share, locked_share = share_of(api, b"one"), share_of(api, b"two", password="secret")
    grant = anonymous_api.data("POST", f"/shares/{open_share['id']}/downloads")["grant"]
    assert anonymous_api.codes("POST", f"/shares/{locked_share['id']}/downloads", {"grant": grant}) == (
        403,
        "password-required",
    )


def test_files_of_another_share_and_forged_ones_are_not_there(api: ApiClient, anonymous_api: ApiClient) -> None:
    first, second = share_of(api, b"one"), share_of(api, b"two", max_downloads=1)
    path = f"/shares/{second['id']}/downloads"
    for file_ids in (
        [first["files"][0]["id"]],
        ["x" * 22],
        ["\u0000"],
        ["é" * 22],
        [second["files"][0]["id"], "nothing"],
    ):
        assert anonymous_api.codes("POST", path, {"files": file_ids}) == (404, "not-found")
    assert api.data("GET", f"/shares/{second['id']}")["downloads"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {"files": []},
        {"files": "x"},
        {"files": [1]},
        {"files": ["\ud800"]},
        {"files": ["x"] * 1001},
        {"password": 5},
        {"grant": None},
        {"no": 1},
        [1],
    ],
)
def test_invalid_input_is_refused(api: ApiClient, anonymous_api: ApiClient, body: object) -> None:
    share = share_of(api, b"one")
    assert anonymous_api.codes("POST", f"/shares/{share['id']}/downloads", body) == (422, "invalid")


def test_missing_files_are_reported(api: ApiClient, anonymous_api: ApiClient) -> None:
    share = api.data("POST", "/shares", {"files": [{"name": "a", "size": 1}]}, status=201)
    path = f"/shares/{share['id']}/downloads"
    assert anonymous_api.codes("POST", path) == (409, "not-ready")
    assert anonymous_api.codes("POST", path, {"files": [share["files"][0]["id"]]}) == (409, "not-ready")


def test_an_expired_and_a_revoked_share_give_nothing(api: ApiClient, anonymous_api: ApiClient) -> None:
    expired, revoked = share_of(api, b"one"), share_of(api, b"two")
    Share.objects.filter(pk=expired["id"]).update(expires_at=timezone.now() - timedelta(seconds=1))
    api.call("DELETE", f"/shares/{revoked['id']}")
    assert anonymous_api.codes("POST", f"/shares/{expired['id']}/downloads") == (410, "expired")
    assert anonymous_api.codes("POST", f"/shares/{revoked['id']}/downloads") == (410, "removed")


def test_a_get_takes_no_download(api: ApiClient, anonymous_api: ApiClient) -> None:
    share = share_of(api, b"one", max_downloads=1)
    for method in ("GET", "HEAD", "OPTIONS"):
        assert anonymous_api.call(method, f"/shares/{share['id']}/downloads").status_code == 405
    assert api.data("GET", f"/shares/{share['id']}")["downloads"] == 0
