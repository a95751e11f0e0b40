"""w3m in a terminal: tests send keys and read the screen."""

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


def is_installed() -> bool:
    return shutil.which(PROGRAM) is not None


def dump(url: str, home: Path) -> str:
    """The text of the page."""
    command = [PROGRAM, *OPTIONS, "-cols", "100", "-dump", url]
    process = subprocess.run(command, env=environment(home), capture_output=True, text=True, timeout=30, check=True)
    return process.stdout


def environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "xterm", "LC_ALL": "C.UTF-8", "COLUMNS": "100"}


class W3m:
    """A running w3m. What it saves lands in ``home``."""

    def __init__(self, url: str, home: Path) -> None:
        self.home, self.screen_text = home, ""
        master, slave = pty.openpty()
        os.set_blocking(master, False)
        subprocess.run(["stty", "rows", "50", "cols", "100"], stdin=slave, check=True)
        # Nothing after this may fail: only the owner of this object ends the program.
        self.process = subprocess.Popen(
            [PROGRAM, *OPTIONS, url],
            stdin=slave, stdout=slave, stderr=slave, cwd=home, env=environment(home), start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.terminal_fd = master

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        os.close(self.terminal_fd)

    def press(self, keys: str) -> None:
        """Type ``keys`` and discard what the screen showed before."""
        self._read(0.3)
        self.screen_text = ""
        os.write(self.terminal_fd, keys.encode())

    def find(self, text: str) -> None:
        """Go to the next match of ``text``."""
        self.press(f"/{re.escape(text)}{ENTER}")

    def expect_text(self, text: str, *, seconds: float = 60) -> None:
        """Wait until ``text`` has appeared. Spaces are ignored: w3m moves the cursor over them."""
        self._until(lambda: "".join(text.split()) in "".join(self.screen_text.split()), text, seconds)

    def wait_for_file(self, name: str, size: int, *, seconds: float = 60) -> Path:
        """Wait until a file of that name and size is in ``home``."""
        path = self.home / name
        self._until(lambda: path.exists() and path.stat().st_size == size, f"{name} of {size} bytes", seconds)
        return path

    def wait_for_archive(self, name: str, *, seconds: float = 60) -> Path:
        """Wait until a complete archive of that name is in ``home``: its directory is at its end."""
        path = self.home / name
        self._until(lambda: path.exists() and zipfile.is_zipfile(path), f"{name} with an end", seconds)
        return path

    def _until(self, condition: Callable[[], bool], description: str, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, (description, self.screen_text[-3000:], [*self.home.iterdir()])
            self._read(0.1)

    def _read(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (remaining := end - time.monotonic()) > 0:
            if not select.select([self.terminal_fd], [], [], remaining)[0]:
                return
            try:
                self.screen_text += _CONTROL.sub("", os.read(self.terminal_fd, 65536).decode(errors="replace"))
            except OSError:
                return
