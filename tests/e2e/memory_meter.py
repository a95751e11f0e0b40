"""Memory of the programs at work, looked at while they work."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psutil
from playwright.sync_api import Browser

MIB = 1024 * 1024
Weigh = Callable[[], int]


@dataclass
class Weight:
    """Bytes before, and at the highest."""

    before: dict[str, int]
    peak: dict[str, int] = field(default_factory=dict)

    def grown(self, name: str) -> float:
        """In MiB."""
        return (self.peak[name] - self.before[name]) / MIB

    def __str__(self) -> str:
        return ", ".join(f"{name} +{self.grown(name):.0f} MiB (to {self.peak[name] / MIB:.0f})" for name in self.before)


def server(pid: int) -> Weigh:
    """The resident memory of a server and its workers."""

    def weigh() -> int:
        process = psutil.Process(pid)
        return sum(member.memory_info().rss for member in (process, *process.children(recursive=True)))

    return weigh


def chromium(browser: Browser) -> Weigh:
    """All of its processes, each with its share of what is shared: page, service worker, network, disk."""
    session = browser.new_browser_cdp_session()
    first = next(info for info in session.send("SystemInfo.getProcessInfo")["processInfo"] if info["type"] == "browser")
    session.detach()
    process = psutil.Process(first["id"])

    def weigh() -> int:
        total = 0
        for member in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += member.memory_full_info().pss
        return total

    return weigh


@contextmanager
def weighed(**meters: Weigh) -> Iterator[Weight]:
    weight = Weight({name: weigh() for name, weigh in meters.items()})
    weight.peak = dict(weight.before)
    over = threading.Event()

    def sample_peaks() -> None:
        while not over.wait(0.2):
            for name, weigh in meters.items():
                weight.peak[name] = max(weight.peak[name], weigh())

    watcher = threading.Thread(target=sample_peaks, daemon=True)
    watcher.start()
    try:
        yield weight
    finally:
        over.set()
        watcher.join()


def since(start: float) -> float:
    return time.monotonic() - start
