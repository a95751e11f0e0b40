"""Strict shares whose bytes the proxy in front fetches itself: Caddy and nginx with the files of deploy/, before the
real site and the real storage. No reusable URL leaves; each request is authorized.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shares.storage.health import HEALTH_KEY
from tests.deployment import reverse_proxies
from tests.e2e.clients.curl_wget import SentShare, put, run, shell
from tests.e2e.site import Site
from tests.stack import Stack
from tests.storage.disposition import parse
from tests.storage.faulty_s3_proxy import FaultyS3Proxy
from tests.storage.http import Response, send

SIZE = 300_000
NAME = "Größe “x”.html"


class ProxiedSite(Site):
    """The site as it runs behind a proxy that fetches strict files; both reach storage through a faulty proxy."""

    def __init__(self, stack: Stack, storage: str) -> None:
        super().__init__(stack)
        self.folder = stack.folder / "behind"
        self.log = self.folder / "web.log"
        self.storage = storage.removeprefix("http://")
        self.environment |= {
            "SITE_DATA": str(self.folder),
            "DATABASE_URL": f"sqlite:///{self.folder}/db.sqlite3",
            "S3_ENDPOINT_URL": storage,
            "TRUSTED_PROXIES": "1",
            "STRICT_ACCEL": "/.storage",
        }


@pytest.fixture(scope="module")
def faulty_proxy(stack: Stack) -> Iterator[FaultyS3Proxy]:
    stack.need(stack.storage)
    with FaultyS3Proxy(stack.storage.url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def site(stack: Stack, faulty_proxy: FaultyS3Proxy) -> Iterator[Site]:
    with ProxiedSite(stack, faulty_proxy.url).running() as site:
        yield site


@pytest.fixture(scope="module", params=reverse_proxies.PROXIES)
def proxy_url(
    request: pytest.FixtureRequest, site: ProxiedSite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of the proxy."""
    folder = tmp_path_factory.mktemp(request.param)
    with reverse_proxies.running(request.param, folder, storage=site.storage, web=site.port) as proxy:
        yield proxy.site
    assert "X-Amz-Signature=" not in proxy.messages


class Reader:
    """A recipient with a grant for the one file of a strict share."""

    def __init__(self, proxy_url: str, sent_share: SentShare, folder: Path) -> None:
        self.sent_share, self.page = sent_share, f"{proxy_url}/share/{sent_share.id}"
        self.address = f"{self.page}/files/{sent_share.files[0]}/content"
        shell(folder, f"curl -fsS -c pass -d '' -o /dev/null {self.page}/download")
        self.grant = (folder / "pass").read_text().split("grant\t")[1].split()[0]

    def request(self, method: str = "GET", **headers: str) -> Response:
        request_headers = {"X-Share-Grant": self.grant} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        response = send(method, self.address, headers=request_headers)
        response_headers = f"{response.headers}".lower()
        for word in ("x-accel", "x-amz-signature", "x-amz-credential", "/shares/u/", ".storage"):
            assert word not in response_headers, word
        return response


@pytest.fixture
def reader(proxy_url: str, site: ProxiedSite, tmp_path: Path) -> Reader:
    return Reader(proxy_url, put(site, (NAME, SIZE), strict=True, max_downloads=1), tmp_path)


@pytest.fixture
def body(reader: Reader) -> bytes:
    response = reader.request()
    assert response.status == 200
    return response.body


def test_the_file_comes_from_the_proxy_as_it_would_from_the_site(
    reader: Reader, faulty_proxy: FaultyS3Proxy, body: bytes
) -> None:
    response = reader.request(
        Authorization="Basic YTpi", If_None_Match="*", If_Modified_Since="Fri, 01 Jan 2100 00:00:00 GMT"
    )
    assert (response.status, len(response.body), response.body) == (200, SIZE, body)
    assert parse(response.headers["Content-Disposition"]) == ("attachment", NAME)
    described = reader.request("HEAD")
    assert (described.status, described.body) == (200, b"")
    for name in ("Content-Type", "Content-Length", "Content-Disposition", "Cache-Control", "ETag", "Accept-Ranges"):
        assert response.headers.get_all(name) == described.headers.get_all(name), name
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == described.headers["Content-Security-Policy"]
    assert not [name for name in response.headers if "amz" in name.lower()]
    assert response.headers["Last-Modified"] is None
    assert reader.sent_share.counts() == (1, 1, 0)


