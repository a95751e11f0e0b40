"""Origins of sites in the form that browsers send, from any spelling in the settings."""

from ipaddress import IPv6Address
from urllib.parse import urlsplit

import idna

from sharesite.env import ConfigurationError, split_url

DEFAULT_PORTS = {"http": 80, "https": 443}
# The placeholder for the host of the page, which is no host name, and a host name that replaces it.
PLACEHOLDER, STAND_IN = "{host}", "host-of-the-page"


def origin(name: str, value: str) -> str:
    """``value`` in the form of the ``Origin`` header: lower case, IDNA, no default port, nothing after the port.

    Raises ``ConfigurationError`` with the ``name`` of the variable for an invalid origin. "" is unchanged.
    """
    if not value:
        return ""
    parts = split_url(name, value.replace(PLACEHOLDER, STAND_IN), ("https", "http"))
    if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ConfigurationError(f"{name} must be a scheme, a host and perhaps a port, and nothing after them.")
    scheme, host = parts.scheme, host_name(name, parts.hostname or "")
    port = "" if parts.port in (None, DEFAULT_PORTS[scheme]) else f":{parts.port}"
    return f"{scheme}://{host}{port}".replace(STAND_IN, PLACEHOLDER)


def host_name(name: str, host: str) -> str:
    """The host in ASCII; an IPv6 address in brackets and in its short form."""
    host = host.strip("[]").removesuffix(".")
    if ":" in host:
        try:
            return f"[{IPv6Address(host)}]"
        except ValueError:
            raise ConfigurationError(f"{name} holds an IPv6 address that is none.") from None
    try:
        return host.lower() if host.isascii() else idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        raise ConfigurationError(f"{name} holds a host name with a letter that no host name may have.") from None


def origins(name: str, values: list[str]) -> list[str]:
    return [origin(name, value) for value in values]


def port_of(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or DEFAULT_PORTS[parts.scheme]
