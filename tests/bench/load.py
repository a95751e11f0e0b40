"""A load of prepared HTTP requests over loopback sockets: many connections, little work between responses.

The client must cost far less than what it measures, so requests are prepared bytes, and of responses only status and
length are parsed.
"""

import secrets
import selectors
import socket
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

READ = 65536
SECRET = b"a" * 32


@dataclass(slots=True)
class Report:
    """Seconds of each answer, in order of arrival; ``rate`` in answers a second."""

    seconds: float
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, percent: int) -> float:
        """In milliseconds."""
        return statistics.quantiles(self.latencies, n=100, method="inclusive")[percent - 1] * 1000


class Connection:
    def __init__(self, port: int) -> None:
        self.port = port
        self.open()

    def open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = self.body = self.buffer = b""

    def send(self, request: bytes) -> None:
        self.started = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> int:
        """The status once the whole answer is there, else 0."""
        piece = self.socket.recv(READ)
        if not piece:
            raise ConnectionError("The server closed a connection in mid-answer.")
        self.buffer += piece
        head, end, body = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return 0
        lower = head.lower()
        position = lower.find(b"content-length:")
        length = int(lower[position + 15 :].split(b"\r\n", 1)[0]) if position >= 0 else 0
        if len(body) < length:
            return 0
        self.head, self.body, self.buffer = head, body, b""
        return int(head[9:12])

    def cookie(self, name: bytes) -> bytes:
        """What the last answer set; empty where it did not."""
        _, _, after = self.head.partition(b"\r\nset-cookie: " + name + b"=")
        return after.partition(b";")[0]


def saturate(port: int, requests: Sequence[bytes], *, connections: int) -> Report:
    """Send every request once, each connection taking the next as soon as its answer is there."""
    return _drive(port, iter(requests), connections, rate=None)


def paced(port: int, requests: Sequence[bytes], *, connections: int, rate: float) -> Report:
    """Send every request at a steady ``rate`` a second; latency counts from when it was due, so queues show."""
    return _drive(port, iter(requests), connections, rate=rate)


def bursts(port: int, rounds: Sequence[Sequence[bytes]], *, pause: float) -> Report:
    """Each round at the very same moment, on a connection for each request; the next one ``pause`` seconds after it."""
    whole = Report(0)
    for requests in rounds:
        start = time.perf_counter()
        report = _drive(port, iter(requests), len(requests), rate=None)
        whole.latencies += report.latencies
        whole.statuses = dict(Counter(whole.statuses) + Counter(report.statuses))
        whole.seconds += report.seconds
        time.sleep(max(0.0, pause - (time.perf_counter() - start)))
    return whole


def _drive(port: int, requests: Iterator[bytes], connections: int, rate: float | None) -> Report:
    selector = selectors.DefaultSelector()
    idle = [Connection(port) for _ in range(connections)]
    for connection in idle:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    report = Report(0)
    start = due = time.perf_counter()
    pending = next(requests, None)
    busy = 0
    while pending is not None or busy:
        while pending is not None and idle and (rate is None or time.perf_counter() >= due):
            connection = idle.pop()
            connection.send(pending)
            if rate is not None:
                connection.started = due
                due += 1 / rate
            busy += 1
            pending = next(requests, None)
        wait = None if rate is None or not idle or pending is None else max(0.0, due - time.perf_counter())
        for key, _ in selector.select(wait):
            connection = key.data
            status = connection.receive()
            if status:
                report.latencies.append(time.perf_counter() - connection.started)
                report.statuses[status] = report.statuses.get(status, 0) + 1
                idle.append(connection)
                busy -= 1
    report.seconds = time.perf_counter() - start
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    selector.close()
    return report


def anew(request: bytes) -> bytes:
    """What ``post`` made, as another browser sends it."""
    return request.replace(SECRET, secrets.token_hex(16).encode())


def post(path: str, *, port: int, cookies: str = "", fields: str = "", headers: Sequence[str] = ()) -> bytes:
    """A form POST that passes the CSRF check: the cookie and the field hold the same secret."""
    body = b"csrfmiddlewaretoken=" + SECRET + fields.encode()
    host = f"127.0.0.1:{port}"
    head = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        f"Origin: http://{host}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        f"Cookie: csrf={SECRET.decode()}{cookies and '; ' + cookies}",
        *headers,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def get(path: str, *, port: int, headers: Sequence[str] = ()) -> bytes:
    """As a browser requests a page."""
    head = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Encoding: gzip, deflate, br, zstd",
        *headers,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n"
