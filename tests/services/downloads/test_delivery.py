"""The delivery of a share: which way its files go, what CloudFront may keep, and what a rewritten file allows."""

import io
import re
import time
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from shares.callers import Caller
from shares.models import Share
from shares.services.downloads import archives, page, start, streams
from shares.services.downloads.delivery import Sender, delivery_of, download_origin
from shares.services.downloads.visits import PresentedTokens, Visit
from shares.storage import DownloadWay, share_storage
from shares.storage.signing.read_buckets import ReadBucket, ReadKind
from tests.fixtures import fetch
from tests.storage.signing.aws import CLOUDFRONT, KEY
from tests.storage.signing.verification import verify_canned, verify_custom, verify_policy

MakeShare = Callable[..., Share]


def use(settings: Settings, **options: Any) -> None:
    """A storage with these settings in place of the one of the tests."""
    shares = settings.STORAGES["shares"]
    settings.STORAGES = {**settings.STORAGES, "shares": {**shares, "OPTIONS": {**shares["OPTIONS"], **options}}}


def url_of(share: Share, caller: Caller, now: datetime, password: str = "") -> str:
    visit = Visit(caller, now, password=password)
    return start.start_file_download(share_id=share.pk, file_id=share.files.get().pk, visit=visit).links[0].url


def cache_control(url: str) -> str:
    return parse_qs(urlsplit(url).query)["response-cache-control"][0]


def test_cloudfront_serves_what_may_leave_the_server(
    make_share: MakeShare, settings: Settings, visitor: Caller, now: datetime
) -> None:
    share, strict = make_share(), make_share(strict=True)
    use(settings, **CLOUDFRONT)
    url = url_of(share, visitor, now)
    verify_canned(url, KEY.public_key())
    assert url.startswith(f"https://cdn.example.org/{share.files.get().key}?")
    assert cache_control(url) == "no-store, private"
    assert download_origin("x") == "https://cdn.example.org"
    assert delivery_of(share).download_way is DownloadWay.CLOUDFRONT
    assert delivery_of(strict).sender is Sender.APPLICATION


def test_the_edge_keeps_no_file_behind_a_password_and_no_strict_one(
    make_share: MakeShare, settings: Settings, visitor: Caller, now: datetime
) -> None:
    plain, locked, strict = make_share(), make_share(password="secret"), make_share(strict=True)
    use(settings, **CLOUDFRONT)
    settings.CLOUDFRONT_CACHE_SECONDS = 3600
    assert cache_control(url_of(plain, visitor, now)) == "public, max-age=0, s-maxage=3600"
    assert cache_control(url_of(locked, visitor, now, "secret")) == "no-store, private"
    assert delivery_of(locked).cache_control == "no-store, private"
    assert delivery_of(strict).cache_control == "no-store, private"


def test_the_fast_path_keeps_no_file_behind_a_password(
    make_share: MakeShare, settings: Settings, visitor: Caller, now: datetime
) -> None:
    locked = make_share(password="secret")
    use(settings, **CLOUDFRONT)
    settings.CLOUDFRONT_CACHE_SECONDS = 3600
    grant = start.start_download(
        share=locked, files=list(locked.files.all()), visit=Visit(visitor, now, password="secret")
    ).grant
    visit = Visit(visitor, now, PresentedTokens(grant=grant))
    ids = {"share_id": locked.pk, "file_id": locked.files.get().pk}
    assert cache_control(start.start_file_download(**ids, visit=visit).links[0].url) == "no-store, private"


def test_a_url_works_from_the_address_of_the_caller(
    make_share: MakeShare, settings: Settings, visitor: Caller, now: datetime
) -> None:
    share = make_share()
    use(settings, **CLOUDFRONT, cloudfront_policy="custom", cloudfront_bind_address=True)
    conditions = verify_custom(url_of(share, visitor, now), KEY.public_key())
    assert conditions["IpAddress"] == {"AWS:SourceIp": f"{visitor.address}/32"}


def test_recipients_read_from_the_read_bucket(
    make_share: MakeShare, settings: Settings, visitor: Caller, now: datetime
) -> None:
    share, strict = make_share(), make_share(strict=True)
    client = share_storage().client
    client.create_bucket(Bucket="shares-replica")
    for original in (share, strict):
        client.put_object(Bucket="shares-replica", Key=original.files.get().key, Body=b"HELLO")
    use(settings, read_bucket="shares-replica")
    assert fetch(url_of(share, visitor, now)) == b"HELLO"
    stream = streams.open_file(strict.files.get(), Visit(visitor, now))
    assert b"".join(stream.body) == b"HELLO"
    assert b"".join(share_storage().objects.read(share.files.get().key, 5)) == b"hello"


COOKIES = {**CLOUDFRONT, "cloudfront_domain": "files.example.org", "cloudfront_cookie_domain": "example.org"}


def allows(resource: str, url: str) -> bool:
    """Whether CloudFront's resource, in which * and ? are wildcards, contains ``url``."""
    pattern = re.escape(resource).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(pattern, url) is not None


