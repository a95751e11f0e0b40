"""w3m as somebody at a terminal uses it: keys go in, and what stands on the screen is read."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Self

PROGRAM = "w3m"
ENTER, TAB = "\r", "\t"
OPTIONS = ["-no-mouse", "-o", "confirm_qq=0", "-o", "auto_image=0", "-o", "use_cookie=1", "-o", "accept_cookie=1"]
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>78]|[\x00-\x08\x0b-\x1f]")


def there() -> bool:
    return shutil.which(PROGRAM) is not None


def dumped(url: str, home: Path) -> str:
    """The page as it is printed."""
    command = [PROGRAM, *OPTIONS, "-cols", "100", "-dump", url]
    process = subprocess.run(command, env=environment(home), capture_output=True, text=True, timeout=30, check=True)
    return process.stdout


def environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "xterm", "LC_ALL": "C.UTF-8", "COLUMNS": "100"}


class W3m:
    """A running w3m. What it saves lands in ``home``."""

    def __init__(self, url: str, home: Path) -> None:
        self.home, self.seen = home, ""
        master, slave = pty.openpty()
        os.set_blocking(master, False)
        subprocess.run(["stty", "rows", "50", "cols", "100"], stdin=slave, check=True)
        # Nothing after this may fail: who holds this object ends the program.
        self.process = subprocess.Popen(
            [PROGRAM, *OPTIONS, url],
            stdin=slave, stdout=slave, stderr=slave, cwd=home, env=environment(home), start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.terminal = master

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        os.close(self.terminal)

    def press(self, keys: str) -> None:
        """Type ``keys``; from here on only what appears afterwards is looked at."""
        self._read(0.3)
        self.seen = ""
        os.write(self.terminal, keys.encode())

    def find(self, text: str) -> None:
        """Go to the next match of ``text``."""
        self.press(f"/{re.escape(text)}{ENTER}")

    def says(self, text: str, *, seconds: float = 60) -> None:
        """Wait until ``text`` has appeared: blanks apart, over which the cursor is moved instead."""
        self._until(lambda: "".join(text.split()) in "".join(self.seen.split()), text, seconds)

    def saved(self, name: str, size: int, *, seconds: float = 60) -> Path:
        """Wait until a file of that name and size lies in ``home``."""
        path = self.home / name
        self._until(lambda: path.exists() and path.stat().st_size == size, f"{name} of {size} bytes", seconds)
        return path

    def archived(self, name: str, *, seconds: float = 60) -> Path:
        """Wait until an archive of that name lies in ``home``, with its end, which tells what is in it."""
        path = self.home / name
        self._until(lambda: path.exists() and zipfile.is_zipfile(path), f"{name} with an end", seconds)
        return path

    def _until(self, condition: Callable[[], bool], description: str, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, (description, self.seen[-3000:], [*self.home.iterdir()])
            self._read(0.1)

    def _read(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (remaining := end - time.monotonic()) > 0:
            if not select.select([self.terminal], [], [], remaining)[0]:
                return
            try:
                self.seen += _CONTROL.sub("", os.read(self.terminal, 65536).decode(errors="replace"))
            except OSError:
                return
