"""A server process of the embedded stack: started, awaited and stopped by the owner of the object."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import IO, ClassVar

WRAPPER_SCRIPT = Path(__file__).with_name("parent_death_wrapper.py")
POLL_SECONDS = 0.05


class StackError(Exception):
    """The stack cannot start or continue; the message is one sentence for the terminal."""


class ManagedProcess(ABC):
    """One process in a session of its own, so that Ctrl-C in a terminal reaches only its owner.

    ``timeout`` is the number of seconds until it must be ready, ``grace`` the number that it has to stop before it is
    killed. The kernel sends it ``orphan_signal`` when its owner dies.
    """

    name: ClassVar[str]
    timeout: ClassVar[float] = 60
    grace: ClassVar[float] = 10
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    orphan_signal: ClassVar[signal.Signals] = signal.SIGKILL
    user: str = ""

    def __init__(self, folder: Path, *, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.environment = dict(environment or {})
        self.process: subprocess.Popen[bytes] | None = None
        self._is_stopping = False

    def prepare(self) -> None:
        """Write the files that the program needs before it starts."""
        self.folder.mkdir(parents=True, exist_ok=True)

    @abstractmethod
    def command(self) -> list[str]:
        """The program, by its full path, and its arguments."""

    @abstractmethod
    def is_responding(self) -> bool:
        """Whether it is ready; polled until it is."""

    def should_echo(self, line: str) -> bool:
        """Whether a line of its output is printed on the terminal; the log file gets every line."""
        return bool(line)

    def start(self, output: IO[bytes]) -> None:
        """Start without waiting. Call it on the main thread: the wrapper watches the thread that starts it."""
        self._launch(output)

    def start_with_pipe(self) -> IO[bytes]:
        """Start without waiting, on the main thread. Returns the pipe of its output."""
        pipe = self._launch(subprocess.PIPE).stdout
        if pipe is None:
            raise StackError(f"The {self.name} was started without a pipe.")
        return pipe

    def _launch(self, output: int | IO[bytes]) -> "subprocess.Popen[bytes]":
        self.prepare()
        self._is_stopping = False
        wrapper_command = [
            sys.executable,
            "-I",
            "-S",
            str(WRAPPER_SCRIPT),
            str(int(self.orphan_signal)),
            str(os.getpid()),
            self.user,
        ]
        self.process = subprocess.Popen(
            [*wrapper_command, *self.command()],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return self.process

    @property
    def pid(self) -> int:
        if self.process is None:
            raise StackError(f"The {self.name} was never started.")
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def wait_ready(self) -> None:
        """Return when it answers; raise ``StackError`` if it ends first or exceeds its timeout."""
        deadline = time.monotonic() + self.timeout
        while not self.is_responding():
            if not self.alive:
                raise StackError(f"The {self.name} did not start: {self.exit_reason()}.")
            if time.monotonic() > deadline:
                raise StackError(f"The {self.name} did not answer within {self.timeout:.0f} seconds.")
            time.sleep(POLL_SECONDS)

    def exit_reason(self) -> str:
        code = self.process.poll() if self.process else None
        if code is not None and code < 0:
            return f"it was ended by {signal.Signals(-code).name}"
        return f"it ended with exit code {code}"

    def request_stop(self) -> None:
        # Once: on a second signal some programs drop their work.
        if self.process and self.alive and not self._is_stopping:
            self._is_stopping = True
            self.process.send_signal(self.stop_signal)

    def stop(self) -> None:
        """Stop it and everything it started; harmless when it is not running."""
        if self.process is None:
            return
        self.request_stop()
        try:
            self.process.wait(self.grace)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.sweep()
        self.process.wait()

    def kill(self) -> None:
        """End it immediately, as a power cut would."""
        if self.process:
            self.sweep()
            self.process.wait()

    def sweep(self) -> None:
        # PermissionError: macOS raises it for a group of which only a dead leader is left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
