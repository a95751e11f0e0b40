"""Uploads a file through the API, as a script does."""

import hashlib
from base64 import b64encode
from typing import Any

from tests.api.api_client import ApiClient
from tests.fixtures import put


def digest(body: bytes) -> str:
    return b64encode(hashlib.sha256(body).digest()).decode()


def pieces(body: bytes, size: int) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


def send(api: ApiClient, slot: dict[str, Any], body: bytes) -> Any:
    """Sign, PUT and complete; returns the finished file."""
    cut = pieces(body, slot["part_size"])
    assert len(cut) == slot["parts"]
    if cut:
        part_requests = [{"number": number, "checksum_sha256": digest(piece)} for number, piece in enumerate(cut, 1)]
        response = api.data("POST", f"/uploads/{slot['id']}/parts", {"parts": part_requests})
        for part, piece in zip(response["parts"], cut, strict=True):
            assert put(part["url"], piece, part["headers"]) == 200
    return api.data("POST", f"/uploads/{slot['id']}/complete")


def share_of(api: ApiClient, *bodies: bytes, **options: Any) -> Any:
    """A new share whose files have arrived."""
    files = [{"name": f"file-{number}.txt", "size": len(body)} for number, body in enumerate(bodies)]
    share = api.data("POST", "/shares", {"files": files, **options}, status=201)
    for slot, body in zip(share["files"], bodies, strict=True):
        send(api, slot, body)
    return api.data("GET", f"/shares/{share['id']}")
