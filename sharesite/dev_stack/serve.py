"""Granian, as the embedded stack runs it: ``serve.py HOST PORT WORKERS THREADS``.

Its own command deadlocks if a second signal interrupts the handler of the first, which holds a lock that both take. An
owner that dies sends one signal for each of its threads.
"""

import sys
from types import FrameType

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

# The time, in seconds, that running requests have at the end.
KILL_SECONDS = 5


class SingleShutdownServer(Server):  # type: ignore[valid-type,misc] # one of two classes, as the interpreter was built
    """Handles only the first signal to stop."""

    def signal_handler_interrupt(self, number: int, frame: FrameType | None) -> None:
        if not self.interrupt_signal:
            super().signal_handler_interrupt(number, frame)


def main(host: str, port: int, workers: int, threads: int) -> None:
    SingleShutdownServer(
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
