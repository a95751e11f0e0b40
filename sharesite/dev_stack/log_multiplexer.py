"""The output of all processes, as one readable stream on the terminal and one file for each process."""

import contextlib
import sys
import threading
from logging import LogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO, TextIO

from sharesite.dev_stack.managed_process import ManagedProcess
from sharesite.logs import without_secrets

FILE_BYTES = 10 * 1024 * 1024
NAME_WIDTH = 8


class LogFile(RotatingFileHandler):
    """Opened at the first line, and reopened at the next line after one that could not be written."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=FILE_BYTES, backupCount=1, encoding="utf-8", delay=True)

    def write(self, name: str, line: str) -> None:
        self.emit(LogRecord(name, 20, "", 0, line, None, None))

    def handleError(self, record: LogRecord) -> None:  # noqa: ARG002, N802 - logging's names
        """The line is lost, on a full disk for example. The reader must continue: the process stops without it."""
        stream, self.stream = self.stream, None
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):
                stream.close()


class LogMultiplexer:
    """Writes ``<process>.log`` into ``folder``; each is rotated at 10 MiB, and one older file is kept."""

    def __init__(self, folder: Path, terminal: TextIO | None = None) -> None:
        self.folder = folder
        self.terminal = terminal or sys.stdout
        self._terminal_lock = threading.Lock()
        self._readers: list[threading.Thread] = []
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)

    def print(self, line: str) -> None:
        """Print a line of the supervisor on the terminal only; it is lost if the terminal is a file on a full disk."""
        with self._terminal_lock, contextlib.suppress(OSError):
            print(line, file=self.terminal, flush=True)

    def follow(self, process: ManagedProcess) -> None:
        """Start the process and read its output to the end."""
        pipe = process.start_with_pipe()
        reader = threading.Thread(target=self._read, args=(process, pipe), daemon=True)
        reader.start()
        self._readers.append(reader)

    def close(self) -> None:
        for reader in self._readers:
            reader.join(timeout=2)

    def _read(self, process: ManagedProcess, pipe: IO[bytes]) -> None:
        file = LogFile(self.folder / f"{process.name}.log")
        with pipe:
            for raw in pipe:
                line = without_secrets(raw.decode("utf-8", errors="replace").rstrip())
                file.write(process.name, line)
                if line and process.should_echo(line):
                    self.print(f"{process.name:<{NAME_WIDTH}}| {line}")
        with contextlib.suppress(OSError):
            file.close()
