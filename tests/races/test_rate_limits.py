"""Rate limits are exact over four web processes, and a Redis that is lost stops no click."""

import http.client
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from shares.callers import READ, WRITE
from shares.models import Grant, Share, User
from shares.services.accounts import tokens
from tests.bench.load import Connection, anew, post
from tests.e2e.site import Site
from tests.races.conftest import SameDatabase
from tests.races.test_caps import seed_shares, together
from tests.stack import Stack

GRANTS, SIGNATURES, SHARES = 60, 100, 20
CLIENTS = 16


class FourProcesses(SameDatabase):
    workers, threads = 4, 4


@pytest.fixture(scope="module")
def four_processes(stack: Stack, django_db_setup: None) -> Iterator[Site]:
    site = FourProcesses(stack, "rate-limits")
    site.environment |= {
        "GRANT_RATE": f"{GRANTS}/7d",
        "SIGN_RATE": f"{SIGNATURES}/7d",
        "SHARE_RATE": f"{SHARES}/7d",
    }
    site.folder.mkdir(exist_ok=True)
    stack.need(stack.broker)
    site.start()
    yield site
    site.stop()


@pytest.fixture
def limited_site(four_processes: Site, stack: Stack, transactional_db: None, storage: None) -> Iterator[Site]:
    yield four_processes
    stack.need(stack.broker)


def uncapped_share() -> tuple[str, str]:
    [(share_id, file_id)] = seed_shares(1).items()
    Share.objects.update(max_downloads=None)
    return share_id, file_id


def click(site: Site, share: tuple[str, str], number: int) -> Counter[int]:
    """The statuses of this many downloads by new browsers at one address, on ``CLIENTS`` connections."""
    statuses: list[int] = []
    path = f"/share/{share[0]}/files/{share[1]}/download"

    def click_often(_index: int) -> None:
        line = Connection(site.port)
        for _ in range(number // CLIENTS):
            line.send(anew(post(path, port=site.port, headers=["Accept: text/plain"])))
            while not (status := line.receive()):
                pass
            statuses.append(status)
        line.socket.close()

    together(CLIENTS, click_often)
    return Counter(statuses)


def call(site: Site, token: str, path: str, body: object, number: int) -> Counter[int]:
    statuses: list[int] = []

    def call_often(_index: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        for _ in range(number // CLIENTS):
            connection.request("POST", path, json.dumps(body), headers)
            response = connection.getresponse()
            response.read()
            statuses.append(response.status)
            if response.status == 429:
                assert int(response.headers["Retry-After"]) > 60
                assert response.headers["RateLimit-Policy"].endswith(f"w={7 * 86400}")
                assert ";r=0;t=" in response.headers["RateLimit"]
        connection.close()

    together(CLIENTS, call_often)
    return Counter(statuses)


def test_four_processes_count_grants_to_the_last_one(limited_site: Site) -> None:
    assert click(limited_site, uncapped_share(), 160) == {303: GRANTS, 429: 160 - GRANTS}
    assert Grant.objects.count() == GRANTS


def test_four_processes_count_shares_and_signatures_to_the_last_one(limited_site: Site) -> None:
    uncapped_share()
    user = User.objects.get()
    token = tokens.issue(user=user, scopes=(READ, WRITE), days=1, name="", now=timezone.now())
    share = {"files": [{"name": "a.txt", "size": 1}]}
    assert call(limited_site, token, "/api/v1/shares", share, 48) == {201: SHARES, 429: 48 - SHARES}
    file = Share.objects.filter(owner=user, files__ready_at=None).latest("created_at").files.get()
    batch = {"files": [{"id": file.pk, "checksum_sha256": "A" * 43 + "="}]}
    assert call(limited_site, token, "/api/v1/uploads/sign", batch, 160) == {200: SIGNATURES, 429: 160 - SIGNATURES}


def test_clicks_go_on_without_redis_and_each_process_counts_for_itself(limited_site: Site, stack: Stack) -> None:
    share, other_share = uncapped_share(), uncapped_share_of_same_owner()
    stack.broker.kill()
    stack.started.remove(stack.broker)
    started = time.monotonic()
    assert click(limited_site, share, 48) == {303: 48}
    statuses = click(limited_site, other_share, 400)
    assert time.monotonic() - started < 60
    assert GRANTS < statuses[303] <= 4 * GRANTS
    assert statuses[303] + statuses[429] == 400


def uncapped_share_of_same_owner() -> tuple[str, str]:
    now, owner = timezone.now(), User.objects.get()
    share = Share.objects.create(owner=owner, created_at=now, expires_at=now + timedelta(days=1), live_at=now)
    return share.pk, share.files.create(name="b.bin", size=1, created_at=now, ready_at=now).pk


def test_a_redis_that_hangs_delays_a_click_by_half_a_second_at_most(limited_site: Site, stack: Stack) -> None:
    share = uncapped_share()
    click(limited_site, share, CLIENTS)
    os.killpg(stack.broker.pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert click(limited_site, share, CLIENTS) == {303: CLIENTS}
        assert time.monotonic() - started < 5
    finally:
        os.killpg(stack.broker.pid, signal.SIGCONT)
