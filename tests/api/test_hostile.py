"""What an attacker with a part's URL can do: send exactly the declared bytes. Everything else leaves no trace."""

import http.client
import os
import secrets
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from shares.models import SharedFile, User
from shares.storage import share_storage
from tests.api.api_client import ApiClient
from tests.api.uploading import digest, pieces
from tests.fixtures import put

pytestmark = [pytest.mark.usefixtures("storage"), pytest.mark.outage]
MIB = 1024 * 1024
# The long form (`make faults`) flips a hundred.
FLIPS = int(os.environ.get("FAULT_FLIPS", "12"))
BODY = secrets.token_bytes(4096)
Headers = dict[str, str]
Sign = Callable[[ApiClient, str, bytes], Any]


def announce(api: ApiClient, *sizes: int) -> list[str]:
    files = [{"name": f"{position}.bin", "size": size} for position, size in enumerate(sizes)]
    return [slot["id"] for slot in api.data("POST", "/shares", {"files": files}, status=201)["files"]]


def as_part(api: ApiClient, file_id: str, body: bytes) -> Any:
    request_body = {"parts": [{"number": 1, "checksum_sha256": digest(body)}]}
    return api.data("POST", f"/uploads/{file_id}/parts", request_body)["parts"][0]


def as_object(api: ApiClient, file_id: str, body: bytes) -> Any:
    request_body = {"files": [{"id": file_id, "checksum_sha256": digest(body)}]}
    return api.data("POST", "/uploads/sign", request_body)["files"][0]


@pytest.fixture(params=[as_part, as_object], ids=["a part", "a whole object"])
def sign(request: pytest.FixtureRequest) -> Sign:
    sign_function: Sign = request.param
    return sign_function


def raw(url: str, headers: Headers, body: Iterator[bytes] | bytes, *, chunked: bool = False) -> int:
    """A PUT whose headers and framing are the attacker's own; the status, or 0 if the line was cut."""
    parts = urlsplit(url)
    line = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        line.request("PUT", f"{parts.path}?{parts.query}", body, headers, encode_chunked=chunked)
        return line.getresponse().status
    except (ConnectionError, http.client.HTTPException):
        return 0
    finally:
        line.close()


def assert_untouched(api: ApiClient, owner: User, file_id: str) -> None:
    """Nothing has arrived or is shown, the slot is unchanged, and the right bytes are still accepted."""
    file = SharedFile.objects.select_related("upload").get(pk=file_id)
    assert share_storage().objects.head(file.key) is None
    assert api.data("GET", f"/uploads/{file_id}")["parts"] == []
    assert api.codes("POST", f"/uploads/{file_id}/complete") == (409, "not-ready")
    assert api.codes("POST", f"/shares/{file.share_id}/downloads") == (409, "not-ready")
    owner.refresh_from_db()
    assert (owner.used_bytes, owner.used_files) == (file.size, 1)


def flipped(body: bytes, bit: int) -> bytes:
    changed = bytearray(body)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize(
    "body",
    [BODY + b"!", BODY + BODY, BODY[:-1], b"", BODY[::-1], b"\0" * len(BODY)],
    ids=["a byte longer", "twice as long", "a byte shorter", "empty", "other bytes", "zeros"],
)
def test_another_body_is_refused(api: ApiClient, owner: User, sign: Sign, body: bytes) -> None:
    [file] = announce(api, len(BODY))
    signed_part = sign(api, file, BODY)
    assert put(signed_part["url"], body, signed_part["headers"]) in (400, 403)
    assert_untouched(api, owner, file)
    assert put(signed_part["url"], BODY, signed_part["headers"]) == 200


@pytest.mark.parametrize("body", [BODY, BODY * 3], ids=["the right bytes", "more bytes"])
def test_chunked_encoding_hides_no_length(api: ApiClient, owner: User, sign: Sign, body: bytes) -> None:
    [file] = announce(api, len(BODY))
    signed_part = sign(api, file, BODY)
    headers = signed_part["headers"] | {"Transfer-Encoding": "chunked"}
    assert raw(signed_part["url"], headers, iter(pieces(body, 1000)), chunked=True) in (0, 400, 403, 411)
    assert_untouched(api, owner, file)


@pytest.mark.parametrize(
    "kind", ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"], ids=["unsigned", "signed"]
)
@pytest.mark.parametrize("claimed_length", ["of the frames", "of the bytes"])
def test_a_streaming_upload_smuggles_nothing_in(
    api: ApiClient, owner: User, sign: Sign, kind: str, claimed_length: str
) -> None:
    [file] = announce(api, len(BODY))
    signed_part = sign(api, file, BODY)
    inner = BODY * 2
    frames = f"{len(inner):x};chunk-signature={'0' * 64}\r\n".encode() + inner + b"\r\n0\r\n\r\n"
    headers = signed_part["headers"] | {
        "Content-Encoding": "aws-chunked",
        "X-Amz-Content-Sha256": kind,
        "X-Amz-Decoded-Content-Length": str(len(inner)),
        "Content-Length": str(len(frames) if claimed_length == "of the frames" else len(BODY)),
    }
    assert raw(signed_part["url"], headers, frames) in (0, 400, 403)
    assert_untouched(api, owner, file)


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("partNumber=1&", "partNumber=0&") if "partNumber" in url else f"{url}&partNumber=0",
        lambda url: url.replace("partNumber=1&", "partNumber=2&") if "partNumber" in url else f"{url}&partNumber=1",
        lambda url: url.replace("partNumber=1&", "partNumber=10001&") if "partNumber" in url else f"{url}&uploadId=x",
        lambda url: url.replace("X-Amz-Expires=900", "X-Amz-Expires=604800"),
        lambda url: url.replace("content-length%3B", ""),
        lambda url: f"{url}&x-amz-acl=public-read",
        lambda url: f"{url}&tagging=",
        lambda url: url.replace("/u/", "/t/"),
        lambda url: url[:-1] + ("0" if url[-1] != "0" else "1"),
    ],
    ids=["part 0", "part 2", "part 10,001", "longer life", "length unsigned", "acl", "tagging", "other key", "forged"],
)
def test_a_changed_address_is_no_address(api: ApiClient, owner: User, sign: Sign, change: Callable[[str], str]) -> None:
    [file] = announce(api, len(BODY))
    signed_part = sign(api, file, BODY)
    changed = change(signed_part["url"])
    assert changed != signed_part["url"]
    assert put(changed, BODY, signed_part["headers"]) in (400, 403)
    assert_untouched(api, owner, file)


