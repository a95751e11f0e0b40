"""Requests that contain a reference of ours, in access logs of storage."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from shares.accesslogs.files import Line
from shares.accesslogs.parser import S3, LogFormatError, parse_address, parse_time, parse_timestamp

PARAMETER = "x-ref"


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """A request by a signed URL: ``path`` is that of the object, ``status`` what storage responded."""

    sent_at: datetime
    address: str
    method: str
    path: str
    status: str


def find_requests(lines: Iterable[Line], reference: str) -> Iterator[LoggedRequest]:
    """The requests whose URL contains ``reference``. Lines of other formats are left out."""
    needle = f"{PARAMETER}={reference}".encode()
    for line, _ in lines:
        if line is None or needle not in line:
            continue
        try:
            request = _parse_caddy(line) if line.lstrip().startswith(b"{") else _parse_s3(line)
        except (LogFormatError, ValueError, KeyError, TypeError, AttributeError):
            continue
        method, url = request[2], urlsplit(request[3])
        if parse_qs(url.query).get(PARAMETER) == [reference]:
            yield LoggedRequest(request[0], request[1], method, url.path, request[4])


def _parse_caddy(line: bytes) -> tuple[datetime, str, str, str, str]:
    entry = json.loads(line)
    request = entry["request"]
    address = parse_address(request.get("client_ip") or request.get("remote_ip"))
    return parse_timestamp(entry["ts"]), address, str(request["method"]), str(request["uri"]), str(entry["status"])


def _parse_s3(line: bytes) -> tuple[datetime, str, str, str, str]:
    fields = S3.fullmatch(line.strip().decode("latin-1"))
    if fields is None:
        raise LogFormatError
    method, url, _ = fields["request"].split(" ")
    return parse_time(fields["time"]), parse_address(fields["address"]), method, url, fields["status"]
