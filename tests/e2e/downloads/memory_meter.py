"""Measures the memory of running programs."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psutil
from playwright.sync_api import Browser

MIB = 1024 * 1024
Meter = Callable[[], int]


@dataclass
class MemoryUsage:
    """Bytes at the start, and the peak."""

    before: dict[str, int]
    peak: dict[str, int] = field(default_factory=dict)

    def grown_mib(self, name: str) -> float:
        """In MiB."""
        return (self.peak[name] - self.before[name]) / MIB

    def __str__(self) -> str:
        return ", ".join(
            f"{name} +{self.grown_mib(name):.0f} MiB (to {self.peak[name] / MIB:.0f})" for name in self.before
        )


def server(pid: int) -> Meter:
    """The resident memory of a server and its workers."""

    def read_memory() -> int:
        process = psutil.Process(pid)
        return sum(member.memory_info().rss for member in (process, *process.children(recursive=True)))

    return read_memory


def chromium(browser: Browser) -> Meter:
    """The proportional memory of all its processes: page, service worker, network, disk."""
    session = browser.new_browser_cdp_session()
    first = next(info for info in session.send("SystemInfo.getProcessInfo")["processInfo"] if info["type"] == "browser")
    session.detach()
    process = psutil.Process(first["id"])

    def read_memory() -> int:
        total = 0
        for member in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += member.memory_full_info().pss
        return total

    return read_memory


@contextmanager
def measure_memory(**meters: Meter) -> Iterator[MemoryUsage]:
    usage = MemoryUsage({name: read_memory() for name, read_memory in meters.items()})
    usage.peak = dict(usage.before)
    over = threading.Event()

    def sample_peaks() -> None:
        while not over.wait(0.2):
            for name, read_memory in meters.items():
                usage.peak[name] = max(usage.peak[name], read_memory())

    watcher = threading.Thread(target=sample_peaks, daemon=True)
    watcher.start()
    try:
        yield usage
    finally:
        over.set()
        watcher.join()


def seconds_since(start: float) -> float:
    return time.monotonic() - start