@pytest.mark.parametrize(
    "extra",
    [
        {"x-amz-checksum-sha256": digest(b"another")},
        {"x-amz-acl": "public-read"},
        {"x-amz-meta-note": "hello"},
        {"x-amz-copy-source": "/shares/u/0"},
        {"x-amz-tagging": "a=b"},
        {"x-amz-website-redirect-location": "https://example.org/"},
        {"x-amz-storage-class": "GLACIER"},
    ],
    ids=lambda extra: next(iter(extra)),
)
def test_an_added_or_changed_header_is_refused(api: ApiClient, owner: User, sign: Sign, extra: Headers) -> None:
    [file] = announce(api, len(BODY))
    signed_part = sign(api, file, BODY)
    assert put(signed_part["url"], BODY, signed_part["headers"] | extra) in (400, 403)
    assert_untouched(api, owner, file)


def test_a_url_accepts_only_the_bytes_of_its_own_object(
    api: ApiClient, stranger: ApiClient, owner: User, sign: Sign
) -> None:
    [own_file], [other_file] = announce(api, len(BODY)), announce(stranger, len(BODY))
    signed_part = sign(api, own_file, BODY)
    own_body = secrets.token_bytes(len(BODY))
    for body in (own_body, own_body[:100]):
        assert put(signed_part["url"], body, signed_part["headers"]) in (400, 403)
    their_url = sign(stranger, other_file, own_body)
    assert put(signed_part["url"], own_body, their_url["headers"]) in (400, 403)
    for call in ("parts", "complete"):
        request_body = {"parts": [{"number": 1, "checksum_sha256": digest(own_body)}]} if call == "parts" else None
        assert stranger.codes("POST", f"/uploads/{own_file}/{call}", request_body) == (404, "not-found")
    assert_untouched(api, owner, own_file)


def test_nothing_gets_in_after_completion(api: ApiClient, sign: Sign) -> None:
    [file] = announce(api, len(BODY))
    signed_part = sign(api, file, BODY)
    assert put(signed_part["url"], BODY, signed_part["headers"]) == 200
    completion = api.data("POST", f"/uploads/{file}/complete")
    before = share_storage().objects.head(SharedFile.objects.get(pk=file).key)
    for body in (BODY, BODY[::-1], BODY * 2):
        assert put(signed_part["url"], body, signed_part["headers"]) in (400, 403, 404, 412)
    assert share_storage().objects.head(SharedFile.objects.get(pk=file).key) == before
    assert api.data("POST", f"/uploads/{file}/complete") == completion


def test_signing_again_raises_no_length_and_no_quota(api: ApiClient, owner: User, sign: Sign) -> None:
    [file] = announce(api, len(BODY))
    for _ in range(3):
        signed_part = sign(api, file, BODY)
        assert put(signed_part["url"], BODY + b"more", signed_part["headers"]) in (400, 403)
    assert_untouched(api, owner, file)


@pytest.mark.parametrize("part_numbers", [[1], [2], [1, 2]], ids=["second missing", "first missing", "second wrong"])
def test_complete_with_a_missing_or_a_wrong_part_shows_nothing(
    api: ApiClient, owner: User, part_numbers: list[int]
) -> None:
    body = secrets.token_bytes(16 * MIB + 5)
    [file] = announce(api, len(body))
    cut = pieces(body, 16 * MIB)
    for number in part_numbers:
        request_body = {"parts": [{"number": number, "checksum_sha256": digest(cut[number - 1])}]}
        signed_part = api.data("POST", f"/uploads/{file}/parts", request_body)["parts"][0]
        assert put(signed_part["url"], cut[number - 1], signed_part["headers"]) == 200
    if len(part_numbers) == 2:  # what arrived is not what the last URL was signed for
        request_body = {"parts": [{"number": 2, "checksum_sha256": digest(b"other")}]}
        api.data("POST", f"/uploads/{file}/parts", request_body)
    status, _ = api.codes("POST", f"/uploads/{file}/complete")
    assert status in (409, 422)
    row = SharedFile.objects.get(pk=file)
    assert row.ready_at is None
    assert share_storage().objects.head(row.key) is None
    owner.refresh_from_db()
    assert (owner.used_bytes, owner.used_files) == (len(body), 1)


def test_a_flipped_bit_is_always_found(api: ApiClient, owner: User, sign: Sign) -> None:
    size = 1000
    ids = announce(api, *[size] * FLIPS)
    refusals = 0
    for index, file in enumerate(ids):
        body = secrets.token_bytes(size)
        signed_part = sign(api, file, body)
        refusals += put(signed_part["url"], flipped(body, index * 79), signed_part["headers"]) == 400
        assert share_storage().objects.head(SharedFile.objects.get(pk=file).key) is None
        assert api.codes("POST", f"/uploads/{file}/complete") == (409, "not-ready")
    assert refusals == FLIPS
    assert not SharedFile.objects.filter(ready_at__isnull=False).exists()
