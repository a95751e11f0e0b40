"""Finished downloads from beginning to end: a real Caddy with the file of deploy/ stands before a real storage and writes
its log, and ``manage.py deliveries`` reads it.
"""

import io
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command

from shares.models import Event, SharedFile
from shares.policies import Caller
from sharesite.env import PROJECT
from sharesite.local.ports import choose
from tests.cast import put_share
from tests.stack import Stack
from tests.storage.conftest import store_at
from tests.storage.http import send

CADDY = Path(sys.executable).with_name("caddy")
# More than a line holds that nobody reads from.
SIZE = 24 * 1024 * 1024


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("caddy")


@pytest.fixture(scope="module")
def proxy(stack: Stack, folder: Path) -> Iterator[str]:
    """The address of the storage for browsers."""
    stack.need(stack.storage)
    ports = choose(["site", "public"])
    text = (PROJECT / "deploy" / "Caddyfile").read_text()
    text = text.replace("storage:8333", stack.storage.url.removeprefix("http://"))
    (folder / "Caddyfile").write_text(text)
    environment = {
        "HOME": str(folder),
        "SITE_URL": f"http://127.0.0.1:{ports['site']}",
        "S3_PUBLIC_ENDPOINT_URL": f"http://127.0.0.1:{ports['public']}",
        # As docker-compose.yml sets it where there is an ACCESS_LOG.
        "STORAGE_LOG": "-on",
        "LOGS": str(folder),
    }
    command = [str(CADDY), "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    with (folder / "stderr").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=folder)
    url, end = environment["S3_PUBLIC_ENDPOINT_URL"], time.monotonic() + 30
    while not answers(f"{url}/healthz"):
        assert process.poll() is None, (folder / "stderr").read_text()
        assert time.monotonic() < end
        time.sleep(0.1)
    yield url
    process.terminate()
    process.wait(20)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@pytest.fixture
def file(storage: None, as_owner: Caller) -> SharedFile:
    return put_share(as_owner, [b"sharesite" * (SIZE // 9)]).files.get()


def break_off(url: str, after: int, span: str = "") -> None:
    """Read ``after`` bytes of the answer and hang up."""
    parts = urlsplit(url)
    asked = f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n{span}\r\n"
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as line:
        line.sendall(asked.encode())
        seen = 0
        while seen < after:
            seen += len(line.recv(64 * 1024))


def test_exactly_the_finished_downloads_count(
    stack: Stack, proxy: str, folder: Path, file: SharedFile, as_owner: Caller
) -> None:
    store = store_at(stack.storage, public_endpoint_url=proxy)
    mark = (folder / "storage.log").stat().st_size

    def signed(key: str = file.key) -> str:
        link = store.sign_get(
            key, name="a.bin", content_type="application/octet-stream", inline=False, seconds=60, host="127.0.0.1"
        )
        return link.url

    def logged(number: int) -> str:
        end = time.monotonic() + 20
        while len(lines := (folder / "storage.log").read_text()[mark:].splitlines()) < number:
            assert time.monotonic() < end, lines
            time.sleep(0.1)
        return "\n".join(lines)

    def finished() -> int:
        return Event.objects.filter(kind="finished", file_id=file.pk, address="127.0.0.1").count()

    def read() -> str:
        said = io.StringIO()
        call_command("deliveries", str(folder / "storage.log"), stdout=said)
        return said.getvalue()

    break_off(signed(), 1_000_000)
    break_off(signed(), 1_000_000)
    break_off(signed(), 1_000_000, "Range: bytes=0-1999999\r\n")
    assert send("HEAD", signed()).status in {200, 403}
    assert send("GET", signed().replace("Signature=", "Signature=0")).status == 403
    assert send("GET", signed(file.key[:-1] + ("0" if file.key[-1] != "0" else "1"))).status == 404
    logged(6)
    assert "0 downloads finished" in read()
    assert (finished(), len(send("GET", signed()).body)) == (0, file.size)
    logged(7)
    assert "1 of our files, 1 downloads finished" in read()
    for span in (f"bytes=0-{SIZE // 3}", f"bytes={SIZE // 3 + 1}-"):
        assert send("GET", signed(), headers={"Range": span}).status == 206
    text = logged(9)
    assert "2 of our files, 1 downloads finished" in read()
    assert "0 of our files, 0 downloads finished" in read()
    assert finished() == 2
    assert file.key in text
    for secret in ("X-Amz-Signature", "X-Amz-Credential", "a.bin", "?"):
        assert secret not in text
    # It tells on its own, too, that somebody hung up.
    own = (folder / "stderr").read_text()
    assert "aborting with incomplete response" in own
    assert "X-Amz-Signature" not in own
    assert oct((folder / "storage.log").stat().st_mode)[-3:] == "644"
