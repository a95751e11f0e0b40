"""More requests than connections of a browser: a part that waits for a connection is not aborted."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from sharesite.env import PROJECT

SIZE, STEPS, STEP_SECONDS = 8 * 1024 * 1024, 20, 0.1
STALL_MS = 1200
PUTS = """async ({ count, size, stallMs }) => {
  const { putPart } = await import("/js/upload/net/put-part.js");
  const put = (number) =>
    putPart({
      url: `/${number}`,
      headers: {},
      blob: new Blob([new Uint8Array(size)]),
      signal: new AbortController().signal,
      onProgress: () => {},
      stallMs,
    }).then(() => "stored", (error) => error.name);
  return Promise.all(Array.from({ length: count }, (_, number) => put(number)));
}"""


class Slow(BaseHTTPRequestHandler):
    """Serves the site's scripts; takes each PUT in steps, two seconds long."""

    protocol_version = "HTTP/1.1"
    open = max_open = 0
    lock = threading.Lock()

    def do_GET(self) -> None:
        path = PROJECT / "static" / Path(self.path.lstrip("/"))
        self.respond(path.read_bytes() if path.suffix == ".js" else b"<!doctype html>", path.suffix)

    def do_PUT(self) -> None:
        with self.lock:
            Slow.open += 1
            Slow.max_open = max(Slow.max_open, Slow.open)
        for _ in range(STEPS):
            time.sleep(STEP_SECONDS)
            self.rfile.read(SIZE // STEPS)
        self.rfile.read(SIZE % STEPS)
        with self.lock:
            Slow.open -= 1
        self.respond(b"", "")

    def respond(self, body: bytes, suffix: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if suffix == ".js" else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        pass


@pytest.fixture
def slow() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


def test_a_part_that_waits_for_a_connection_is_not_cut(browser: Browser, slow: str) -> None:
    page = browser.new_page()
    page.goto(slow)
    arguments = {"count": 8, "size": SIZE, "stallMs": STALL_MS}
    assert page.evaluate(PUTS, arguments) == ["stored"] * 8
    page.close()
    assert Slow.max_open == 6
