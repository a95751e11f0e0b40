"""Delivery signers: each signs the URLs of one way to download, from the bucket or through CloudFront.

The storage has a signer for each way that its settings describe, under the names of ``DownloadWay``; the delivery of a
share chooses one.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Protocol
from urllib.parse import quote

from botocore.signers import CloudFrontSigner

from shares.storage.response_headers import DISPOSITION
from shares.storage.signing import endpoints
from shares.storage.signing.signer import MAX_SECONDS, UNRESERVED, Endpoint, Signer
from shares.storage.types import SignedCookies, SignedUrl

# What the policy of a CloudFront URL contains.
CANNED, CUSTOM = "canned", "custom"
# How far the clocks of this machine and of CloudFront may differ.
START_MARGIN = timedelta(seconds=60)


class DownloadWay(Enum):
    """A way to download by a signed URL, as the doctor and the documentation call it."""

    PRESIGNED = "presigned URL"
    CLOUDFRONT = "CloudFront URL"


class DownloadSigner(Protocol):
    @property
    def uses_credentials(self) -> bool:
        """Whether the storage's credentials sign: its URLs end with them, and a refusal of their key refuses these."""

    def origin(self, host: str) -> str:
        """``scheme://host[:port]`` of its URLs, for a browser that opened the page at ``host``."""

    def remaining_seconds(self) -> int | None:
        """Seconds until its signing key expires; None if it does not, or if that is unknown."""

    @property
    def max_seconds(self) -> int | None:
        """How long its URLs can work at most; None without a limit."""

    def sign(self, key: str, parameters: Mapping[str, str], *, seconds: int, host: str, address: str) -> SignedUrl:
        """A URL that downloads ``key`` for at most ``seconds``; ``parameters`` are the ``response-*`` values of the
        query, ``address`` is that of the client.
        """


@dataclass(frozen=True, slots=True)
class BucketUrls:
    """URLs of a bucket or access point, which work for ``seconds`` or what the signing credentials have left."""

    signer: Callable[[int, Endpoint], tuple[Signer, int]] = field(repr=False)
    endpoint: Callable[[str], Endpoint] = field(repr=False)
    lifetime: Callable[[], int | None] = field(repr=False)

    uses_credentials = True
    max_seconds = MAX_SECONDS

    def origin(self, host: str) -> str:
        return endpoints.origin_of(self.endpoint(host).base)

    def remaining_seconds(self) -> int | None:
        return self.lifetime()

    def sign(self, key: str, parameters: Mapping[str, str], *, seconds: int, host: str, address: str) -> SignedUrl:
        del address  # Only a policy of the bucket can restrict that of a presigned URL.
        signer, lifetime = self.signer(seconds, self.endpoint(host))
        return SignedUrl(signer.url("GET", key, query=parameters, headers={}, seconds=lifetime), lifetime)


@dataclass(frozen=True, slots=True)
class CloudFrontUrls:
    """URLs of a CloudFront distribution. It must forward ``response-*`` to a bucket that it signs for (OAC).

    A canned policy contains the end alone. A custom one also contains the start, so that a URL of a clock that is ahead
    does not work early, and the address of the client if ``binds_address``. CloudFront compares IPv4 addresses only: a
    client that opened the page at an IPv6 address gets a URL without one.
    """

    signer: CloudFrontSigner = field(repr=False)
    domain: str
    key_prefix: str = ""
    has_custom_policy: bool = False
    binds_address: bool = False

    uses_credentials = False
    max_seconds = None

    def origin(self, host: str) -> str:
        del host
        return f"https://{self.domain}"

    def remaining_seconds(self) -> int | None:
        return None

    def sign(self, key: str, parameters: Mapping[str, str], *, seconds: int, host: str, address: str) -> SignedUrl:
        del host
        url = self.unsigned_url(key, parameters)
        now = datetime.now(UTC)
        end = now + timedelta(seconds=seconds)
        if not self.has_custom_policy:
            signed_url: str = self.signer.generate_presigned_url(url, date_less_than=end)
            return SignedUrl(signed_url, seconds)
        # An asterisk would be a wildcard in this policy; quoting has replaced those of names.
        policy = self.signer.build_policy(url, end, now - START_MARGIN, self.bound_address(address))
        signed_url = self.signer.generate_presigned_url(url, policy=policy)
        return SignedUrl(signed_url, seconds)

    def unsigned_url(self, key: str, parameters: Mapping[str, str]) -> str:
        query = "&".join(f"{name}={quote(value, safe=UNRESERVED)}" for name, value in parameters.items())
        return f"https://{self.domain}/{quote(self.key_prefix + key, safe='/' + UNRESERVED)}?{query}"

    def bound_address(self, address: str) -> str | None:
        return address if self.binds_address and "." in address and ":" not in address else None


@dataclass(frozen=True, slots=True)
class CloudFrontCookies:
    """One signature for all files of a folder: cookies of ``cookie_domain``, which page and distribution are below.

    The URLs have no signature of their own. The policy fixes the parameters of an opaque attachment but for its name.
    """

    urls: CloudFrontUrls
    cookie_domain: str

    def sign(self, folder: str, parameters: Mapping[str, str], *, seconds: int, address: str) -> SignedCookies:
        """Cookies for all files below ``folder``, with ``parameters`` in which a name may differ."""
        url = self.url(f"{folder}/", parameters)
        location, _, query = url.partition("?")
        fixed_query = query.partition("attachment")[0] + "attachment"
        now = datetime.now(UTC)
        policy = self.urls.signer.build_policy(
            f"{location}*?{fixed_query}*",
            now + timedelta(seconds=seconds),
            now - START_MARGIN,
            self.urls.bound_address(address),
        ).encode()
        values = {
            "CloudFront-Policy": encode(policy),
            "CloudFront-Signature": encode(self.urls.signer.rsa_signer(policy)),
            "CloudFront-Key-Pair-Id": self.urls.signer.key_id,
        }
        path = location.removeprefix(f"https://{self.urls.domain}")
        return SignedCookies(values, self.cookie_domain, path, seconds)

    def url(self, key: str, parameters: Mapping[str, str]) -> str:
        """The URL of a file, with its name at the end, where the policy has a wildcard."""
        return self.urls.unsigned_url(key, dict(sorted(parameters.items(), key=lambda item: item[0] == DISPOSITION)))


def encode(data: bytes) -> str:
    """Base64 as CloudFront has it in URLs and cookies."""
    return b64encode(data).decode().translate(str.maketrans("+=/", "-_~"))