def test_one_signature_in_cookies_covers_the_files_of_an_archive(
    make_share: MakeShare, settings: Settings, visitor: Caller, now: datetime
) -> None:
    share, other_share = make_share([b"a", b"b", b"c"]), make_share([b"a", b"b"])
    use(settings, **COOKIES)
    tokens = PresentedTokens(browser="b" * 32)
    files = list(share.files.all())
    download = start.start_download(share=share, files=files, visit=Visit(visitor, now, tokens))
    cookies = download.cookies
    assert cookies is not None
    folder, other_key = files[0].key.rpartition("/")[0], other_share.files.all()[0].key
    assert (cookies.domain, cookies.path, cookies.expires_in) == ("example.org", f"/{folder}/", 120)
    statement = verify_policy(
        cookies.values["CloudFront-Policy"], cookies.values["CloudFront-Signature"], KEY.public_key()
    )
    assert cookies.values["CloudFront-Key-Pair-Id"] == "K2JCJMDEHXQW5F"
    assert 110 <= statement["Condition"]["DateLessThan"]["AWS:EpochTime"] - time.time() <= 120
    for file, link in zip(files, download.links, strict=True):
        assert link.url.startswith(f"https://files.example.org/{file.key}?")
        assert "Signature" not in link.url
        assert allows(statement["Resource"], link.url)
        assert not allows(statement["Resource"], link.url.replace("=attachment", "=inline"))
        assert not allows(statement["Resource"], link.url.replace("octet-stream", "xhtml"))
        assert not allows(statement["Resource"], link.url.replace(file.key, other_key))


def test_what_sends_no_cookies_gets_signed_urls(
    make_share: MakeShare, settings: Settings, visitor: Caller, now: datetime
) -> None:
    share, single, old = make_share([b"a", b"b"]), make_share(), make_share([b"a", b"b"])
    for number, file in enumerate(old.files.all()):
        old.files.filter(pk=file.pk).update(key=f"u/{number:032x}")
    use(settings, **COOKIES)
    browser = PresentedTokens(browser="b" * 32)
    for requested_share, tokens in ((share, PresentedTokens()), (single, browser), (old, browser)):
        files = list(requested_share.files.all())
        download = start.start_download(share=requested_share, files=files, visit=Visit(visitor, now, tokens))
        assert download.cookies is None
        for link in download.links:
            verify_canned(link.url, KEY.public_key())


def test_the_archive_of_a_browser_gets_the_cookies(make_share: MakeShare, settings: Settings, client: Client) -> None:
    share = make_share([b"a", b"b"])
    use(settings, **COOKIES)
    client.get(f"/share/{share.pk}")
    form = {"csrfmiddlewaretoken": client.cookies["csrf"].value}
    assert client.post(f"/share/{share.pk}/archive", form).status_code == 200
    response = client.post(f"/share/{share.pk}/archive/links", form | {"file": [file.pk for file in share.files.all()]})
    assert response.json()["needs_cookies"] is True
    for name in ("CloudFront-Policy", "CloudFront-Signature", "CloudFront-Key-Pair-Id"):
        cookie = response.cookies[name]
        assert (cookie["domain"], cookie["secure"], cookie["httponly"]) == ("example.org", True, True)
        assert cookie["path"] == f"/{share.files.all()[0].key.rpartition('/')[0]}/"


@pytest.fixture
def rewriting(storage: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A storage whose files come out with other bytes than were stored, as from Object Lambda."""
    monkeypatch.setattr(share_storage(), "reads", ReadBucket(share_storage().bucket_name, ReadKind.OBJECT_LAMBDA))


def test_an_archive_of_rewritten_files_has_no_length_and_all_bytes(
    make_share: MakeShare, rewriting: None, visitor: Caller, now: datetime
) -> None:
    bodies = [b"a" * 7, b"b" * 300_000, b"c"]
    share = make_share(bodies)
    share.files.update(size=3)  # The stored bytes are more, as if a function had added some.
    _, archive = archives.start_archive(share=share, files=list(share.files.all()), visit=Visit(visitor, now))
    assert archive.size is None
    zip_file = zipfile.ZipFile(io.BytesIO(b"".join(archive.body)))
    assert sorted(zip_file.read(name) for name in zip_file.namelist()) == sorted(bodies)
    assert zip_file.testzip() is None


def test_a_strict_file_that_is_rewritten_is_sent_whole(
    make_share: MakeShare, rewriting: None, visitor: Caller, now: datetime
) -> None:
    share = make_share([b"0123456789"], strict=True)
    share.files.update(size=4)
    stream = streams.open_file(share.files.get(), Visit(visitor, now), "bytes=2-3")
    assert (stream.partial, stream.known_length) == (False, None)
    assert b"".join(stream.body) == b"0123456789"


def test_pages_promise_nothing_of_a_rewritten_file(
    make_share: MakeShare, visitor: Caller, now: datetime, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = make_share([b"one", b"two"])
    share.files.update(sha256=bytes(32), size=page.LARGE_BYTES)
    before = page.load_page(share=share, visit=Visit(visitor, now))
    assert before.has_checksums
    assert before.files[0].large
    monkeypatch.setattr(share_storage(), "reads", ReadBucket(share_storage().bucket_name, ReadKind.OBJECT_LAMBDA))
    after = page.load_page(share=share, visit=Visit(visitor, now))
    assert not after.has_checksums
    assert not after.files[0].large
    assert not delivery_of(share).can_zip_in_browser
    assert not delivery_of(share).counts_finished_downloads
    assert client.get(f"/share/{share.pk}/SHA256SUMS").content == b""
    published = client.get(f"/api/v1/shares/{share.pk}/public").json()
    assert [file["sha256"] for file in published["files"]] == [None, None]
