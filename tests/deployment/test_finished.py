"""Finished downloads from beginning to end: a real Caddy or nginx with the file of deploy/ in front of a real
storage; ``manage.py deliveries`` reads its log.
"""

import io
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command

from shares.callers import Caller
from shares.models import Event, SharedFile
from sharesite.env import PROJECT
from tests.deployment import compose_reader, reverse_proxies
from tests.deployment.reverse_proxies import ReverseProxy
from tests.fixtures import put_share
from tests.stack import Stack
from tests.storage.conftest import store_at
from tests.storage.http import send

# More than a line holds that nobody reads from.
SIZE = 24 * 1024 * 1024


@pytest.fixture(scope="module", params=reverse_proxies.PROXIES)
def reverse_proxy(
    request: pytest.FixtureRequest, stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ReverseProxy]:
    stack.need(stack.storage)
    folder, storage = tmp_path_factory.mktemp(request.param), stack.storage.url.removeprefix("http://")
    with reverse_proxies.running(request.param, folder, storage=storage, logged=True) as proxy:
        yield proxy


@pytest.fixture
def file(storage: None, as_owner: Caller) -> SharedFile:
    return put_share(as_owner, [b"sharesite" * (SIZE // 9)]).files.get()


def break_off(url: str, after: int, span: str = "") -> None:
    """Read ``after`` bytes of the answer and hang up."""
    parts = urlsplit(url)
    request = f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n{span}\r\n"
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as line:
        line.sendall(request.encode())
        received_bytes = 0
        while received_bytes < after:
            received_bytes += len(line.recv(64 * 1024))


class Storage:
    """The file behind the proxy: links to it as browsers get them, and what the proxy writes about them."""

    def __init__(self, stack: Stack, url: str, log: Path, file: SharedFile) -> None:
        self.store, self.log, self.file = store_at(stack.storage, public_endpoint_url=url), log, file
        self.begin = log.stat().st_size

    def link(self, key: str = "") -> str:
        return self.store.sign_get(
            key or self.file.key,
            name="a.bin",
            content_type="application/octet-stream",
            inline=False,
            seconds=60,
            host="127.0.0.1",
        ).url

    def logged(self, number: int) -> str:
        """What was written since the beginning, once that is so many lines."""
        end = time.monotonic() + 20
        while len(lines := self.log.read_text()[self.begin :].splitlines()) < number:
            assert time.monotonic() < end, lines
            time.sleep(0.1)
        return "\n".join(lines)

    def read(self) -> tuple[str, int]:
        """What the command says, and how many downloads the history tells of."""
        output = io.StringIO()
        call_command("deliveries", str(self.log), stdout=output)
        events = Event.objects.filter(kind="finished", file_id=self.file.pk, address="127.0.0.1")
        return output.getvalue().partition(";")[0].partition(": ")[2], events.count()


@pytest.fixture
def behind(stack: Stack, reverse_proxy: ReverseProxy, file: SharedFile) -> Storage:
    return Storage(stack, reverse_proxy.public, reverse_proxy.log, file)


def test_exactly_the_finished_downloads_count(behind: Storage, file: SharedFile) -> None:
    for _ in range(2):
        break_off(behind.link(), 1_000_000)
    break_off(behind.link(), 1_000_000, "Range: bytes=0-1999999\r\n")
    assert send("HEAD", behind.link()).status in {200, 403}
    assert send("GET", behind.link().replace("Signature=", "Signature=0")).status == 403
    assert send("GET", behind.link(f"u/{'0' * 32}")).status == 404
    behind.logged(6)
    assert behind.read() == ("3 of our files, 0 downloads finished", 0)
    assert len(send("GET", behind.link()).body) == file.size
    behind.logged(7)
    assert behind.read() == ("1 of our files, 1 downloads finished", 1)
    for span in (f"bytes=0-{SIZE // 3}", f"bytes={SIZE // 3 + 1}-"):
        assert send("GET", behind.link(), headers={"Range": span}).status == 206
    behind.logged(9)
    assert behind.read() == ("2 of our files, 1 downloads finished", 2)
    assert behind.read() == ("0 of our files, 0 downloads finished", 2)


def test_nothing_that_the_proxy_writes_opens_a_file(
    behind: Storage, reverse_proxy: ReverseProxy, file: SharedFile
) -> None:
    assert send("GET", behind.link()).status == 200
    break_off(behind.link(), 1_000_000)
    text = behind.logged(2)
    assert file.key in text
    for secret in ("X-Amz-Signature", "X-Amz-Credential", "a.bin", "?"):
        assert secret not in text
    assert oct(behind.log.stat().st_mode)[-3:] == "644"
    # Caddy tells on its own, too, that somebody hung up.
    assert ("aborting with incomplete response" in reverse_proxy.messages) == (reverse_proxy.name == "caddy")
    assert "X-Amz-Signature" not in reverse_proxy.messages


def test_without_an_access_log_the_proxy_writes_none(tmp_path: Path) -> None:
    command = [
        str(reverse_proxies.BIN_FOLDER / "caddy"),
        "adapt",
        "--adapter",
        "caddyfile",
        "--config",
        str(PROJECT / "deploy" / "Caddyfile"),
    ]
    environment = {"HOME": str(tmp_path), "SITE_URL": "https://a.test", "S3_PUBLIC_ENDPOINT_URL": "https://s.test"}
    for overrides in ({}, {"STORAGE_LOG": ""}):
        adapted = subprocess.run(command, env=environment | overrides, capture_output=True, text=True, check=True)
        assert "storage.log" not in adapted.stdout
    adapted = subprocess.run(
        command, env=environment | {"STORAGE_LOG": "-on"}, capture_output=True, text=True, check=True
    )
    assert '"filename":"/logs/storage.log"' in adapted.stdout


def test_the_proxy_of_the_compose_files_writes_where_the_worker_reads() -> None:
    environment = dict.fromkeys(compose_reader.variables(), "value") | {"ACCESS_LOG": "/logs/storage.log"}
    services = compose_reader.filled(compose_reader.raw(), environment)["services"]
    assert services["proxy"]["environment"]["STORAGE_LOG"] == "-on"
    assert services["worker"]["environment"]["ACCESS_LOG"] == "/logs/storage.log"
    assert "logs:/logs" in services["proxy"]["volumes"]
    assert "logs:/logs:ro" in services["worker"]["volumes"]
    without = compose_reader.filled(compose_reader.raw(), environment | {"ACCESS_LOG": ""})["services"]
    assert without["proxy"]["environment"]["STORAGE_LOG"] == ""
