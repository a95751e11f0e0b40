"""The doctor's probe of a CloudFront distribution, against a server that verifies signatures by the public key."""

from collections.abc import Callable, Iterator

import pytest
import urllib3
from cryptography.hazmat.primitives.asymmetric import rsa

from shares.services.downloads.delivery import EDGE_CACHE
from shares.storage import NO_STORE, DownloadWay, ShareStorage
from shares.storage.doctor import browser
from shares.storage.doctor.cloudfront import check_cloudfront
from shares.storage.signing.delivery import CloudFrontCookies, CloudFrontUrls
from sharesite.dev_stack.seaweedfs import SeaweedFS
from tests.storage.conftest import HOST, store_at
from tests.storage.doctor.distribution import Distribution, Flaw
from tests.storage.doctor.test_doctor_names import certificate
from tests.storage.signing.aws import CLOUDFRONT, KEY

CACHED = EDGE_CACHE % 3600
Examine = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def distribution(store: ShareStorage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Distribution]:
    path = certificate(tmp_path_factory.mktemp("distribution"), "localhost", 30)
    with pytest.MonkeyPatch.context() as patch, Distribution(store, KEY.public_key(), path) as server:
        patch.setattr(browser, "HTTP", urllib3.PoolManager(retries=False, ca_certs=str(path)))
        yield server


@pytest.fixture
def examine(distribution: Distribution, storage_server: SeaweedFS, store: ShareStorage) -> Examine:
    def check(flaw: Flaw = Flaw.NONE, cache_control: str = NO_STORE, **options: object) -> dict[str, str]:
        """The level of each finding, by its message and remedy."""
        distribution.flaw = flaw
        distribution.cache.clear()
        settings = CLOUDFRONT | {"cloudfront_domain": distribution.domain} | options
        findings = [*check_cloudfront(store_at(storage_server, **settings), HOST, cache_control)]
        assert not list(store.objects.walk("doctor/"))
        location = f"CloudFront at https://{distribution.domain}"
        return {
            finding.message.removeprefix(location).lstrip(": ") + (f" -> {finding.remedy}" if finding.remedy else ""):
            finding.level
            for finding in findings
        }  # fmt: skip

    return check


@pytest.mark.parametrize("policy", ["canned", "custom"])
def test_a_healthy_distribution(examine: Examine, policy: str) -> None:
    assert examine(cache_control=CACHED, cloudfront_policy=policy) == {
        "lets in a signed URL": "ok",
        "forwards the headers of the response that a URL names": "ok",
        "refuses what is not signed, or not anymore": "ok",
        "keeps files for CLOUDFRONT_CACHE_SECONDS, each under its name": "ok",
    }
    assert len(examine(cloudfront_policy=policy)) == 3


@pytest.mark.parametrize(
    ("flaw", "level", "message", "remedy"),
    [
        (Flaw.PUBLIC, "fail", "lets everybody in: it accepts a URL without a signature", "viewer access"),
        (Flaw.IGNORES_SIGNATURE, "fail", "lets everybody in: it accepts a wrong signature", "restrict viewer access"),
        (Flaw.DROPS_PARAMETERS, "fail", "drops the response-* parameters", "forward the query strings"),
        (Flaw.NO_RIGHTS, "fail", "the bucket refuses the distribution (403", "origin access control"),
        (Flaw.OTHER_BUCKET, "fail", "answers a signed URL with 404", "regional address of the bucket"),
        (Flaw.NEVER_CACHES, "warn", "keeps no files, though CLOUDFRONT_CACHE_SECONDS is set", "maximum TTL"),
        (Flaw.ALWAYS_CACHES, "fail", "keeps files that it must not keep", "minimum TTL"),
        (Flaw.SHORT_CACHE_KEY, "fail", "serves a file that it keeps under the name of another", "the key of the cache"),
    ],
    ids=lambda value: value.name if isinstance(value, Flaw) else "",
)  # fmt: skip
def test_a_flaw_of_the_distribution_is_named_with_its_remedy(
    examine: Examine, flaw: Flaw, level: str, message: str, remedy: str
) -> None:
    findings = examine(flaw, CACHED)
    [problem] = [text for text, found_level in findings.items() if found_level != "ok"]
    assert findings[problem] == level
    assert problem.startswith(message)
    assert remedy in problem.partition(" -> ")[2]


def test_another_key_group_refuses_signed_urls(
    examine: Examine, distribution: Distribution, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    monkeypatch.setattr(distribution, "key", other_key.public_key())
    [(problem, level)] = examine().items()
    assert level == "fail"
    assert problem.startswith("CloudFront refuses a signed URL (403 AccessDenied) -> add the public key")


def test_cookies_are_tried_where_the_site_uses_them(
    examine: Examine, distribution: Distribution, monkeypatch: pytest.MonkeyPatch
) -> None:
    def create_cookie_signer(store: ShareStorage) -> CloudFrontCookies:
        """No browser is involved, and so the domain of the cookies does not matter."""
        urls = store.download_signers[DownloadWay.CLOUDFRONT]
        assert isinstance(urls, CloudFrontUrls)
        return CloudFrontCookies(urls, "localhost")

    monkeypatch.setattr(ShareStorage, "_create_cookie_signer", create_cookie_signer)
    assert examine()["lets in signed cookies"] == "ok"
    [problem] = [text for text, level in examine(Flaw.IGNORES_COOKIES).items() if level == "fail"]
    assert problem.startswith("answers signed cookies with 403 -> see that CLOUDFRONT_COOKIE_DOMAIN")


def test_a_domain_that_is_none(examine: Examine) -> None:
    [(problem, level)] = examine(cloudfront_domain="localhost:9").items()
    assert level == "fail"
    assert "does not answer -> check CLOUDFRONT_DOMAIN" in problem
