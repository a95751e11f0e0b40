"""Prints the progress of a run and the running tests, every half minute; at its end, the load of the machine."""

import os
import threading
import time

import psutil
import pytest

INTERVAL_SECONDS = 30
SAMPLE_SECONDS = 5


class Progress:
    """Loaded by the process that reports to the terminal, never by those that run tests for it."""

    def __init__(self, reporter: pytest.TerminalReporter) -> None:
        self.reporter = reporter
        self.running: dict[str, float] = {}
        self.total = self.finished = self.failed = 0
        self.started = time.monotonic()
        self.stopped = threading.Event()
        self.machine = MachineMeter()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.total = max(self.total, len(session.items))
        self.start()

    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self.total = max(self.total, len(ids))
        self.start()

    def start(self) -> None:
        if self.total and not any(thread.name == "progress" for thread in threading.enumerate()):
            threading.Thread(target=self._report, name="progress", daemon=True).start()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.running[nodeid] = time.monotonic()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed += report.failed
        if report.when == "teardown":
            self.finished += 1
            self.running.pop(report.nodeid, None)

    def _report(self) -> None:
        ticks = 0
        while not self.stopped.wait(SAMPLE_SECONDS):
            self.machine.sample()
            ticks += 1
            if ticks * SAMPLE_SECONDS % INTERVAL_SECONDS == 0:
                self.reporter.ensure_newline()
                self.reporter.write_line(self.line(time.monotonic()))
                self.reporter.flush()

    def line(self, now: float) -> str:
        elapsed = int(now - self.started)
        running = ", ".join(
            f"{name.removeprefix('tests/')} ({now - since:.0f} s)" for name, since in list(self.running.items())
        )
        failed = f", {self.failed} failed" if self.failed else ""
        return f"[{elapsed // 60}:{elapsed % 60:02}] {self.finished} of {self.total}{failed}; running: {running or '-'}"

    def pytest_terminal_summary(self) -> None:
        self.stopped.set()
        self.reporter.write_line(self.machine.summary())


class MachineMeter:
    """Processor time of the whole machine, and of processes that do not belong to this run."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.first = psutil.cpu_times()
        self.other_processes: dict[int, tuple[float, float]] = {}
        self.other_seconds = 0.0
        self.sample()

    def sample(self) -> None:
        """Add what other processes have used since the last sample; one that came and went in between is missed."""
        own_pids = {os.getpid(), *(child.pid for child in psutil.Process().children(recursive=True))}
        other_samples: dict[int, tuple[float, float]] = {}
        for process in psutil.process_iter(["cpu_times", "create_time"]):
            times = process.info["cpu_times"]
            if times is None or process.pid in own_pids:
                continue
            created, used = process.info["create_time"], times.user + times.system
            other_samples[process.pid] = (created, used)
            previous = self.other_processes.get(process.pid)
            if previous and previous[0] == created:
                self.other_seconds += used - previous[1]
        self.other_processes = other_samples

    def summary(self) -> str:
        elapsed = time.monotonic() - self.started
        last = psutil.cpu_times()
        cores = psutil.cpu_count() or 1
        idle = (last.idle - self.first.idle) + getattr(last, "iowait", 0) - getattr(self.first, "iowait", 0)
        busy = 100 * (1 - idle / (elapsed * cores)) if elapsed else 0
        return (
            f"the machine: {cores} cores, {busy:.0f} % busy in {elapsed:.0f} s; other programs used "
            f"{100 * self.other_seconds / max(elapsed, 1):.0f} % of one core; load {os.getloadavg()[0]:.1f}"
        )
