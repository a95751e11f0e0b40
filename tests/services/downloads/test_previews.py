"""Previews: a short list of types, the server's own, counted like a download."""

import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from shares import errors
from shares.callers import Caller
from shares.models import Event, Grant, Share, SharedFile
from shares.services.downloads import access, previews, start
from shares.services.downloads.delivery import Download
from shares.services.downloads.visits import PresentedTokens, Visit
from tests.fixtures import fetch

MakeShare = Callable[..., Share]
MEDIA_TYPES = {
    "image/jpeg", "image/png", "image/apng", "image/gif", "image/webp", "image/avif", "image/bmp", "image/x-icon",
    "video/mp4", "video/webm", "video/ogg",
    "audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/wav", "audio/flac", "audio/webm",
    "text/plain; charset=utf-8", "",
}  # fmt: skip


@dataclass(frozen=True)
class Claim:
    name: str
    content_type: str
    size: int = 10


def kind(name: str, content_type: str, size: int = 10) -> str:
    preview = previews.preview_type_of(Claim(name, content_type, size))
    return "" if preview is None else preview.kind


def file_of(share: Share, **columns: Any) -> SharedFile:
    share.files.update(**columns)
    return SharedFile.objects.select_related("share__owner").get(share=share)


def test_storage_gets_one_of_a_few_types_and_none_that_a_browser_executes() -> None:
    assert {media_type for _, media_type in previews.TYPES.values()} == MEDIA_TYPES
    assert not {
        media_type
        for media_type in MEDIA_TYPES
        if any(word in media_type for word in ("html", "xml", "svg", "script", "pdf"))
    }
    assert not [
        claimed_type
        for claimed_type in previews.TYPES
        if any(word in claimed_type for word in ("html", "xml", "svg", "script", "tiff"))
    ]
    assert not previews.PAGE_NAMES & (previews.TEXT_NAMES | previews.MARKDOWN_NAMES)


@pytest.mark.parametrize(
    ("name", "claimed_type", "expected"),
    [
        ("a.jpg", "image/jpeg", "image"),
        ("a.dat", "image/png", "image"),
        ("a.mov", "video/quicktime", "video"),
        ("a.mp3", "audio/mpeg", "audio"),
        ("a.pdf", "application/pdf", "pdf"),
        ("a.txt", "text/plain", "text"),
        ("a.py", "text/x-python", "text"),
        ("a.ts", "video/mp2t", "text"),
        ("Makefile", "application/octet-stream", "text"),
        ("a.md", "text/markdown", "markdown"),
        ("README.md", "application/octet-stream", "markdown"),
        ("a.md", "text/plain", "markdown"),
        ("a.zip", "application/zip", ""),
        ("a.heic", "image/heic", ""),
        ("a.svg", "image/svg+xml", ""),
        ("a.svg", "image/png", ""),
        ("a.png", "image/svg+xml", ""),
        ("A.HTML", "text/plain", ""),
        ("a.txt", "text/html", ""),
        ("a.xml", "text/plain", ""),
        ("a.md", "application/xhtml+xml", ""),
        ("a.mht", "text/plain", ""),
        ("a.txt", "multipart/related", ""),
        ("a", "application/octet-stream", ""),
    ],
)
def test_name_and_type_select_the_preview_and_a_page_has_none(name: str, claimed_type: str, expected: str) -> None:
    assert kind(name, claimed_type) == expected


def test_what_is_empty_or_too_large_to_draw_is_not_shown() -> None:
    max_bytes = previews.MAX_BYTES[previews.PDF]
    assert kind("a.pdf", "application/pdf", max_bytes) == "pdf"
    assert kind("a.pdf", "application/pdf", max_bytes + 1) == kind("a.txt", "text/plain", 0) == ""
    assert kind("a.mp4", "video/mp4", 10**12) == "video"


def start_preview(share: Share, caller: Caller, now: datetime, **options: Any) -> tuple[Download, previews.PreviewType]:
    file = share.files.get()
    return previews.start_preview(share_id=share.pk, file_id=file.pk, visit=Visit(caller, now, **options))


def test_a_preview_has_the_type_of_the_table_and_never_that_of_the_sender(
    make_share: MakeShare, visitor: Caller, now: datetime
) -> None:
    share = make_share([b"a picture"])
    file_of(share, name="a.jpg", content_type="image/jpg")
    download, preview = start_preview(share, visitor, now)
    assert preview.kind == "image"
    with urllib.request.urlopen(download.links[0].url, timeout=30) as response:
        assert response.read() == b"a picture"
        assert response.headers["Content-Type"] == "image/jpeg"
        assert response.headers["Content-Disposition"].startswith("inline;")
        assert "no-store" in response.headers["Cache-Control"]
    assert int(parse_qs(urlsplit(download.links[0].url).query)["X-Amz-Expires"][0]) <= 120
    [line] = Event.objects.filter(kind="signed")
    assert (line.file_id, line.detail, line.address) == (share.files.get().pk, "preview", visitor.address)


