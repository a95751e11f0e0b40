"""The variants of docker-compose.yml for existing services, run on this machine with their own environment."""

import json
import os
import secrets
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import psycopg
import pytest
from psycopg import sql

from sharesite.dev_stack import statics
from sharesite.dev_stack.ports import choose
from sharesite.env import PROJECT
from tests.deployment import compose_reader, reverse_proxies
from tests.deployment.compose_reader import WHOLE
from tests.stack import Stack

BIN_FOLDER = Path(sys.executable).parent
OWN_PROXY = ("docker-compose.yml", "deploy/compose/own-proxy.yml")
# What this machine adds to the environment of a container.
BASE_ENVIRONMENT = {"PATH": f"{BIN_FOLDER}:{os.environ['PATH']}", "PYTHONPATH": str(PROJECT)}


@pytest.fixture(scope="module")
def database(stack: Stack) -> Iterator[str]:
    """The URL of an empty database, such as somebody else runs it."""
    stack.need(stack.database)
    server, _, _ = stack.database.url.rpartition("/")
    name = sql.Identifier("elsewhere")
    with psycopg.connect(stack.database.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    yield f"{server}/elsewhere"
    with psycopg.connect(stack.database.url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


@pytest.fixture(scope="module")
def site_variables(stack: Stack, database: str) -> dict[str, str]:
    """The .env of somebody who has database, broker and storage already."""
    stack.need(stack.broker)
    stack.need(stack.storage)
    statics.collect()
    return {
        "SITE_URL": "https://files.example.org",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATABASE_URL": database,
        "REDIS_URL": stack.broker.url,
        "S3_ENDPOINT_URL": stack.storage.url,
        "S3_PUBLIC_ENDPOINT_URL": "https://storage.example.org",
        "S3_BUCKET": "elsewhere",
        "AWS_ACCESS_KEY_ID": stack.storage.access_key,
        "AWS_SECRET_ACCESS_KEY": stack.storage.secret_key,
        "SITE_ADMIN_EMAIL": "admin@example.com",
        "SITE_ADMIN_PASSWORD": "a good long phrase",
    }


def environment(service: str, variables: Mapping[str, str], folder: Path, files: tuple[str, ...]) -> dict[str, str]:
    if not (folder / "secrets").exists():
        compose_reader.secrets(folder / "secrets", variables, files)
    service_environment = compose_reader.read_service(
        service, variables, {"/run/secrets": str(folder / "secrets")}, files
    ).environment
    return BASE_ENVIRONMENT | {"HOME": str(folder)} | service_environment | {"SITE_DATA": str(folder)}


def prepare(variables: Mapping[str, str], folder: Path, files: tuple[str, ...]) -> str:
    command = compose_reader.read_service("setup", variables, {}, files).command
    return compose_reader.run(command, environment("setup", variables, folder, files))


@contextmanager
def web(variables: Mapping[str, str], folder: Path, files: tuple[str, ...]) -> Iterator[int]:
    """The port of the image's own command, once it answers."""
    port = choose(["web"])["web"]
    command = compose_reader.read_service("web", variables, {"0.0.0.0": "127.0.0.1"}, files).command
    command[command.index("--port") + 1] = str(port)
    command[command.index("--workers") + 1] = "1"
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environment("web", variables, folder, files), stdout=log, stderr=log
        )
    try:
        reverse_proxies.wait_for(process, [f"http://127.0.0.1:{port}/healthz"], folder / "web.log")
        yield port
    finally:
        process.terminate()
        process.wait(40)


def status(url: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


class Metadata(BaseHTTPRequestHandler):
    """The metadata service of a cloud's machine (IMDSv2), which hands out the key pair of its role."""

    pair: ClassVar[dict[str, str]] = {}
    requests: ClassVar[list[str]] = []

    def respond(self, text: str) -> None:
        self.requests.append(f"{self.command} {self.path}")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def do_PUT(self) -> None:
        self.respond("a-token-of-the-service")

    def do_GET(self) -> None:
        role = self.path.endswith("/security-credentials/")
        self.respond("sharesite-role" if role else json.dumps({"Code": "Success", "Type": "AWS-HMAC"} | self.pair))

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def metadata(stack: Stack) -> Iterator[str]:
    Metadata.pair = {
        "AccessKeyId": stack.storage.access_key,
        "SecretAccessKey": stack.storage.secret_key,
        # The supplied storage knows no tokens of others.
        "Token": "",
        "Expiration": f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
    }
    server = ThreadingHTTPServer(("127.0.0.1", 0), Metadata)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_everything_elsewhere_by_the_environment_alone(
    site_variables: dict[str, str], metadata: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "admin@example.com" in prepare(site_variables, tmp_path, OWN_PROXY)
    # Once there is an administrator, .env needs no password; the role of the machine takes the place of a key pair.
    later = site_variables | {"SITE_ADMIN_PASSWORD": "", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    monkeypatch.setitem(BASE_ENVIRONMENT, "AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata)
    later_folder = tmp_path / "later"
    later_folder.mkdir()
    assert "sign in as admin@example.com" in prepare(later, later_folder, OWN_PROXY)
    with web(later, later_folder, OWN_PROXY) as port:
        code, body = status(f"http://127.0.0.1:{port}/readyz")
        assert (code, json.loads(body)["storage"]) == (200, "ok")
        code, page = status(
            f"http://127.0.0.1:{port}/accounts/login/", Host="files.example.org", X_Forwarded_Proto="https"
        )
        assert code == 200
        assert "csrfmiddlewaretoken" in page
    assert "GET /latest/meta-data/iam/security-credentials/sharesite-role" in Metadata.requests


def test_a_network_without_names(site_variables: dict[str, str], stack: Stack, tmp_path: Path) -> None:
    """By plain address, the supplied proxy serving site and storage at two ports of it."""
    folder = tmp_path / "proxy"
    folder.mkdir()
    files = (*WHOLE, "deploy/compose/one-name.yml")
    with web(site_variables | {"SITE_URL": "http://127.0.0.1"}, tmp_path, OWN_PROXY) as port:
        running_proxy = reverse_proxies.running(
            "caddy", folder, storage=stack.storage.url.removeprefix("http://"), web=port
        )
        with running_proxy as proxy:
            assert status(f"{proxy.site}/accounts/login/")[0] == 200
            assert status(f"{proxy.public}/elsewhere/")[0] == 403
            assert "hidden" not in status(f"{proxy.public}/elsewhere/", Cookie="session=hidden")[1]
    addresses = {"S3_PUBLIC_ENDPOINT_URL": "http://192.168.1.10:8443", "SITE_URL": "http://192.168.1.10"}
    complete = dict.fromkeys(compose_reader.variables(), "value") | addresses | {"STORAGE_PORT": ""}
    ports = compose_reader.filled(compose_reader.raw(files), complete)["services"]["proxy"]["ports"]
    assert "8443:8443" in ports


def test_a_folder_that_cannot_be_written_is_named(site_variables: dict[str, str], tmp_path: Path) -> None:
    """As a bind mount that belongs to root is found by a container that does not run as root."""
    data = Path("/proc/not-to-be-made")  # where nobody may write, not even root
    process_environment = environment("setup", site_variables, tmp_path, OWN_PROXY) | {"SITE_DATA": str(data)}
    command = compose_reader.read_service("setup", site_variables, {}, OWN_PROXY).command
    process = subprocess.run(command, cwd=PROJECT, env=process_environment, capture_output=True, text=True, check=False)
    assert process.returncode == 1
    assert str(data) in process.stderr
    assert "chown" in process.stderr
    assert "Traceback" not in process.stderr
