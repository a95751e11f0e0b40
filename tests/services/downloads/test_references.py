"""References: a signed URL names its grant, so that the access log of the storage joins with our events."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from shares.callers import Caller
from shares.models import Event, Grant, Share
from shares.services.downloads import previews, start
from shares.services.downloads.visits import PresentedTokens, Visit
from shares.services.sharing import shares
from shares.services.sharing.files import FileSpec
from shares.services.uploads import batches, multipart
from shares.services.uploads.batches import FileRequest
from shares.storage import SignedPart, share_storage
from tests.fixtures import announce, fetch, put

MakeShare = Callable[..., Share]


def reference_of(url: str) -> str:
    [reference] = parse_qs(urlsplit(url).query)["x-ref"]
    return reference


def references(share: Share, kind: str) -> set[str]:
    return set(Event.objects.of_share(share.pk).filter(kind=kind).values_list("reference", flat=True))


@pytest.mark.parametrize("browser", ["", "a browser"])
@pytest.mark.parametrize("max_downloads", [None, 1])
def test_a_download_and_its_repetitions_name_their_grant(
    make_share: MakeShare, visitor: Caller, now: datetime, browser: str, max_downloads: int | None
) -> None:
    share = make_share([b"hello"], max_downloads=max_downloads)
    [file] = share.files.all()
    visit = Visit(visitor, now, PresentedTokens(browser=browser))
    download = start.start_file_download(share_id=share.pk, file_id=file.pk, visit=visit)
    [grant] = Grant.objects.all()
    assert reference_of(download.links[0].url) == grant.pk
    assert fetch(download.links[0].url) == b"hello"
    later_visit = Visit(visitor, now, PresentedTokens(grant=download.grant, browser=browser))
    second_download = start.start_file_download(share_id=share.pk, file_id=file.pk, visit=later_visit)
    resumed = start.resume_link(file=file, visit=later_visit)
    assert {reference_of(second_download.links[0].url), reference_of(resumed.url)} == {grant.pk}
    assert references(share, "granted") == references(share, "signed") == {grant.pk}


def test_several_files_at_once_do_too(make_share: MakeShare, visitor: Caller, now: datetime) -> None:
    share = make_share([b"one", b"two"])
    download = start.start_download(share=share, files=list(share.files.all()), visit=Visit(visitor, now))
    assert {reference_of(link.url) for link in download.links} == {Grant.objects.get().pk}


def test_the_owner_has_no_grant_and_a_reference_for_each_call(
    make_share: MakeShare, as_owner: Caller, now: datetime
) -> None:
    share = make_share([b"hello"])
    [file] = share.files.select_related("share__owner")
    first = start.start_file_download(share_id=share.pk, file_id=file.pk, visit=Visit(as_owner, now))
    preview, _ = previews.sign_owner_preview(file=file, caller=as_owner, now=now)
    assert references(share, "signed") == {reference_of(first.links[0].url), reference_of(preview.url)}
    assert len(references(share, "signed")) == 2


def test_upload_urls_leave_one_event_a_call_with_their_number_life_and_key(
    storage: None, as_owner: Caller, now: datetime
) -> None:
    sizes = [6 * 1024**2, 3, 4]
    specs = [FileSpec(f"{size}.bin", size, part_size=5 * 1024**2) for size in sizes]
    share = shares.create(caller=as_owner, values={}, specs=specs, now=now)
    large, *small = share.files.select_related("share__owner", "upload")
    parts = [announce(number, b"x") for number in (1, 2)]
    signed_parts = multipart.sign_parts(file=large, requests=parts, caller=as_owner, now=now)
    bodies = [b"abc", b"abcd"]
    requests = [
        FileRequest(file.pk, announce(1, body).sha256, announce(1, body).md5)
        for file, body in zip(small, bodies, strict=True)
    ]
    signed_files = batches.sign(requests=requests, caller=as_owner, now=now)
    signed_urls = [part for part in [*signed_parts, *signed_files] if isinstance(part, SignedPart)]
    urls = [part.url for part in signed_urls]
    for part, body in zip(signed_urls[2:], bodies, strict=True):
        assert put(part.url, body, dict(part.headers)) == 200
    events = list(Event.objects.of_share(share.pk).filter(kind="put_urls").order_by("pk"))
    key_id = share_storage().signing_key_id(900)
    assert [event.detail for event in events] == [f"count=2 seconds=900 key={key_id}"] * 2
    assert [reference_of(url) for url in urls] == [events[0].reference] * 2 + [events[1].reference] * 2
    assert events[0].file_id == large.pk
