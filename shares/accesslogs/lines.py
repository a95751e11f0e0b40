"""One line of an access log: Caddy's JSON, or the server access log of S3. Clients write parts of it, so whatever it
holds, Unreadable is the worst that is raised.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address
from typing import Any
from urllib.parse import unquote

WHOLE, PART = 200, 206
KEY = re.compile(r"u/[0-9a-f]{32}", re.ASCII)
# ``/bucket/key``, or ``/key`` where the bucket is in the host name.
PATH = re.compile(rf"/(?:([A-Za-z0-9._-]{{1,255}})/)?({KEY.pattern})", re.ASCII)
# More than any file has; what is longer is no number of bytes.
MOST_DIGITS = 15
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,128}", re.ASCII)
TIME = "%d/%b/%Y:%H:%M:%S %z"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html. Stores write what clients say as it is, quotes
# too, so a client could forge the fields behind its own words. Then there are more quotes than six, and no match.
_WORD = r'[^\s"]+'
S3 = re.compile(
    rf"{_WORD} (?P<bucket>{_WORD}) \[(?P<at>[^\]\"]{{1,40}})\] (?P<address>{_WORD}) {_WORD} (?P<id>{_WORD})"
    rf' (?P<operation>{_WORD}) (?P<key>{_WORD}) "(?P<asked>[^"]*)" (?P<status>\d{{3}}|-) {_WORD} (?P<size>\d+|-)'
    rf' {_WORD} {_WORD} {_WORD} "[^"]*" "[^"]*"(?P<rest>(?: {_WORD})*)',
    re.ASCII,
)
ASKED = re.compile(r"GET (?:[a-z]+://[^/?\s]+)?(?P<path>/[^?\s]*)(?:\?(?P<query>\S*))? HTTP/[0-9.]+", re.ASCII)
SIGNED = re.compile(r"(?:^|&)X-Amz-Signature=", re.ASCII)
# Which of the words at the end names how the request was signed: version, host, signature and cipher come before.
SIGNED_IN = 5


class Unreadable(ValueError):
    """No line of a log that is known here."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A GET of an object that was answered with ``size`` bytes of it: its first ones if ``whole`` was asked for, else
    those of a range.

    ``id`` is the same whenever the same line is read; ``bucket`` is empty where the line does not say it.
    """

    id: str
    at: datetime
    address: str
    bucket: str
    key: str
    size: int
    whole: bool


def parsed(line: bytes) -> Sent | None:
    """What a line says was sent; None if it speaks of anything else. Raises Unreadable."""
    line = line.strip()
    return _caddy(line) if line.startswith(b"{") else _s3(line)


def _caddy(line: bytes) -> Sent | None:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as fault:
        raise Unreadable from fault
    request = said.get("request") if isinstance(said, dict) else None
    if not isinstance(request, dict) or said.get("msg") != "handled request":
        return None
    status, uri = said.get("status"), request.get("uri")
    if request.get("method") != "GET" or status not in (WHOLE, PART) or not isinstance(uri, str):
        return None
    place = PATH.fullmatch(uri.partition("?")[0])
    if place is None:
        return None
    return Sent(
        id=_digest(line),
        at=_moment(said.get("ts")),
        address=_address(request.get("client_ip") or request.get("remote_ip")),
        bucket=place[1] or "",
        key=place[2],
        size=_size(said.get("size")),
        whole=status == WHOLE,
    )


def _s3(line: bytes) -> Sent | None:
    # Every byte is a character here; what counts is ASCII.
    found = S3.fullmatch(line.decode("latin-1"))
    if found is None:
        raise Unreadable
    key = unquote(found["key"])
    fetched = found["operation"] == "REST.GET.OBJECT" and found["status"] in (str(WHOLE), str(PART))
    if not fetched or not KEY.fullmatch(key):
        return None
    asked = ASKED.fullmatch(found["asked"])
    if asked is None or not unquote(asked["path"]).endswith(f"/{key}"):
        raise Unreadable
    signed_in = found["rest"].split(" ")[SIGNED_IN : SIGNED_IN + 1]
    if signed_in != ["QueryString"] and not SIGNED.search(asked["query"] or ""):
        return None  # The site itself, a scanner, a CDN: whoever holds a key pair is no recipient.
    at = _time(found["at"])
    known = REQUEST_ID.fullmatch(found["id"])
    return Sent(
        id=_digest(f"{at.isoformat()} {found['id']} {key}".encode() if known else line),
        at=at,
        address=_address(found["address"]),
        bucket=found["bucket"],
        key=key,
        size=0 if found["size"] == "-" else _size(int(found["size"][: MOST_DIGITS + 1])),
        whole=found["status"] == str(WHOLE),
    )


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:32]


def _size(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 10**MOST_DIGITS:
        raise Unreadable
    return value


def _address(value: Any) -> str:
    try:
        found = ip_address(value if isinstance(value, str) else "")
    except ValueError as fault:
        raise Unreadable from fault
    if isinstance(found, IPv6Address):
        # Without the zone, which is a name that the machine gave to one of its own cables.
        found = found.ipv4_mapped or IPv6Address(int(found))
    return str(found)


def _moment(value: Any) -> datetime:
    """Of seconds since 1970, as Caddy writes them unless told otherwise, or RFC 3339."""
    try:
        if isinstance(value, str):
            return _in_utc(datetime.fromisoformat(value))
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as fault:
        raise Unreadable from fault
    raise Unreadable


def _time(value: str) -> datetime:
    try:
        return _in_utc(datetime.strptime(value, TIME))  # noqa: DTZ007 - the zone is in it
    except (ValueError, OverflowError) as fault:
        raise Unreadable from fault


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise Unreadable
    return moment.astimezone(UTC)
