"""Whether the store answers is known beforehand, asked rarely, and never keeps a crowd waiting."""

import threading
import time
from collections.abc import Callable

import pytest

from shares.storage import pulse
from shares.storage.pulse import Pulse
from sharesite.local.seaweedfs import SeaweedFS
from tests.storage.conftest import store_at
from tests.storage.liar import Liar, looking


class Clock:
    """What ``pulse`` takes for the time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(pulse, "time", self)

    def monotonic(self) -> float:
        return self.now


class Store:
    def __init__(self) -> None:
        self.well, self.asked = True, 0
        self.silent = threading.Event()
        self.silent.set()

    def __call__(self) -> bool:
        self.asked += 1
        self.silent.wait(5)
        return self.well


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_it_is_asked_beside_and_rarely(clock: Clock) -> None:
    store = Store()
    found = Pulse(store)
    for second in range(10):
        clock.now = 1000 + second
        for _ in range(100):
            assert found.beats()
            until(lambda: not found._asking.locked())
    assert store.asked == 2
    clock.now += 3600
    assert store.asked == 2  # nobody wanted to know


def test_a_store_that_does_not_answer_keeps_nobody_waiting(clock: Clock) -> None:
    store = Store()
    store.silent.clear()
    found = Pulse(store)
    started = time.monotonic()
    assert all(found.beats() for _ in range(100))
    assert (time.monotonic() - started < 1, store.asked) == (True, 1)
    store.well = False
    store.silent.set()
    until(lambda: not found.beats())


def test_away_is_known_soon_and_its_return_at_once(clock: Clock) -> None:
    store = Store()
    found = Pulse(store)
    assert found.beats()
    until(lambda: not found._asking.locked())
    store.well = False
    clock.now += pulse.WELL_SECONDS + 0.1
    found.beats()
    until(lambda: not found._asking.locked())
    assert not found.beats()
    store.well = True
    assert not found.beats()
    clock.now += pulse.AWAY_SECONDS + 0.1
    assert found.beats()


def test_only_one_waits_for_a_store_that_is_away(clock: Clock) -> None:
    store = Store()
    store.well = False
    found = Pulse(store)
    found.beats()
    until(lambda: not found._well)
    until(lambda: not found._asking.locked())
    clock.now += pulse.AWAY_SECONDS + 0.1
    store.silent.clear()
    waiting = threading.Thread(target=found.beats)
    waiting.start()
    until(found._asking.locked)
    assert not any(found.beats() for _ in range(100))
    assert store.asked == 2
    store.silent.set()
    waiting.join()


def test_an_asking_that_fails_is_no_end_of_it(clock: Clock) -> None:
    def broken() -> bool:
        raise RuntimeError

    found = Pulse(broken)
    found._well = False
    for _ in range(2):
        clock.now += pulse.AWAY_SECONDS + 0.1
        with pytest.raises(RuntimeError):
            found.beats()


def test_a_thread_that_cannot_start_is_no_end_of_it(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    store = Store()
    found = Pulse(store)
    with monkeypatch.context() as exhausted:
        exhausted.setattr(threading.Thread, "start", refuse)
        assert found.beats()
        assert store.asked == 0
    found.beats()
    until(lambda: store.asked == 1)


def test_what_counts_as_an_answer(storage_server: SeaweedFS) -> None:
    """Nobody has to be let in: a 403 is an answer. "Not now" is one as well, unless it comes twice."""
    assert store_at(storage_server)._probe()
    assert store_at(storage_server, access_key="nobody", secret_key="wrong")._probe()
    assert not store_at(storage_server, endpoint_url="http://127.0.0.1:1")._probe()
    with Liar(storage_server.url) as liar:
        store = store_at(storage_server, endpoint_url=liar.url)
        for status, times, answered in ((503, 1, True), (503, 2, False), (0, 1, True), (0, 2, False), (-1, 2, False)):
            liar.lie(looking, status=status, does=False, times=times)
            assert store._probe() == answered, (status, times)
            liar.quiet()
