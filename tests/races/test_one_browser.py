"""One browser, one unit: clicks at the very same moment, before any of them has brought the browser its grant."""

import secrets
import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from shares.models import Event, Grant, Share, SharedFile, clicks
from shares.policies import Caller
from shares.services.downloads import grants, start
from shares.services.downloads.grants import Held
from tests.bench.load import SECRET, Connection, post
from tests.cast import make_user
from tests.e2e.site import Site
from tests.races.test_caps import not_at_once, together

TABS, SHARES = 6, 20


def make_stock(cap: int | None) -> dict[str, str]:
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
        signed = Event.objects.filter(share_id=share.pk, kind="signed").count()
        counts = (share.downloads_taken, Grant.objects.filter(share=share).count(), granted, signed)
        assert counts == (0 if cap is None else 1, 1, 1, TABS), counts
        assert (share.used_up_at is not None) == (cap == 1)


@pytest.mark.parametrize("cap", [1, 5, None])
def test_tabs_that_click_at_once_all_get_it_and_take_one_unit(
    racing_site: Site, transactional_db: None, cap: int | None
) -> None:
    stock, answers, tokens = make_stock(cap), list[int](), dict[str, set[bytes]]()
    browser = {share: secrets.token_hex(16).encode() for share in stock}
    gate = threading.Barrier(TABS)

    def click_every_share(_: int) -> None:
        line = Connection(racing_site.port)
        for share, file in stock.items():
            path = f"/share/{share}/files/{file}/download"
            gate.wait()
            line.send(post(path, port=racing_site.port).replace(SECRET, browser[share]))
            while not (status := line.receive()):
                pass
            answers.append(status)
            tokens.setdefault(share, set()).add(line.cookie(b"grant"))
        line.socket.close()

    together(TABS, click_every_share)
    assert set(answers) == {303}
    assert_one_each(cap)
    assert {len(each) for each in tokens.values()} == {1}, "each tab brings the browser the same grant"
    other = Connection(racing_site.port)
    share, file = next(iter(stock.items()))
    other.send(post(f"/share/{share}/files/{file}/download", port=racing_site.port))
    while not (status := other.receive()):
        pass
    other.socket.close()
    assert status == (410 if cap == 1 else 303)


@pytest.mark.parametrize("cap", [1, 5, None])
@pytest.mark.parametrize("at_once", [True, False])
def test_so_it_is_by_the_long_way(
    transactional_db: None, storage: None, monkeypatch: pytest.MonkeyPatch, cap: int | None, at_once: bool
) -> None:
    if not at_once:
        monkeypatch.setattr(clicks, "at_once", not_at_once)
    stock, gate = make_stock(cap), threading.Barrier(TABS)

    def click_every_share(_: int) -> None:
        for share, file in stock.items():
            gate.wait()
            held = Held(browser="the same")
            start.click(share_id=share, file_id=file, caller=Caller(host="localhost"), held=held, now=timezone.now())

    together(TABS, click_every_share)
    assert_one_each(cap)


def test_ids_of_their_own_would_be_caught(
    transactional_db: None, storage: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken twin: a grant of its own for each click."""
    monkeypatch.setattr(grants, "id_for", lambda *_: secrets.token_urlsafe(16))
    stock = make_stock(5)
    share, file = next(iter(stock.items()))

    def click(_: int) -> None:
        start.click(
            share_id=share,
            file_id=file,
            caller=Caller(host="localhost"),
            held=Held(browser="the same"),
            now=timezone.now(),
        )

    together(3, click)
    assert Share.objects.get(pk=share).downloads_taken == 3
