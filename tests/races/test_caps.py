"""The download limit is exact: with concurrent requests, no download is taken twice and none is lost."""

import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from shares.callers import Caller
from shares.db import fast_path
from shares.errors import Refusal
from shares.models import Event, Grant, Share, SharedFile, User
from shares.services.downloads import start
from shares.services.downloads.visits import Visit
from shares.services.sharing import shares
from tests.bench.load import Connection, anew, post
from tests.e2e.site import Site
from tests.fixtures import make_user

# The long form (`make faults`) has 200 shares.
THREADS, SHARES, CAP = 64, int(os.environ.get("RACE_SHARES", "5")), 5


@pytest.fixture
def seed_data(transactional_db: None, storage: None) -> dict[str, str]:
    """Shares of one file each with a download limit: share id -> file id. Signing needs no bytes, so there are none."""
    return seed_shares(SHARES)


def seed_shares(number: int) -> dict[str, str]:
    now, owner = timezone.now(), make_user("racer@example.com")
    ends = now + timedelta(days=1)
    shares = Share.objects.bulk_create(
        Share(owner=owner, created_at=now, expires_at=ends, max_downloads=CAP, live_at=now) for _ in range(number)
    )
    SharedFile.objects.bulk_create(
        SharedFile(share=share, name="a.bin", size=1, created_at=now, ready_at=now) for share in shares
    )
    return dict(SharedFile.objects.values_list("share_id", "id"))


def together(number: int, action: Callable[[int], None]) -> None:
    """Run ``act`` in so many threads, all let go at the same moment."""
    barrier, wrong = threading.Barrier(number), list[Exception]()

    def run(index: int) -> None:
        try:
            barrier.wait()
            action(index)
        except Exception as error:  # noqa: BLE001 - raised again in the thread of the test
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[index]) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]


def assert_exact(seed_data: dict[str, str], won: int) -> None:
    """Counter, grants, events and responses all have the same number."""
    for share in Share.objects.all():
        counts = (
            share.download_count,
            Grant.objects.filter(share=share).count(),
            Event.objects.filter(share_id=share.pk, kind="granted").count(),
        )
        assert counts == (CAP, CAP, CAP), counts
        assert share.used_up_at is not None
    assert won == CAP * len(seed_data)


def test_64_clients_get_5_grants_of_each_share_over_http(racing_site: Site, seed_data: dict[str, str]) -> None:
    statuses: list[int] = []

    def click_every_share(index: int) -> None:
        line = Connection(racing_site.port)
        items = list(seed_data.items())
        for share, file in items[index:] + items[:index]:
            path = f"/share/{share}/files/{file}/download"
            # Refusals in plain text: a page for each of them would take most of the time, and prove nothing.
            line.send(anew(post(path, port=racing_site.port, headers=["Accept: text/plain"])))
            while not (status := line.receive()):
                pass
            statuses.append(status)
        line.socket.close()

    together(THREADS, click_every_share)
    assert set(statuses) == {303, 410}
    assert len(statuses) == THREADS * SHARES
    assert_exact(seed_data, statuses.count(303))


def race_in_process(seed_data: dict[str, str]) -> int:
    won: list[bool] = []

    def click_every_share(index: int) -> None:
        caller = Caller(address=f"198.51.100.{index}", host="localhost")
        for share, file in seed_data.items():
            try:
                start.start_file_download(share_id=share, file_id=file, visit=Visit(caller, timezone.now()))
                won.append(True)
            except Refusal:
                continue

    together(16, click_every_share)
    return len(won)


@pytest.fixture
def small_seed_data(transactional_db: None, storage: None) -> dict[str, str]:
    return seed_shares(10)


def skip_fast_path(*_: object, **__: object) -> None:
    """In place of the fast path: every download uses the fallback."""


@pytest.mark.parametrize("use_fast_path", [True, False])
def test_threads_of_one_process_keep_a_limit_exactly(
    small_seed_data: dict[str, str], monkeypatch: pytest.MonkeyPatch, use_fast_path: bool
) -> None:
    if not use_fast_path:
        monkeypatch.setattr(fast_path, "start_download", skip_fast_path)
    assert_exact(small_seed_data, race_in_process(small_seed_data))


def test_a_counter_that_reads_and_then_writes_is_caught(
    small_seed_data: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken twin of the rule: the obvious implementation."""

    def read_then_write(grant: Grant, events: list[Event], *, capped: bool, now: datetime) -> bool:
        share = Share.objects.get(pk=grant.share_id)
        if share.download_count >= CAP:
            return False
        Share.objects.filter(pk=share.pk).update(download_count=share.download_count + 1)
        grant.save(force_insert=True)
        Event.objects.bulk_create(events)
        return True

    monkeypatch.setattr(fast_path, "start_download", skip_fast_path)
    monkeypatch.setattr(fast_path, "claim_download", read_then_write)
    with pytest.raises(AssertionError):
        assert_exact(small_seed_data, race_in_process(small_seed_data))


def test_quota_is_exact_when_everybody_reserves_at_once(transactional_db: None) -> None:
    user = make_user("full@example.com", quota_bytes=1000)
    won: list[bool] = []
    together(32, lambda _: won.extend(User.objects.reserve(user.pk, size=100, files=1) for _ in range(3)))
    user.refresh_from_db()
    assert (won.count(True), user.used_bytes, user.used_files) == (10, 1000, 10)


def test_a_limit_set_during_many_downloads_counts_every_grant(transactional_db: None, storage: None) -> None:
    [(share_id, file_id)] = seed_shares(1).items()
    Share.objects.update(max_downloads=None)
    owner = Caller(user=User.objects.get())

    def action(index: int) -> None:
        for turn in range(20):
            if index == 0 and turn == 5:
                share = Share.objects.get(pk=share_id)
                shares.edit(share=share, caller=owner, changes={"max_downloads": 10_000}, now=timezone.now())
            caller = Caller(host="localhost")
            start.start_file_download(share_id=share_id, file_id=file_id, visit=Visit(caller, timezone.now()))

    together(12, action)
    share = Share.objects.get()
    assert (share.max_downloads, share.download_count, Grant.objects.count()) == (10_000, 240, 240)
