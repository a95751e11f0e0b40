"""A real virus scanner for tests: Debian's clamd, with one signature that no real file has."""

import os
import shutil
import socket
from pathlib import Path
from typing import ClassVar

import pytest

from sharesite.dev_stack.managed_process import ManagedProcess

VIRUS = b"this is no virus, but the tests' own scanner takes it for one: 7f3d0c1e"
NAME = "Sharesite.Test.Harmless"
MAX_BYTES = 1024 * 1024
MISSING = "clamd is not installed (Debian: apt-get install clamav-daemon): virus scans are not tested."


def program() -> str:
    """Without one these tests are left out on a developer's machine, and fail where everything has to be tested."""
    path = shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    return path


class Clamd(ManagedProcess):
    """Runs on loopback as the user of the tests. It takes at most ``MAX_BYTES`` of a file."""

    name: ClassVar[str] = "scanner"

    def __init__(self, folder: Path, *, port: int) -> None:
        super().__init__(folder)
        self.port = port
        self.program = program()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def socket(self) -> str:
        return f"unix:{self.folder}/clamd.sock"

    def prepare(self) -> None:
        super().prepare()
        # As root it would become the user of the Debian package, whom the folders of tests do not let in.
        lines = {
            "Foreground": "yes",
            "TCPSocket": self.port,
            "TCPAddr": "127.0.0.1",
            "LocalSocket": self.folder / "clamd.sock",
            "DatabaseDirectory": self.folder,
            "TemporaryDirectory": self.folder,
            "StreamMaxLength": MAX_BYTES,
            "MaxThreads": 4,
        }
        (self.folder / "clamd.conf").write_text("".join(f"{name} {value}\n" for name, value in lines.items()))
        (self.folder / "test.ndb").write_text(f"{NAME}:0:*:{VIRUS.hex()}\n")

    def command(self) -> list[str]:
        return [self.program, f"--config-file={self.folder / 'clamd.conf'}"]

    def is_responding(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as line:
                line.sendall(b"zPING\0")
                return line.recv(16).startswith(b"PONG")
        except OSError:
            return False
