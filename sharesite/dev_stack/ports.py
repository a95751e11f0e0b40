"""Ports: chosen once for a data folder, stored there, and checked before anything starts."""

import json
import random
import socket
import time
from collections.abc import Collection, Iterable
from pathlib import Path

from sharesite.dev_stack.managed_process import StackError

# Below the range that systems use for outgoing connections, so that no connection occupies one of them.
LOWEST, HIGHEST = 20_000, 32_000
ALL_INTERFACES = ""
DICE = random.SystemRandom()
SETTLE_SECONDS = 3.0


def free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on the port now; a port in TIME_WAIT counts as free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def choose(
    names: Iterable[str], preferred: dict[str, int] | None = None, reserved: Collection[int] = ()
) -> dict[str, int]:
    """A free loopback port for each name, none twice nor ``reserved``: a preferred one or the next free above it."""
    chosen_ports: dict[str, int] = {}
    for name in names:
        first = (preferred or {}).get(name)
        candidates = range(first, first + 200) if first else iter(lambda: DICE.randint(LOWEST, HIGHEST), None)
        chosen_ports[name] = next(
            port
            for port in candidates
            if port not in reserved and port not in chosen_ports.values() and free(port, ALL_INTERFACES)
        )
    return chosen_ports


def remember(
    path: Path, names: Iterable[str], preferred: dict[str, int] | None = None, site_port: int = 0
) -> dict[str, int]:
    """The ports stored in ``path``; missing ones, and one that the site itself uses now, are chosen and stored."""
    try:
        ports: dict[str, int] = {name: int(port) for name, port in json.loads(path.read_text()).items()}
    except FileNotFoundError:
        ports = {}
    except (ValueError, AttributeError):
        raise StackError(f"{path} is damaged; delete it, and new ports are chosen.") from None
    missing = [name for name in names if ports.get(name, site_port) == site_port]
    if missing:
        ports |= choose(missing, preferred, {site_port, *ports.values()})
        path.write_text(json.dumps(ports, indent=1) + "\n")
    return ports


def wait_free(port: int, host: str, advice: str) -> None:
    """Return when the port is free; raise ``StackError`` with the advice if it still is not after three seconds."""
    deadline = time.monotonic() + SETTLE_SECONDS  # A stack that was just killed needs that long to end.
    while not free(port, host):
        if time.monotonic() > deadline:
            raise StackError(f"Port {port} is taken by another program; {advice}.")
        time.sleep(0.1)
