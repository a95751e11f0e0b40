"""Requests as long as a route accepts, constructed to cost as much as possible."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from shares.http.request_limits import (
    FORM,
    FORM_BYTES,
    MAX_COOKIE_BYTES,
    MAX_COOKIE_ESCAPES,
    MAX_HEADER_BYTES,
    MAX_QUERY_BYTES,
    MULTIPART,
    MULTIPART_BYTES,
)

MARKS = "\u0315\u0300"
JSON = "application/json"
SHORT_HEADERS = 2000


@dataclass(frozen=True, slots=True)
class Attack:
    name: str
    body: bytes = b""
    content_type: str = FORM
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def marks(size: int) -> str:
    """``size`` bytes of UTF-8: a letter with marks that have to be sorted."""
    return "a" + MARKS * ((size - 1) // len(MARKS.encode()))


def heads(cookie: str, *, short: bool) -> Iterator[Attack]:
    """What can be sent along with anything. ``cookie`` is what the session needs; ``short`` leaves out parameters."""
    remaining = MAX_HEADER_BYTES - MAX_COOKIE_BYTES - SHORT_HEADERS
    available_bytes = MAX_COOKIE_BYTES - len(cookie) - 20
    yield Attack("a blank Accept", headers={"accept": "," + " " * remaining + ","})
    yield Attack("an Accept of parameters", headers={"accept": "a;" * (remaining // 2)})
    yield Attack("a quoted cookie", headers={"cookie": f'{cookie}; a="{"x" * available_bytes}"'})
    escapes = "\\\\" * (MAX_COOKIE_ESCAPES // 2)
    yield Attack(
        "an escaped cookie", headers={"cookie": f'{cookie}; a="{escapes}{"x" * (available_bytes - len(escapes))}"'}
    )
    yield Attack("many cookies", headers={"cookie": f"{cookie}; " + "grant=a;" * (available_bytes // 8)})
    yield Attack("a long grant", headers={"x-share-grant": "a." * (remaining // 2)})
    yield Attack("a long password", headers={"x-share-password": "p" * remaining})
    yield Attack("many ranges", headers={"range": "bytes=" + "0-1," * (remaining // 4), "if-range": '"a"'})
    yield Attack("many tags", headers={"if-none-match": '"a", ' * (remaining // 5)})
    yield Attack("a long token", headers={"authorization": "Bearer " + "shs_" * (remaining // 4)})
    yield Attack("a long program", headers={"accept": "*/*", "user-agent": "previe" * (remaining // 6)})
    for parameter in (
        ("q",) if short else ("q", "cursor", "since", "next", "page", "sort", "term", "_changelist_filters")
    ):
        for name, text in (("digits", "9"), ("brackets", "W1tb"), ("blanks", "+"), ("words", "a+")):
            value = text * ((MAX_QUERY_BYTES - len(parameter) - 1) // len(text))
            yield Attack(f"{parameter} of {name}", query=f"{parameter}={value}")
    yield Attack("q of short words", query="q=" + "+".join("abcdefghij"))
    yield Attack("many parameters", query="a&" * (MAX_QUERY_BYTES // 2))


def forms(fields: tuple[str, ...], limit: int) -> Iterator[Attack]:
    share = limit // max(1, len(fields)) - 40
    for name, text in (("marks", marks(share // 3)), ("digits", "9" * share), ("dots", "." * share)):
        value = text.encode()
        escaped = "".join(f"%{byte:02x}" for byte in value) if name == "marks" else text
        yield Attack(f"fields of {name}", "&".join(f"{form_field}={escaped}" for form_field in fields).encode()[:limit])
    yield Attack("blanks", "&".join(f"{form_field}={'+' * share}" for form_field in fields).encode()[:limit])
    yield Attack("many fields", b"a&" * (min(limit, FORM_BYTES) // 2))
    for repeated_field in fields:
        pair = f"{repeated_field}=".encode()
        yield Attack(f"many times {repeated_field}", pair * 0 + (pair + b"a&") * (limit // (len(pair) + 2)))
    yield from multiparts(fields)


def multiparts(fields: tuple[str, ...]) -> Iterator[Attack]:
    content_type = f"{MULTIPART}; boundary=x"
    head = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n'
    part = head % b"a" + b"\r\n"
    yield Attack("many parts", part * (MULTIPART_BYTES // len(part) - 1) + b"--x--\r\n", content_type)
    yield Attack("empty parts", b"--x\r\n" * (MULTIPART_BYTES // 5), content_type)
    for form_field in fields[:1]:
        text = marks(MULTIPART_BYTES - 200).encode()
        yield Attack("a part of marks", head % form_field.encode() + text + b"\r\n--x--\r\n", content_type)


def files(limit: int) -> Iterator[Attack]:
    """As many files of a share as a form may name, of which there is none."""
    names = [f"file={number:022d}&" for number in range(limit // 28)]
    yield Attack("many files", "".join(names).encode())


def documents(limit: int, shapes: tuple[Any, ...]) -> Iterator[Attack]:
    """JSON of no particular shape, then ``shapes``: each a value in which a hostile text replaces TEXT."""
    pieces = {
        "deep lists": b"[" * limit,
        "many lists": b"[" + b"[]," * (limit // 3 - 2) + b"1]",
        "few lists": b"[" + b"[]," * min(19_990, limit // 3 - 2) + b"1]",
        "many objects": b'{"files":[' + b"{}," * (limit // 3 - 10) + b"1]}",
        "few objects": b'{"files":[' + b"{}," * min(19_990, limit // 3 - 10) + b"1]}",
        "many fields": b'{"a":1' + b',"b":1' * (limit // 6 - 2) + b"}",
        "many numbers": b'{"files":[' + b"1," * (limit // 2 - 10) + b"1]}",
        "large numbers": b"[" + (b"9" * 4299 + b",") * (limit // 4300 - 1) + b"1]",
        "many texts": b'{"files":[' + b'"",' * (limit // 3 - 10) + b"1]}",
        "escapes": b'{"title":"' + b"\\u0300" * (limit // 6 - 4) + b'"}',
        "blanks": b" " * (limit - 2) + b"{}",
    }
    for name, piece in pieces.items():
        yield Attack(name, piece[:limit], JSON)
    for number, shape in enumerate(shapes):
        text = json.dumps(shape, ensure_ascii=False)
        available_bytes = limit - len(text.encode())
        count = max(1, text.count("TEXT"))
        filled = text.replace("TEXT", marks(max(1, available_bytes // count))).encode()
        if len(filled) <= limit:
            yield Attack(f"shape {number} with marks", filled, JSON)
        yield Attack(f"shape {number}", text.replace("TEXT", "0" * 22).encode()[:limit], JSON)
