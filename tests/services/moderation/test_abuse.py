"""Abuse: a suspended share is unavailable at once, through every interface; a blocked file cannot be shared again."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from shares import errors
from shares.callers import Caller
from shares.models import BlockedFile, Event, RateLimitCounter, Report, Share, SharedFile
from shares.services import throttles
from shares.services.downloads import start, streams
from shares.services.downloads.delivery import Download
from shares.services.downloads.visits import PresentedTokens, Visit
from shares.services.maintenance import purge
from shares.services.moderation import abuse
from shares.services.sharing import shares
from shares.services.sharing.files import FileSpec
from tests.fixtures import send

MakeShare = Callable[..., Share]
MIB = 1024 * 1024


@pytest.fixture
def as_admin(admin: object) -> Caller:
    return Caller(user=admin, address="192.0.2.1", host="localhost")  # type: ignore[arg-type]


def start_download(share: Share, caller: Caller, tokens: PresentedTokens, now: datetime) -> Download:
    return start.start_download(share=fresh(share), files=list(share.files.all()), visit=Visit(caller, now, tokens))


def fresh(share: Share) -> Share:
    return Share.objects.select_related("owner").get(pk=share.pk)


def test_a_suspended_share_gives_nothing_by_any_interface_and_comes_back(
    make_share: MakeShare, visitor: Caller, as_owner: Caller, as_admin: Caller, now: datetime, client: Client
) -> None:
    share = make_share(title="Plans", max_downloads=5)
    file = share.files.get()
    tokens = PresentedTokens(grant=start_download(share, visitor, PresentedTokens(), now).grant)
    page, grant = f"/share/{share.pk}", {"X-Share-Grant": tokens.grant}
    assert client.get(f"{page}/files/{file.pk}/content", headers=grant).status_code == 303
    assert abuse.suspend(share=share, caller=as_admin, now=now)
    assert not abuse.suspend(share=share, caller=as_admin, now=now)
    assert fresh(share).state(now) == "suspended"
    assert Share.objects.in_state("suspended", now).get() == share
    assert not Share.objects.live(now).exists()
    for presented_tokens in (PresentedTokens(), tokens):
        with pytest.raises(errors.Suspended):
            start_download(share, visitor, presented_tokens, now)
        with pytest.raises(errors.Suspended):
            start.start_file_download(share_id=share.pk, file_id=file.pk, visit=Visit(visitor, now, presented_tokens))
    for path in ("", f"/files/{file.pk}/content"):
        response = client.get(page + path, headers=grant)
        assert response.status_code == 403
        assert "This share is blocked" in response.content.decode()
        assert "Plans" not in response.content.decode()
    assert client.get(f"/api/v1/share/{share.pk}").status_code in {403, 404}
    with pytest.raises(errors.Suspended):
        shares.edit(share=fresh(share), caller=as_owner, changes={"title": "Other"}, now=now)
    assert abuse.unsuspend(share=share, caller=as_admin, now=now)
    assert start_download(share, visitor, tokens, now).links
    events = Event.objects.filter(kind="admin").order_by("pk").values_list("detail", "user_email")
    assert list(events) == [(abuse.SUSPENDED, "admin@example.com"), (abuse.UNSUSPENDED, "admin@example.com")]


def test_a_running_stream_breaks_off_when_its_share_is_suspended(
    make_share: MakeShare, visitor: Caller, as_admin: Caller, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "CHECK_SECONDS", 0.0)
    share = make_share([b"x" * 1000], strict=True)
    stream = streams.open_file(share.files.select_related("share").get(), Visit(visitor, now))
    abuse.suspend(share=share, caller=as_admin, now=now)
    with pytest.raises(errors.Removed):
        next(stream.body)


def announce(caller: Caller, size: int, now: datetime, name: str = "again.bin") -> SharedFile:
    changes: shares.ShareChanges = {"expires_at": now + timedelta(days=1)}
    share = shares.create(caller=caller, values=changes, specs=[FileSpec(name, size)], now=now)
    return share.files.select_related("share__owner", "upload__file").get()


@pytest.mark.parametrize("body", [b"something bad", b"\1" * (17 * MIB)], ids=["one part", "two parts"])
def test_a_blocked_file_cannot_be_shared_again_by_anybody(
    make_share: MakeShare, as_colleague: Caller, as_admin: Caller, now: datetime, body: bytes
) -> None:
    bad = make_share([body]).files.select_related("share").get()
    other_share = make_share([body])
    assert abuse.block(file=bad, caller=as_admin, now=now) == 1
    assert abuse.block(file=bad, caller=as_admin, now=now) == 1
    assert BlockedFile.objects.count() == 1
    file = announce(as_colleague, len(body), now)
    with pytest.raises(errors.Blocked, match="has blocked “again"):
        send(file, body, as_colleague, now)
    file.refresh_from_db()
    assert (file.ready_at, file.state) == (None, "removed")
    assert Event.objects.get(kind="refused").detail == "blocked"
    purge.sweep(now=now)
    assert as_colleague.user is not None
    as_colleague.user.refresh_from_db()
    assert as_colleague.user.used_bytes == 0
    almost = body[:-1] + b"!"
    assert send(announce(as_colleague, len(almost), now), almost, as_colleague, now).ready_at
    assert fresh(other_share).state(now) == "live"
    BlockedFile.objects.all().delete()
    assert send(announce(as_colleague, len(body), now), body, as_colleague, now).ready_at


def test_what_cannot_be_known_again_is_not_blocked(make_share: MakeShare, as_admin: Caller, now: datetime) -> None:
    empty = make_share([b""]).files.select_related("share").get()
    with pytest.raises(errors.Invalid, match="empty"):
        abuse.block(file=empty, caller=as_admin, now=now)
    SharedFile.objects.update(ready_at=None)
    empty.refresh_from_db()
    with pytest.raises(errors.NotFound):
        abuse.block(file=empty, caller=as_admin, now=now)


def report_share(share: Share, address: str, now: datetime, **overrides: str) -> Report:
    fields = {"reason": "malware", "details": "", "contact": ""} | overrides
    return abuse.report(share=share, caller=Caller(address=address), now=now, **fields)


def test_reports_are_few_an_hour_from_one_address_and_a_day_for_one_share(owner: object, now: datetime) -> None:
    share = Share.objects.create(owner=owner, created_at=now)  # type: ignore[misc]
    for _ in range(throttles.PER_ADDRESS):
        report_share(share, "2001:db8:1:2::7", now)
    with pytest.raises(errors.TooManyRequests) as refusal:
        report_share(share, "2001:db8:1:2::8", now)
    assert refusal.value.retry_after is not None
    assert 3590 < refusal.value.retry_after <= 3601
    report_share(share, "2001:db8:1:2::8", now + timedelta(hours=1))
    for index in range(abuse.REPORTS_A_DAY - RateLimitCounter.objects.get(name=f"report:{share.pk}").count):
        report_share(share, f"198.51.100.{index}", now)
    with pytest.raises(errors.TooManyRequests):
        report_share(share, "198.51.100.200", now)
    assert Report.objects.count() == abuse.REPORTS_A_DAY
    assert throttles.delete_expired(now=now + timedelta(days=1, seconds=1)) > 0
    report_share(share, "198.51.100.200", now + timedelta(days=1, seconds=1))


def test_a_report_is_normalized_and_hidden_from_the_owner(owner: object, now: datetime) -> None:
    share = Share.objects.create(owner=owner, created_at=now)  # type: ignore[misc]
    report = report_share(
        share, "198.51.100.7", now, details="It\x00 asks\nfor \u202emy bank", contact="a@b.example\nBcc: c"
    )
    assert (report.details, report.contact) == ("It asks\nfor my bank", "a@b.example Bcc: c")
    assert not Event.objects.exists()
    with pytest.raises(errors.Invalid):
        report_share(share, "198.51.100.7", now, reason="nonsense")
