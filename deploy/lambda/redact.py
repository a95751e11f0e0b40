"""A function for S3 Object Lambda: replaces email addresses and card numbers in text files while they are sent.

It needs nothing but what the Python runtime of Lambda contains. Memory holds one chunk, whatever the size of the file.
Files that are not text (a NUL byte in the first chunk, as in images, archives and PDFs) pass unchanged.

The response has the headers that the ``response-*`` parameters of the signed URL ask for: S3 does not set them here.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import boto3
from botocore.config import Config

# A checksum of the response would be known at its end only.
CONFIG = Config(s3={"payload_signing_enabled": False})
CHUNK_BYTES = 256 * 1024
MASK = b"[redacted]"
EMAIL = rb"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}"
CARD = rb"(?:[0-9][ -]?){12,18}[0-9]"
# What precedes or follows a match does not matter: rather too much is replaced than too little.
SECRETS = re.compile(EMAIL + rb"|" + CARD)
# Longer than any match of the pattern.
MAX_MATCH_BYTES = 512
# Parameters of the signed URL, and what they are called in the response.
HEADERS = {
    "response-cache-control": "CacheControl",
    "response-content-disposition": "ContentDisposition",
    "response-content-type": "ContentType",
}


def handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    """The entry point of the function: ``redact.handler``."""
    return respond(event, boto3.client("s3", config=CONFIG))


def respond(event: dict[str, Any], client: Any) -> dict[str, int]:
    """Fetch the file that ``event`` is about, and write the response. ``client`` is one of S3."""
    context = event["getObjectContext"]
    address = {"RequestRoute": context["outputRoute"], "RequestToken": context["outputToken"]}
    try:
        source = urlopen(source_request(event), timeout=60)  # noqa: S310 - a presigned URL of S3, from S3 itself
    except HTTPError as error:
        with error:
            client.write_get_object_response(**address, StatusCode=error.code, ErrorCode=error.reason.replace(" ", ""))
        return {"statusCode": error.code}
    with source:
        body = Stream(redact(iter(lambda: source.read(CHUNK_BYTES), b"")))
        client.write_get_object_response(**address, **response_headers(event), Body=body)
    return {"statusCode": 200}


def source_request(event: dict[str, Any]) -> Request:
    """The request for the original, with the headers that its signature includes."""
    url = event["getObjectContext"]["inputS3Url"]
    signed_names = parse_qs(urlsplit(url).query).get("X-Amz-SignedHeaders", ["host"])[0].split(";")
    sent_headers = {name.lower(): value for name, value in event["userRequest"].get("headers", {}).items()}
    headers = {name: sent_headers[name] for name in signed_names if name != "host" and name in sent_headers}
    return Request(url, headers=headers)  # noqa: S310 - see above


def response_headers(event: dict[str, Any]) -> dict[str, str]:
    query = parse_qs(urlsplit(event["userRequest"]["url"]).query)
    return {field: query[name][0] for name, field in HEADERS.items() if name in query}


def redact(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes of a text with every secret replaced, also one that two chunks share; other files unchanged."""
    source = iter(chunks)
    first_chunk = next(source, b"")
    if b"\0" in first_chunk:
        yield first_chunk
        yield from source
        return
    buffer = first_chunk
    for chunk in source:
        redacted_bytes, buffer = redact_until(buffer, max(0, len(buffer) - MAX_MATCH_BYTES))
        yield redacted_bytes
        buffer += chunk
    yield redact_until(buffer, len(buffer))[0]


def redact_until(buffer: bytes, limit: int) -> tuple[bytes, bytes]:
    """What can be sent of ``buffer``, with every match that begins before ``limit`` replaced, and what is left."""
    pieces, position = [], 0
    for match in SECRETS.finditer(buffer):
        if match.start() >= limit:
            break
        pieces += [buffer[position : match.start()], MASK]
        position = match.end()
    end = max(position, limit)
    pieces.append(buffer[position:end])
    return b"".join(pieces), buffer[end:]


class Stream:
    """Chunks as a file that can be read once: without a length, so that it is sent in chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._buffer = b""

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._buffer) < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._buffer += chunk
        end = len(self._buffer) if size < 0 else size
        data, self._buffer = self._buffer[:end], self._buffer[end:]
        return data
