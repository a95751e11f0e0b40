"""Files arrive as they are, whatever happens on the way; and nobody is shown one that is not whole.

``CHAOS_CUT``, ``CHAOS_KILLS``, ``CHAOS_RESTARTS``, ``CHAOS_UPLOADS`` and ``CHAOS_LIVES`` set the lengths,
``CHAOS_SEED`` the lots; ``make faults`` runs the long forms. Each prints what it has counted.
"""

import os
import random
import time
from collections.abc import Callable

import pytest

from tests.e2e.chaos.proxy import SINGLE, Proxy, lots
from tests.e2e.chaos.reader import Reader, reader
from tests.e2e.chaos.senders import Crowd, Sender
from tests.e2e.site import Site
from tests.e2e.upload_page import fetched
from tests.postgres import PostgreSQL
from tests.stack import Stack, wait_ready

MIB = 1024 * 1024
PART = 5 * MIB
CUTS = 10
MAX_CONCURRENT_PARTS = 8
SEED = int(os.environ.get("CHAOS_SEED", str(random.randrange(10**6))))
CUT_UPLOADS = int(os.environ.get("CHAOS_CUT", "1"))
KILLS = int(os.environ.get("CHAOS_KILLS", "1"))
RESTARTS = int(os.environ.get("CHAOS_RESTARTS", "1"))
UPLOADS_A_KILL = int(os.environ.get("CHAOS_UPLOADS", "3"))
# How many lives of its URLs a slow upload takes, ten seconds each.
LIVES = int(os.environ.get("CHAOS_LIVES", "2"))


def count_intact(site: Site, senders: list[Sender]) -> int:
    """How many of the files are, byte for byte, what was sent."""
    return sum(list(fetched(site, sender.share).values()) == [sender.sum] for sender in senders)


def worst(kinds: list[str]) -> int:
    """Bytes that these cuts may cost: a cut request its part, a cut page a part of each lane."""
    return sum(PART if kind in SINGLE else PART * MAX_CONCURRENT_PARTS for kind in kinds)


def test_uploads_cut_ten_times_each_arrive_and_send_little_twice(
    haunted: Site, line: Proxy, sender_pool: Crowd
) -> None:
    dice = random.Random(SEED)
    line.lots = lambda: lots(dice, cuts=CUTS, size=64 * MIB)
    before = set(line.lines)
    since = time.monotonic()
    senders = sender_pool.send(CUT_UPLOADS, 64 * MIB)
    seconds = time.monotonic() - since
    lines = {key: transfer for key, transfer in line.lines.items() if key not in before}
    resent_bytes = {key: transfer.sent - 64 * MIB for key, transfer in lines.items()}
    kinds = [kind for transfer in lines.values() for kind in transfer.made]
    print(f"\nseed {SEED}: {len(kinds)} cuts { ({kind: kinds.count(kind) for kind in sorted(set(kinds))}) }", end="")
    print(f" in {seconds:.0f} s; sent again {sum(resent_bytes.values()) / PART / max(1, len(kinds)):.2f} parts a cut")
    assert count_intact(haunted, senders) == CUT_UPLOADS
    assert len(lines) == CUT_UPLOADS
    assert [len(transfer.made) for transfer in lines.values()] == [CUTS] * CUT_UPLOADS
    for key, transfer in lines.items():
        assert resent_bytes[key] <= worst(transfer.made), transfer


def striking(
    strikes: list[int], line: Proxy, reader: Reader, strike: Callable[[], None]
) -> Callable[[list[Sender]], None]:
    """A crowd's turn: tells the reader of new shares, and strikes whenever that many bytes more have been sent."""
    start = sum(transfer.sent for transfer in line.lines.values())

    def turn(senders: list[Sender]) -> None:
        for sender in senders:
            if not sender.share:
                sender.note_share()
            if sender.share:
                reader.shares.add(sender.share)
        if strikes and sum(transfer.sent for transfer in line.lines.values()) - start >= strikes[0]:
            strikes.pop(0)
            strike()

    return turn


def survive(haunted: Site, line: Proxy, sender_pool: Crowd, strike: Callable[[], None], count: int) -> None:
    """``count`` strikes at random moments of uploads of 32 MiB: all arrive, and none was shown early."""
    uploads = UPLOADS_A_KILL * count
    dice = random.Random(SEED)
    strikes = sorted(dice.randrange(uploads * 32 * MIB) for _ in range(count))
    remaining = list(strikes)
    since = time.monotonic()
    with reader(haunted) as recipient:
        senders = sender_pool.send(uploads, 32 * MIB, striking(remaining, line, recipient, strike))
        end = time.monotonic() + 60
        while recipient.shares - recipient.got.keys() and time.monotonic() < end:
            time.sleep(0.2)
    print(
        f"\nseed {SEED}: {count - len(remaining)} strikes, {uploads} uploads in {time.monotonic() - since:.0f} s",
        end="",
    )
    print(f", asked for too early {recipient.refusals} times")
    assert remaining == []
    assert recipient.refusals > 0
    assert recipient.got == {sender.share: sender.sum for sender in senders}
    assert count_intact(haunted, senders) == uploads


def test_a_storage_killed_again_and_again_loses_nothing_and_shows_nothing_early(
    haunted: Site, line: Proxy, sender_pool: Crowd, stack: Stack
) -> None:
    def kill() -> None:
        stack.storage.kill()
        with (stack.folder / "storage.log").open("ab") as log:
            stack.storage.start(log)
        stack.need(stack.storage)

    survive(haunted, line, sender_pool, kill, KILLS)


@pytest.mark.long
def test_site_and_database_killed_again_and_again_lose_nothing_and_show_nothing_early(
    haunted: Site, line: Proxy, sender_pool: Crowd, stack: Stack, database: PostgreSQL
) -> None:
    dice = random.Random(SEED)

    def kill() -> None:
        database.kill()
        if dice.random() < 0.5:
            haunted.stop()
        log = stack.folder / "haunted-database.log"
        with log.open("ab") as output:
            database.start(output)
        wait_ready(database, log)
        if haunted.process is None:
            haunted.start()

    survive(haunted, line, sender_pool, kill, RESTARTS)


@pytest.mark.long
def test_an_upload_may_last_longer_than_its_urls(haunted: Site, line: Proxy, sender_pool: Crowd) -> None:
    line.rate = 64 * MIB / (12 * LIVES)
    sender_pool.stall_ms = 30_000  # a slow line is none that has died
    since = time.monotonic()
    senders = sender_pool.send(1, 64 * MIB)
    seconds = time.monotonic() - since
    assert seconds > LIVES * 10
    assert count_intact(haunted, senders) == 1
    print(f"\n{seconds:.0f} s of URLs that live 10")
