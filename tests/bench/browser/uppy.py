"""The comparison: Uppy's own S3 plug-in on a page of its own, served and signed for by this program.

Installed for the benchmark only, from the lock file beside it. Signing here needs no database and no policy, and the
page is bare: both are in its favor.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from django.conf import settings
from playwright.sync_api import Browser

from shares.storage import share_storage
from shares.storage.signing import endpoints
from shares.storage.signing.signer import Signer

FOLDER = Path(__file__).parents[1] / "uppy"
BUNDLE = FOLDER / "node_modules" / "page.js"
KEY = "bench/uppy"
PAGE = """<!doctype html><html lang="en"><title>waiting</title>
<body data-key="{key}" data-part-bytes="{size}"><input type="file"><script type="module" src="/page.js"></script>"""
MINUTES_MS = 15 * 60_000


def bundled() -> bytes:
    """The page's script, made at first use or when something of it changed."""
    sources = [FOLDER / name for name in ("page.js", "package.json", "package-lock.json")]
    if not BUNDLE.exists() or BUNDLE.stat().st_mtime < max(path.stat().st_mtime for path in sources):
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        for command in ("ci --ignore-scripts --silent", "run build --silent"):
            subprocess.run(["npm", *command.split()], cwd=FOLDER, env=os.environ | {"PATH": path}, check=True)
    return BUNDLE.read_bytes()


class Host:
    """``url`` is the page. ``storage_url`` is the address that its signed URLs lead to."""

    def __init__(self, storage_url: str) -> None:
        storage = share_storage()
        endpoint = endpoints.resolve(storage_url, storage.bucket_name, storage.region_name, "path")
        self.signer = Signer(endpoint, storage.session.get_credentials().get_frozen_credentials())
        page = PAGE.format(key=KEY, size=settings.PART_BYTES).encode()
        responses = {"/": ("text/html; charset=utf-8", page), "/page.js": ("text/javascript", bundled())}
        sign = self.sign

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                kind, body = responses.get(self.path, ("text/plain", b""))
                self.respond(kind, body)

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.respond("application/json", json.dumps({"url": sign(request)}).encode())

            def respond(self, kind: str, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()

    def sign(self, request: dict[str, Any]) -> str:
        query: dict[str, str] = {name: str(request[name]) for name in ("uploadId", "partNumber") if name in request}
        if request["method"] == "POST" and "uploadId" not in request:
            query = {"uploads": ""}
        return self.signer.url(request["method"], request["key"], query=query, headers={}, seconds=3600)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def hosted(storage_url: str) -> Iterator[Host]:
    host = Host(storage_url)
    try:
        yield host
    finally:
        host.close()


def send(browser: Browser, url: str, path: Path) -> float:
    """Seconds from the choice of the file until Uppy says that it is there."""
    page = browser.new_page()
    try:
        page.goto(url)
        page.set_input_files("input", str(path))
        page.wait_for_function("document.title !== 'waiting'", timeout=MINUTES_MS)
        assert page.title() == "done"
        return float(page.evaluate("document.body.dataset.ms")) / 1000
    finally:
        page.close()
