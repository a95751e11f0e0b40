"""An attack on share passwords: how many attempts reach the hash, and what they cost other requests. No broker runs.

One Granian worker of four threads. First 5,000 addresses try one share. Then 200 concurrent attempts at 50 shares while
others download; the same downloads without them are the baseline.
"""

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path

import psutil
from django.core.management import call_command
from django.utils import timezone

from shares.models import Event, Share, SharedFile, User
from shares.services import passwords
from shares.services.downloads import grants
from sharesite.dev_stack.site import Web
from tests.bench.clicks import CONNECTIONS, DICE, populate
from tests.bench.figures import Figure
from tests.bench.load import Report, anew, bursts, paced, post, saturate
from tests.bench.site import serving
from tests.stack import Stack

ADDRESSES, CONCURRENT_ATTEMPTS, LOCKED = 5_000, 200, 50
SECONDS, TURNS = 12, 1
# Of what the server could answer: other people click, and do not storm it.
BUSY = 0.25
MAX_ATTEMPTS, MAX_MIB, MAX_RATIO = 100, 300, 2.0


@dataclass(frozen=True)
class AttackResult:
    """``hashed`` of ``attempts`` reached the hash; ``is_unlocked``: a browser that had unlocked before still got in.

    ``memory`` in bytes above that of the idle site; the reports are of the clicks alone, of the clicks during the
    attack, and of the attempts.
    """

    attempts: int
    hashed: int
    is_unlocked: bool
    memory: int
    idle_report: Report
    busy_report: Report
    attack_report: Report


def measure(stack: Stack, *, short: bool) -> list[Figure]:
    stack.need(stack.database)
    call_command("migrate", verbosity=0)
    result = run(stack, addresses=ADDRESSES // (5 if short else 1), seconds=SECONDS // (2 if short else 1), turns=TURNS)
    print(f"{result.hashed} of {result.attempts} guesses from as many addresses reached the hash")
    print(f"a browser that had unlocked the share before {'got' if result.is_unlocked else 'DID NOT GET'} its file")
    print(
        f"{CONCURRENT_ATTEMPTS} at once: {result.memory / 2**20:.0f} MiB more; answers {result.attack_report.statuses}"
    )
    for name, clicks in (("clicks alone", result.idle_report), ("clicks meanwhile", result.busy_report)):
        print(f"{name}: p50 {clicks.percentile(50):.1f} ms, p99 {clicks.percentile(99):.1f} ms")
    return [
        Figure("guesses that reach the hash in an hour", _most_an_hour(result.hashed), MAX_ATTEMPTS, at_most=True),
        Figure("200 guesses at once, memory", result.memory / 2**20, MAX_MIB, "MiB", at_most=True),
        Figure(
            "200 guesses at once, p99 of clicks / alone",
            result.busy_report.percentile(99) / result.idle_report.percentile(99),
            MAX_RATIO,
            at_most=True,
        ),
    ]


def _most_an_hour(in_a_window: int) -> int:
    """An hour touches as many windows as fit into it and one more."""
    return in_a_window * (timedelta(hours=1) // passwords.SHARE_WINDOW + 1)


def run(stack: Stack, *, addresses: int, seconds: int, turns: int) -> AttackResult:
    files = populate(100, total=500)
    locked = _locked(LOCKED + 1)
    with (
        serving(stack, TRUSTED_PROXIES="1") as web,
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as beside,
    ):
        first, *other_shares = locked
        clicks = [post(f"/share/{share}/files/{file}/download", port=web.port) for share, file in files.items()]
        saturate(web.port, [anew(click) for click in clicks], connections=CONNECTIONS)
        rate = BUSY * saturate(web.port, [anew(click) for click in clicks * 3], connections=CONNECTIONS).rate
        idle_report, idle_bytes = _paced(web.port, clicks, rate, seconds), _peak(web, from_now=True)
        # As many at once as find a place: none is turned away before it is counted.
        saturate(web.port, _attempts(web.port, [first], addresses), connections=passwords.MAX_CONCURRENT_HASHES)
        hashed = Event.objects.filter(share_id=first, kind="refused", detail="wrong-password").count()
        is_unlocked = _unlocked_click(web.port, first)
        rounds = [_attempts(web.port, other_shares, CONCURRENT_ATTEMPTS) for _ in range(turns)]
        rushing = beside.submit(bursts, web.port, rounds, pause=seconds / turns)
        busy_report = _paced(web.port, clicks, rate, seconds)
        attack_report = rushing.result()
        memory = _peak(web) - idle_bytes
    return AttackResult(addresses, hashed, is_unlocked, memory, idle_report, busy_report, attack_report)


def _paced(port: int, clicks: Sequence[bytes], rate: float, seconds: int) -> Report:
    sample = [anew(click) for click in DICE.choices(clicks, k=max(10, int(rate * seconds)))]
    report = paced(port, sample, connections=CONNECTIONS, rate=rate)
    assert set(report.statuses) == {303}, report.statuses
    return report


def _attempts(port: int, shares: Sequence[str], number: int) -> list[bytes]:
    addresses = [IPv4Address(0x0A000000 + offset) for offset in DICE.sample(range(2**24), number)]
    return [
        anew(
            post(
                f"/share/{shares[index % len(shares)]}/unlock",
                port=port,
                fields="&password=guess",
                headers=[f"X-Forwarded-For: {address}"],
            )
        )
        for index, address in enumerate(addresses)
    ]


def _locked(number: int) -> list[str]:
    now, owner = timezone.now(), User.objects.create_user("locked@example.com")
    hashed = passwords.hash_password("open sesame")
    ends = now + timedelta(days=1)
    shares = [Share(owner=owner, created_at=now, live_at=now, expires_at=ends, password=hashed) for _ in range(number)]
    Share.objects.bulk_create(shares)
    SharedFile.objects.bulk_create(
        SharedFile(share=share, name="a.bin", size=1, created_at=now, ready_at=now) for share in shares
    )
    return [share.pk for share in shares]


def _unlocked_click(port: int, share_id: str) -> bool:
    share = Share.objects.get(pk=share_id)
    cookie = f"unlock={grants.unlock_token(share, timezone.now())}"
    click = post(f"/share/{share_id}/files/{share.files.get().pk}/download", port=port, cookies=cookie)
    return saturate(port, [click, click], connections=1).statuses == {303: 2}


def _peak(web: Web, *, from_now: bool = False) -> int:
    """The most bytes that server and workers have had in memory since they were last asked ``from_now``; Linux only."""
    server, peak_bytes = psutil.Process(web.pid), 0
    for process in (server, *server.children(recursive=True)):
        folder = Path("/proc") / str(process.pid)
        if from_now:
            (folder / "clear_refs").write_text("5")
        [line] = [line for line in (folder / "status").read_text().splitlines() if line.startswith("VmHWM")]
        peak_bytes += int(line.split()[1]) * 1024
    return peak_bytes
