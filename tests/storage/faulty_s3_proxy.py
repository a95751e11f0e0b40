"""A proxy in front of the real storage that loses, delays or replaces responses, also after the operation itself."""

import http.client
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import ClassVar, Self
from urllib.parse import urlsplit

from shares.storage import HEALTH_KEY

ERROR = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{}</Code><Message>from the proxy</Message></Error>"
RequestFilter = Callable[[str, str], bool]


def is_completion(method: str, path: str) -> bool:
    """CompleteMultipartUpload."""
    return method == "POST" and "uploadId=" in path


def is_put(method: str, _path: str) -> bool:
    return method == "PUT"


def is_object_lookup(method: str, path: str) -> bool:
    """HEAD of an object, and the GET of one byte that finds out why there is none."""
    return not is_probe(method, path) and (method == "HEAD" or (method == "GET" and "uploadId=" not in path))


def is_probe(method: str, path: str) -> bool:
    """The probe of the health monitor, which comes at any time."""
    return method == "GET" and f"/{HEALTH_KEY}" in path


def any_request(_method: str, _path: str) -> bool:
    return True


class FaultyS3Proxy:
    """``inject_error`` affects the next ``times`` requests that match the filter; all others pass unchanged.

    ``forwards``: whether affected requests reach the storage. ``status`` 0 closes the connection, -1 sends nothing
    until the proxy is closed.
    """

    def __init__(self, upstream: str) -> None:
        self.upstream = urlsplit(upstream).netloc
        self.affected_methods: list[str] = []
        self.date = ""
        self.closed = threading.Event()
        self.reset()
        handler = type("Handler", (self.handler(),), {"proxy": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()

    def handler(self) -> type["ForwardingHandler"]:
        return ForwardingHandler

    def reset(self) -> None:
        self.request_filter: RequestFilter = is_completion
        self.times, self.forwards, self.status, self.body = 0, True, 200, b""

    def inject_error(
        self, request_filter: RequestFilter, *, status: int, code: str = "", forwards: bool = True, times: int = 1_000
    ) -> None:
        self.times, self.request_filter, self.forwards, self.status = times, request_filter, forwards, status
        self.body = ERROR.format(code).encode() if code else b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.closed.set()
        self.server.shutdown()
        self.server.server_close()


class ForwardingHandler(BaseHTTPRequestHandler):
    proxy: ClassVar[FaultyS3Proxy]
    protocol_version = "HTTP/1.1"

    def handle_request(self) -> None:
        proxy = self.proxy
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_affected = proxy.times > 0 and proxy.request_filter(self.command, self.path)
        if is_affected:
            proxy.times -= 1
            proxy.affected_methods.append(self.command)
        response = None if is_affected and not proxy.forwards else self.forward(body)
        if not is_affected and response is not None:
            self.send_reply(*response)
        elif proxy.status > 0:
            # With "Connection: close": a client that reused the connection would lose its next request.
            dated = {"Date": proxy.date} if proxy.date else {}
            self.send_reply(
                proxy.status, {"Content-Type": "application/xml", "Connection": "close"} | dated, proxy.body
            )
        elif proxy.status < 0:
            proxy.closed.wait(20)
        self.close_connection = is_affected or self.close_connection

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_request  # noqa: N815 - the names that http.server looks for

    def forward(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self.proxy.upstream, timeout=30)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        reply = connection.getresponse()
        content = reply.read()
        connection.close()
        headers = {
            name: value for name, value in reply.getheaders() if name.lower() not in ("date", "transfer-encoding")
        }
        return reply.status, headers, content

    def send_reply(self, status: int, headers: dict[str, str], content: bytes) -> None:
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
        """Log nothing: a URL is a secret."""
