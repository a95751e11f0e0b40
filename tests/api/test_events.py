"""The history over the API."""

import json

import pytest
from django.utils import timezone

from shares.models import Event
from tests.api.api_client import ApiClient
from tests.api.uploading import share_of


@pytest.mark.usefixtures("storage")
def test_the_history_has_events_newest_first_and_no_secret(api: ApiClient, anonymous_api: ApiClient) -> None:
    share = share_of(api, b"one", password="open sesame")
    path = f"/shares/{share['id']}"
    anonymous_api.call("POST", f"{path}/downloads", {"password": "wrong guess"})
    download = anonymous_api.data("POST", f"{path}/downloads", {"password": "open sesame"})
    history = api.data("GET", f"{path}/events")
    kinds = [event["kind"] for event in history["items"]]
    assert kinds == ["signed", "granted", "unlocked", "refused", "uploaded", "put_urls", "created"]
    assert history["next_cursor"] is None
    assert history["items"][3]["detail"] == "wrong-password"
    assert history["items"][-1]["who"] == "owner@example.com"
    text = json.dumps(history)
    for secret in ("sesame", "guess", "X-Amz-Signature", download["grant"]):
        assert secret not in text


def test_a_long_history_comes_in_pages(api: ApiClient) -> None:
    share = api.data("POST", "/shares", {"files": [{"name": "a", "size": 1}]}, status=201)
    now = timezone.now()
    for number in range(150):
        Event(occurred_at=now, kind=Event.Kind.OPENED, share_id=share["id"], detail=str(number)).save()
    path = f"/shares/{share['id']}/events"
    first = api.data("GET", path)
    second = api.data("GET", f"{path}?cursor={first['next_cursor']}")
    assert [event["detail"] for event in first["items"]] == [str(number) for number in range(149, 49, -1)]
    assert (len(second["items"]), second["next_cursor"]) == (51, None)


@pytest.mark.parametrize("cursor", ["x", "-1", "²", "9" * 30, "1 or 1=1"])
def test_a_forged_cursor_is_refused(api: ApiClient, cursor: str) -> None:
    share = api.data("POST", "/shares", {"files": [{"name": "a", "size": 1}]}, status=201)
    assert api.codes("GET", f"/shares/{share['id']}/events?cursor={cursor}") == (422, "invalid")
