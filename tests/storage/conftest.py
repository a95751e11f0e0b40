"""A real S3 server for this room's tests, and the means to speak plain HTTP to it."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shares.storage import ShareStorage


@dataclass(frozen=True)
class Store:
    url: str
    access_key: str
    secret_key: str


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("seaweedfs")
    made = Store(f"http://127.0.0.1:{free_port()}", secrets.token_hex(10), secrets.token_hex(20))
    identities = {
        "identities": [
            {
                "name": "tests",
                "credentials": [{"accessKey": made.access_key, "secretKey": made.secret_key}],
                "actions": ["Admin", "Read", "Write", "List", "Tagging"],
            }
        ]
    }
    config = folder / "identities.json"
    config.write_text(json.dumps(identities))
    process = subprocess.Popen(
        command(folder, config, int(made.url.rsplit(":", 1)[1])),
        env=os.environ | {"GOMEMLIMIT": "256MiB"},
        stdout=(folder / "log").open("wb"),
        stderr=subprocess.STDOUT,
        cwd=folder,
    )
    try:
        wait(made.url, process, folder / "log")
        yield made
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def command(folder: Path, config: Path, port: int) -> list[str]:
    binary = shutil.which("weed", path=sysconfig.get_path("scripts")) or "weed"
    ports = {
        name: free_port()
        for name in (
            "master.port",
            "master.port.grpc",
            "filer.port",
            "filer.port.grpc",
            "volume.port",
            "volume.port.grpc",
            "s3.port.grpc",
            "admin.port",
            "admin.port.grpc",
        )
    }
    data = folder / "data"
    data.mkdir()
    return [
        binary,
        "mini",
        f"-dir={data}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-s3.port={port}",
        f"-s3.config={config}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-admin.ui=false",
        "-webdav=false",
        "-master.telemetry=false",
        *(f"-{name}={number}" for name, number in ports.items()),
    ]


def wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=2)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the S3 server did not start: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def shares_store(store: Store) -> ShareStorage:
    made = ShareStorage(
        bucket_name="shares",
        region_name="us-east-1",
        endpoint_url=store.url,
        public_endpoint_url=store.url.replace("127.0.0.1", "{host}"),
        addressing_style="path",
        access_key=store.access_key,
        secret_key=store.secret_key,
    )
    made.setup(["http://127.0.0.1:8000"])
    return made
