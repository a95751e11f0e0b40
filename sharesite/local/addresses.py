"""The names and addresses under which other machines may open the site."""

import socket
from ipaddress import IPv6Address, ip_address

import psutil

LOOPBACK = ("127.0.0.1", "localhost")


def in_url(host: str) -> str:
    """The host as it stands in a URL and in a Host header: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def own_addresses() -> list[str]:
    """Every address of this machine's network cards, loopback and link-local ones left out."""
    found: list[str] = []
    for card in psutil.net_if_addrs().values():
        for entry in card:
            if entry.family not in {socket.AF_INET, socket.AF_INET6}:
                continue
            known = ip_address(entry.address.partition("%")[0])
            if not (known.is_loopback or known.is_link_local):
                found.append(str(known))
    # IPv4 first: that is what people type and read out.
    return sorted(set(found), key=lambda address: (isinstance(ip_address(address), IPv6Address), address))


def own_names() -> list[str]:
    name = socket.gethostname().lower()
    return [] if name in {"", "localhost"} else [name, *([] if "." in name else [f"{name}.local"])]


def visible(host: str) -> list[str]:
    """The hosts, ready for a URL, that lead to a server which listens on ``host``; the one to tell people first."""
    if ip_address(host).is_unspecified:
        return [*map(in_url, own_addresses()), *LOOPBACK, *own_names()]
    return list(LOOPBACK) if host == LOOPBACK[0] else [in_url(host)]


def to_knock(host: str) -> str:
    """The address at which a server that listens on ``host`` can be reached from here."""
    known = ip_address(host)
    if not known.is_unspecified:
        return host
    return "::1" if isinstance(known, IPv6Address) else "127.0.0.1"