def test_a_pdf_leaves_storage_as_bytes_to_be_saved(make_share: MakeShare, visitor: Caller, now: datetime) -> None:
    share = make_share([b"%PDF"])
    file_of(share, name="a.pdf", content_type="application/pdf")
    download, _ = start_preview(share, visitor, now)
    query = parse_qs(urlsplit(download.links[0].url).query)
    assert query["response-content-type"] == ["application/octet-stream"]
    assert query["response-content-disposition"][0].startswith("attachment")


def test_a_preview_costs_one_download_as_downloading_does_and_none_under_a_grant(
    make_share: MakeShare, visitor: Caller, now: datetime
) -> None:
    share = make_share(max_downloads=1)
    first, _ = start_preview(share, visitor, now)
    second, _ = start_preview(share, visitor, now, tokens=PresentedTokens(grant=first.grant))
    assert (first.fresh, second.fresh) == (True, False)
    assert fetch(second.links[0].url) == b"hello"
    share.refresh_from_db()
    assert (share.download_count, Grant.objects.count()) == (1, 1)
    assert not start.start_file_download(
        share_id=share.pk, file_id=share.files.get().pk, visit=Visit(visitor, now, PresentedTokens(grant=first.grant))
    ).fresh
    with pytest.raises(errors.UsedUp):
        start_preview(share, visitor, now)


@pytest.mark.parametrize(
    ("columns", "refusal"),
    [
        ({"revoked_at": "now"}, errors.Removed),
        ({"suspended_at": "now"}, errors.Suspended),
        ({"expires_at": "past"}, errors.Expired),
    ],
)
def test_an_ended_share_shows_nothing(
    make_share: MakeShare, visitor: Caller, now: datetime, columns: dict[str, str], refusal: type[errors.Refusal]
) -> None:
    share = make_share()
    moments = {"now": now, "past": now - timedelta(seconds=1)}
    Share.objects.filter(pk=share.pk).update(**{name: moments[value] for name, value in columns.items()})
    with pytest.raises(refusal):
        start_preview(share, visitor, now)
    file_of(share, name="a.zip", content_type="application/zip")
    with pytest.raises(refusal):
        start_preview(share, visitor, now)


def test_a_locked_share_shows_nothing_and_not_even_what_it_would(
    make_share: MakeShare, visitor: Caller, now: datetime
) -> None:
    share = make_share(password="open sesame")
    with pytest.raises(errors.Locked):
        start_preview(share, visitor, now)
    token = access.unlock(share=share, visit=Visit(visitor, now, password="open sesame"))
    assert start_preview(share, visitor, now, tokens=PresentedTokens(unlock=token))[0].fresh
    file_of(share, name="a.zip", content_type="application/zip")
    with pytest.raises(errors.Locked):
        start_preview(share, visitor, now)
    assert Grant.objects.count() == 1


def test_a_strict_share_reveals_no_signed_url(
    make_share: MakeShare, visitor: Caller, as_owner: Caller, now: datetime
) -> None:
    share = make_share(strict=True)
    file = file_of(share)
    with pytest.raises(errors.Invalid):
        start_preview(share, visitor, now)
    with pytest.raises(errors.Invalid):
        previews.sign_owner_preview(file=file, caller=as_owner, now=now)
    assert not Event.objects.filter(kind="signed").exists()


def test_owners_request_nothing_and_others_see_nothing(
    make_share: MakeShare, as_owner: Caller, as_colleague: Caller, visitor: Caller, now: datetime
) -> None:
    file = file_of(make_share(max_downloads=1))
    link, preview = previews.sign_owner_preview(file=file, caller=as_owner, now=now)
    assert (fetch(link.url), preview.kind) == (b"hello", "text")
    assert not Grant.objects.exists()
    [line] = Event.objects.filter(kind="signed")
    assert (line.user_email, line.detail) == ("owner@example.com", "preview")
    for caller, refusal in ((as_colleague, errors.NotFound), (visitor, errors.NotSignedIn)):
        with pytest.raises(refusal):
            previews.sign_owner_preview(file=file, caller=caller, now=now)
