"""The names and addresses under which other machines may open the site."""

import socket
from ipaddress import IPv6Address, ip_address

import psutil

LOOPBACK = ("127.0.0.1", "localhost")


def own_addresses() -> list[str]:
    """Every IPv4 address of this machine's network interfaces, except loopback and link-local ones.

    Under an IPv6 address pages can't reach the storage: no Content-Security-Policy can name it.
    """
    addresses: list[str] = []
    for card in psutil.net_if_addrs().values():
        for entry in card:
            if entry.family != socket.AF_INET:
                continue
            address = ip_address(entry.address)
            if not (address.is_loopback or address.is_link_local):
                addresses.append(str(address))
    return sorted(set(addresses))


def own_names() -> list[str]:
    name = socket.gethostname().lower()
    return [] if name in {"", "localhost"} else [name, *([] if "." in name else [f"{name}.local"])]


def visible(host: str) -> list[str]:
    """The hosts, ready for a URL, of a server that listens on ``host``; the first one is the one to print."""
    if ip_address(host).is_unspecified:
        return [*own_addresses(), *LOOPBACK, *own_names()]
    return list(LOOPBACK) if host == LOOPBACK[0] else [host]


def reachable_address(host: str) -> str:
    """The address at which this machine reaches a server that listens on ``host``."""
    address = ip_address(host)
    if not address.is_unspecified:
        return host
    return "::1" if isinstance(address, IPv6Address) else "127.0.0.1"
