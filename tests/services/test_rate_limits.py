"""Rate limits: what they count, per process without Redis, and what a refusal states."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from pytest_django import Settings as SettingsWrapper

from shares import rate_counter
from shares.callers import Caller
from shares.errors import Locked, NotReady, QuotaExceeded, RateLimited
from shares.models import Event, Grant, Share, User
from shares.rate_counter import Rate, count
from shares.services import rate_limits
from shares.services.downloads import start
from shares.services.downloads.visits import PresentedTokens, Visit
from shares.services.sharing import shares
from shares.services.sharing.files import FileSpec
from shares.services.sharing.shares import ShareChanges
from shares.services.uploads import batches
from shares.services.uploads.batches import FileRequest
from tests.fixtures import make_user

MakeShare = Callable[..., Share]


def visit_from(address: str, now: datetime, **tokens: str) -> Visit:
    return Visit(Caller(address=address, host="localhost"), now, PresentedTokens(**tokens))


def click(share: Share, visit: Visit) -> bool:
    """Whether a download started that took one of the limit. Raises RateLimited."""
    return start.start_file_download(share_id=share.pk, file_id=share.files.get().pk, visit=visit).fresh


def test_a_bucket_allows_its_limit_and_refills_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 0
    monkeypatch.setattr(time, "monotonic_ns", lambda: moment)
    monkeypatch.setattr(rate_counter._state, "away_until", float("inf"))
    rate = Rate(100, 1000)
    assert [count("bucket", rate, 60).allowed, count("bucket", rate, 41).allowed] == [True, False]
    result = count("bucket", rate, 41)
    assert (result.remaining, result.retry_after, result.reset_after) == (40, 10, 600)
    assert count("bucket", rate, 40).remaining == 0
    moment = 10 * 10**9  # One operation is refilled in ten seconds.
    assert [count("bucket", rate).allowed, count("bucket", rate).allowed] == [True, False]
    assert count("bucket", rate, -1).remaining == 1
    assert [count("bucket", rate).allowed, count("bucket", rate).allowed] == [True, False]
    moment = 2000 * 10**9
    assert count("bucket", rate, 101).allowed is False
    assert count("bucket", rate, 100).allowed is True


def test_counts_of_one_process_take_no_more_memory_than_they_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_counter._state, "away_until", float("inf"))
    monkeypatch.setattr(rate_counter, "MAX_LOCAL_KEYS", 100)
    rate = Rate(2, 86400)
    assert [count("busy", rate).allowed, count("busy", rate).allowed] == [True, True]
    for n in range(1000):
        count(f"client {n}", rate)
    assert len(rate_counter._state.full_at) <= 100
    assert count("busy", rate).allowed is False


def test_a_batch_costs_as_many_as_it_has_files_or_nothing(
    as_owner: Caller, storage: None, now: datetime, settings: SettingsWrapper
) -> None:
    settings.SIGN_RATE = (100, 86400)
    specs = [FileSpec(name=f"{n}.txt", size=1) for n in range(101)]
    share = shares.create(caller=as_owner, values={"expires_at": now + timedelta(days=1)}, specs=specs, now=now)
    requests = [FileRequest(file.pk, bytes(32)) for file in share.files.all()]
    assert len(batches.sign(requests=requests[:99], caller=as_owner, now=now)) == 99
    with pytest.raises(RateLimited) as refusal:
        batches.sign(requests=requests[99:], caller=as_owner, now=now)
    assert (refusal.value.remaining, refusal.value.retry_after) == (1, 864)
    assert len(batches.sign(requests=requests[100:], caller=as_owner, now=now)) == 1


def count_share(caller: Caller) -> None:
    with rate_limits.consume_share(caller):
        pass


def create_share(caller: Caller, values: ShareChanges, size: int, now: datetime) -> Share:
    return shares.create(caller=caller, values=values, specs=[FileSpec("a.bin", size)], now=now)


def test_an_administrators_number_replaces_the_default_for_one_account(
    owner: User, colleague: User, settings: SettingsWrapper
) -> None:
    settings.SIGN_RATE, settings.SHARE_RATE = (100, 86400), (1, 86400)
    owner.signatures_per_hour, owner.shares_per_hour = 250, 2
    for caller, signatures, new_shares in ((Caller(user=owner), 250, 2), (Caller(user=colleague), 100, 1)):
        rate_limits.consume_signatures(caller, signatures)
        with pytest.raises(RateLimited):
            rate_limits.consume_signatures(caller, 1)
        for _ in range(new_shares):
            count_share(caller)
        with pytest.raises(RateLimited):
            count_share(caller)


def test_off_is_no_limit(owner: User, settings: SettingsWrapper) -> None:
    settings.SIGN_RATE = settings.SHARE_RATE = None
    rate_limits.consume_signatures(Caller(user=owner), 10**9)
    count_share(Caller(user=owner))


def test_a_share_that_is_refused_does_not_count(as_owner: Caller, now: datetime, settings: SettingsWrapper) -> None:
    settings.SHARE_RATE = (1, 86400)
    values: ShareChanges = {"expires_at": now + timedelta(days=1)}
    for _ in range(3):
        with pytest.raises(QuotaExceeded):
            create_share(as_owner, values, as_owner.user.quota + 1 if as_owner.user else 0, now)
    create_share(as_owner, values, 1, now)
    with pytest.raises(RateLimited):
        create_share(as_owner, values, 1, now)


def test_ten_thousand_small_files_with_thumbnails_fit_into_the_default(owner: User) -> None:
    for _ in range(100):
        rate_limits.consume_signatures(Caller(user=owner), 100)
    for _ in range(10_000):
        rate_limits.consume_signatures(Caller(user=owner), 1)


def test_new_grants_are_counted_by_address_and_share(
    make_share: MakeShare, now: datetime, settings: SettingsWrapper
) -> None:
    settings.GRANT_RATE = (2, 86400)
    share, other_share = make_share(), make_share()
    assert [click(share, visit_from("198.51.100.7", now)) for _ in range(2)] == [True, True]
    with pytest.raises(RateLimited, match="Nothing is lost: try again in"):
        click(share, visit_from("198.51.100.7", now))
    assert Grant.objects.filter(share=share).count() == 2
    assert Event.objects.filter(share_id=share.pk, kind="refused").get().detail == "too-many-requests"
    assert click(share, visit_from("198.51.100.8", now))
    assert click(other_share, visit_from("198.51.100.7", now))


def test_an_ipv6_network_is_one_address(make_share: MakeShare, now: datetime, settings: SettingsWrapper) -> None:
    settings.GRANT_RATE = (2, 86400)
    share = make_share()
    assert click(share, visit_from("2001:db8::1", now))
    assert click(share, visit_from("2001:db8::ffff:2", now))
    with pytest.raises(RateLimited):
        click(share, visit_from("2001:db8:0:0:8::3", now))
    assert click(share, visit_from("2001:db8:0:1::1", now))


def test_a_client_with_a_grant_goes_on(make_share: MakeShare, now: datetime, settings: SettingsWrapper) -> None:
    """Also a browser whose response with the grant was lost."""
    settings.GRANT_RATE = (1, 86400)
    share = make_share()
    visit = visit_from("198.51.100.7", now, browser="b" * 22)
    download = start.start_download(share=share, files=list(share.files.all()), visit=visit)
    assert click(share, visit_from("198.51.100.7", now, grant=download.grant)) is False
    assert click(share, visit) is False
    with pytest.raises(RateLimited):
        click(share, visit_from("198.51.100.7", now, browser="c" * 22))
    assert Grant.objects.count() == 1


def test_a_refused_download_does_not_count(
    make_share: MakeShare, as_owner: Caller, now: datetime, settings: SettingsWrapper
) -> None:
    settings.GRANT_RATE = (1, 86400)
    share = make_share()
    changes: shares.ShareChanges = {"password": "secret"}
    shares.edit(share=share, caller=as_owner, changes=changes, now=now)
    for _ in range(3):
        with pytest.raises(Locked):
            click(share, visit_from("198.51.100.7", now))
    shares.edit(share=share, caller=as_owner, changes={"password": ""}, now=now)
    share.files.update(ready_at=None)
    with pytest.raises(NotReady):
        click(share, visit_from("198.51.100.7", now))
    share.files.update(ready_at=now)
    assert click(share, visit_from("198.51.100.7", now))


def test_the_owner_takes_no_grant(
    make_share: MakeShare, as_owner: Caller, now: datetime, settings: SettingsWrapper
) -> None:
    settings.GRANT_RATE = (1, 86400)
    share = make_share()
    for _ in range(3):
        click(share, Visit(as_owner, now))
    assert make_user("other@example.com").signatures_per_hour is None
