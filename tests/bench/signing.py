"""How much faster the signer is than ``generate_presigned_url``, for the URLs the product signs.

Rounds alternate between the two, and the best round of each counts, so that a busy machine slows both down equally.
"""

import base64
import hashlib
from collections.abc import Callable
from timeit import timeit
from typing import Any

import boto3
from botocore.config import Config

from shares.storage.response_headers import NO_STORE, response_parameters
from shares.storage.signing.credentials import load_credentials
from shares.storage.signing.endpoints import resolve
from shares.storage.signing.signer import Signer
from shares.storage.signing.uploads import sign_part
from shares.storage.types import Part
from tests.bench.figures import Figure
from tests.stack import Stack

Signing = Callable[[], str]

TARGET_RATIO = 3.0
ROUNDS = 7
CALLS = 1_000
KEY = "u/" + "0123456789abcdef" * 2
ENDPOINT, REGION, BUCKET = "http://127.0.0.1:8333", "eu-central-1", "shares"
PART = Part(17, 16 * 1024 * 1024, hashlib.sha256(b"part").digest())


def download(client: Any, signer: Callable[[], Signer]) -> tuple[Signing, Signing]:
    query = response_parameters("Quarterly report.pdf", "", NO_STORE, inline=False)
    params = {
        "Bucket": BUCKET,
        "Key": KEY,
        "ResponseCacheControl": query["response-cache-control"],
        "ResponseContentDisposition": query["response-content-disposition"],
        "ResponseContentType": query["response-content-type"],
    }
    return (
        lambda: str(client.generate_presigned_url("get_object", Params=params, ExpiresIn=120)),
        lambda: signer().url("GET", KEY, query=query, headers={}, seconds=120),
    )


def part(client: Any, signer: Callable[[], Signer]) -> tuple[Signing, Signing]:
    params = {
        "Bucket": BUCKET,
        "Key": KEY,
        "UploadId": "upload",
        "PartNumber": PART.number,
        "ContentLength": PART.size,
        "ChecksumSHA256": base64.b64encode(PART.sha256).decode(),
    }
    return (
        lambda: str(client.generate_presigned_url("upload_part", Params=params, ExpiresIn=900)),
        lambda: sign_part(signer(), KEY, "upload", PART, 900).url,
    )


def pairs() -> dict[str, tuple[Signing, Signing]]:
    """For each kind of URL: botocore's way and ours."""
    session = boto3.session.Session(aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret" * 6)
    config = Config(
        signature_version="s3v4", s3={"addressing_style": "path"}, request_checksum_calculation="when_required"
    )
    client = session.client("s3", region_name=REGION, endpoint_url=ENDPOINT, config=config)

    def signer() -> Signer:
        return Signer(resolve(ENDPOINT, BUCKET, REGION, "path"), load_credentials(session, None)[0])

    return {"download": download(client, signer), "part": part(client, signer)}


def timed(rounds: int = ROUNDS, calls: int = CALLS) -> dict[str, tuple[float, float]]:
    """Microseconds a URL, botocore's and ours."""
    timings = {}
    for kind, (slow, fast) in pairs().items():
        turns = [(timeit(slow, number=calls), timeit(fast, number=calls)) for _ in range(rounds)]
        timings[kind] = (min(s for s, _ in turns) / calls * 1e6, min(f for _, f in turns) / calls * 1e6)
    return timings


def measure(_stack: Stack, *, short: bool) -> list[Figure]:
    figures = []
    for kind, (slow, fast) in timed(3 if short else ROUNDS).items():
        print(f"signing a {kind}: botocore {slow:.0f} us, ours {fast:.0f} us")
        figures.append(Figure(f"signing a {kind} / botocore", slow / fast, TARGET_RATIO, "x"))
    return figures
