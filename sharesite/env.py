"""Typed settings from the environment: variables of the process first, then the file of the data folder, then defaults.

Every reader rejects an invalid value with one sentence that names the variable and the allowed values.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, urlsplit

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})
TIME_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
MAX_RATE_SECONDS = 7 * 86400
# As pages write sizes: 5 GB are 5,000,000,000 bytes, and 5 GiB are 5,368,709,120.
SIZE_UNITS = {"": 1, "b": 1} | {
    f"{letter}{tail}": base**power
    for power, letter in enumerate("kmgtp", start=1)
    for tail, base in (("", 1000), ("b", 1000), ("ib", 1024))
}
ADDRESS_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\]", re.IGNORECASE)
# What follows the user and password in a URL: host, perhaps port, path and options.
LOCATION_PATTERN = re.compile(r"(\[[0-9a-f:.%]+\]|[a-z0-9_.-]+)(:\d*)?(?P<path>/[^@#?]*)?(\?[^#]*)?", re.IGNORECASE)
HOSTLESS = ("sqlite:", "unix:", "console:", "file:")
HOST_PATTERN = re.compile(r"\*|\.?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\]", re.IGNORECASE)


class ConfigurationError(SystemExit):
    """A variable has an invalid value: the program prints the message on stderr and exits with code 1.

    A ``SystemExit``, so that every entry point (manage.py, a WSGI server, Celery) prints it without a traceback.
    """


class Environment:
    """Typed readers over layered text values; ``names`` collects every variable that was read."""

    def __init__(self, *layers: Mapping[str, str]) -> None:
        self.layers = layers
        self.names: set[str] = set()

    def raw(self, name: str) -> str:
        """The value of the first layer in which it is not empty, stripped; "" without one."""
        self.names.add(name)
        return next((value for layer in self.layers if (value := layer.get(name, "").strip())), "")

    def text(self, name: str, default: str = "", *, choices: tuple[str, ...] = ()) -> str:
        value = self.raw(name) or default
        if choices and value not in choices:
            allowed = ", ".join(choice or "empty" for choice in choices)
            raise ConfigurationError(f"{name} is {value!r}; it must be one of: {allowed}.")
        if not value.isprintable():
            raise ConfigurationError(
                f"{name} holds a line break or a control character; it must be one line of plain text."
            )
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.raw(name).lower()
        if not value:
            return default
        if value not in TRUE_WORDS | FALSE_WORDS:
            raise ConfigurationError(f"{name} is {value!r}; it must be true or false (also 1/0, yes/no, on/off).")
        return value in TRUE_WORDS

    def number(self, name: str, default: int, *, low: int = 0, high: int = 2**31) -> int:
        return self._scaled(name, default, {"": 1}, low, high, "a whole number")

    def seconds(self, name: str, default: int, *, low: int = 1, high: int = 10 * 366 * 86400) -> int:
        """A time in seconds, written as ``90``, ``90s``, ``15m``, ``24h`` or ``7d``."""
        return self._scaled(name, default, TIME_UNITS, low, high, "a time in seconds (or like 15m, 24h, 7d)")

    def rate(self, name: str, default: str, *, low: int = 1) -> tuple[int, int] | None:
        """A number of operations and a period in seconds, written as ``600/1h`` or ``600/h``; None for ``off``."""
        value = self.raw(name) or default
        if value.lower() == "off":
            return None
        match = re.fullmatch(r"(\d{1,9})\s*/\s*(\d{0,9})([smhd])", value, re.IGNORECASE | re.ASCII)
        if match is None:
            raise ConfigurationError(f"{name} is {value!r}; it must be a number in a time, like 600/1h, or off.")
        number, seconds = int(match[1]), int(match[2] or 1) * TIME_UNITS[match[3].lower()]
        if number < low or not 1 <= seconds <= MAX_RATE_SECONDS:
            raise ConfigurationError(f"{name} is {value!r}; it must be at least {low}, in one second to 7 days.")
        return number, seconds

    def lifetimes(self, name: str, default: str, *, high: int) -> list[tuple[str, int]]:
        """Times by media type, written as ``application/pdf=48h,image/*=7d,*=24h``: pattern and seconds, in order."""
        lifetimes: list[tuple[str, int]] = []
        for item in re.split(r"[\s,]+", (self.raw(name) or default).strip(" ,")):
            match = re.fullmatch(r"(\*|[a-z0-9.+-]+/(?:\*|[a-z0-9.+-]+))=(\d{1,9})([smhd]?)", item.lower(), re.ASCII)
            seconds = int(match[2]) * TIME_UNITS[match[3]] if match else 0
            if match is None or not 1 <= seconds <= high:
                raise ConfigurationError(
                    f"{name} has {item!r}; each item must be a media type, image/* or *, and a time of at most"
                    f" {high // 86400} days, like image/*=7d."
                )
            lifetimes.append((match[1], seconds))
        return lifetimes

    def size(self, name: str, default: int, *, low: int = 0, high: int = 2**60) -> int:
        """A number of bytes, written as ``5000000000``, ``5G``, ``5GB`` (powers of 1000) or ``5GiB`` (of 1024)."""
        return self._scaled(name, default, SIZE_UNITS, low, high, "a size in bytes (or like 500M, 5GiB, 1T)")

    def _scaled(self, name: str, default: int, units: Mapping[str, int], low: int, high: int, kind: str) -> int:
        value = self.raw(name)
        if not value:
            return default
        match = re.fullmatch(r"(\d{1,20})\s*([a-z]*)", value, re.IGNORECASE | re.ASCII)
        unit = units.get(match[2].lower()) if match else None
        if match is None or unit is None:
            raise ConfigurationError(f"{name} is {value!r}; it must be {kind} between {low} and {high}.")
        number = int(match[1]) * unit
        if not low <= number <= high:
            raise ConfigurationError(f"{name} is {value!r}; it must be between {low} and {high}.")
        return number

    def items(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """Items separated by commas or spaces."""
        return re.split(r"[\s,]+", value.strip(" ,")) if (value := self.raw(name)) else [*default]

    def choices(self, name: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
        """Some of the ``allowed`` words, separated by commas."""
        values = self.items(name)
        if unknown := [value for value in values if value not in allowed]:
            raise ConfigurationError(f"{name} holds {unknown[0]!r}; it can hold {', '.join(allowed)}.")
        return tuple(dict.fromkeys(values))

    def hosts(self, name: str, default: tuple[str, ...]) -> list[str]:
        hosts = self.items(name, default)
        for host in hosts:
            if not HOST_PATTERN.fullmatch(host):
                raise ConfigurationError(f"{name} holds {host!r}; it must be host names without scheme, port or path.")
        return hosts

    def address(self, name: str) -> str:
        """The address of a server: ``host:port``, ``[::1]:port`` or ``unix:/path``; "" for none."""
        value = self.raw(name)
        host, _, port = value.rpartition(":")
        if host == "unix":
            if Path(port).is_absolute() and value.isprintable():
                return value
        elif not value or (
            port.isascii() and port.isdigit() and 0 < int(port) < 65536 and ADDRESS_HOST.fullmatch(host)
        ):
            return value
        raise ConfigurationError(f"{name} is {value!r}; it must be host:port, or unix: and the full path of a socket.")

    def url(self, name: str, default: str, *, schemes: tuple[str, ...], path: bool = False) -> str:
        """An absolute URL of one of ``schemes``, or "".

        User and password are returned percent-encoded, in whatever form they were given; with ``path`` the URL needs
        one.
        """
        value = self.secret(name) or default
        if not value:
            return ""
        if not value.startswith(HOSTLESS):
            value = quote_account(value, path=path)
        split_url(name, value, schemes)
        if "#" in value:
            raise ConfigurationError(
                f"{name} can't be read: write a # in it as %23, and / ? @ in a password as %2F %3F %40."
            )
        return value

    def path(self, name: str) -> str:
        """A path of this site like ``/.storage``, without a slash at its end, or ""."""
        value = self.raw(name)
        if value and not re.fullmatch(r"(/[A-Za-z0-9._~-]*[A-Za-z0-9_~-])+", value):
            raise ConfigurationError(f"{name} is {value!r}; it must be a path like /.storage, of plain letters.")
        return value

    def log(self, name: str) -> str:
        """The full path of a file, ``s3://bucket`` or ``s3://bucket/prefix``, or ""."""
        value = self.raw(name)
        if value and not (
            value.isprintable()
            and (Path(value).is_absolute() or re.fullmatch(r"s3://[A-Za-z0-9._-]{3,255}(/.*)?", value))
        ):
            raise ConfigurationError(f"{name} is {value!r}; it must be the full path of a file, or s3://bucket/prefix.")
        return value

    def secret(self, name: str) -> str:
        """A secret as ``NAME``, or the text of the file that ``NAME_FILE`` points to; "" for none."""
        self.names |= {name, f"{name}_FILE"}
        for layer in self.layers:
            value, path = layer.get(name, "").strip(), layer.get(f"{name}_FILE", "").strip()
            if value and path:
                raise ConfigurationError(f"{name} and {name}_FILE are both set; keep one of them.")
            if value or path:
                return value or read_secret(f"{name}_FILE", Path(path))
        return ""

    def require(self, name: str) -> None:
        """Exit without this secret. Commands that need none (``check``, ``up``) run before it exists."""
        if not self.secret(name):
            raise ConfigurationError(f"{name} is not set; give it (or {name}_FILE) a long random value of its own.")


def split_url(name: str, value: str, schemes: tuple[str, ...]) -> SplitResult:
    """The parts of a URL. The error never repeats the value, which may contain a password."""
    sentence = f"{name} must be a URL that starts with {' or '.join(scheme + '://' for scheme in schemes)}"
    try:
        # The placeholder for the host of the page is no legal host name; any name replaces it.
        parts = urlsplit(value.replace("{host}", "host"))
        port = parts.port
    except ValueError:
        raise ConfigurationError(f"{sentence}, with a legal host and port.") from None
    hostless = value.startswith(HOSTLESS)
    if parts.scheme not in schemes or port == 0 or not (parts.hostname or hostless) or re.search(r"\s", value):
        raise ConfigurationError(f"{sentence}, with a legal host and port.")
    return parts


def quote_account(value: str, *, path: bool = False) -> str:
    """``value`` with its user and password percent-encoded, since a / # ? or @ would end them.

    The account ends at the last @ that a host follows, and a path if there has to be one (``path``). A percent sign
    with two hexadecimal digits is an encoded character.
    """
    scheme, _, remainder = value.partition("://")
    for index in reversed([match.start() for match in re.finditer("@", remainder)]):
        location = LOCATION_PATTERN.fullmatch(remainder[index + 1 :])
        if location and (not path or len(location["path"] or "") > 1):
            account = ":".join(quote(unquote(part), safe="") for part in remainder[:index].split(":", 1))
            return f"{scheme}://{account}@{location[0]}"
    return value


def read_secret(name: str, path: Path) -> str:
    try:
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(f"{name} points to {path}, which cannot be read as a text file.") from None
    if not value:
        raise ConfigurationError(f"{name} points to {path}, which is empty.")
    return value


def read_local(path: Path) -> dict[str, str]:
    """The NAME=value lines that the first start wrote into the data folder; empty without such a file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(f"{path} cannot be read; it must be a text file that this user may read.") from None
    variables: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or not re.fullmatch(r"[A-Z][A-Z0-9_]*", name.strip()):
            raise ConfigurationError(f"Line {number} of {path} is not NAME=value.")
        variables[name.strip()] = value.strip()
    return variables


PROJECT = Path(__file__).resolve().parent.parent
SITE_DATA = Path(os.environ.get("SITE_DATA", "").strip() or PROJECT / "var").absolute()
env = Environment(os.environ, read_local(SITE_DATA / "local.env"))
env.names.add("SITE_DATA")
