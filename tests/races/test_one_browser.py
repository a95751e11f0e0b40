"""One browser, one download: concurrent requests, before any of them has set the cookie of its grant."""

import secrets
import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from shares.callers import Caller
from shares.db import fast_path
from shares.models import Event, Grant, Share, SharedFile
from shares.services.downloads import grants, start
from shares.services.downloads.visits import PresentedTokens, Visit
from tests.bench.load import SECRET, Connection, post
from tests.e2e.site import Site
from tests.fixtures import make_user
from tests.races.test_caps import skip_fast_path, together

TABS, SHARES = 6, 20


def seed_shares(cap: int | None) -> dict[str, str]:
    now, owner = timezone.now(), make_user("racer@example.com")
    ends = now + timedelta(days=1)
    shares = Share.objects.bulk_create(
        Share(owner=owner, created_at=now, expires_at=ends, max_downloads=cap, live_at=now) for _ in range(SHARES)
    )
    SharedFile.objects.bulk_create(
        SharedFile(share=share, name="a.bin", size=1, created_at=now, ready_at=now) for share in shares
    )
    return dict(SharedFile.objects.values_list("share_id", "id"))


def assert_one_each(cap: int | None) -> None:
    for share in Share.objects.all():
        granted = Event.objects.filter(share_id=share.pk, kind="granted").count()
        signed_count = Event.objects.filter(share_id=share.pk, kind="signed").count()
        counts = (share.download_count, Grant.objects.filter(share=share).count(), granted, signed_count)
        assert counts == (0 if cap is None else 1, 1, 1, TABS), counts
        assert (share.used_up_at is not None) == (cap == 1)


@pytest.mark.parametrize("cap", [1, 5, None])
def test_concurrent_tabs_all_get_it_and_cost_one_download(
    racing_site: Site, transactional_db: None, cap: int | None
) -> None:
    seed_data, statuses, tokens = seed_shares(cap), list[int](), dict[str, set[bytes]]()
    browser = {share: secrets.token_hex(16).encode() for share in seed_data}
    barrier = threading.Barrier(TABS)

    def click_every_share(_: int) -> None:
        line = Connection(racing_site.port)
        for share, file in seed_data.items():
            path = f"/share/{share}/files/{file}/download"
            barrier.wait()
            line.send(post(path, port=racing_site.port).replace(SECRET, browser[share]))
            while not (status := line.receive()):
                pass
            statuses.append(status)
            tokens.setdefault(share, set()).add(line.cookie(b"grant"))
        line.socket.close()

    together(TABS, click_every_share)
    assert set(statuses) == {303}
    assert_one_each(cap)
    assert {len(grant_tokens) for grant_tokens in tokens.values()} == {1}, "each tab brings the browser the same grant"
    other_connection = Connection(racing_site.port)
    share, file = next(iter(seed_data.items()))
    other_connection.send(post(f"/share/{share}/files/{file}/download", port=racing_site.port))
    while not (status := other_connection.receive()):
        pass
    other_connection.socket.close()
    assert status == (410 if cap == 1 else 303)


@pytest.mark.parametrize("cap", [1, 5, None])
@pytest.mark.parametrize("use_fast_path", [True, False])
def test_so_it_is_by_the_long_way(
    transactional_db: None, storage: None, monkeypatch: pytest.MonkeyPatch, cap: int | None, use_fast_path: bool
) -> None:
    if not use_fast_path:
        monkeypatch.setattr(fast_path, "start_download", skip_fast_path)
    seed_data, barrier = seed_shares(cap), threading.Barrier(TABS)

    def click_every_share(_: int) -> None:
        for share, file in seed_data.items():
            barrier.wait()
            presented_tokens = PresentedTokens(browser="the same")
            start.start_file_download(
                share_id=share, file_id=file, visit=Visit(Caller(host="localhost"), timezone.now(), presented_tokens)
            )

    together(TABS, click_every_share)
    assert_one_each(cap)


def test_ids_of_their_own_would_be_caught(
    transactional_db: None, storage: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken twin: a new grant for each download."""
    monkeypatch.setattr(grants, "id_for", lambda *_: secrets.token_urlsafe(16))
    seed_data = seed_shares(5)
    share, file = next(iter(seed_data.items()))

    def click(_: int) -> None:
        start.start_file_download(
            share_id=share,
            file_id=file,
            visit=Visit(Caller(host="localhost"), timezone.now(), PresentedTokens(browser="the same")),
        )

    together(3, click)
    assert Share.objects.get(pk=share).download_count == 3
