"""Mozilla's own scanner on the start page, behind the supplied Caddy."""

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sharesite.dev_stack import statics
from sharesite.dev_stack.ports import choose
from sharesite.env import PROJECT
from tests.deployment import compose_reader

BIN_FOLDER = Path(sys.executable).parent
# A name that browsers open by https alone, as an operator's own can become: all of .dev is on the preload list.
HOST = "files.sharesite.dev"
MIN_SCORE = 145


@dataclass(frozen=True)
class Behind:
    """The site behind the proxy: its ports, and the authority that signed its certificate."""

    http: int
    https: int
    authority: Path


def site(folder: Path, port: int) -> tuple[list[str], dict[str, str]]:
    command = [word.replace("0.0.0.0", "127.0.0.1") for word in compose_reader.image_command()]
    command[command.index("--port") + 1] = str(port)
    return command, {
        "PYTHONPATH": str(PROJECT),
        "SITE_DATA": str(folder),
        "SITE_URL": f"https://{HOST}",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "TRUSTED_PROXIES": "1",
        "S3_PUBLIC_ENDPOINT_URL": "https://storage.sharesite.dev",
        "S3_ENDPOINT_URL": "https://storage.sharesite.dev",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }


def proxy(folder: Path, ports: dict[str, int]) -> tuple[list[str], dict[str, str]]:
    """deploy/Caddyfile with ports of this machine, and with certificates of an authority of its own."""
    local = f"admin off\n\tlocal_certs\n\thttp_port {ports['http']}\n\thttps_port {ports['https']}"
    changes = {"admin off": local, "name web": "name localhost", "port 8000": f"port {ports['web']}"}
    return compose_reader.write_caddyfile(folder, changes), {
        "HOME": str(folder),
        "SITE_URL": f"https://{HOST}",
        "S3_PUBLIC_ENDPOINT_URL": "https://storage.sharesite.dev",
    }


def is_responding(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    folder = tmp_path_factory.mktemp("observatory")
    statics.collect()
    ports = choose(["web", "http", "https"])
    authority = folder / ".local/share/caddy/pki/authorities/local/root.crt"
    processes = []
    try:
        for name, (command, environment) in {"web": site(folder, ports["web"]), "proxy": proxy(folder, ports)}.items():
            with (folder / f"{name}.log").open("wb") as log:
                processes.append(
                    subprocess.Popen(
                        [str(BIN_FOLDER / command[0]), *command[1:]],
                        cwd=PROJECT,
                        env={"PATH": f"{BIN_FOLDER}:{os.environ['PATH']}", **environment},
                        stdout=log,
                        stderr=log,
                    )
                )
        deadline = time.monotonic() + 90
        while not (authority.exists() and is_responding(f"http://127.0.0.1:{ports['web']}/healthz")):
            assert [process.poll() for process in processes] == [None, None], (folder / "proxy.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield Behind(ports["http"], ports["https"], authority)
    finally:
        for process in processes:
            process.terminate()
            process.wait(30)


def scan(behind: Behind) -> dict[str, Any]:
    process = subprocess.run(
        ["node", "run.mjs", HOST, str(behind.http), str(behind.https)],
        cwd=PROJECT / "tests" / "observatory",
        env=os.environ | {"PATH": f"{BIN_FOLDER}:{os.environ['PATH']}", "NODE_EXTRA_CA_CERTS": str(behind.authority)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stderr[-2000:]
    report: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
    return report


def test_the_observatory_gives_all_points_it_has(behind: Behind) -> None:
    report = scan(behind)
    print(report)
    assert report["score"] >= MIN_SCORE, report
    assert report["grade"] == "A+"
