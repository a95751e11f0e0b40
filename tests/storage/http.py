"""Plain HTTP without any S3 library: what a browser or curl sends and receives."""

import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message


@dataclass(frozen=True)
class Response:
    status: int
    headers: Message
    body: bytes

    @property
    def code(self) -> str:
        """The S3 error code in the body."""
        return self.body.decode(errors="replace").partition("<Code>")[2].partition("</Code>")[0]


def send(method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Response:
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return Response(reply.status, reply.headers, reply.read())
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Response(refusal.code, refusal.headers, refusal.read())
