"""The journal: what all parts say, as one readable stream on the terminal and one file a part."""

import contextlib
import sys
import threading
from logging import LogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO, TextIO

from sharesite.dev_stack.managed_process import Part
from sharesite.logs import without_secrets

FILE_BYTES = 10 * 1024 * 1024
NAME_WIDTH = 8


class LogFile(RotatingFileHandler):
    """Opened at the first line, and again at the next one after a line that could not be written."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=FILE_BYTES, backupCount=1, encoding="utf-8", delay=True)

    def write(self, name: str, line: str) -> None:
        self.emit(LogRecord(name, 20, "", 0, line, None, None))

    def handleError(self, record: LogRecord) -> None:  # noqa: ARG002, N802 - logging's names
        """The line is lost, on a full disk for example. Whoever reads on must not end: the part would with it."""
        stream, self.stream = self.stream, None
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):
                stream.close()


class Journal:
    """``folder`` gets ``<part>.log``, each turned over at 10 MiB with one older file kept."""

    def __init__(self, folder: Path, terminal: TextIO | None = None) -> None:
        self.folder = folder
        self.terminal = terminal or sys.stdout
        self._one_at_a_time = threading.Lock()
        self._readers: list[threading.Thread] = []
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)

    def say(self, line: str) -> None:
        """A line of the supervisor's own, on the terminal alone; lost if the terminal is a file on a full disk."""
        with self._one_at_a_time, contextlib.suppress(OSError):
            print(line, file=self.terminal, flush=True)

    def follow(self, process: Part) -> None:
        """Start the part and read what it says until it says no more."""
        pipe = process.start_talking()
        reader = threading.Thread(target=self._read, args=(process, pipe), daemon=True)
        reader.start()
        self._readers.append(reader)

    def close(self) -> None:
        for reader in self._readers:
            reader.join(timeout=2)

    def _read(self, process: Part, pipe: IO[bytes]) -> None:
        file = LogFile(self.folder / f"{process.name}.log")
        with pipe:
            for raw in pipe:
                line = without_secrets(raw.decode("utf-8", errors="replace").rstrip())
                file.write(process.name, line)
                if line and process.notable(line):
                    self.say(f"{process.name:<{NAME_WIDTH}}| {line}")
        with contextlib.suppress(OSError):
            file.close()
