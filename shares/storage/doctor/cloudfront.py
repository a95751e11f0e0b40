"""Downloads through CloudFront: who gets in, what reaches the bucket, and what the edge keeps."""

import re
import secrets
from collections.abc import Iterator

import urllib3

from shares import errors
from shares.storage import labels
from shares.storage.doctor.browser import BODY, code_in, send
from shares.storage.doctor.findings import Finding, fail, ok, warn
from shares.storage.errors import certificate_remedy, translate_errors
from shares.storage.features import PREFIX
from shares.storage.response_headers import NO_STORE, OPAQUE, response_parameters
from shares.storage.shares import ShareStorage
from shares.storage.signing.delivery import CloudFrontUrls, DownloadWay

NAME, OTHER_NAME = "probe.txt", "another.txt"
SECONDS = 60
# An edge of CloudFront has several servers, each with a cache of its own.
TRIES = 4
SIGNATURE = re.compile(r"(?<=[?&]Signature=).")
ADDRESS = "check CLOUDFRONT_DOMAIN, and that the distribution is deployed"
VIEWERS = "restrict viewer access in every cache behavior of the distribution, to the key group of CLOUDFRONT_KEY_ID"
KEY_PAIR = (
    "add the public key of CLOUDFRONT_KEY to the key group, set CLOUDFRONT_KEY_ID to its id, and keep the clock on NTP"
)
ORIGIN = "give the distribution an origin access control that signs requests, and allow it s3:GetObject on the bucket"
BUCKET = "make the regional address of the bucket the origin of the distribution, without an origin path"
QUERY = "forward the query strings: put the three response-* parameters into an origin request policy of your own"
CACHE_KEY = "put the three response-* parameters into the key of the cache policy, or empty CLOUDFRONT_CACHE_SECONDS"
MINIMUM = "set the minimum TTL of the cache policy to 0"
MAXIMUM = "set the maximum TTL of the cache policy to CLOUDFRONT_CACHE_SECONDS or more, or empty that setting"
COOKIES = "see that CLOUDFRONT_COOKIE_DOMAIN is that of the distribution, and that the key group applies to it"


