"""A proxy in front of the real store that loses, delays or falsifies answers, after or instead of the deed itself."""

import http.client
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import ClassVar, Self
from urllib.parse import urlsplit

from shares.storage import HEALTH_KEY

ERROR = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{}</Code><Message>says the proxy</Message></Error>"
RequestFilter = Callable[[str, str], bool]


def completing(method: str, path: str) -> bool:
    """CompleteMultipartUpload."""
    return method == "POST" and "uploadId=" in path


def putting(method: str, _path: str) -> bool:
    return method == "PUT"


def looking(method: str, path: str) -> bool:
    """HEAD of an object, and the GET of one byte that asks why there is none."""
    return not probing(method, path) and (method == "HEAD" or (method == "GET" and "uploadId=" not in path))


def probing(method: str, path: str) -> bool:
    """The site's look whether files are served, which comes at moments of its own."""
    return method == "GET" and f"/{HEALTH_KEY}" in path


def everything(_method: str, _path: str) -> bool:
    return True


class Liar:
    """``lie`` to the next ``times`` requests that are ``chosen``; everything else passes as it is.

    ``does``: whether the store hears of them at all. ``status`` 0 hangs up, -1 says nothing until ``close``.
    """

    def __init__(self, upstream: str) -> None:
        self.upstream = urlsplit(upstream).netloc
        self.told: list[str] = []
        self.date = ""
        self.over = threading.Event()
        self.quiet()
        handler = type("Handler", (self.handler(),), {"owner": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()

    def handler(self) -> type["Passing"]:
        return Passing

    def quiet(self) -> None:
        self.chosen: RequestFilter = completing
        self.times, self.does, self.status, self.body = 0, True, 200, b""

    def lie(
        self, request_filter: RequestFilter, *, status: int, code: str = "", does: bool = True, times: int = 1_000
    ) -> None:
        self.times, self.chosen, self.does, self.status = times, request_filter, does, status
        self.body = ERROR.format(code).encode() if code else b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


class Passing(BaseHTTPRequestHandler):
    owner: ClassVar[Liar]
    protocol_version = "HTTP/1.1"

    def pass_on(self) -> None:
        proxy = self.owner
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        lying = proxy.times > 0 and proxy.chosen(self.command, self.path)
        if lying:
            proxy.times -= 1
            proxy.told.append(self.command)
        response = None if lying and not proxy.does else self.forwarded(body)
        if not lying and response is not None:
            self.say(*response)
        elif proxy.status > 0:
            # Announced, since a client that took the line for a good one would lose its next request.
            dated = {"Date": proxy.date} if proxy.date else {}
            self.say(proxy.status, {"Content-Type": "application/xml", "Connection": "close"} | dated, proxy.body)
        elif proxy.status < 0:
            proxy.over.wait(20)
        self.close_connection = lying or self.close_connection

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = pass_on  # noqa: N815 - the names that http.server looks for

    def forwarded(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        line = http.client.HTTPConnection(self.owner.upstream, timeout=30)
        line.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            line.putheader(name, value)
        line.endheaders(body)
        reply = line.getresponse()
        content = reply.read()
        line.close()
        headers = {
            name: value for name, value in reply.getheaders() if name.lower() not in ("date", "transfer-encoding")
        }
        return reply.status, headers, content

    def say(self, status: int, headers: dict[str, str], content: bytes) -> None:
        with suppress(ConnectionError):
            self.send_response_only(status)
            for name, value in headers.items():
                if name.lower() != "content-length" or self.command == "HEAD":
                    self.send_header(name, value)
            if self.command != "HEAD":
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else content)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name that http.server gives it
        """Nothing: a URL is a secret, and the tests look at answers."""