@pytest.mark.parametrize(
    ("byte_range", "start", "end"),
    [("bytes=0-0", 0, 0), ("bytes=299990-", 299_990, 299_999), ("bytes=-5", 299_995, 299_999)],
)
def test_it_goes_on_from_the_middle(reader: Reader, body: bytes, byte_range: str, start: int, end: int) -> None:
    tag = reader.request("HEAD").headers["ETag"]
    for headers in ({}, {"If_Range": tag}):
        response = reader.request(Range=byte_range, **headers)
        assert (response.status, response.body) == (206, body[start : end + 1])
        assert response.headers["Content-Range"] == f"bytes {start}-{end}/{SIZE}"
        assert response.headers["Content-Length"] == str(end - start + 1)
    for headers in ({"If_Range": '"other"'}, {"Range": "bytes=0-1,5-6"}, {"Range": "lines=1-2"}):
        response = reader.request(**({"Range": byte_range} | headers))
        assert (response.status, response.headers["Content-Range"], len(response.body)) == (200, None, SIZE)
    assert reader.request(Range="bytes=300000-").status == 416


def test_each_request_is_judged_and_the_internal_address_is_closed(
    reader: Reader, site: ProxiedSite, proxy_url: str, faulty_proxy: FaultyS3Proxy
) -> None:
    assert reader.request().status == 200
    assert reader.request(X_Share_Grant=reader.grant[:-1] + "x").status == 410
    for address in (
        f"{proxy_url}/.storage/shares/",
        f"{proxy_url}/.storage/shares/u/{'0' * 32}",
        f"{proxy_url}//.storage/shares/",
    ):
        faulty_proxy.inject_error(lambda *_: True, status=200, code="Reached", forwards=False)
        response = send("GET", address, headers={"X-Accel-Redirect": "/.storage/shares/"})
        faulty_proxy.reset()
        assert (response.status in {404, 503}, b"Reached" in response.body) == (True, False)
    site.execute(REVOKE.format(share=reader.sent_share.id))
    for method in ("GET", "HEAD"):
        assert reader.request(method).status == 410
    assert reader.request(Range="bytes=5-").status == 410


REVOKE = """
from django.utils import timezone
from shares.models import Share
Share.objects.filter(pk={share!r}).update(revoked_at=timezone.now())
"""


@pytest.mark.parametrize("status", [307, 403, 404, 416, 500, 503, 0])
def test_errors_of_the_storage_are_not_forwarded(reader: Reader, faulty_proxy: FaultyS3Proxy, status: int) -> None:
    # The site must not learn of it by its own look at the storage: it would refuse downloads for a while.
    faulty_proxy.inject_error(
        lambda method, path: method == "GET" and HEALTH_KEY not in path,
        status=status,
        code="SignatureIsX",
        forwards=False,
    )
    try:
        response = reader.request()
    finally:
        faulty_proxy.reset()
    assert (response.status, b"SignatureIsX" in response.body) == (503 if status else response.status, False)
    assert response.status in {502, 503}
    assert reader.request().status == 200


def test_other_shares_and_pages_work_as_before(proxy_url: str, site: ProxiedSite, tmp_path: Path) -> None:
    sent_share = put(site, ("a.bin", SIZE), ("b.bin", 10))
    page = f"{proxy_url}/share/{sent_share.id}"
    assert run(tmp_path, "curl", "-fsS", page).stdout
    shell(tmp_path, f"curl -fsSLo all.zip -d '' {page}/download && unzip -tqq all.zip")
    shell(tmp_path, f"curl -fsSLOJ -d '' {page}/files/{sent_share.files[0]}/download")
    assert (tmp_path / "a.bin").stat().st_size == SIZE


def test_the_site_itself_streams_strict_archives(proxy_url: str, site: ProxiedSite, tmp_path: Path) -> None:
    sent_share = put(site, ("a.bin", SIZE), ("b.bin", 10), strict=True)
    shell(tmp_path, f"curl -fsSLo all.zip -d '' {proxy_url}/share/{sent_share.id}/download && unzip -tqq all.zip")
    assert sent_share.counts() == (0, 1, 0)
