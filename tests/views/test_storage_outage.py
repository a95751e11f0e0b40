"""During a storage outage no link leads nowhere: pages say so, no download is taken, and its end is seen at once."""

import time
from collections.abc import Callable, Iterator

import pytest
from botocore.exceptions import ClientError
from django.test import Client

from shares.models import Event, Grant, Share
from shares.storage import State, share_storage
from tests.fixtures import fetch
from tests.stack import Stack
from tests.views.browser import Browser

pytestmark = pytest.mark.outage
MESSAGE = "The file storage is not answering right now. Nothing is lost; try again in a moment."


@pytest.fixture
def capped(make_share: Callable[..., Share]) -> Share:
    return make_share([b"one", b"two"], max_downloads=2)


class Outage:
    """Of the tests' storage, and its end."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def begin(self) -> None:
        self.stack.storage.stop()
        self.stack.started.remove(self.stack.storage)
        self._until(State.UNAVAILABLE)

    def end(self) -> None:
        self.stack.need(self.stack.storage)
        self._until(State.OK)
        self._until_it_gives()

    def _until_it_gives(self) -> None:
        """After a start the store answers a moment before it takes and gives bytes again."""
        client, location = share_storage().client, {"Bucket": share_storage().bucket_name, "Key": "outage"}
        deadline = time.monotonic() + 20
        while True:
            try:
                client.put_object(**location, Body=b"over")
                client.get_object(**location)["Body"].read()
                client.delete_object(**location)
            except ClientError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return

    def _until(self, state: State) -> None:
        deadline = time.monotonic() + 20
        while share_storage().health_monitor.fresh_state() is not state:
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.fixture
def outage(stack: Stack) -> Iterator[Outage]:
    new_outage = Outage(stack)
    yield new_outage
    new_outage.end()


def units(share: Share) -> tuple[int, int, int]:
    share.refresh_from_db()
    return share.download_count, Grant.objects.count(), Event.objects.filter(kind=Event.Kind.SIGNED).count()


def test_a_recipient_is_informed_and_loses_no_download(capped: Share, outage: Outage, client: Client) -> None:
    page, browser = f"/share/{capped.pk}", Browser()
    first_action = f"{page}/files/{capped.files.get(position=0).pk}/download"
    outage.begin()
    browser.see(page)
    assert MESSAGE in browser.text
    for action in (first_action, f"{page}/download"):
        response = browser.send(action, status=503)
        assert int(response["Retry-After"]) > 0
        assert MESSAGE in browser.text
    assert browser.client.post(f"{page}/archive", browser.page.forms[first_action]).status_code == 503
    api_response = client.post(f"/api/v1/shares/{capped.pk}/downloads", {}, content_type="application/json")
    assert (api_response.status_code, api_response.json()["code"]) == (503, "storage-unavailable")
    assert MESSAGE in client.post(first_action, headers={"accept": "*/*", "user-agent": "curl/8"}).content.decode()
    assert units(capped) == (0, 0, 0)
    outage.end()
    browser.see(page)
    assert MESSAGE not in browser.text
    assert fetch(browser.send(first_action)["Location"]) == b"one"
    assert units(capped) == (1, 1, 1)


def test_a_broken_download_waits_and_goes_on(capped: Share, outage: Outage, client: Client) -> None:
    file = capped.files.get(position=0)
    address = f"/share/{capped.pk}/files/{file.pk}"
    client.post(f"{address}/download")
    outage.begin()
    response = client.get(f"{address}/content")
    assert (response.status_code, int(response["Retry-After"]) > 0) == (503, True)
    outage.end()
    assert fetch(client.get(f"{address}/content")["Location"]) == b"one"
    assert units(capped) == (1, 1, 2)
