"""Downloads over the API, by those who have nothing but the link."""

from datetime import timedelta

import pytest
from django.utils import timezone

from shares.models import Share
from tests.api.sending import share_of
from tests.api.speaker import Speaker
from tests.cast import fetch

pytestmark = pytest.mark.usefixtures("storage")


def test_one_call_gives_every_file_and_takes_one_download(api: Speaker, anyone: Speaker) -> None:
    share = share_of(api, b"one", b"two", max_downloads=2)
    taken = anyone.data("POST", f"/shares/{share['id']}/downloads")
    assert [fetch(link["url"]) for link in taken["downloads"]] == [b"one", b"two"]
    assert [link["file_id"] for link in taken["downloads"]] == [file["id"] for file in share["files"]]
    assert all(0 < link["expires_in"] <= 300 for link in taken["downloads"])
    assert taken["remaining"] == 1
    assert api.data("GET", f"/shares/{share['id']}")["downloads"] == 1


def test_a_grant_fetches_again_without_another_download(api: Speaker, anyone: Speaker) -> None:
    share = share_of(api, b"one", b"two", max_downloads=1)
    path = f"/shares/{share['id']}/downloads"
    grant = anyone.data("POST", path, {"files": [share["files"][0]["id"]]})["grant"]
    assert anyone.codes("POST", path) == (410, "used-up")
    again = anyone.data("POST", path, {"files": [share["files"][1]["id"]], "grant": grant})
    assert (again["grant"], again["remaining"]) == (grant, 0)
    assert fetch(again["downloads"][0]["url"]) == b"two"


def test_a_password_is_asked_for_and_checked(api: Speaker, anyone: Speaker) -> None:
    share = share_of(api, b"one", password="open sesame")
    path = f"/shares/{share['id']}/downloads"
    assert anyone.codes("POST", path) == (403, "wrong-password")
    assert anyone.codes("POST", path, {"password": "open"}) == (403, "wrong-password")
    assert anyone.codes("POST", path, {"grant": "forged"}) == (403, "wrong-password")
    taken = anyone.data("POST", path, {"password": "open sesame "})
    assert fetch(taken["downloads"][0]["url"]) == b"one"
    api.data("PATCH", f"/shares/{share['id']}", {"password": "another"})
    assert anyone.codes("POST", path, {"grant": taken["grant"]}) == (403, "wrong-password")


def test_guessing_is_slowed_down(api: Speaker, anyone: Speaker) -> None:
    path = f"/shares/{share_of(api, b'one', password='secret')['id']}/downloads"
    for _ in range(10):
        assert anyone.codes("POST", path, {"password": "guess"}) == (403, "wrong-password")
    refused = anyone.call("POST", path, {"password": "secret"})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 900


def test_a_grant_of_one_share_opens_no_other(api: Speaker, anyone: Speaker) -> None:
    one, two = share_of(api, b"one"), share_of(api, b"two", password="secret")
    grant = anyone.data("POST", f"/shares/{one['id']}/downloads")["grant"]
    assert anyone.codes("POST", f"/shares/{two['id']}/downloads", {"grant": grant}) == (403, "wrong-password")


def test_files_of_another_share_and_forged_ones_are_not_there(api: Speaker, anyone: Speaker) -> None:
    one, two = share_of(api, b"one"), share_of(api, b"two", max_downloads=1)
    path = f"/shares/{two['id']}/downloads"
    for wanted in ([one["files"][0]["id"]], ["x" * 22], ["\u0000"], ["é" * 22], [two["files"][0]["id"], "nothing"]):
        assert anyone.codes("POST", path, {"files": wanted}) == (404, "not-found")
    assert api.data("GET", f"/shares/{two['id']}")["downloads"] == 0


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
def test_nonsense_is_refused(api: Speaker, anyone: Speaker, body: object) -> None:
    share = share_of(api, b"one")
    assert anyone.codes("POST", f"/shares/{share['id']}/downloads", body) == (422, "invalid")


def test_what_is_not_there_yet_is_said_so(api: Speaker, anyone: Speaker) -> None:
    share = api.data("POST", "/shares", {"files": [{"name": "a", "size": 1}]}, status=201)
    path = f"/shares/{share['id']}/downloads"
    assert anyone.codes("POST", path) == (409, "not-ready")
    assert anyone.codes("POST", path, {"files": [share["files"][0]["id"]]}) == (409, "not-ready")


def test_an_expired_and_a_revoked_share_give_nothing(api: Speaker, anyone: Speaker) -> None:
    expired, revoked = share_of(api, b"one"), share_of(api, b"two")
    Share.objects.filter(pk=expired["id"]).update(expires_at=timezone.now() - timedelta(seconds=1))
    api.call("DELETE", f"/shares/{revoked['id']}")
    assert anyone.codes("POST", f"/shares/{expired['id']}/downloads") == (410, "expired")
    assert anyone.codes("POST", f"/shares/{revoked['id']}/downloads") == (410, "removed")


def test_looking_takes_nothing(api: Speaker, anyone: Speaker) -> None:
    share = share_of(api, b"one", max_downloads=1)
    for method in ("GET", "HEAD", "OPTIONS"):
        assert anyone.call(method, f"/shares/{share['id']}/downloads").status_code == 405
    assert api.data("GET", f"/shares/{share['id']}")["downloads"] == 0
