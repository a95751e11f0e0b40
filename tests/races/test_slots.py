"""The quota is exact: with concurrent requests, slots never exceed it, and each is released once."""

import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from shares.callers import Caller
from shares.errors import NotFound, QuotaExceeded
from shares.models import IdempotencyKey, Share, SharedFile, User
from shares.services.maintenance import purge
from shares.services.sharing import files, idempotency, shares
from shares.services.sharing.files import FileSpec
from shares.services.sharing.idempotency import Slots
from tests.fixtures import make_user
from tests.races.test_caps import together

REQUESTS = 100
DAY = timedelta(days=1)


def make(caller: Caller, *sizes: int) -> Share:
    now = timezone.now()
    specs = [FileSpec(f"{position}.bin", size) for position, size in enumerate(sizes)]
    return shares.create(caller=caller, values={"expires_at": now + DAY}, specs=specs, now=now)


@pytest.mark.parametrize(
    ("quota_bytes", "quota_files", "fit"),
    [(10 * 1000 + 999, 100_000, 10), (10**12, 2 * 7 + 1, 7), (5 * 1000, 2 * 5, 5)],
    ids=["bytes are short", "files are short", "both end together"],
)
def test_100_requests_at_once_on_a_nearly_full_quota_never_go_over(
    transactional_db: None, quota_bytes: int, quota_files: int, fit: int
) -> None:
    user = make_user("racer@example.com", quota_bytes=quota_bytes, quota_files=quota_files)
    first_share = make(Caller(user=user), 0, 0)  # one half of the requests adds to a share, the other makes its own
    User.objects.filter(pk=user.pk).update(quota_files=quota_files + 2)
    won, lock = list[int](), threading.Lock()

    def make_request(index: int) -> None:
        caller = Caller(user=User.objects.get(pk=user.pk))
        try:
            if index % 2:
                make(caller, 400, 600)
            else:
                specs = [FileSpec("a", 400), FileSpec("b", 600)]
                files.declare(share=first_share, specs=specs, caller=caller, now=timezone.now())
        except QuotaExceeded:
            return
        with lock:
            won.append(index)

    together(REQUESTS, make_request)
    user.refresh_from_db()
    assert len(won) == fit
    assert (user.used_bytes, user.used_files) == (1000 * fit, 2 * fit + 2)
    assert SharedFile.objects.count() == 2 * fit + 2


def test_a_request_that_is_sent_many_times_at_once_makes_one_share(transactional_db: None) -> None:
    user = make_user("racer@example.com")
    share_ids = list[str]()

    def make_request(_index: int) -> None:
        caller = Caller(user=User.objects.get(pk=user.pk))

        def operation() -> Slots:
            share = make(caller, 5)
            return Slots(share, list(share.files.all()))

        slots = idempotency.once(key="same", request=b"body", caller=caller, now=timezone.now(), operation=operation)
        share_ids.append(slots.share.pk)

    together(32, make_request)
    assert len(share_ids) == 32
    assert set(share_ids) == {Share.objects.get().pk}
    user.refresh_from_db()
    assert (user.used_bytes, user.used_files, IdempotencyKey.objects.count()) == (5, 1, 1)


def test_quota_is_released_once_by_removal_idling_and_two_sweeps(transactional_db: None, storage: None) -> None:
    user = make_user("racer@example.com")
    caller = Caller(user=user)
    share = make(caller, *[1000] * 40)
    other_share = make(caller, *[10] * 10)
    make(caller, 7)
    share_files = list(share.files.select_related("share"))
    later = timezone.now() + 2 * DAY

    def action(index: int) -> None:
        if index < 4:
            for file in share_files[index * 10 : index * 10 + 15]:
                with suppress(NotFound):  # another thread was faster
                    files.remove(file=file, caller=caller, now=timezone.now())
        elif index == 4:
            shares.revoke(share=other_share, caller=caller, now=timezone.now())
        else:
            purge.sweep(now=later)

    together(8, action)
    purge.sweep(now=later)
    user.refresh_from_db()
    assert (user.used_bytes, user.used_files) == (0, 0)
    assert SharedFile.objects.filter(purged_at__isnull=True).count() == 0
