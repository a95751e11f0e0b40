"""The health of storage: known in advance, probed rarely, and certain before a download is taken."""

import threading
import time
from collections.abc import Callable

import pytest

from shares.storage import State, health_monitor
from shares.storage.bulkhead import Bulkhead
from shares.storage.health_monitor import HealthMonitor


class Clock:
    """What ``pulse`` takes for the time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(health_monitor, "time", self)

    def monotonic(self) -> float:
        return self.now


class Store:
    def __init__(self) -> None:
        self.state, self.probes = State.OK, 0
        self.silent = threading.Event()
        self.silent.set()

    def __call__(self) -> State:
        self.probes += 1
        state = self.state
        self.silent.wait(10)
        return state


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def monitor_for(store: Callable[[], State], *, limit: int | None = None) -> HealthMonitor:
    bulkhead = Bulkhead()
    bulkhead.limit = limit
    return HealthMonitor(store, bulkhead)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_pages_probe_in_the_background_and_rarely(clock: Clock) -> None:
    store = Store()
    monitor = monitor_for(store)
    for second in range(10):
        clock.now = 1000 + second
        for _ in range(100):
            assert monitor.state() is State.OK
            until(lambda: not monitor._probing)
    assert store.probes == 2
    clock.now += 3600
    assert store.probes == 2  # no request needed the state


def test_pages_wait_for_no_store(clock: Clock) -> None:
    store = Store()
    store.silent.clear()
    monitor = monitor_for(store)
    assert {monitor.state() for _ in range(100)} == {State.OK}
    assert store.probes == 1
    store.silent.set()


@pytest.mark.parametrize("bad", [State.UNAVAILABLE, State.REFUSES])
def test_the_first_download_of_a_process_detects_an_outage(clock: Clock, bad: State) -> None:
    store = Store()
    store.state = bad
    assert monitor_for(store).fresh_state() is bad


@pytest.mark.parametrize("bad", [State.UNAVAILABLE, State.REFUSES])
def test_what_counts_as_a_download_is_certain_at_that_very_moment(clock: Clock, bad: State) -> None:
    store = Store()
    monitor = monitor_for(store)
    assert monitor.fresh_state(exact=True) is State.OK
    clock.now += 0.000_001
    store.state = bad
    assert monitor.fresh_state() is State.OK  # takes nothing, so a third of a second does no harm
    assert monitor.fresh_state(exact=True) is bad


def test_an_answer_that_was_under_way_before_does_not_count(clock: Clock) -> None:
    store = Store()
    monitor = monitor_for(store)
    store.silent.clear()
    monitor.state()
    until(lambda: store.probes == 1)
    store.state = State.REFUSES
    clock.now += 0.01
    later: list[State] = []
    waiting = threading.Thread(target=lambda: later.append(monitor.fresh_state(exact=True)))
    waiting.start()
    store.silent.set()
    waiting.join(20)
    assert (later, store.probes) == ([State.REFUSES], 2)


def test_many_requests_probe_a_few_times_a_second(clock: Clock) -> None:
    store = Store()
    monitor = monitor_for(store)
    for _ in range(10_000):
        clock.now += 0.001
        assert monitor.fresh_state(exact=True) is State.OK
        until(lambda: not monitor._probing)
    assert (
        store.probes
        <= health_monitor.EXACT_BURST + 10 * (health_monitor.EXACT_A_SECOND + 2 / health_monitor.FRESH_SECONDS) + 1
    )


def test_under_load_no_request_waits_for_the_background_probe(clock: Clock) -> None:
    store = Store()
    monitor = monitor_for(store)
    monitor.fresh_state()
    monitor._exact = 0
    store.silent.clear()
    clock.now += health_monitor.FRESH_SECONDS * 0.75
    assert [monitor.fresh_state(exact=True) for _ in range(100)] == [State.OK] * 100
    until(lambda: store.probes == 2)
    store.silent.set()


def test_an_outage_is_detected_soon_and_its_end_at_once(clock: Clock) -> None:
    store = Store()
    monitor = monitor_for(store)
    assert monitor.fresh_state() is State.OK
    store.state = State.UNAVAILABLE
    clock.now += health_monitor.FRESH_SECONDS + 0.01
    assert monitor.fresh_state() is State.UNAVAILABLE
    store.state = State.OK
    assert monitor.fresh_state() is State.UNAVAILABLE
    clock.now += health_monitor.BAD_SECONDS + 0.01
    assert monitor.fresh_state() is State.OK


def test_only_one_request_waits_during_an_outage(clock: Clock) -> None:
    store = Store()
    store.state = State.UNAVAILABLE
    monitor = monitor_for(store)
    assert monitor.fresh_state() is State.UNAVAILABLE
    clock.now += health_monitor.BAD_SECONDS + 0.01
    store.silent.clear()
    waiting = threading.Thread(target=monitor.fresh_state)
    waiting.start()
    until(lambda: monitor._probing)
    assert {monitor.fresh_state() for _ in range(100)} == {State.UNAVAILABLE}
    assert store.probes == 2
    store.silent.set()
    waiting.join()


def test_few_wait_for_a_store_that_hangs_and_they_not_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_monitor, "WAIT_SECONDS", 3600.0)
    store = Store()
    store.silent.clear()
    monitor = monitor_for(store, limit=2)
    states: list[State] = []
    threads = [threading.Thread(target=lambda: states.append(monitor.fresh_state())) for _ in range(8)]
    for thread in threads:
        thread.start()
    until(lambda: len(states) == 6)  # two wait on
    assert set(states) == {State.UNAVAILABLE}
    store.silent.set()
    for thread in threads:
        thread.join(20)
    assert states[6:] == [State.OK, State.OK]


@pytest.mark.parametrize(("exact", "expected"), [(False, State.OK), (True, State.UNAVAILABLE)])
def test_a_busy_machine_refuses_only_what_would_count_as_a_download(
    monkeypatch: pytest.MonkeyPatch, exact: bool, expected: State
) -> None:
    """The store was well a moment ago, and there is no place to wait for its next answer."""
    monkeypatch.setattr(health_monitor, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(health_monitor, "WAIT_SECONDS", 3600.0)
    store = Store()
    monitor = monitor_for(store, limit=2)
    assert monitor.fresh_state() is State.OK
    store.silent.clear()
    states: list[State] = []
    threads = [threading.Thread(target=lambda: states.append(monitor.fresh_state(exact=exact))) for _ in range(8)]
    for thread in threads:
        thread.start()
    until(lambda: len(states) == 6)  # two wait on
    assert set(states) == {expected}
    store.silent.set()
    for thread in threads:
        thread.join(20)
    assert states[6:] == [State.OK, State.OK]


def test_a_storage_that_is_too_slow_is_an_outage_until_it_responds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_monitor, "WAIT_SECONDS", 0.05)
    store = Store()
    store.silent.clear()
    monitor = monitor_for(store)
    assert monitor.fresh_state() is State.UNAVAILABLE
    assert monitor.state() is State.UNAVAILABLE
    assert store.probes == 1
    store.silent.set()
    until(lambda: monitor.state() is State.OK)


def test_a_watching_client_gets_its_response_in_time(clock: Clock) -> None:
    store = Store()
    monitor = monitor_for(store)
    assert monitor.recent_state(20) is State.OK
    store.silent.clear()
    clock.now += health_monitor.PAGE_SECONDS + 0.01
    assert monitor.recent_state(0.01) is State.UNAVAILABLE
    assert monitor.recent_state(0.01) is State.UNAVAILABLE
    store.silent.set()
    until(lambda: monitor.recent_state(20) is State.OK)


def test_a_probe_that_fails_is_no_end_of_it(clock: Clock) -> None:
    def broken() -> State:
        raise RuntimeError

    monitor = monitor_for(broken)
    for _ in range(2):
        clock.now += health_monitor.BAD_SECONDS + 0.1
        assert monitor.fresh_state() is State.UNAVAILABLE
        assert not monitor._probing


def test_a_probe_that_is_lost_is_no_end_of_it(clock: Clock) -> None:
    store = Store()
    store.silent.clear()
    monitor = monitor_for(store)
    monitor.state()
    store.silent = threading.Event()
    store.silent.set()
    clock.now += health_monitor.LOST_SECONDS + 0.1
    assert monitor.fresh_state() is State.OK


def test_a_thread_that_cannot_start_is_no_end_of_it(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    store = Store()
    monitor = monitor_for(store)
    with monkeypatch.context() as exhausted:
        exhausted.setattr(threading.Thread, "start", refuse)
        assert monitor.state() is monitor.fresh_state() is State.OK
        assert store.probes == 0
    assert monitor.fresh_state() is State.OK
    assert store.probes == 1
