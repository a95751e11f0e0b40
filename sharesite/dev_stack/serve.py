"""Granian, as the embedded stack runs it: ``serve.py HOST PORT WORKERS THREADS``.

Its own command hangs for good when it is told to stop while it is being told so: the handler of the signal takes a lock
that the handler it interrupts holds. An owner that dies tells it so once for every thread it had.
"""

import sys
from types import FrameType

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

# How long requests that are under way may take at the end, in seconds.
KILL_SECONDS = 5


class Told(Server):  # type: ignore[valid-type,misc] # one of two classes, as the interpreter was built
    """Hears once that it shall stop."""

    def signal_handler_interrupt(self, number: int, frame: FrameType | None) -> None:
        if not self.interrupt_signal:
            super().signal_handler_interrupt(number, frame)


def main(host: str, port: int, workers: int, threads: int) -> None:
    Told(
        "sharesite.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        workers_kill_timeout=KILL_SECONDS,
        respawn_failed_workers=True,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
