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
MAX_DIGITS = 15
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
REQUEST_LINE = re.compile(r"GET (?:[a-z]+://[^/?\s]+)?(?P<path>/[^?\s]*)(?:\?(?P<query>\S*))? HTTP/[0-9.]+", re.ASCII)
SIGNATURE = re.compile(r"(?:^|&)X-Amz-Signature=", re.ASCII)
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
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Unreadable from error
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(request, dict) or entry.get("msg") != "handled request":
        return None
    status, uri = entry.get("status"), request.get("uri")
    if request.get("method") != "GET" or status not in (WHOLE, PART) or not isinstance(uri, str):
        return None
    location = PATH.fullmatch(uri.partition("?")[0])
    if location is None:
        return None
    return Sent(
        id=_digest(line),
        at=_moment(entry.get("ts")),
        address=_address(request.get("client_ip") or request.get("remote_ip")),
        bucket=location[1] or "",
        key=location[2],
        size=_size(entry.get("size")),
        whole=status == WHOLE,
    )


def _s3(line: bytes) -> Sent | None:
    # Every byte is a character here; what counts is ASCII.
    fields = S3.fullmatch(line.decode("latin-1"))
    if fields is None:
        raise Unreadable
    key = unquote(fields["key"])
    is_download = fields["operation"] == "REST.GET.OBJECT" and fields["status"] in (str(WHOLE), str(PART))
    if not is_download or not KEY.fullmatch(key):
        return None
    request_line = REQUEST_LINE.fullmatch(fields["asked"])
    if request_line is None or not unquote(request_line["path"]).endswith(f"/{key}"):
        raise Unreadable
    signed_in = fields["rest"].split(" ")[SIGNED_IN : SIGNED_IN + 1]
    if signed_in != ["QueryString"] and not SIGNATURE.search(request_line["query"] or ""):
        return None  # The site itself, a scanner, a CDN: whoever holds a key pair is no recipient.
    sent_at = _time(fields["at"])
    has_id = REQUEST_ID.fullmatch(fields["id"])
    return Sent(
        id=_digest(f"{sent_at.isoformat()} {fields['id']} {key}".encode() if has_id else line),
        at=sent_at,
        address=_address(fields["address"]),
        bucket=fields["bucket"],
        key=key,
        size=0 if fields["size"] == "-" else _size(int(fields["size"][: MAX_DIGITS + 1])),
        whole=fields["status"] == str(WHOLE),
    )


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:32]


def _size(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 10**MAX_DIGITS:
        raise Unreadable
    return value


def _address(value: Any) -> str:
    try:
        address = ip_address(value if isinstance(value, str) else "")
    except ValueError as error:
        raise Unreadable from error
    if isinstance(address, IPv6Address):
        # Without the zone, which is a name that the machine gave to one of its own cables.
        address = address.ipv4_mapped or IPv6Address(int(address))
    return str(address)


def _moment(value: Any) -> datetime:
    """Of seconds since 1970, as Caddy writes them unless told otherwise, or RFC 3339."""
    try:
        if isinstance(value, str):
            return _in_utc(datetime.fromisoformat(value))
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Unreadable from error
    raise Unreadable


def _time(value: str) -> datetime:
    try:
        return _in_utc(datetime.strptime(value, TIME))  # noqa: DTZ007 - the zone is in it
    except (ValueError, OverflowError) as error:
        raise Unreadable from error


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise Unreadable
    return moment.astimezone(UTC)
