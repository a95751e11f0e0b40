"""The machine of a run, and how much of it other programs used meanwhile."""

import os
import platform
import time

import psutil

# Above this share of all cores a run's ratios tell more of the neighbors than of the site.
TOLERABLE = 0.15


def described() -> str:
    load = ", ".join(f"{average:.2f}" for average in os.getloadavg())
    return (
        f"{psutil.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}; load {load}"
    )


class Neighbors:
    """Measures, from its making on, the processor time that went to programs that are not of this run."""

    def __init__(self) -> None:
        self.started, self.all, self.own_seconds = time.monotonic(), _busy(), own_seconds()

    def share(self) -> float:
        """Of all cores, 0 to 1. Own processes that ended without being waited for count as foreign."""
        passed = (time.monotonic() - self.started) * (psutil.cpu_count() or 1)
        return max(0.0, (_busy() - self.all - (own_seconds() - self.own_seconds)) / passed)


def _busy() -> float:
    """Seconds, summed over the cores, in which any program ran or the host gave the core away."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0))


def own_seconds() -> float:
    """Processor seconds of this process and of all it started."""
    current = psutil.Process()
    used = 0.0
    for process in (current, *current.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        used += (
            times.user + times.system + getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
        )
    return used
