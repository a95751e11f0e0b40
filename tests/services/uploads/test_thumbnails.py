"""Thumbnails: exact, small, visible to everyone who may see the list, deleted with their file."""

import hashlib
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection, transaction

from shares import errors
from shares.callers import Caller
from shares.models import Event, Share, SharedFile, Thumbnail, User
from shares.services.maintenance import purge, reconcile
from shares.services.sharing import files, shares
from shares.services.sharing.files import FileSpec
from shares.services.uploads import multipart, thumbnails
from shares.services.uploads.thumbnails import Drawing
from shares.storage import share_storage
from tests.fixtures import fetch, put

MakeShare = Callable[..., Share]
DAY = timedelta(days=1)
PICTURE = b"RIFF....WEBP, or what a browser made of it"
PICTURE_SUMS = hashlib.sha256(PICTURE).digest(), hashlib.md5(PICTURE).digest()
DRAWING = Drawing(len(PICTURE), PICTURE_SUMS[0], "image/webp", 320, 200, PICTURE_SUMS[1])


def file_of(share: Share, position: int = 0) -> SharedFile:
    return (
        SharedFile.objects.select_related("share__owner", "upload").filter(share=share).order_by("position")[position]
    )


def draw(file: SharedFile, caller: Caller, now: datetime, body: bytes = PICTURE) -> Thumbnail:
    drawing = replace(DRAWING, size=len(body), sha256=hashlib.sha256(body).digest())
    signed_part = thumbnails.sign(file=file, drawing=drawing, caller=caller, now=now)
    assert put(signed_part.url, body, dict(signed_part.headers)) == 200
    thumbnails.complete(file=file, caller=caller, now=now)
    return Thumbnail.objects.get(pk=file.pk)


@contextmanager
def read_only_database() -> Iterator[None]:
    """A database that refuses to write: a full disk, or a replica."""
    sqlite = connection.vendor == "sqlite"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON" if sqlite else "SET LOCAL transaction_read_only = on")
        try:
            yield
        finally:
            if sqlite:  # Past Django, which allows no statement after an error.
                connection.connection.execute("PRAGMA query_only = OFF")
            transaction.set_rollback(True)


def list_thumbnails(share: Share, caller: Caller, now: datetime) -> list[str]:
    ids = list(share.files.values_list("pk", flat=True))
    return list(thumbnails.pictures(share=share, ids=ids, caller=caller, now=now))


def test_a_thumbnail_is_rendered_for_anyone_who_sees_the_list(
    live_share: Share, as_owner: Caller, visitor: Caller, now: datetime
) -> None:
    file = file_of(live_share)
    draw(file, as_owner, now)
    for caller in (as_owner, visitor):
        [picture] = thumbnails.pictures(share=live_share, ids=[file.pk], caller=caller, now=now).values()
        assert (picture.width, picture.height) == (320, 200)
        assert fetch(picture.url) == PICTURE
        with urllib.request.urlopen(picture.url, timeout=30) as response:
            assert response.headers["Content-Type"] == "image/webp"
            assert response.headers["Content-Disposition"].startswith("inline")
            assert "no-store" in response.headers["Cache-Control"]
        assert int(parse_qs(urlsplit(picture.url).query)["X-Amz-Expires"][0]) <= 120
        assert "Signature" not in repr(picture)
        for _ in range(2):
            thumbnails.pictures(share=live_share, ids=[file.pk], caller=caller, now=now)
        [event] = Event.objects.filter(kind="pictures", address=caller.address)
        assert event.detail.startswith("count=1 seconds=120 key=")
        assert parse_qs(urlsplit(picture.url).query)["x-ref"] == [event.reference]
    assert not live_share.grants.exists()


def test_a_database_that_only_reads_shows_the_list_without_pictures(
    live_share: Share, as_owner: Caller, visitor: Caller, now: datetime
) -> None:
    file = file_of(live_share)
    draw(file, as_owner, now)
    with read_only_database():
        assert thumbnails.pictures(share=live_share, ids=[file.pk], caller=visitor, now=now) == {}
    assert thumbnails.pictures(share=live_share, ids=[file.pk], caller=visitor, now=now)


