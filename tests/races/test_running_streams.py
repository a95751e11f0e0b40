"""Streams that run when their share ends: the connection breaks within seconds, visibly incomplete."""

import http.client
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from django.db import connection
from django.utils import timezone

from shares.callers import Caller
from shares.models import Share, User
from shares.services.downloads import streams
from shares.services.moderation import abuse
from shares.services.sharing import shares
from tests.e2e.site import Site
from tests.fixtures import make_user, put_share

MIB = 1024 * 1024
SIZE = 48 * MIB
# What the reader takes in a second: the stream would last twelve seconds.
PACE = 4 * MIB
SLACK_SECONDS = 3.0


@dataclass
class Reader:
    """Reads a response at a steady rate in a thread of its own."""

    port: int
    method: str
    path: str
    grant: str
    received_bytes: int = 0
    status: int = 0
    content_length: int = 0
    ended_at: float = 0.0

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(self.method, self.path, headers={"X-Share-Grant": self.grant, "Content-Length": "0"})
            response = connection.getresponse()
            self.status, self.content_length = response.status, int(response.headers["Content-Length"])
            while piece := response.read(PACE // 20):
                self.received_bytes += len(piece)
                time.sleep(1 / 20)
        except (http.client.HTTPException, OSError):
            pass
        finally:
            self.ended_at = time.monotonic()
            connection.close()


def granted(site: Site, share: Share) -> str:
    request = urllib.request.Request(
        f"{site.url}/api/v1/shares/{share.pk}/downloads", data=b"{}", headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        grant: str = json.load(response)["grant"]
    return grant


def revoke(share: Share, caller: Caller) -> None:
    shares.revoke(share=share, caller=Caller(user=share.owner), now=timezone.now())


def suspend(share: Share, caller: Caller) -> None:
    abuse.suspend(share=share, caller=caller, now=timezone.now())


def lock(share: Share, caller: Caller) -> None:
    shares.edit(share=share, caller=Caller(user=share.owner), changes={"password": "new"}, now=timezone.now())


def deactivate(share: Share, caller: Caller) -> None:
    User.objects.filter(pk=share.owner_id).update(is_active=False)


def block(share: Share, caller: Caller) -> None:
    file = share.files.select_related("share").order_by("position")[0]
    abuse.block(file=file, caller=caller, now=timezone.now())


@pytest.fixture
def strict(racing_site: Site, storage: None) -> Iterator[Share]:
    owner = Caller(user=make_user("owner@example.com"), address="192.0.2.10", host="127.0.0.1")
    yield put_share(owner, [bytes(SIZE), b"small"], strict=True)
    connection.close()


# What ends a share and what ends a file; tests/views/recipient/test_ended_shares.py has each way to end them.
@pytest.mark.parametrize(
    "operation",
    [revoke, *(pytest.param(operation, marks=pytest.mark.long) for operation in (suspend, lock, deactivate)), block],
    ids=lambda operation: operation.__name__,
)
def test_strict_streams_and_archives_that_run_stop_within_seconds(
    racing_site: Site, strict: Share, operation: Callable[[Share, Caller], None]
) -> None:
    first = strict.files.order_by("position")[0]
    grant = granted(racing_site, strict)
    page = f"/share/{strict.pk}"
    readers = [
        Reader(racing_site.port, "GET", f"{page}/files/{first.pk}/content", grant),
        Reader(racing_site.port, "POST", f"{page}/download", grant),
    ]
    threads = [threading.Thread(target=reader.run) for reader in readers]
    for thread in threads:
        thread.start()
    while not all(reader.received_bytes > MIB for reader in readers):
        assert all(thread.is_alive() for thread in threads)
        time.sleep(0.05)
    acted_at = time.monotonic()
    operation(strict, Caller(user=make_user("admin@example.com", is_staff=True)))
    for thread in threads:
        thread.join(30)
    for reader in readers:
        assert reader.status == 200
        assert reader.content_length >= SIZE
        assert 0 < reader.received_bytes < reader.content_length, "an archive that looks whole is worse than none"
        assert reader.ended_at - acted_at < streams.CHECK_SECONDS + SLACK_SECONDS, reader
        print(f"{operation.__name__}: {reader.method} broke off after {reader.ended_at - acted_at:.1f} s")
