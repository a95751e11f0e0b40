"""A full disk: an error message, no process ends, and everything continues by itself when there is space again."""

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis

from sharesite.env import read_local
from tests.dev_stack.conftest import Starter
from tests.dev_stack.runner import Run
from tests.dev_stack.visitor import Response, Visitor

SIZE_MIB = 320
TIMEOUT_SECONDS = 180
MIB = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of this test's own."""
    if os.geteuid() != 0 and not os.environ.get("CI"):
        pytest.skip("only root can mount a file system")
    mount_point = tmp_path / "disk"
    mount_point.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "sharesite-test", mount_point], check=True)
    try:
        yield mount_point
    finally:
        subprocess.run(["umount", "--lazy", mount_point], check=True)


def fill(ballast: Path, *, leave: int = 0) -> None:
    """Fill the disk except for ``leave`` bytes."""
    size = shutil.disk_usage(ballast.parent).free - leave
    with ballast.open("wb", buffering=0) as file:
        try:
            os.posix_fallocate(file.fileno(), 0, size)
            while leave == 0:
                file.seek(0, os.SEEK_END)
                file.write(b"x" * 4096)
        except OSError:
            assert leave == 0


def ready(url: str) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(f"{url}readyz", timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def eventually(description: str, run: Run, condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        assert run.process.poll() is None, run.output_lines[-20:]
        assert time.monotonic() < deadline, (description, run.output_lines[-20:], ready(run.url))
        time.sleep(0.5)


def parts(run: Run) -> set[int]:
    return {process.pid for process in psutil.Process(run.process.pid).children() if process.is_running()}


def upload_succeeds(visitor: Visitor, content: bytes) -> bool:
    try:
        share = visitor.share(content)
    except AssertionError:
        return False
    return visitor.fetch(share) == (200, content)


def accepts_messages(run: Run) -> bool:
    """Whether the broker takes what the clock and the site hand to the worker."""
    broker = redis.Redis.from_url(read_local(run.data / "local.env")["REDIS_URL"], socket_timeout=20)
    with broker:
        return bool(broker.lpush("tests-of-a-full-disk", os.urandom(100_000)) and broker.delete("tests-of-a-full-disk"))


def reports_full_disk(response: Response) -> bool:
    status, text = response
    assert status in {200, 503}
    return status == 503 and b"disk of this server is full" in text


def warn_and_fill(run: Run, ballast: Path) -> None:
    """Almost full first, then to the last byte: what the supervisor and readyz say."""
    fill(ballast, leave=SIZE_MIB * MIB * 4 // 100)
    eventually("the warning", run, lambda: any("almost full" in line for line in run.output_lines))
    ballast.unlink()
    fill(ballast)
    eventually("readyz", run, lambda: ready(run.url)[1].get("disk") == "full")
    assert ready(run.url)[0] == 503
    eventually("the words", run, lambda: any("the disk is full" in line for line in run.output_lines))


def assert_not_signed(visitor: Visitor, file: str) -> None:
    digest = "A" * 43 + "="
    status, problem = visitor.api(f"/uploads/{file}/parts", {"parts": [{"number": 1, "checksum_sha256": digest}]})
    assert (status, problem["code"]) == (503, "disk-full"), problem
    assert "disk of this server is full" in problem["detail"]


def test_a_full_disk_ends_nothing_and_is_over_when_there_is_space(
    start: Starter, small_disk: Path, tmp_path: Path
) -> None:
    # What the supervisor says goes into a file elsewhere: on the full disk it would be lost.
    run = start(small_disk / "data", output=tmp_path / "said")
    run.wait_ready()
    visitor = Visitor(run)
    content = os.urandom(3 * MIB)
    share = visitor.share(content)
    assert visitor.fetch(share) == (200, content)
    assert ready(run.url)[0] == 200
    # An upload in progress: its URL is signed while there is space.
    _, under_way = visitor.api("/shares", {"title": "B", "files": [{"name": "b.bin", "size": len(content)}]})
    file = under_way["files"][0]["id"]
    [(url, headers, _)] = visitor.sign(file, [content])
    before = parts(run)

    ballast = small_disk / "ballast"
    warn_and_fill(run, ballast)
    assert {visitor.request(url, content, headers, "PUT")[0] // 100 for _ in range(5)} == {5}
    assert_not_signed(visitor, file)
    # Until the database has no space of its own left either.
    eventually("the page", run, lambda: reports_full_disk(visitor.fetch(share)))
    assert visitor.request(f"{run.url}share/{share}")[0] == 200
    assert all(accepts_messages(run) for _ in range(20))
    # The clock's own tasks fail meanwhile, and nobody ends because of it.
    assert run.process.poll() is None
    assert parts(run) == before

    ballast.unlink()
    eventually("readyz", run, lambda: ready(run.url)[0] == 200)
    eventually("free space", run, lambda: any("has free space again" in line for line in run.output_lines))
    assert visitor.fetch(share) == (200, content)
    eventually("the upload", run, lambda: visitor.request(url, content, headers, "PUT")[0] == 200)
    visitor.complete(file)
    assert visitor.fetch(under_way["id"]) == (200, content)
    eventually("an upload", run, lambda: upload_succeeds(visitor, content))
    assert parts(run) == before
    assert run.stop() == 0
