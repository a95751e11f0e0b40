"""Few requests of a process wait for storage at the same time; others are rejected at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest

from shares.errors import StorageUnavailable
from shares.storage import bulkhead
from shares.storage.bulkhead import LIMIT, Bulkhead
from sharesite.dev_stack.site import THREADS_A_WORKER
from sharesite.env import PROJECT


@pytest.fixture
def full() -> Bulkhead:
    """Of two places."""
    new_bulkhead = Bulkhead()
    new_bulkhead.limit = 2
    return new_bulkhead


def test_it_leaves_half_of_the_threads() -> None:
    assert THREADS_A_WORKER == 2 * LIMIT
    assert f'"--blocking-threads", "{2 * LIMIT}"' in (PROJECT / "Dockerfile").read_text()


def test_others_are_refused_until_one_has_left(full: Bulkhead) -> None:
    with ThreadPoolExecutor(2) as pool:
        leave = threading.Event()

        def occupy(entered: threading.Event) -> None:
            with full.enter():
                entered.set()
                leave.wait(20)

        events = [threading.Event(), threading.Event()]
        for event in events:
            pool.submit(occupy, event)
        assert all(event.wait(20) for event in events)
        with pytest.raises(StorageUnavailable) as refusal, full.enter(timeout=0):
            pass
        assert refusal.value.retry_after == bulkhead.RETRY_SECONDS
        leave.set()
        with full.enter(timeout=20):
            pass


def test_a_slow_storage_has_no_queue(full: Bulkhead, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulkhead, "SLOW_SECONDS", 0)
    full._entered = {object(): 0.0, object(): 0.0}
    with pytest.raises(StorageUnavailable), full.enter(timeout=3600):
        pass


def test_a_request_takes_one_permit_whatever_its_number_of_threads(full: Bulkhead) -> None:
    def call() -> int:
        with full.enter(timeout=0):
            return len(full._entered)

    with full.enter(), ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(copy_context().run, call) for _ in range(8)]
        assert {future.result() for future in futures} == {1}
    assert full._entered == {}


def test_streams_use_the_permits_of_other_calls_and_leave_one(full: Bulkhead) -> None:
    with full.stream(), full.stream():
        with full.enter(timeout=0):
            assert len(full._entered) == 1
        full._entered = {object(): float("inf")}
        with pytest.raises(StorageUnavailable), full.enter(timeout=0):
            pass
    with full.enter(timeout=0):
        pass


def test_a_worker_has_no_limit() -> None:
    new_bulkhead = Bulkhead()
    with new_bulkhead.enter(), new_bulkhead.enter(), new_bulkhead.enter():
        assert new_bulkhead._entered == {}
