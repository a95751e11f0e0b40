"""CloudFront URLs, verified with the public half of the key that CloudFront would have."""

from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.exceptions import InvalidSignature

from shares.storage import DownloadWay, ShareStorage
from tests.storage.disposition import parse
from tests.storage.signing.aws import AWS, CLOUDFRONT, KEY
from tests.storage.signing.verification import verify_canned


@pytest.fixture
def store() -> ShareStorage:
    return ShareStorage(**AWS, **CLOUDFRONT)


def test_a_link_carries_the_name_under_the_signature(store: ShareStorage) -> None:
    link = store.sign_get(
        "u/1", name="Zoë.html", content_type="", inline=False, seconds=90, host="x", download_way=DownloadWay.CLOUDFRONT
    )
    query = parse_qs(urlsplit(link.url).query)
    assert link.url.startswith("https://cdn.example.org/u/1?")
    assert parse(query["response-content-disposition"][0]) == ("attachment", "Zoë.html")
    assert query["response-content-type"] == ["application/octet-stream"]
    assert query["Key-Pair-Id"] == ["K2JCJMDEHXQW5F"]
    verify_canned(link.url, KEY.public_key())
    with pytest.raises(InvalidSignature):
        verify_canned(link.url.replace("attachment", "inline"), KEY.public_key())


def test_uploads_go_to_the_bucket_and_downloads_to_the_edge(store: ShareStorage) -> None:
    signer = store.download_signers[DownloadWay.CLOUDFRONT]
    assert signer.origin("x") == "https://cdn.example.org"
    assert store.endpoints.public_origin("x") == "https://shares.s3.eu-west-1.amazonaws.com"
    assert signer.remaining_seconds() is None
