"""Parses one line of an access log: Caddy's JSON, or a server access log of S3.

Clients write parts of a line, so no content raises anything but ``LogFormatError``.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any
from urllib.parse import unquote

WHOLE, PART = 200, 206
KEY = re.compile(r"u/(?:[0-9a-f]{32}/)?[0-9a-f]{32}", re.ASCII)
# ``/bucket/key``, or ``/key`` if the bucket is in the host name. All keys may have a prefix.
BUCKET = r"/(?:([A-Za-z0-9._-]{1,255})/)?"
# No file has a size of more digits.
MAX_DIGITS = 15
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,128}", re.ASCII)
TIME = "%d/%b/%Y:%H:%M:%S %z"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html. Storage writes values of clients unescaped,
# with their quotes, so a client could forge the fields after its own. Such a line has more than six quotes: no match.
_WORD = r'[^\s"]+'
S3 = re.compile(
    rf"{_WORD} (?P<bucket>{_WORD}) \[(?P<time>[^\]\"]{{1,40}})\] (?P<address>{_WORD}) {_WORD} (?P<id>{_WORD})"
    rf' (?P<operation>{_WORD}) (?P<key>{_WORD}) "(?P<request>[^"]*)" (?P<status>\d{{3}}|-) {_WORD} (?P<size>\d+|-)'
    rf' {_WORD} {_WORD} {_WORD} "[^"]*" "[^"]*"(?P<rest>(?: {_WORD})*)',
    re.ASCII,
)
REQUEST_LINE = re.compile(r"GET (?:[a-z]+://[^/?\s]+)?(?P<path>/[^?\s]*)(?:\?(?P<query>\S*))? HTTP/[0-9.]+", re.ASCII)
SIGNATURE = re.compile(r"(?:^|&)X-Amz-Signature=", re.ASCII)
# Index of the authentication type in the last group, after version, host id, signature version and cipher.
SIGNED_IN = 5


class LogFormatError(ValueError):
    """The line is of no known log format."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """A GET of an object whose response had ``size`` bytes of it: the first ones if the ``whole`` object was requested,
    otherwise those of a range.

    ``id`` is the same each time the same line is read; ``bucket`` is empty if the line does not contain it.
    """

    id: str
    sent_at: datetime
    address: str
    bucket: str
    key: str
    size: int
    whole: bool


def parse_line(line: bytes, key_prefix: str = "") -> Transfer | None:
    """Return the transfer that a line records; None if it records anything else. Raises LogFormatError.

    ``key_prefix`` is what all keys in the bucket begin with; the transfer's key is without it.
    """
    line = line.strip()
    return _parse_caddy(line, key_prefix) if line.startswith(b"{") else _parse_s3(line, key_prefix)


@lru_cache(maxsize=4)
def _path_pattern(key_prefix: str) -> re.Pattern[str]:
    return re.compile(rf"{BUCKET}{re.escape(key_prefix)}({KEY.pattern})", re.ASCII)


def _parse_caddy(line: bytes, key_prefix: str) -> Transfer | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise LogFormatError from error
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(request, dict) or entry.get("msg") != "handled request":
        return None
    status, uri = entry.get("status"), request.get("uri")
    if request.get("method") != "GET" or status not in (WHOLE, PART) or not isinstance(uri, str):
        return None
    location = _path_pattern(key_prefix).fullmatch(uri.partition("?")[0])
    if location is None:
        return None
    return Transfer(
        id=_digest(line),
        sent_at=parse_timestamp(entry.get("ts")),
        address=parse_address(request.get("client_ip") or request.get("remote_ip")),
        bucket=location[1] or "",
        key=location[2],
        size=_parse_size(entry.get("size")),
        whole=status == WHOLE,
    )


def _parse_s3(line: bytes, key_prefix: str) -> Transfer | None:
    # Latin-1 decodes every byte; the expressions match ASCII only.
    fields = S3.fullmatch(line.decode("latin-1"))
    if fields is None:
        raise LogFormatError
    key = unquote(fields["key"])
    is_download = fields["operation"] == "REST.GET.OBJECT" and fields["status"] in (str(WHOLE), str(PART))
    if not is_download or not key.startswith(key_prefix) or not KEY.fullmatch(key.removeprefix(key_prefix)):
        return None
    request_line = REQUEST_LINE.fullmatch(fields["request"])
    if request_line is None or not unquote(request_line["path"]).endswith(f"/{key}"):
        raise LogFormatError
    signed_in = fields["rest"].split(" ")[SIGNED_IN : SIGNED_IN + 1]
    if signed_in != ["QueryString"] and not SIGNATURE.search(request_line["query"] or ""):
        return None  # The site itself, a scanner or a CDN: clients with a key pair are not recipients.
    sent_at = parse_time(fields["time"])
    has_id = REQUEST_ID.fullmatch(fields["id"])
    return Transfer(
        id=_digest(f"{sent_at.isoformat()} {fields['id']} {key}".encode() if has_id else line),
        sent_at=sent_at,
        address=parse_address(fields["address"]),
        bucket=fields["bucket"],
        key=key.removeprefix(key_prefix),
        size=0 if fields["size"] == "-" else _parse_size(int(fields["size"][: MAX_DIGITS + 1])),
        whole=fields["status"] == str(WHOLE),
    )


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:32]


def _parse_size(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 10**MAX_DIGITS:
        raise LogFormatError
    return value


def parse_address(value: Any) -> str:
    try:
        address = ip_address(value if isinstance(value, str) else "")
    except ValueError as error:
        raise LogFormatError from error
    if isinstance(address, IPv6Address):
        # Without the zone, which is the name of a network interface of the machine.
        address = address.ipv4_mapped or IPv6Address(int(address))
    return str(address)


def parse_timestamp(value: Any) -> datetime:
    """Accepts seconds since 1970, Caddy's default, and RFC 3339."""
    try:
        if isinstance(value, str):
            return _in_utc(datetime.fromisoformat(value))
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise LogFormatError from error
    raise LogFormatError


def parse_time(value: str) -> datetime:
    try:
        return _in_utc(datetime.strptime(value, TIME))  # noqa: DTZ007 - the format has a zone
    except (ValueError, OverflowError) as error:
        raise LogFormatError from error


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise LogFormatError
    return moment.astimezone(UTC)
