"""The options of ``manage.py up``, parsed twice: before the settings are loaded and by the command itself."""

import os
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from pathlib import Path

from sharesite.dev_stack.managed_process import StackError

PROJECT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Options:
    """``host`` is an IP address of this machine; 0.0.0.0 means all IPv4 addresses, :: means all addresses."""

    host: str
    port: int
    data: Path
    workers: int


def address(text: str) -> str:
    try:
        parsed = ip_address("127.0.0.1" if text == "localhost" else text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not an IP address; 0.0.0.0 means every address of this machine") from None
    if isinstance(parsed, IPv6Address) and not parsed.is_unspecified:
        reason = "browsers let no page reach a storage that is named by an IPv6 address"
        raise ArgumentTypeError(f"{text!r} can't be used, since {reason}; :: means every address of this machine")
    return str(parsed)


def port_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise ArgumentTypeError(f"{text!r} is not a port; it must be a number from 1 to 65535")
    return int(text)


def worker_count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 64):
        raise ArgumentTypeError(f"{text!r} is not a number of web workers; it must be from 1 to 64")
    return int(text)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--host", type=address, default=None, help="address to listen on (default: SITE_HOST or 127.0.0.1)"
    )
    parser.add_argument("--port", type=port_number, default=8000, help="port of the site (default: 8000)")
    parser.add_argument("--data", type=Path, default=None, help="folder for all data (default: SITE_DATA or var)")
    parser.add_argument("--workers", type=worker_count, default=2, help="web worker processes (default: 2)")


def options(*, host: str | None, port: int, data: Path | None, workers: int) -> Options:
    """The given values, otherwise those of the environment, otherwise the defaults."""
    if host is None:
        try:
            host = address(os.environ.get("SITE_HOST", "").strip() or "127.0.0.1")
        except ArgumentTypeError as error:
            raise StackError(f"SITE_HOST: {error}.") from None
    data = data or Path(os.environ.get("SITE_DATA", "").strip() or PROJECT / "var")
    return Options(host=host, port=port, data=data.expanduser().absolute(), workers=workers)


def read(arguments: Sequence[str]) -> Options:
    """The options in a command line that may contain others, such as Django's."""
    parser = ArgumentParser(prog="manage.py up", add_help=False)
    add_arguments(parser)
    parsed, _remaining = parser.parse_known_args(arguments)
    return options(host=parsed.host, port=parsed.port, data=parsed.data, workers=parsed.workers)