def test_it_is_not_shown_before_both_it_and_its_file_are_there(storage: None, as_owner: Caller, now: datetime) -> None:
    share = shares.create(caller=as_owner, values={"expires_at": now + DAY}, specs=[FileSpec("a.jpg", 0)], now=now)
    file = file_of(share)
    signed_part = thumbnails.sign(file=file, drawing=DRAWING, caller=as_owner, now=now)
    with pytest.raises(errors.NotReady):
        thumbnails.complete(file=file, caller=as_owner, now=now)
    assert put(signed_part.url, PICTURE, dict(signed_part.headers)) == 200
    assert list_thumbnails(share, as_owner, now) == []
    thumbnails.complete(file=file, caller=as_owner, now=now)
    thumbnails.complete(file=file, caller=as_owner, now=now)
    assert list_thumbnails(share, as_owner, now) == []
    multipart.complete(file=file, caller=as_owner, now=now)
    assert list_thumbnails(share, as_owner, now) == [file.pk]


def test_a_url_accepts_only_the_declared_thumbnail(live_share: Share, as_owner: Caller, now: datetime) -> None:
    file = file_of(live_share)
    signed_part = thumbnails.sign(file=file, drawing=DRAWING, caller=as_owner, now=now)
    headers = dict(signed_part.headers)
    assert put(signed_part.url, PICTURE[:-1] + b"?", headers) == 400
    assert put(signed_part.url, PICTURE + b"!", headers) in (400, 403)
    assert put(signed_part.url, PICTURE, headers | {"content-type": "text/html"}) == 403
    assert put(signed_part.url, PICTURE, {}) == 403
    assert put(signed_part.url, PICTURE, headers) == 200
    assert put(signed_part.url, PICTURE, headers) == (412 if share_storage().conditional_writes else 200)
    other_drawing = replace(DRAWING, sha256=bytes(32))
    with pytest.raises(errors.Invalid, match="already has a thumbnail"):
        thumbnails.sign(file=file, drawing=other_drawing, caller=as_owner, now=now)
    assert thumbnails.sign(file=file, drawing=DRAWING, caller=as_owner, now=now).url


def test_an_object_that_differs_from_its_declaration_is_deleted_and_reported(
    live_share: Share, as_owner: Caller, now: datetime
) -> None:
    file = file_of(live_share)
    thumbnail = draw(file, as_owner, now)
    Thumbnail.objects.update(size=1, ready_at=None)
    with pytest.raises(errors.Invalid, match="not the thumbnail that was declared"):
        thumbnails.complete(file=file, caller=as_owner, now=now)
    assert share_storage().objects.head(thumbnail.key) is None
    assert list_thumbnails(live_share, as_owner, now) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 0}, {"size": 40_001}, {"width": 0}, {"width": 321}, {"height": 0}, {"height": 321}, {"sha256": b"x"},
        {"content_type": "image/svg+xml"}, {"content_type": "text/html"}, {"content_type": "image/png"},
    ],
)  # fmt: skip
def test_what_is_no_small_picture_is_refused(
    live_share: Share, as_owner: Caller, now: datetime, wrong: dict[str, object]
) -> None:
    with pytest.raises(errors.Invalid):
        thumbnails.sign(file=file_of(live_share), drawing=replace(DRAWING, **wrong), caller=as_owner, now=now)  # type: ignore[arg-type]
    assert not Thumbnail.objects.exists()


def test_only_the_owner_of_a_live_share_uploads_thumbnails(
    live_share: Share, as_owner: Caller, as_colleague: Caller, visitor: Caller, now: datetime
) -> None:
    file = file_of(live_share)
    for caller, refusal in [(as_colleague, errors.NotFound), (visitor, errors.NotSignedIn)]:
        with pytest.raises(refusal):
            thumbnails.sign(file=file, drawing=DRAWING, caller=caller, now=now)
        with pytest.raises(refusal):
            thumbnails.complete(file=file, caller=caller, now=now)
    files.remove(file=file, caller=as_owner, now=now)
    with pytest.raises(errors.NotFound):
        thumbnails.sign(file=file_of(live_share), drawing=DRAWING, caller=as_owner, now=now)


