"""The history as a file: on the page of a share, of all own shares, and in the administration."""

import csv
import io
from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from shares.models import Event, Share, User
from tests.views.browser import Browser

MakeShare = Callable[..., Share]


def rows(client: Client, address: str) -> list[dict[str, str]]:
    response = client.get(address)
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment")
    content = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(content)))


def test_an_owner_downloads_the_history_of_one_share_or_of_all(make_share: MakeShare, owner: User) -> None:
    first, second = make_share([b"one"]), make_share([b"two"])
    browser = Browser(owner)
    browser.see(f"/shares/{first.pk}/")
    address = f"/shares/{first.pk}/history.csv"
    assert address in browser.page.links
    assert [row["kind"] for row in rows(browser.client, address)] == ["created", "put_urls", "uploaded"]
    assert {row["share_id"] for row in rows(browser.client, "/shares/history.csv")} == {first.pk, second.pk}
    assert rows(browser.client, "/shares/history.csv?since=2999-01-01") == []
    assert browser.client.get("/shares/history.csv?since=tomorrow").status_code == 422
    assert browser.client.get(f"/shares/{first.pk}/history.json")["Content-Type"] == "application/json"


def test_nobody_else_gets_it(make_share: MakeShare, colleague: User) -> None:
    share = make_share([b"one"])
    stranger = Browser(colleague)
    assert stranger.client.get(f"/shares/{share.pk}/history.csv").status_code == 404
    assert rows(stranger.client, "/shares/history.csv") == []
    assert Browser().client.get("/shares/history.csv").status_code == 302


def test_an_administrator_exports_selected_events(client: Client, admin: User, make_share: MakeShare) -> None:
    make_share([b"one"])
    client.force_login(admin)
    ids = list(Event.objects.filter(kind="created").values_list("pk", flat=True))
    address = reverse("admin:shares_event_changelist")
    response = client.post(address, {"action": "export_csv", "_selected_action": ids})
    content = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    assert [row["kind"] for row in csv.DictReader(io.StringIO(content))] == ["created"]
