"""How an object leaves the store: as an opaque attachment, unless somebody decided that it may be shown."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from botocore.signers import CloudFrontSigner

from shares.storage.content_disposition import content_disposition
from shares.storage.signing.signer import UNRESERVED

OPAQUE = "application/octet-stream"
CACHE_CONTROL = "no-store, private"
WORD = r"[A-Za-z0-9!#$&^_.+-]+"
MEDIA_TYPE = re.compile(rf"{WORD}/{WORD}(; ?charset={WORD})?")


def response_parameters(name: str, content_type: str, *, inline: bool) -> dict[str, str]:
    """The ``response-*`` query that decides how the store answers; it is part of the signature.

    A type that is no plain ``type/subtype`` is never shown inline.
    """
    is_inline = inline and MEDIA_TYPE.fullmatch(content_type) is not None
    return {
        "response-cache-control": CACHE_CONTROL,
        "response-content-disposition": content_disposition(name, inline=is_inline),
        "response-content-type": content_type if is_inline else OPAQUE,
    }


def cloudfront_url(signer: CloudFrontSigner, domain: str, key: str, query_values: dict[str, str], seconds: int) -> str:
    """A URL signed for CloudFront. The distribution must forward ``response-*`` to a bucket it signs for (OAC)."""
    query = "&".join(f"{name}={quote(value, safe=UNRESERVED)}" for name, value in query_values.items())
    url = f"https://{domain}/{quote(key, safe='/' + UNRESERVED)}?{query}"
    end = datetime.now(UTC) + timedelta(seconds=seconds)
    signed_url: str = signer.generate_presigned_url(url, date_less_than=end)
    return signed_url