class CloudFrontProbe:
    """One small object of the bucket, downloaded through the distribution.

    ``cache_control`` is that of files which the edge may keep; ``NO_STORE`` if it may keep none.
    """

    def __init__(self, store: ShareStorage, urls: CloudFrontUrls, host: str, cache_control: str) -> None:
        self.store, self.urls, self.host, self.cache_control = store, urls, host, cache_control
        self.folder = f"{PREFIX}{secrets.token_hex(16)}"
        self.key = f"{self.folder}/{secrets.token_hex(16)}"
        self.location = f"CloudFront at {urls.origin(host)}"

    def url(self, name: str = NAME, *, seconds: int = SECONDS, cache_control: str = NO_STORE) -> str:
        values = parameters(name, cache_control)
        return self.urls.sign(self.key, values, seconds=seconds, host=self.host, address="").url

    def run(self) -> Iterator[Finding]:
        location = {"Bucket": self.store.bucket_name, "Key": self.key}
        options = self.store.encryption() | self.store.labels(labels.SAMPLE)
        try:
            with translate_errors("storing a probe for CloudFront"):
                self.store.client.put_object(**location, Body=BODY, **options)
        except errors.StorageUnavailable:
            return  # The probe object has reported that.
        try:
            yield from self.check()
        except errors.StorageUnavailable as error:
            yield fail(f"{self.location} does not answer", certificate_remedy(error.__cause__) or ADDRESS)
        finally:
            self.store.objects.delete([self.key])

    def check(self) -> Iterator[Finding]:
        response = send("GET", self.url())
        if response.status != 200 or response.data != BODY:
            yield self.explain(response)
            return
        yield ok(f"{self.location} lets in a signed URL")
        yield from self.check_refusals()
        yield from self.check_cookies()
        if not has_name(response, NAME) or response.headers.get("Content-Type") != OPAQUE:
            # Among them is the one that decides whether the edge keeps a file.
            yield fail(f"{self.location} drops the response-* parameters, so files have no name", QUERY)
            return
        yield ok(f"{self.location} forwards the headers of the response that a URL names")
        yield from self.check_cache()

    def explain(self, response: urllib3.BaseHTTPResponse) -> Finding:
        """Errors of S3 contain the id of a request, those of CloudFront itself do not."""
        status = f"{response.status} {code_in(response)}".rstrip()
        if response.status == 403:
            is_from_bucket = b"<RequestId>" in response.data
            subject = "the bucket refuses the distribution" if is_from_bucket else "CloudFront refuses a signed URL"
            return fail(f"{self.location}: {subject} ({status})", ORIGIN if is_from_bucket else KEY_PAIR)
        if response.status == 200:
            return fail(f"{self.location} returns other bytes than those of the bucket", BUCKET)
        return fail(f"{self.location} answers a signed URL with {status}", BUCKET)

    def check_refusals(self) -> Iterator[Finding]:
        signed_url = self.url()
        urls = {
            "a URL without a signature": self.urls.unsigned_url(self.key, parameters(NAME, NO_STORE)),
            "a wrong signature": SIGNATURE.sub(lambda match: "B" if match[0] == "A" else "A", signed_url),
            "a signed URL with a changed name": signed_url.replace("attachment", "inline"),
            "a signed URL after its time": self.url(seconds=-SECONDS),
        }
        accepted = [subject for subject, url in urls.items() if send("GET", url).status < 400]
        if accepted:
            yield fail(f"{self.location} lets everybody in: it accepts {', '.join(accepted)}", VIEWERS)
        else:
            yield ok(f"{self.location} refuses what is not signed, or not anymore")

    def check_cookies(self) -> Iterator[Finding]:
        if self.store.cookie_signer is None:
            return
        values = parameters(NAME, NO_STORE)
        cookies = self.store.cookie_signer.sign(self.folder, values, seconds=SECONDS, address="").values
        header = "; ".join(f"{name}={value}" for name, value in cookies.items())
        status = send("GET", self.store.cookie_signer.url(self.key, values), headers={"Cookie": header}).status
        if status == 200:
            yield ok(f"{self.location} lets in signed cookies")
        else:
            yield fail(f"{self.location} answers signed cookies with {status}", COOKIES)

    def check_cache(self) -> Iterator[Finding]:
        if self.is_kept(self.url()):
            yield fail(f"{self.location} keeps files that it must not keep, as those behind a password", MINIMUM)
        if self.cache_control == NO_STORE:
            return
        if not self.is_kept(self.url(cache_control=self.cache_control)):
            yield warn(f"{self.location} keeps no files, though CLOUDFRONT_CACHE_SECONDS is set", MAXIMUM)
        elif not has_name(send("GET", self.url(OTHER_NAME, cache_control=self.cache_control)), OTHER_NAME):
            yield fail(f"{self.location} serves a file that it keeps under the name of another download", CACHE_KEY)
        else:
            yield ok(f"{self.location} keeps files for CLOUDFRONT_CACHE_SECONDS, each under its name")

    def is_kept(self, url: str) -> bool:
        return any(is_hit(send("GET", url)) for _ in range(TRIES))


def parameters(name: str, cache_control: str) -> dict[str, str]:
    return response_parameters(name, OPAQUE, cache_control, inline=False)


def has_name(response: urllib3.BaseHTTPResponse, name: str) -> bool:
    disposition = response.headers.get("Content-Disposition", "")
    return disposition.startswith("attachment;") and name in disposition


def is_hit(response: urllib3.BaseHTTPResponse) -> bool:
    return "hit" in response.headers.get("X-Cache", "").lower() or "Age" in response.headers


def check_cloudfront(store: ShareStorage, host: str, cache_control: str) -> Iterator[Finding]:
    """Check the distribution, if the settings name one."""
    urls = store.download_signers.get(DownloadWay.CLOUDFRONT)
    if isinstance(urls, CloudFrontUrls):
        yield from CloudFrontProbe(store, urls, host, cache_control).run()
