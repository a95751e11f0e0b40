"""Creating, editing and revoking shares."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shares.callers import Caller
from shares.errors import Invalid, NotFound, NotSignedIn, QuotaExceeded, Removed, TooLarge
from shares.models import Event, Share, SharedFile, User
from shares.services.downloads import access, grants, start
from shares.services.downloads.visits import PresentedTokens, Visit
from shares.services.sharing import files, shares
from shares.services.sharing.files import FileSpec

WEEK = timedelta(days=7)


def make(caller: Caller, now: datetime, *specs: FileSpec, **changes: Any) -> Share:
    return shares.create(caller=caller, values={"expires_at": now + WEEK, **changes}, specs=specs, now=now)  # type: ignore[typeddict-item]


def test_a_new_share_is_a_draft_with_its_slots_and_reserved_quota(as_owner: Caller, now: datetime) -> None:
    share = make(as_owner, now, FileSpec("a.txt", 10, "text/plain", "docs/2026"), FileSpec("b.bin", 0))
    assert share.state(now) == Share.State.DRAFT
    assert [f.full_name for f in share.files.all()] == ["docs/2026/a.txt", "b.bin"]
    assert len(share.pk) == 22
    owner = User.objects.get(pk=share.owner_id)
    assert (owner.used_bytes, owner.used_files) == (10, 2)
    assert [e.kind for e in Event.objects.of_share(share.pk)] == ["created"]


def test_nobody_makes_a_share_without_an_account(visitor: Caller, db: None, now: datetime) -> None:
    with pytest.raises(NotSignedIn):
        make(visitor, now)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"expires_at": None}, "expires_at"),
        ({"expires_at": datetime.max.replace(tzinfo=UTC)}, "expires_at"),
        ({"max_downloads": 0}, "max_downloads"),
        ({"max_downloads": -1}, "max_downloads"),
        ({"title": "x" * 201}, "title"),
        ({"message": "x" * 5001}, "message"),
        ({"password": "x" * 129}, "password"),
    ],
)
def test_invalid_input_is_refused_with_the_name_of_its_field(
    as_owner: Caller, now: datetime, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        make(as_owner, now, **changes)
    assert refusal.value.field == field
    assert not Share.objects.exists()


def test_an_expiry_in_the_past_is_refused(as_owner: Caller, now: datetime) -> None:
    with pytest.raises(Invalid, match="future"):
        make(as_owner, now, expires_at=now - timedelta(seconds=1))


def test_sizes_are_bounded_and_nothing_is_left_of_a_refused_share(as_owner: Caller, now: datetime) -> None:
    with pytest.raises(Invalid, match="negative"):
        make(as_owner, now, FileSpec("a", 1), FileSpec("b", -1))
    with pytest.raises(TooLarge):
        make(as_owner, now, FileSpec("a", 6 * 1024**4))
    assert not Share.objects.exists()
    assert User.objects.get(pk=as_owner.user.pk).used_files == 0  # type: ignore[union-attr]


def test_the_quota_is_never_exceeded(as_owner: Caller, now: datetime) -> None:
    User.objects.filter(email="owner@example.com").update(quota_bytes=100, quota_files=3)
    share = make(as_owner, now, FileSpec("a", 60))
    with pytest.raises(QuotaExceeded):
        make(as_owner, now, FileSpec("b", 41))
    with pytest.raises(QuotaExceeded):
        files.declare(share=share, specs=[FileSpec("c", 0)] * 3, caller=as_owner, now=now)
    files.declare(share=share, specs=[FileSpec("d", 40), FileSpec("e", 0)], caller=as_owner, now=now)
    assert User.objects.get(email="owner@example.com").used_bytes == 100


@pytest.mark.parametrize("name", ["../x", "a/b", "a\\b", "..", "...", ".", "", " . ", "\x00", "\r\n", "ä" * 256])
def test_names_that_mislead_are_refused(as_owner: Caller, now: datetime, name: str) -> None:
    with pytest.raises(Invalid):
        make(as_owner, now, FileSpec(name, 1))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a\u202egpj.exe", "agpj.exe"),
        ("a\r\nb\x00c", "abc"),
        ("e\u0301te\u0301.pdf", "\u00e9t\u00e9.pdf"),
        ("🎉 party.png", "🎉 party.png"),
        ("...a", "...a"),
    ],
)
def test_names_are_cleaned_not_mangled(as_owner: Caller, now: datetime, name: str, expected: str) -> None:
    assert make(as_owner, now, FileSpec(name, 1)).files.get().name == expected


def test_an_edit_changes_what_it_names_and_nothing_else(as_owner: Caller, now: datetime) -> None:
    share = make(as_owner, now, title="First", message="Hello", max_downloads=3, password="secret")
    edited = shares.edit(share=share, caller=as_owner, changes={"title": "Second"}, now=now)
    unchanged_fields = ("message", "expires_at", "max_downloads", "password", "password_version", "strict")
    assert edited.title == "Second"
    assert all(getattr(edited, name) == getattr(share, name) for name in unchanged_fields)


def test_a_share_of_another_account_cannot_be_distinguished_from_none(
    as_owner: Caller, as_colleague: Caller, now: datetime
) -> None:
    share = make(as_owner, now)
    with pytest.raises(NotFound):
        shares.edit(share=share, caller=as_colleague, changes={"title": "Mine"}, now=now)
    with pytest.raises(NotFound):
        shares.revoke(share=share, caller=as_colleague, now=now)
    share.refresh_from_db()
    assert (share.title, share.revoked_at) == ("", None)


def test_a_token_without_the_scope_cannot_write(as_owner: Caller, now: datetime) -> None:
    share = make(as_owner, now)
    reader = Caller(user=as_owner.user, scopes=frozenset({"read"}))
    with pytest.raises(Exception, match="scope"):
        shares.edit(share=share, caller=reader, changes={"title": "x"}, now=now)


def test_a_revoked_share_stays_revoked(as_owner: Caller, now: datetime) -> None:
    share = make(as_owner, now)
    shares.revoke(share=share, caller=as_owner, now=now)
    shares.revoke(share=share, caller=as_owner, now=now + WEEK)
    share.refresh_from_db()
    assert (share.state(now), share.revoked_at) == (Share.State.REVOKED, now)
    with pytest.raises(Removed):
        shares.edit(share=share, caller=as_owner, changes={"title": "x"}, now=now)
    assert Event.objects.filter(kind="revoked").count() == 1


def test_a_limit_set_later_counts_from_the_existing_grants(
    make_share: Callable[..., Share], as_owner: Caller, visitor: Caller, now: datetime
) -> None:
    share = make_share()
    for _ in range(3):
        start.start_download(share=share, files=list(share.files.all()), visit=Visit(visitor, now))
    share = shares.edit(share=share, caller=as_owner, changes={"max_downloads": 5}, now=now)
    assert (share.download_count, share.remaining, share.state(now)) == (3, 2, Share.State.LIVE)
    share = shares.edit(share=share, caller=as_owner, changes={"max_downloads": 2}, now=now)
    assert (share.remaining, share.state(now)) == (0, Share.State.USED_UP)
    share = shares.edit(share=share, caller=as_owner, changes={"max_downloads": 4}, now=now)
    assert (share.remaining, share.state(now)) == (1, Share.State.LIVE)
    share = shares.edit(share=share, caller=as_owner, changes={"max_downloads": None}, now=now)
    assert (share.remaining, share.state(now)) == (None, Share.State.LIVE)


def test_a_new_password_ends_every_grant_and_unlock(
    make_share: Callable[..., Share], as_owner: Caller, visitor: Caller, now: datetime
) -> None:
    share = make_share(password="first")
    tokens = PresentedTokens(unlock=access.unlock(share=share, visit=Visit(visitor, now, password="first")))
    download = start.start_download(share=share, files=list(share.files.all()), visit=Visit(visitor, now, tokens))
    assert grants.is_unlocked(PresentedTokens(grant=download.grant), share, now)
    share = shares.edit(share=share, caller=as_owner, changes={"password": "second"}, now=now)
    assert not grants.is_unlocked(PresentedTokens(grant=download.grant, unlock=tokens.unlock), share, now)


def test_removing_a_file_hides_it_at_once(as_owner: Caller, now: datetime) -> None:
    share = make(as_owner, now, FileSpec("a", 1), FileSpec("b", 1))
    files.remove(file=share.files.get(name="a"), caller=as_owner, now=now)
    assert [f.name for f in SharedFile.objects.not_removed().filter(share=share)] == ["b"]
    with pytest.raises(NotFound):
        files.remove(file=share.files.get(name="a"), caller=as_owner, now=now)
