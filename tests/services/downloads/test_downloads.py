"""Unlocking and downloading: one download for each browser, short-lived URLs, and a refusal for every reason."""

import re
import time
import urllib.error
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_django import Settings

from shares import errors
from shares.callers import Caller
from shares.db import fast_path
from shares.models import Event, Grant, PasswordAttempt, Share, User
from shares.services import passwords
from shares.services.downloads import access, grants, start
from shares.services.downloads.delivery import Download
from shares.services.downloads.visits import PresentedTokens, Visit
from shares.services.sharing import shares
from shares.services.sharing.files import FileSpec
from tests.fixtures import fetch

MakeShare = Callable[..., Share]


def start_download(share: Share, caller: Caller, now: datetime, **options: Any) -> Download:
    share = Share.objects.select_related("owner").get(pk=share.pk)
    return start.start_download(share=share, files=list(share.files.all()), visit=Visit(caller, now, **options))


def test_the_bytes_come_back_and_a_grant_costs_one_download_however_often_it_is_used(
    make_share: MakeShare, visitor: Caller, now: datetime
) -> None:
    share = make_share([b"one", b"two" * 1000], max_downloads=2)
    first = start_download(share, visitor, now)
    assert [fetch(link.url) for link in first.links] == [b"one", b"two" * 1000]
    for _ in range(3):
        assert not start_download(share, visitor, now, tokens=PresentedTokens(grant=first.grant)).fresh
    share.refresh_from_db()
    assert (share.download_count, Grant.objects.count(), Event.objects.filter(kind="granted").count()) == (1, 1, 1)
    assert Event.objects.filter(kind="signed").count() == 8


@pytest.mark.parametrize("cap", [None, 2])
def test_the_fast_path_reads_and_writes_what_the_fallback_does(
    make_share: MakeShare, visitor: Caller, now: datetime, cap: int | None
) -> None:
    share = make_share(max_downloads=cap, password="secret")
    file = share.files.get()
    file_row = fast_path.load_file(file.pk, share.pk)
    assert file_row is not None
    for row, read in [(file, file_row), (share, file_row.share), (share.owner, file_row.share.owner)]:
        loaded = set(vars(read)) - {"_state", "_prefetched_objects_cache"} - read.get_deferred_fields()
        assert {name: getattr(read, name) for name in loaded} == {name: getattr(row, name) for name in loaded}
    token = access.unlock(share=share, visit=Visit(visitor, now, password="secret"))
    tokens = PresentedTokens(unlock=token)
    ids: dict[str, Any] = {"share_id": share.pk, "file_id": file.pk}
    first = start.start_file_download(**ids, visit=Visit(visitor, now, tokens, is_opening=True))
    assert fetch(first.links[0].url) == b"hello"
    assert not start.start_file_download(**ids, visit=Visit(visitor, now, PresentedTokens(grant=first.grant))).fresh
    grant = Grant.objects.get()
    assert (grant.share_id, grant.created_at, grant.expires_at) == (share.pk, now, now + timedelta(days=1))
    lines = Event.objects.filter(kind__in=["granted", "signed", "opened"]).order_by("pk")
    assert [(e.kind, e.occurred_at, e.share_id, e.file_id, e.address) for e in lines] == [
        ("granted", now, share.pk, "", visitor.address),
        ("signed", now, share.pk, file.pk, visitor.address),
        ("opened", now, share.pk, "", visitor.address),
        ("signed", now, share.pk, file.pk, visitor.address),
    ]
    with pytest.raises(errors.NotFound):
        start.start_file_download(**{**ids, "file_id": "x" * 22}, visit=Visit(visitor, now, tokens))


def test_a_reached_limit_refuses_new_browsers_and_not_those_with_a_grant(
    make_share: MakeShare, visitor: Caller, now: datetime
) -> None:
    share = make_share(max_downloads=1)
    first = start_download(share, visitor, now)
    share.refresh_from_db()
    assert share.state(now) == Share.State.USED_UP
    with pytest.raises(errors.UsedUp):
        start_download(share, visitor, now)
    assert start_download(share, visitor, now, tokens=PresentedTokens(grant=first.grant)).links


