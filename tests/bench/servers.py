"""Granian against gunicorn, on the same pages, in the same run: ``python -m tests.bench servers``.

Each serves the same site on the same PostgreSQL with two worker processes of four threads. Both run all the time and
get requests in turn, so that other programs slow both down; a round's ratio is Granian/gunicorn, and the figure is the
median over the rounds. It has no target: decision 020 is based on it.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from django.core.management import call_command

from sharesite.dev_stack.ports import choose
from tests.bench.clicks import CONNECTIONS, DICE, populate
from tests.bench.figures import Figure
from tests.bench.load import anew, paced, post, saturate
from tests.bench.site import prepare_storage
from tests.stack import Stack

WORKERS, THREADS = 2, 4
APPLICATION = "sharesite.wsgi:application"
EXPECTED = {"page": 200, "click": 303}


@dataclass
class Server:
    name: str
    port: int
    process: psutil.Process
    rates: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in EXPECTED})

    def requests(self, kind: str, files: dict[str, str]) -> list[bytes]:
        if kind == "click":
            return [post(f"/share/{share}/files/{file}/download", port=self.port) for share, file in files.items()]
        lines = f"HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUser-Agent: bench\r\n\r\n"
        return [f"GET /share/{share} {lines}".encode() for share in files]

    def memory(self) -> float:
        """Memory that its processes share with nobody, in MiB."""
        return (
            sum(process.memory_full_info().uss for process in (self.process, *self.process.children(recursive=True)))
            / 2**20
        )


def command(name: str, port: int) -> list[str]:
    program = str(Path(sys.executable).with_name(name))
    if name == "granian":
        options = ["--interface=wsgi", "--host=127.0.0.1", f"--port={port}", f"--blocking-threads={THREADS}", "--no-ws"]
    else:
        options = ["--worker-class=gthread", f"--bind=127.0.0.1:{port}", f"--threads={THREADS}", "--keep-alive=30"]
    return [program, *options, f"--workers={WORKERS}", "--log-level=warning", APPLICATION]


@contextmanager
def serving(name: str, stack: Stack) -> Iterator[Server]:
    port = choose(["web"])["web"]
    with (stack.folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command(name, port), stdout=log, stderr=subprocess.STDOUT)
    try:
        wait(port, process)
        yield Server(name, port, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(20)


def measure(stack: Stack, *, short: bool) -> list[Figure]:
    rounds, requests = (3, 500) if short else (9, 1500)
    stack.need(stack.database)
    prepare_storage(stack)
    call_command("migrate", verbosity=0)
    files = populate()
    with ExitStack() as exit_stack:
        granian, gunicorn = (exit_stack.enter_context(serving(name, stack)) for name in ("granian", "gunicorn"))
        for kind in EXPECTED:
            alternate(kind, [granian, gunicorn], files, rounds, requests)
            pairs = zip(granian.rates[kind], gunicorn.rates[kind], strict=True)
            print(f"{kind}: granian at {statistics.median(a / b for a, b in pairs):.2f} of gunicorn")
            slower = min(statistics.median(server.rates[kind]) for server in (granian, gunicorn))
            for server in (granian, gunicorn):
                latency(kind, server, files, requests, slower / 2)
        for server in (granian, gunicorn):
            print(f"{server.name}: {server.memory():.0f} MiB")
    return []


def wait(port: int, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError("The web server did not start.")
        try:
            saturate(port, [post("/floor/select/x", port=port)], connections=1)
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("The web server does not answer.")


def alternate(kind: str, servers: list[Server], files: dict[str, str], rounds: int, requests: int) -> None:
    for turn in range(-1, rounds):
        for server in servers if turn % 2 else servers[::-1]:
            sample = [anew(request) for request in DICE.choices(server.requests(kind, files), k=requests)]
            report = saturate(server.port, sample, connections=CONNECTIONS)
            assert set(report.statuses) == {EXPECTED[kind]}, report.statuses
            if turn >= 0:  # The first only warms up.
                server.rates[kind].append(report.rate)


def latency(kind: str, server: Server, files: dict[str, str], requests: int, rate: float) -> None:
    sample = [anew(request) for request in DICE.choices(server.requests(kind, files), k=requests)]
    calm = paced(server.port, sample, connections=CONNECTIONS, rate=rate)
    print(
        f"  {server.name}: {statistics.median(server.rates[kind]):.0f}/s; at {rate:.0f}/s "
        f"p50 {calm.percentile(50):.1f} ms, p99 {calm.percentile(99):.1f} ms"
    )
