"""The journal: what all parts say, as one readable stream on the terminal and one file a part."""

import sys
import threading
from logging import LogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO, TextIO

from sharesite.local.part import Part

FILE_BYTES = 10 * 1024 * 1024
NAME_WIDTH = 8


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
        """A line of the supervisor's own, on the terminal alone."""
        with self._one_at_a_time:
            print(line, file=self.terminal, flush=True)

    def follow(self, part: Part) -> None:
        """Start the part and read what it says until it says no more."""
        pipe = part.start_talking()
        reader = threading.Thread(target=self._read, args=(part, pipe), daemon=True)
        reader.start()
        self._readers.append(reader)

    def close(self) -> None:
        for reader in self._readers:
            reader.join(timeout=2)

    def _read(self, part: Part, pipe: IO[bytes]) -> None:
        handler = RotatingFileHandler(
            self.folder / f"{part.name}.log", maxBytes=FILE_BYTES, backupCount=1, encoding="utf-8"
        )
        with pipe:
            for raw in pipe:
                line = raw.decode("utf-8", errors="replace").rstrip()
                handler.emit(LogRecord(part.name, 20, "", 0, line, None, None))
                if line and part.notable(line):
                    self.say(f"{part.name:<{NAME_WIDTH}}| {line}")
        handler.close()
