"""Every service of docker-compose.yml as a process of this machine, and a browser that keeps cookies."""

import os
import secrets
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from sharesite.dev_stack.ports import choose
from sharesite.env import PROJECT
from tests.deployment import compose_reader
from tests.deployment.compose_reader import TIMEOUT_SECONDS
from tests.stack import Stack

BIN_FOLDER = Path(sys.executable).parent
PORTS = [
    "web",
    "site",
    "public",
    "s3",
    "s3_grpc",
    "master",
    "master_grpc",
    "volume",
    "volume_grpc",
    "filer",
    "filer_grpc",
]


class Deployment:
    """Every service as docker-compose.yml describes it, with hosts, ports and paths of this machine."""

    def __init__(self, folder: Path, stack: Stack) -> None:
        self.folder = folder
        self.ports = choose(PORTS)
        self.variables = {
            "SITE_URL": f"https://localhost:{self.ports['site']}",
            "S3_PUBLIC_ENDPOINT_URL": f"https://localhost:{self.ports['public']}",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATABASE_PASSWORD": secrets.token_urlsafe(20),
            "AWS_ACCESS_KEY_ID": secrets.token_hex(10),
            "AWS_SECRET_ACCESS_KEY": secrets.token_hex(20),
            "STORAGE_ENCRYPTION_KEY": secrets.token_hex(32),
            "S3_SSE": "AES256",
            "SITE_ADMIN_EMAIL": "admin@example.com",
            "SITE_ADMIN_PASSWORD": secrets.token_urlsafe(20),
        }
        self.replacements = {
            "@database/": f"@127.0.0.1:{stack.database.port}/",
            "redis://broker:6379/0": stack.broker.url,
            "http://storage:8333": f"http://127.0.0.1:{self.ports['s3']}",
            "-s3.port=8333": f"-s3.port={self.ports['s3']}",
            "/run/secrets": str(folder / "secrets"),
            "-dir=/data": f"-dir={folder / 'storage'}",
            "0.0.0.0": "127.0.0.1",
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        compose_reader.secrets(folder / "secrets", self.variables)
        for name in ("data", "storage", "caddy"):
            (folder / name).mkdir()

    def environment(self, service: str) -> dict[str, str]:
        variables = compose_reader.read_service(service, self.variables, self.replacements).environment
        if "SITE_DATA" in variables:
            variables["SITE_DATA"] = str(self.folder / "data")
        return {
            "PATH": f"{BIN_FOLDER}:{os.environ['PATH']}",
            "PYTHONPATH": str(PROJECT),
            "HOME": str(self.folder),
            **variables,
        }

    def command(self, service: str) -> list[str]:
        arguments = compose_reader.read_service(service, self.variables, self.replacements).command
        if service == "web":
            arguments[arguments.index("--port") + 1] = str(self.ports["web"])
        if service == "storage":
            kinds = ("master", "volume", "filer", "s3")
            arguments += [f"-{kind}.port={self.ports[kind]}" for kind in kinds if kind != "s3"]
            arguments += [f"-{kind}.port.grpc={self.ports[f'{kind}_grpc']}" for kind in kinds]
            arguments += ["-filer.localSocket=filer.sock", "-s3.localSocket=s3.sock"]
        return arguments

    def run(self, service: str) -> str:
        """To its end, as the set-up step runs; what it said."""
        return compose_reader.run(self.command(service), self.environment(service))

    def start(self, service: str, command: list[str] | None = None) -> None:
        with (self.folder / f"{service}.log").open("wb") as log:
            self.processes[service] = subprocess.Popen(
                command or self.command(service),
                cwd=PROJECT if service != "storage" else self.folder / "storage",
                env=self.environment(service),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def start_proxy(self) -> None:
        changes = {
            "admin off": "admin off\n\tauto_https disable_redirects",
            "name web": "name localhost",
            "port 8000": f"port {self.ports['web']}",
            "storage:8333": f"127.0.0.1:{self.ports['s3']}",
        }
        self.start("proxy", compose_reader.write_caddyfile(self.folder, changes))

    def log(self, service: str) -> str:
        return (self.folder / f"{service}.log").read_text(errors="replace")

    def stop(self) -> None:
        for name, process in reversed(self.processes.items()):
            # A store that is asked to end waits ten seconds for its neighbors; nobody reads what this one has stored.
            process.kill() if name == "storage" else process.terminate()
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.ports['web']}"


class Browser:
    """Keeps cookies, follows redirects, trusts the proxy's own certificate authority."""

    def __init__(self, authority: Path) -> None:
        self.cookies = CookieJar()
        context = ssl.create_default_context(cafile=str(authority)) if authority.exists() else None
        https = [urllib.request.HTTPSHandler(context=context)] if context else []
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies), *https)

    def open(self, url: str, form: Mapping[str, str] | None = None) -> HTTPResponse:
        parts = urlsplit(url)
        headers = {"Referer": url, "Origin": f"{parts.scheme}://{parts.netloc}"} if form else {}
        body = urlencode(form).encode() if form else None
        try:
            response: HTTPResponse = self.opener.open(urllib.request.Request(url, body, headers), timeout=20)
        except urllib.error.HTTPError as error:
            return error  # type: ignore[return-value]  # an answer like any other
        return response


def eventually(condition: str, deployment: Deployment, test: Any) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        dead = [name for name, process in deployment.processes.items() if process.poll() is not None]
        assert not dead, f"{dead[0]} ended: {deployment.log(dead[0])[-2000:]}"
        try:
            if test():
                return
        except OSError:
            pass
        time.sleep(0.3)
    pytest.fail(f"{condition} did not come true in time")
