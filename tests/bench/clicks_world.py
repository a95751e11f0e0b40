"""The shares, the server and the rounds of the click benchmark; imported once the settings are there."""

import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from shares.models import Share, SharedFile, User
from shares.models.grants import Grant
from shares.services import grants
from sharesite.local.ports import choose
from tests.bench import floor
from tests.bench.load import Report, paced, post, saturate
from tests.stack import Stack

SHARES, CONNECTIONS = 200, 16
DICE = random.Random(20261122)


def measure(stack: Stack, rounds: int, requests: int) -> dict[str, float]:
    files = populate()
    with web(stack) as port:
        paths = {
            "update": [post(f"/floor/update/{share}", port=port) for share in files],
            "fresh": [post(f"/share/{share}/files/{file}/download", port=port) for share, file in files.items()],
            "select": [post(f"/floor/select/{share}", port=port) for share in files],
            "granted": [
                post(f"/share/{share}/files/{file}/download", port=port, cookies=f"grant={token(share)}; opened=1")
                for share, file in files.items()
            ],
        }
        for choices in paths.values():
            drive(port, choices, requests // 4)
        rates: dict[str, list[float]] = {name: [] for name in paths}
        for _ in range(rounds):
            for name, choices in paths.items():
                rates[name].append(drive(port, choices, requests).rate)
        figures = {
            "fresh": statistics.median(a / b for a, b in zip(rates["fresh"], rates["update"], strict=True)),
            "granted": statistics.median(a / b for a, b in zip(rates["granted"], rates["select"], strict=True)),
        }
        for name, of in [("fresh", "update"), ("granted", "select")]:
            rate, base = statistics.median(rates[name]), statistics.median(rates[of])
            calm = paced(port, DICE.choices(paths[name], k=requests), connections=CONNECTIONS, rate=rate / 2)
            print(
                f"{name} click: {figures[name]:.2f} of the floor ({rate:.0f}/s against {base:.0f}/s); "
                f"at half of saturation p50 {calm.percentile(50):.1f} ms, p99 {calm.percentile(99):.1f} ms"
            )
    return figures


def drive(port: int, choices: list[bytes], requests: int) -> Report:
    report = saturate(port, DICE.choices(choices, k=requests), connections=CONNECTIONS)
    assert set(report.statuses) == {303}, report.statuses
    return report


def populate() -> dict[str, str]:
    """200 live shares of one file each, capped far above what the run takes; share id -> file id."""
    call_command("migrate", verbosity=0)
    now = timezone.now()
    owner = User.objects.create_user("bench@example.com")
    ends = now + timedelta(days=7)
    shares = [
        Share(owner=owner, created_at=now, expires_at=ends, max_downloads=10**9, live_at=now) for _ in range(SHARES)
    ]
    Share.objects.bulk_create(shares)
    files = [SharedFile(share=share, name="a.bin", size=1, created_at=now, ready_at=now) for share in shares]
    SharedFile.objects.bulk_create(files)
    with connection.cursor() as cursor:
        cursor.execute(floor.TABLE)
        cursor.executemany("INSERT INTO bench_floor VALUES (%s, 0)", [[share.pk] for share in shares])
    return {file.share_id: file.pk for file in files}


def token(share_id: str) -> str:
    share, now = Share.objects.get(pk=share_id), timezone.now()
    grant = Grant.objects.create(share=share, password_version=1, created_at=now, expires_at=now + timedelta(days=1))
    return grants.grant_token(grant)


@contextmanager
def web(stack: Stack) -> Iterator[int]:
    port = choose(["web"])["web"]
    command = [str(Path(sys.executable).with_name("granian")), "--interface=wsgi", "--host=127.0.0.1", f"--port={port}"]
    command += ["--workers=1", "--blocking-threads=4", "--no-ws", "--log-level=warning", "sharesite.wsgi:application"]
    with (stack.folder / "web.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(20)


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
