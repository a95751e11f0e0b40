"""The cost of looking at pages, as ratios to ``/healthz`` on the same server in the same run.

One Granian worker of four threads, 100 of 2,000 shares of three files, 16 connections. Every round requests each page
once, one after the other; the ratio of a round is page/healthz, and the figure is the median over the rounds.
"""

import statistics
from dataclasses import dataclass, field
from datetime import timedelta

import psutil
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from shares.models import Share, SharedFile, Upload, User
from shares.services import passwords
from shares.services.accounts import tokens
from sharesite.dev_stack.site import Web
from tests.bench.clicks import CONNECTIONS, DICE
from tests.bench.figures import Figure
from tests.bench.load import get, saturate
from tests.bench.site import serving
from tests.stack import Stack

SHARES, STORED_SHARES, FILES = 100, 2_000, 3
# An owner's pages take longer, so a round has fewer of them.
FEWER, SLOW_PAGES = 5, ("owner's list", "owner's share", "GET /api/v1/shares/{id}")
BASELINE = "/healthz"
# Name, minimum of its rate / that of the baseline, status.
PAGES = {
    "recipient's page": (0.45, 200),
    "locked page": (0.5, 200),
    "expired page": (0.5, 410),
    "removed page": (0.5, 410),
    "no such share": (0.5, 404),
    "owner's list": (0.1, 200),
    "owner's share": (0.1, 200),
    "GET /api/v1/shares/{id}": (0.2, 200),
}


@dataclass
class Rounds:
    """By page, one number a round: responses a second, and the server's seconds of processor time for each response."""

    rates: dict[str, list[float]] = field(default_factory=dict)
    costs: dict[str, list[float]] = field(default_factory=dict)

    def add(self, page: str, rate: float, cost: float) -> None:
        self.rates.setdefault(page, []).append(rate)
        self.costs.setdefault(page, []).append(cost)

    def ratio(self, page: str) -> float:
        pairs = zip(self.rates[page], self.rates[BASELINE], strict=True)
        return statistics.median(rate / base for rate, base in pairs)

    def cost_ratio(self, page: str) -> float:
        """The same by processor time, which other programs of the machine disturb less."""
        pairs = zip(self.costs[page], self.costs[BASELINE], strict=True)
        return statistics.median(base / cost for cost, base in pairs)


def measure(stack: Stack, *, short: bool) -> list[Figure]:
    stack.need(stack.database)
    call_command("migrate", verbosity=0)
    result = run(stack, rounds=5 if short else 15, requests=400 if short else 1000)
    for page in result.rates:
        rate, cost = statistics.median(result.rates[page]), statistics.median(result.costs[page])
        print(f"{page}: {rate:.0f}/s, {cost * 1000:.2f} ms of processor time; by that {result.cost_ratio(page):.2f}")
    return [Figure(f"{page} / {BASELINE}", result.ratio(page), target) for page, (target, _) in PAGES.items()]


def run(stack: Stack, *, rounds: int, requests: int, shares: int = SHARES, total: int = STORED_SHARES) -> Rounds:
    with serving(stack) as web:
        addresses = prepared(web.port, shares, total)
        for page in addresses:
            load_page(web, page, addresses[page], requests // 2)
        result = Rounds()
        for turn in range(rounds):
            for page in list(addresses)[:: 1 if turn % 2 else -1]:
                result.add(page, *load_page(web, page, addresses[page], requests))
    return result


def load_page(web: Web, page: str, choices: list[bytes], requests: int) -> tuple[float, float]:
    """Responses a second, and seconds of processor time for each of them."""
    before, requests = processor_seconds(web), requests // (FEWER if page in SLOW_PAGES else 1)
    report = saturate(web.port, DICE.choices(choices, k=requests), connections=CONNECTIONS)
    status = 200 if page == BASELINE else PAGES[page][1]
    assert set(report.statuses) == {status}, (page, report.statuses)
    return report.rate, (processor_seconds(web) - before) / requests


def processor_seconds(web: Web) -> float:
    """Of the server and its workers."""
    server = psutil.Process(web.pid)
    times = [process.cpu_times() for process in (server, *server.children(recursive=True))]
    return sum(entry.user + entry.system for entry in times)


def prepared(port: int, number: int, total: int) -> dict[str, list[bytes]]:
    """The requests of each page, in the order of ``PAGES``, after those of the baseline."""
    now = timezone.now()
    owner, _ = User.objects.get_or_create(email="pages@example.com", name="Olga Owner")
    columns = {"owner": owner, "created_at": now, "live_at": now, "expires_at": now + timedelta(days=7)}
    open_shares = put_shares([Share(title="Site visit", **columns) for _ in range(total)])[:number]
    hashed = passwords.hash_password("open sesame")
    locked = put_shares([Share(**columns, password=hashed) for _ in range(number)])
    expired = put_shares([Share(**columns | {"expires_at": now - timedelta(hours=1)}) for _ in range(number)])
    removed = put_shares([Share(**columns, revoked_at=now) for _ in range(number)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client()
    client.force_login(owner)
    session = f"Cookie: {settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    token = f"Authorization: Bearer {tokens.issue(user=owner, scopes=['read'], days=1, name='bench', now=now)}"

    def requests(ids: list[str], prefix: str = "/share/", suffix: str = "", header: str = "") -> list[bytes]:
        return [get(f"{prefix}{pk}{suffix}", port=port, headers=[header] if header else []) for pk in ids]

    return {
        BASELINE: [get(BASELINE, port=port)],
        "recipient's page": requests(open_shares),
        "locked page": requests(locked),
        "expired page": requests(expired),
        "removed page": requests(removed),
        "no such share": requests([Share().pk for _ in range(number)]),
        "owner's list": [get("/shares/", port=port, headers=[session])],
        "owner's share": requests(open_shares, "/shares/", "/", session),
        "GET /api/v1/shares/{id}": requests(open_shares, "/api/v1/shares/", "", token),
    }


def put_shares(shares: list[Share]) -> list[str]:
    """Store them with ``FILES`` ready files each. Returns their ids."""
    Share.objects.bulk_create(shares)
    files = [
        SharedFile(
            share=share,
            position=number,
            name=f"drawing-{number}.pdf",
            size=123_456 + number,
            content_type="application/pdf",
            checksum=b"c" * 32,
            sha256=b"s" * 32,
            created_at=share.created_at,
            ready_at=share.created_at,
        )
        for share in shares
        for number in range(FILES)
    ]
    SharedFile.objects.bulk_create(files)
    Upload.objects.bulk_create(
        Upload(file=file, part_size=settings.PART_BYTES, touched_at=file.created_at) for file in files
    )
    return [share.pk for share in shares]