def test_every_url_is_sigv4_short_and_an_attachment(make_share: MakeShare, visitor: Caller, now: datetime) -> None:
    url = start_download(make_share(), visitor, now).links[0].url
    query = parse_qs(urlsplit(url).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert int(query["X-Amz-Expires"][0]) <= 120
    assert query["response-content-type"] == ["application/octet-stream"]
    assert query["response-content-disposition"][0].startswith("attachment")


@pytest.mark.parametrize(("remaining", "max_seconds"), [(timedelta(seconds=30), 30), (timedelta(hours=1), 120)])
def test_a_url_never_outlives_its_share(
    make_share: MakeShare, visitor: Caller, now: datetime, remaining: timedelta, max_seconds: int
) -> None:
    share = make_share(expires_at=now + timedelta(days=1))
    Share.objects.filter(pk=share.pk).update(expires_at=now + remaining)
    link = start_download(share, visitor, now).links[0]
    assert re.search(rf"X-Amz-Expires={max_seconds}(&|$)", link.url)
    assert link.expires_in == max_seconds


def test_a_url_is_dead_after_its_time(
    make_share: MakeShare, visitor: Caller, now: datetime, settings: Settings
) -> None:
    share = make_share()
    assert fetch(start_download(share, visitor, now).links[0].url) == b"hello"
    settings.DOWNLOAD_URL_SECONDS = 1
    link = start_download(share, visitor, now).links[0]
    time.sleep(2.1)
    with pytest.raises(urllib.error.HTTPError) as dead:
        fetch(link.url)
    with dead.value:
        assert dead.value.code == 403


@pytest.mark.parametrize(
    ("columns", "refusal"),
    [
        ({"revoked_at": True}, errors.Removed),
        ({"expires_at": True}, errors.Expired),
        ({"used_up_at": True}, errors.UsedUp),
        ({"purging_at": True}, errors.Expired),
    ],
)
def test_an_ended_share_is_refused_with_its_reason_and_nothing_is_counted(
    make_share: MakeShare, visitor: Caller, now: datetime, columns: dict[str, Any], refusal: type[errors.Refusal]
) -> None:
    share = make_share()
    Share.objects.filter(pk=share.pk).update(**dict.fromkeys(columns, now))
    with pytest.raises(refusal):
        start_download(share, visitor, now)
    assert Grant.objects.count() == 0
    assert Event.objects.get(kind="refused").detail == refusal.code


def test_the_claim_judges_again_when_the_share_changed_after_it_was_read(
    make_share: MakeShare, visitor: Caller, now: datetime
) -> None:
    for cap, cast_out in [(5, "revoked_at"), (None, "revoked_at"), (5, "expires_at"), (None, "expires_at")]:
        stale = make_share(max_downloads=cap)
        Share.objects.filter(pk=stale.pk).update(**{cast_out: now})
        with pytest.raises(errors.Refusal):
            start.start_download(share=stale, files=list(stale.files.all()), visit=Visit(visitor, now))
    assert Grant.objects.count() == 0


def test_a_revoked_share_is_refused_to_holders_too(
    make_share: MakeShare, visitor: Caller, as_owner: Caller, now: datetime
) -> None:
    share = make_share()
    tokens = PresentedTokens(grant=start_download(share, visitor, now).grant)
    shares.revoke(share=share, caller=as_owner, now=now)
    with pytest.raises(errors.Removed):
        start_download(share, visitor, now, tokens=tokens)


def test_the_shares_of_a_deactivated_person_are_gone_at_once(
    make_share: MakeShare, visitor: Caller, now: datetime
) -> None:
    share = make_share()
    User.objects.update(is_active=False)
    with pytest.raises(errors.Removed):
        start_download(share, visitor, now)


def test_a_file_on_its_way_is_not_ready_and_costs_nothing(as_owner: Caller, visitor: Caller, now: datetime) -> None:
    share = shares.create(
        caller=as_owner,
        values={"expires_at": now + timedelta(days=1), "max_downloads": 1},
        specs=[FileSpec("late.bin", 5)],
        now=now,
    )
    with pytest.raises(errors.NotReady):
        start_download(share, visitor, now)
    share.refresh_from_db()
    assert share.download_count == 0


@pytest.mark.parametrize("damage", [lambda t: t[:-1] + "x", lambda _: "", lambda _: "x" * 500, lambda t: t.upper()])
def test_a_forged_grant_is_no_grant(
    make_share: MakeShare, visitor: Caller, now: datetime, damage: Callable[[str], str]
) -> None:
    share = make_share(max_downloads=5)
    token = start_download(share, visitor, now).grant
    assert start_download(share, visitor, now, tokens=PresentedTokens(grant=damage(token))).fresh


def test_a_grant_of_another_share_is_no_grant(make_share: MakeShare, visitor: Caller, now: datetime) -> None:
    open_share, locked_share = make_share(), make_share(password="secret")
    token = start_download(open_share, visitor, now).grant
    with pytest.raises(errors.Locked):
        start_download(locked_share, visitor, now, tokens=PresentedTokens(grant=token, unlock=token))


def test_a_grant_ends(make_share: MakeShare, visitor: Caller, now: datetime) -> None:
    share = make_share()
    download = start_download(share, visitor, now)
    assert download.grant_expires_at == now + timedelta(days=1)
    assert start_download(
        share, visitor, now + timedelta(days=1, seconds=1), tokens=PresentedTokens(grant=download.grant)
    ).fresh


def test_a_password_is_required_and_checked_and_takes_no_download(
    make_share: MakeShare, visitor: Caller, now: datetime
) -> None:
    share = make_share(password="secret", max_downloads=1)
    with pytest.raises(errors.Locked):
        start_download(share, visitor, now)
    with pytest.raises(errors.WrongPassword):
        access.unlock(share=share, visit=Visit(visitor, now, password="guess"))
    token = access.unlock(share=share, visit=Visit(visitor, now, password="secret"))
    share.refresh_from_db()
    assert share.download_count == 0
    assert start_download(share, visitor, now, tokens=PresentedTokens(unlock=token)).fresh


def test_attempts_are_limited_by_address_and_in_total_and_unlocked_browsers_continue(
    make_share: MakeShare, visitor: Caller, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = make_share(password="secret")
    unlocked = PresentedTokens(unlock=access.unlock(share=share, visit=Visit(visitor, now, password="secret")))
    hashes = 0

    def count(*_args: object) -> bool:
        nonlocal hashes
        hashes += 1
        return False

    monkeypatch.setattr(passwords, "check_password", count)
    outcomes = []
    for n in range(60):
        guesser = Caller(address=f"203.0.113.{n // 12}")
        with pytest.raises(errors.Refusal) as refusal:
            access.unlock(share=share, visit=Visit(guesser, now, password="guess"))
        outcomes.append(refusal.value)
    assert [type(o) for o in outcomes[:12]] == [errors.WrongPassword] * 10 + [errors.TooManyTries] * 2
    assert hashes == passwords.TRIES_PER_SHARE
    assert 0 < (outcomes[11].retry_after or 0) <= 15 * 60 + 1
    assert 15 * 60 < (outcomes[-1].retry_after or 0) <= 3601
    assert start_download(share, visitor, now, tokens=unlocked).links
    assert PasswordAttempt.objects.get(source=PasswordAttempt.ANY_SOURCE).failures == passwords.TRIES_PER_SHARE
    later = now + timedelta(hours=1, seconds=1)
    with pytest.raises(errors.WrongPassword):
        access.unlock(share=share, visit=Visit(visitor, later, password="guess"))


@pytest.mark.usefixtures("real_hashing")
def test_a_share_password_is_argon2id_with_19_mib_and_never_in_the_audit_trail(
    make_share: MakeShare, visitor: Caller, now: datetime
) -> None:
    share = make_share(password="s3cret-words")
    assert share.password.startswith("argon2_share$argon2id$v=19$m=19456,t=2,p=1$")
    access.unlock(share=share, visit=Visit(visitor, now, password="s3cret-words"))
    assert not [e for e in Event.objects.all() if "s3cret" in f"{e.detail}{e.name}{e.user_email}"]
    assert grants.unlock_token(share, now).count("s3cret") == 0
