"""Parts through signed URLs: only the declared bytes get in, and only whole uploads become objects."""

import hashlib
import secrets
from dataclasses import replace

from shares.storage import Part, ShareStorage, composite_sha256

from .http import send

MIB = 1024 * 1024


def part(number: int, body: bytes) -> Part:
    return Part(number, len(body), hashlib.sha256(body).digest())


def new_key() -> str:
    return f"u/{secrets.token_hex(16)}"


def test_two_parts_become_one_object_with_the_composite_checksum(shares_store: ShareStorage) -> None:
    key, bodies = new_key(), [secrets.token_bytes(5 * MIB), b"the end"]
    upload = shares_store.start_multipart(key, content_type="application/octet-stream")
    declared = [part(number, body) for number, body in enumerate(bodies, 1)]
    signed = shares_store.sign_parts(key, upload, declared, seconds=900, host="127.0.0.1")
    for one, body in zip(signed, bodies, strict=True):
        assert send("PUT", one.url, body, one.headers).status == 200
    arrived = shares_store.list_parts(key, upload)
    assert [(p.number, p.size) for p in arrived] == [(1, 5 * MIB), (2, 7)]
    named = [replace(p, sha256=d.sha256) for p, d in zip(arrived, declared, strict=True)]
    shares_store.complete_multipart(key, upload, named)
    stored = shares_store.head(key)
    assert stored is not None
    assert (stored.size, stored.parts) == (5 * MIB + 7, 2)
    assert stored.sha256 == composite_sha256([p.sha256 for p in declared])
    link = shares_store.sign_get(key, name="a.bin", content_type="", inline=False, seconds=60, host="127.0.0.1")
    assert send("GET", link.url).body == b"".join(bodies)
