"""The client's address is counted from the right, and nothing that a client sends changes it."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from pytest_django import Settings

from shares.http.middleware import address_of, caller_of, normalize_address
from shares.models import User

CLIENT, OUTER, INNER, FORGED = "198.51.100.7", "192.0.2.1", "192.0.2.2", "203.0.113.99"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "peer", "address"),
    [
        # Nobody in front: the header is a stranger's and is not read.
        (0, None, CLIENT, CLIENT),
        (0, FORGED, CLIENT, CLIENT),
        (0, f"{FORGED}, {FORGED}", CLIENT, CLIENT),
        # One proxy appended whom it was spoken to by.
        (1, CLIENT, OUTER, CLIENT),
        (1, f"{FORGED}, {CLIENT}", OUTER, CLIENT),
        (1, f"{FORGED}, {FORGED}, {CLIENT}", OUTER, CLIENT),
        (1, f"{FORGED},,{CLIENT}", OUTER, CLIENT),
        # Two of them.
        (2, f"{CLIENT}, {OUTER}", INNER, CLIENT),
        (2, f"{FORGED}, {CLIENT}, {OUTER}", INNER, CLIENT),
        # Somebody reached the server past its proxy: the address that spoke is all there is.
        (1, None, CLIENT, CLIENT),
        (1, "", CLIENT, CLIENT),
        (2, CLIENT, INNER, CLIENT),
        # Not an address at all.
        (1, "unknown", OUTER, OUTER),
        (1, "1.2.3.4.5", OUTER, OUTER),
        (1, "' OR 1=1 --", OUTER, OUTER),
        (0, None, "", ""),
        # Other spellings of an address.
        (1, f"{CLIENT}:5678", OUTER, CLIENT),
        (1, "[2001:db8::1]:443", OUTER, "2001:db8::1"),
        (1, f"::ffff:{CLIENT}", OUTER, CLIENT),
        (1, "2001:DB8:0:0::1", OUTER, "2001:db8::1"),
    ],
)
def test_the_address_is_counted_from_the_right(
    settings: Settings, rf: RequestFactory, proxies: int, forwarded: str | None, peer: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    assert address_of(rf.get("/", headers=headers, REMOTE_ADDR=peer)) == address


def test_no_other_header_names_the_client(settings: Settings, rf: RequestFactory) -> None:
    settings.TRUSTED_PROXIES = 1
    headers = dict.fromkeys(("X-Real-IP", "Forwarded", "Client-IP", "True-Client-IP"), FORGED)
    assert address_of(rf.get("/", headers={**headers, "X-Forwarded-For": CLIENT}, REMOTE_ADDR=OUTER)) == CLIENT


@pytest.mark.parametrize(
    "text", ["", " ", "localhost", "1.2.3", "[", "[::1", "::1%eth0", "a" * 10_000, "1.2.3.4, 5.6.7.8"]
)
def test_what_is_no_address_is_none(text: str) -> None:
    assert normalize_address(text) in {"", "::1"}


def test_the_host_is_named_without_its_port_and_only_if_it_is_ours(settings: Settings, rf: RequestFactory) -> None:
    settings.ALLOWED_HOSTS = ["files.example.org", "[::1]"]
    assert caller_of(rf.get("/", HTTP_HOST="files.example.org:8443")).host == "files.example.org"
    assert caller_of(rf.get("/", HTTP_HOST="[::1]:8443")).host == "[::1]"
    assert caller_of(rf.get("/", HTTP_HOST="evil.example.com")).host == ""


def test_the_user_is_a_person_or_nobody(rf: RequestFactory) -> None:
    request = rf.get("/")
    assert caller_of(request).user is None
    request.user = AnonymousUser()
    assert caller_of(request).user is None
    request.user = User(email="owner@example.com")
    assert caller_of(request).user is request.user
    assert caller_of(request).scopes is None