def test_of_a_strict_share_only_the_owner_sees_pictures(
    make_share: MakeShare, as_owner: Caller, visitor: Caller, as_colleague: Caller, now: datetime
) -> None:
    share = make_share(strict=True)
    draw(file_of(share), as_owner, now)
    assert len(list_thumbnails(share, as_owner, now)) == 1
    assert list_thumbnails(share, visitor, now) == list_thumbnails(share, as_colleague, now) == []


def test_a_picture_s_address_dies_with_the_share(make_share: MakeShare, as_owner: Caller, visitor: Caller) -> None:
    share = make_share()
    assert share.expires_at is not None
    draw(file_of(share), as_owner, share.expires_at - DAY)
    late = share.expires_at - timedelta(seconds=7)
    [picture] = thumbnails.pictures(share=share, ids=[file_of(share).pk], caller=visitor, now=late).values()
    assert parse_qs(urlsplit(picture.url).query)["X-Amz-Expires"] == ["7"]
    assert list_thumbnails(share, visitor, share.expires_at) == []


def test_a_picture_costs_no_quota_and_goes_with_its_file(
    make_share: MakeShare, as_owner: Caller, owner: User, now: datetime
) -> None:
    share = make_share([b"a", b"bb"])
    first, second = (draw(file_of(share, position), as_owner, now) for position in (0, 1))
    owner.refresh_from_db()
    assert (owner.used_bytes, owner.used_files) == (3, 2)
    files.remove(file=file_of(share, 0), caller=as_owner, now=now)
    purge.sweep(now=now)
    assert share_storage().objects.head(first.key) is None
    owner.refresh_from_db()
    assert owner.used_files == 2  # A URL for it is still valid: what it may store is deleted again.
    assert purge.sweep(now=now + timedelta(seconds=thumbnails.SECONDS + 1)).files == 1
    assert share_storage().objects.head(second.key) is not None
    assert [thumbnail.pk for thumbnail in Thumbnail.objects.all()] == [second.pk]
    shares.revoke(share=share, caller=as_owner, now=now)
    assert purge.sweep(now=now + DAY).shares == 1
    assert share_storage().objects.head(second.key) is None
    owner.refresh_from_db()
    assert (owner.used_bytes, owner.used_files, Thumbnail.objects.count()) == (0, 0, 0)


def test_a_picture_that_storage_keeps_keeps_its_file_for_the_next_sweep(
    make_share: MakeShare, as_owner: Caller, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = make_share()
    thumbnail = draw(file_of(share), as_owner, now)
    real = share_storage().objects.delete
    monkeypatch.setattr(share_storage().objects, "delete", lambda keys: real([k for k in keys if k != thumbnail.key]))
    shares.revoke(share=share, caller=as_owner, now=now)
    assert purge.sweep(now=now + DAY).files == 0
    monkeypatch.undo()
    assert purge.sweep(now=now + DAY).files == 1
    assert share_storage().objects.head(thumbnail.key) is None


def test_an_idle_upload_is_deleted_with_its_thumbnail(storage: None, as_owner: Caller, now: datetime) -> None:
    share = shares.create(caller=as_owner, values={"expires_at": now + 7 * DAY}, specs=[FileSpec("a.jpg", 9)], now=now)
    thumbnail = draw(file_of(share), as_owner, now)
    assert purge.sweep(now=now + DAY + timedelta(seconds=1)).idle_uploads == 1
    assert share_storage().objects.head(thumbnail.key) is None


def test_reconciling_knows_pictures(live_share: Share, as_owner: Caller, now: datetime) -> None:
    thumbnail = draw(file_of(live_share), as_owner, now)
    later = now + 2 * DAY
    assert thumbnail.key not in reconcile.compare(now=later).orphans
    Thumbnail.objects.all().delete()
    assert thumbnail.key in reconcile.compare(now=later).orphans
