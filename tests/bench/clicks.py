"""The cost of starting a download, as ratios to bare views on the same server and database in the same run.

One Granian worker of four threads, 200 of 5,000 shares, 16 connections. Every round requests each path once, one after
the other; the ratio of a round is download/baseline, and the figure is the median over the rounds. See ``baseline.py``.
"""

import random
import statistics
from dataclasses import dataclass, field
from datetime import timedelta

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from shares.models import Share, SharedFile, User
from shares.models.grants import Grant
from shares.services.downloads import grants
from tests.bench import baseline
from tests.bench.figures import Figure
from tests.bench.load import Report, anew, paced, post, saturate
from tests.bench.site import serving
from tests.stack import Stack

SHARES, STORED_SHARES, CONNECTIONS = 200, 5_000, 16
PAIRS = {"fresh": "update", "granted": "select"}
TARGETS = {"fresh": 0.6, "granted": 0.8}
DICE = random.Random(20261122)


@dataclass
class Rounds:
    """Answers a second by path, one number a round; ``calm`` is each click at half of its saturation rate."""

    rates: dict[str, list[float]]
    calm: dict[str, Report] = field(default_factory=dict)

    def ratio(self, click: str) -> float:
        return statistics.median(a / b for a, b in zip(self.rates[click], self.rates[PAIRS[click]], strict=True))

    def rate(self, path: str) -> float:
        return statistics.median(self.rates[path])


def measure(stack: Stack, *, short: bool) -> list[Figure]:
    stack.need(stack.database)
    call_command("migrate", verbosity=0)
    result = run(stack, populate(), rounds=5 if short else 15, requests=1000 if short else 2000)
    for click, bare in PAIRS.items():
        calm = result.calm[click]
        print(
            f"{click} click: {result.rate(click):.0f}/s against {result.rate(bare):.0f}/s; "
            f"at half of saturation p50 {calm.percentile(50):.1f} ms, p99 {calm.percentile(99):.1f} ms"
        )
    return [Figure(f"{click} click / bare {PAIRS[click]}", result.ratio(click), TARGETS[click]) for click in PAIRS]


def run(stack: Stack, files: dict[str, str], *, rounds: int, requests: int) -> Rounds:
    with serving(stack) as web:
        paths = prepared(web.port, files)
        for choices in paths.values():
            drive(web.port, choices, requests // 2)
        result = Rounds({path: [] for path in paths})
        for turn in range(rounds):
            # Whatever comes second in a pair may find a warmer or a wearier machine: take turns.
            for path in list(paths)[:: 1 if turn % 2 else -1]:
                result.rates[path].append(drive(web.port, paths[path], requests).rate)
        for click in PAIRS:
            sample = [anew(request) for request in DICE.choices(paths[click], k=requests)]
            result.calm[click] = paced(web.port, sample, connections=CONNECTIONS, rate=result.rate(click) / 2)
    return result


def prepared(port: int, files: dict[str, str]) -> dict[str, list[bytes]]:
    def click(share: str, file: str, cookies: str = "") -> bytes:
        return post(f"/share/{share}/files/{file}/download", port=port, cookies=cookies)

    return {
        "update": [post(f"/floor/update/{share}", port=port) for share in files],
        "fresh": [click(share, file) for share, file in files.items()],
        "select": [post(f"/floor/select/{share}", port=port) for share in files],
        "granted": [click(share, file, f"grant={token(share)}; opened=1") for share, file in files.items()],
    }


def drive(port: int, choices: list[bytes], requests: int) -> Report:
    report = saturate(port, [anew(request) for request in DICE.choices(choices, k=requests)], connections=CONNECTIONS)
    assert set(report.statuses) == {303}, report.statuses
    return report


def populate(number: int = SHARES, total: int = STORED_SHARES) -> dict[str, str]:
    """Live shares of one file each, capped far above what the run takes; share id -> file id for ``number`` of them.

    There are ``total`` in all: in an empty database every lookup is a scan of a single page.
    """
    now = timezone.now()
    owner, _ = User.objects.get_or_create(email="clicks@example.com")
    ends = now + timedelta(days=7)
    shares = [
        Share(owner=owner, created_at=now, expires_at=ends, max_downloads=10**9, live_at=now) for _ in range(total)
    ]
    Share.objects.bulk_create(shares)
    files = [SharedFile(share=share, name="a.bin", size=1, created_at=now, ready_at=now) for share in shares]
    SharedFile.objects.bulk_create(files)
    with connection.cursor() as cursor:
        cursor.execute(baseline.TABLE)
        cursor.executemany("INSERT INTO bench_floor VALUES (%s, 0)", [[share.pk] for share in shares])
        cursor.execute("ANALYZE")
    return {file.share_id: file.pk for file in files[:number]}


def token(share_id: str) -> str:
    share, now = Share.objects.get(pk=share_id), timezone.now()
    grant = Grant.objects.create(share=share, password_version=1, created_at=now, expires_at=now + timedelta(days=1))
    return grants.grant_token(grant)
