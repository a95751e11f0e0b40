"""Delivery signers: each signs the URLs of one kind of delivery, from the bucket or through CloudFront."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import quote

from botocore.signers import CloudFrontSigner

from shares.storage.signing.signer import UNRESERVED, Signer
from shares.storage.types import SignedUrl


class DownloadSigner(Protocol):
    def sign(self, key: str, parameters: Mapping[str, str]) -> SignedUrl:
        """A URL that downloads ``key``; ``parameters`` are the ``response-*`` values of the query."""


@dataclass(frozen=True, slots=True)
class PresignedUrls:
    """URLs of the bucket itself, for ``seconds`` or what the signing credentials have left."""

    signer: Signer
    seconds: int

    def sign(self, key: str, parameters: Mapping[str, str]) -> SignedUrl:
        return SignedUrl(self.signer.url("GET", key, query=parameters, headers={}, seconds=self.seconds), self.seconds)


@dataclass(frozen=True, slots=True)
class CloudFrontUrls:
    """URLs of a CloudFront distribution. It must forward ``response-*`` to a bucket that it signs for (OAC)."""

    signer: CloudFrontSigner
    domain: str
    seconds: int

    def sign(self, key: str, parameters: Mapping[str, str]) -> SignedUrl:
        query = "&".join(f"{name}={quote(value, safe=UNRESERVED)}" for name, value in parameters.items())
        url = f"https://{self.domain}/{quote(key, safe='/' + UNRESERVED)}?{query}"
        end = datetime.now(UTC) + timedelta(seconds=self.seconds)
        signed_url: str = self.signer.generate_presigned_url(url, date_less_than=end)
        return SignedUrl(signed_url, self.seconds)
