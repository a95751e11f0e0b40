"""The TCP proxy forwards every byte, both ways, and closes during a storage outage."""

import hashlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sharesite.dev_stack.ports import choose
from sharesite.dev_stack.tcp_proxy import TcpProxy

SIZE = 32 * 1024 * 1024


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that sends back what it is sent, once the sender has said that there is no more to come."""

    def response(server: socket.socket) -> None:
        while True:
            try:
                caller, _address = server.accept()
            except OSError:
                return
            with caller, caller.makefile("rb") as whole:
                caller.sendall(whole.read())

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=response, args=(server,), daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.fixture
def ports() -> dict[str, int]:
    return choose(["gate", "nobody"])


def proxy_to(target: int, ports: dict[str, int], folder: Path) -> TcpProxy:
    proxy = TcpProxy(folder, host="127.0.0.2", port=ports["gate"], target=target)
    with (folder / "log").open("wb") as log:
        proxy.start(log)
    proxy.wait_ready()
    return proxy


def test_bytes_pass_both_ways_and_so_does_the_end_of_the_stream(
    echo: int, ports: dict[str, int], tmp_path: Path
) -> None:
    proxy = proxy_to(echo, ports, tmp_path)
    payload = os.urandom(SIZE)
    with socket.create_connection(("127.0.0.2", ports["gate"]), timeout=30) as caller:
        caller.sendall(payload)
        caller.shutdown(socket.SHUT_WR)
        with caller.makefile("rb") as whole:
            assert hashlib.sha256(whole.read()).digest() == hashlib.sha256(payload).digest()
    proxy.stop()
    assert (tmp_path / "log").read_text() == ""


def test_everywhere_is_both_versions_of_the_protocol(echo: int, ports: dict[str, int], tmp_path: Path) -> None:
    """As the web server has it: the address that the ready line names is one of version 4."""
    proxy = TcpProxy(tmp_path, host="::", port=ports["gate"], target=echo)
    with (tmp_path / "log").open("wb") as log:
        proxy.start(log)
    proxy.wait_ready()
    for address in ("127.0.0.1", "::1"):
        with socket.create_connection((address, ports["gate"]), timeout=30) as caller:
            caller.sendall(b"hello")
            caller.shutdown(socket.SHUT_WR)
            with caller.makefile("rb") as whole:
                assert whole.read() == b"hello"
    proxy.stop()


def test_a_storage_outage_closes_the_connection(ports: dict[str, int], tmp_path: Path) -> None:
    proxy = proxy_to(ports["nobody"], ports, tmp_path)
    with socket.create_connection(("127.0.0.2", ports["gate"]), timeout=10) as caller:
        assert caller.recv(1) == b""
    proxy.stop()
