"""Files arrive intact, whatever interrupts their upload; and no recipient receives one that is incomplete.

``CHAOS_CUT``, ``CHAOS_KILLS``, ``CHAOS_RESTARTS``, ``CHAOS_UPLOADS`` and ``CHAOS_LIVES`` set the lengths,
``CHAOS_SEED`` the random choices; ``make faults`` runs the long forms. Each test prints its counts.
"""

import os
import random
import time
from collections.abc import Callable

import pytest

from tests.e2e.chaos.proxy import SINGLE, ChaosProxy, plan_cuts
from tests.e2e.chaos.reader import Reader, reader
from tests.e2e.chaos.senders import Sender, SenderPool
from tests.e2e.site import Site
from tests.e2e.upload_page import fetch_files
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
# How many lifetimes of its URLs a slow upload takes, ten seconds each.
LIVES = int(os.environ.get("CHAOS_LIVES", "2"))


def count_intact(site: Site, senders: list[Sender]) -> int:
    """The number of files that are, byte for byte, what was sent."""
    return sum(list(fetch_files(site, sender.share).values()) == [sender.digest] for sender in senders)


def max_resent_bytes(kinds: list[str]) -> int:
    """Bytes that these cuts may cost: a cut request its part, a cut page all concurrent parts."""
    return sum(PART if kind in SINGLE else PART * MAX_CONCURRENT_PARTS for kind in kinds)


def test_uploads_cut_ten_times_each_arrive_and_send_little_twice(
    chaos_site: Site, chaos_proxy: ChaosProxy, sender_pool: SenderPool
) -> None:
    dice = random.Random(SEED)
    chaos_proxy.plan_cuts = lambda: plan_cuts(dice, cuts=CUTS, size=64 * MIB)
    before = set(chaos_proxy.transfers)
    since = time.monotonic()
    senders = sender_pool.send(CUT_UPLOADS, 64 * MIB)
    seconds = time.monotonic() - since
    transfers = {key: transfer for key, transfer in chaos_proxy.transfers.items() if key not in before}
    resent_bytes = {key: transfer.sent_bytes - 64 * MIB for key, transfer in transfers.items()}
    kinds = [kind for transfer in transfers.values() for kind in transfer.cuts_made]
    print(f"\nseed {SEED}: {len(kinds)} cuts { ({kind: kinds.count(kind) for kind in sorted(set(kinds))}) }", end="")
    print(f" in {seconds:.0f} s; sent again {sum(resent_bytes.values()) / PART / max(1, len(kinds)):.2f} parts a cut")
    assert count_intact(chaos_site, senders) == CUT_UPLOADS
    assert len(transfers) == CUT_UPLOADS
    assert [len(transfer.cuts_made) for transfer in transfers.values()] == [CUTS] * CUT_UPLOADS
    for key, transfer in transfers.items():
        assert resent_bytes[key] <= max_resent_bytes(transfer.cuts_made), transfer


def kill_at(
    kill_positions: list[int], chaos_proxy: ChaosProxy, reader: Reader, kill: Callable[[], None]
) -> Callable[[list[Sender]], None]:
    """A ``turn`` of the sender pool: passes new shares to the reader, and kills at each position of bytes sent."""
    start = sum(transfer.sent_bytes for transfer in chaos_proxy.transfers.values())

    def turn(senders: list[Sender]) -> None:
        for sender in senders:
            if not sender.share:
                sender.note_share()
            if sender.share:
                reader.shares.add(sender.share)
        if (
            kill_positions
            and sum(transfer.sent_bytes for transfer in chaos_proxy.transfers.values()) - start >= kill_positions[0]
        ):
            kill_positions.pop(0)
            kill()

    return turn


def check_survival(
    chaos_site: Site, chaos_proxy: ChaosProxy, sender_pool: SenderPool, kill: Callable[[], None], count: int
) -> None:
    """``count`` kills at random moments of uploads of 32 MiB: all arrive, and none is available early."""
    uploads = UPLOADS_A_KILL * count
    dice = random.Random(SEED)
    kill_positions = sorted(dice.randrange(uploads * 32 * MIB) for _ in range(count))
    remaining = list(kill_positions)
    since = time.monotonic()
    with reader(chaos_site) as recipient:
        senders = sender_pool.send(uploads, 32 * MIB, kill_at(remaining, chaos_proxy, recipient, kill))
        end = time.monotonic() + 60
        while recipient.shares - recipient.digests.keys() and time.monotonic() < end:
            time.sleep(0.2)
    print(
        f"\nseed {SEED}: {count - len(remaining)} kills, {uploads} uploads in {time.monotonic() - since:.0f} s",
        end="",
    )
    print(f", requested too early {recipient.refusals} times")
    assert remaining == []
    assert recipient.refusals > 0
    assert recipient.digests == {sender.share: sender.digest for sender in senders}
    assert count_intact(chaos_site, senders) == uploads


def test_a_storage_killed_again_and_again_loses_nothing_and_shows_nothing_early(
    chaos_site: Site, chaos_proxy: ChaosProxy, sender_pool: SenderPool, stack: Stack
) -> None:
    def kill() -> None:
        stack.storage.kill()
        with (stack.folder / "storage.log").open("ab") as log:
            stack.storage.start(log)
        stack.need(stack.storage)

    check_survival(chaos_site, chaos_proxy, sender_pool, kill, KILLS)


@pytest.mark.long
def test_site_and_database_killed_again_and_again_lose_nothing_and_show_nothing_early(
    chaos_site: Site, chaos_proxy: ChaosProxy, sender_pool: SenderPool, stack: Stack, database: PostgreSQL
) -> None:
    dice = random.Random(SEED)

    def kill() -> None:
        database.kill()
        if dice.random() < 0.5:
            chaos_site.stop()
        log = stack.folder / "haunted-database.log"
        with log.open("ab") as output:
            database.start(output)
        wait_ready(database, log)
        if chaos_site.process is None:
            chaos_site.start()

    check_survival(chaos_site, chaos_proxy, sender_pool, kill, RESTARTS)


@pytest.mark.long
def test_an_upload_may_last_longer_than_its_urls(
    chaos_site: Site, chaos_proxy: ChaosProxy, sender_pool: SenderPool
) -> None:
    chaos_proxy.rate = 64 * MIB / (12 * LIVES)
    sender_pool.stall_ms = 30_000  # A slow connection is not a dead one.
    since = time.monotonic()
    senders = sender_pool.send(1, 64 * MIB)
    seconds = time.monotonic() - since
    assert seconds > LIVES * 10
    assert count_intact(chaos_site, senders) == 1
    print(f"\n{seconds:.0f} s with URLs that expire after 10 s")
