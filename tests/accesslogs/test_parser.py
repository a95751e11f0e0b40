"""The parser of access logs: real lines of Caddy and S3, forged ones, and invalid ones."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shares.accesslogs import LogFormatError, parse_line
from tests.accesslogs.log_lines import KEY, LOGGED_AT, SIGNED_QUERY, caddy, s3

OTHER_KEY = "u/" + "f" * 32


@pytest.mark.parametrize("write", [caddy, s3])
def test_a_download_is_understood(write: Any) -> None:
    download = parse_line(write(300_000) + b"\r\n")
    assert download is not None
    assert (download.key, download.bucket, download.size, download.whole, download.address) == (
        KEY,
        "shares",
        300_000,
        True,
        "192.0.2.3",
    )
    assert download.sent_at.replace(microsecond=0) == LOGGED_AT
    assert len(download.id) == 32
    part = parse_line(write(5, status=206 if write is caddy else "206"))
    assert part is not None
    assert (part.size, part.whole) == (5, False)
    assert part.id != download.id


def test_a_line_is_recognized() -> None:
    for line in (caddy(5), s3(5), s3(5, id="-")):
        first, second = parse_line(line), parse_line(line + b"\n")
        assert first is not None
        assert second is not None
        assert first.id == second.id
    # S3 sometimes delivers a line twice, with different durations.
    twice = [parse_line(s3(5, id="3E57427F3EXAMPLE", agent=agent)) for agent in ("one", "two")]
    assert twice[0] is not None
    assert twice[1] is not None
    assert twice[0].id == twice[1].id
    without = {download.id for agent in ("one", "two") if (download := parse_line(s3(5, id="-", agent=agent)))}
    assert len(without) == 2


PASSED_OVER = [
    caddy(5, method="HEAD"),
    caddy(0, method="PUT"),
    caddy(5, status=403),
    caddy(5, status=304),
    caddy(5, "t/0123456789abcdef0123456789abcdef"),
    caddy(5, uri="/shares/"),
    caddy(5, uri=f"/shares/{KEY}/x"),
    caddy(5, uri=f"/a/b/{KEY}"),
    caddy(5, uri=f"/shares/{KEY.upper()}"),
    caddy(5, uri=["x"]),
    caddy(5, msg="something else"),
    b'{"level": "info", "ts": 1, "msg": "started"}',
    b"{}",
    b'{"request": 5}',
    s3("-", operation="REST.HEAD.OBJECT", asked=f"HEAD /shares/{KEY} HTTP/1.1"),
    s3("-", operation="REST.PUT.OBJECT", asked=f"PUT /shares/{KEY} HTTP/1.1"),
    s3(243, status="403", error="AccessDenied"),
    s3("-", status="-"),
    s3(5, "t/0123456789abcdef0123456789abcdef"),
    s3(5, "-", operation="REST.GET.BUCKET", asked="GET /shares?list-type=2 HTTP/1.1"),
    s3(5, "photos/2026/puppy.jpg"),
]


# Lines differ from run to run, so that tests are numbered.
@pytest.mark.parametrize("line", PASSED_OVER, ids=map(str, range(len(PASSED_OVER))))
def test_what_is_no_download_of_a_file_is_passed_over(line: bytes) -> None:
    assert parse_line(line) is None


def test_the_site_itself_and_holders_of_its_keys_are_no_recipients() -> None:
    assert parse_line(s3(5, query="", kind="AuthHeader")) is None
    assert parse_line(s3(5, query="", kind="-")) is None
    assert parse_line(s3(5, query="", tail="")) is None
    # Stores with an older version of the format do not log how a request was signed.
    assert parse_line(s3(5, tail=" -")) is not None
    assert parse_line(s3(5, tail="")) is not None
    assert parse_line(s3(5, query="", kind="QueryString")) is not None


INVALID_LINES = [
    b"",
    b"hello",
    b"{",
    b"{" * 30_000,
    b'{"a":' * 5_000,
    b"\x00\xff\xfe" * 100,
    caddy(-1),
    caddy(size=True),
    caddy("5"),
    caddy(5.0),
    caddy(10**15),
    caddy(None),
    caddy(5, ts="soon"),
    caddy(5, ts="2026-02-06T00:00:38"),
    caddy(5, ts=None),
    caddy(5, ts=1e300),
    caddy(5, ts=float("nan")),
    caddy(5, ts=float("inf")),
    caddy(5, address="nobody"),
    caddy(5, address=["192.0.2.3"]),
    b'{"msg":"handled request","size":' + b"9" * 5_000 + b"}",
    s3("9" * 16),
    s3("9" * 5_000),
    s3("many"),
    s3(5, address="-"),
    s3(5, asked="-"),
    s3(5, asked=f"GET /shares/{OTHER_KEY}?{SIGNED_QUERY} HTTP/1.1"),
    s3(5, asked=f"PUT /shares/{KEY}?{SIGNED_QUERY} HTTP/1.1"),
    s3(5)[:200],
    s3(5).replace(b"Feb", b"Foo"),
    s3(5).replace(b"06/Feb/2026", b"99/Feb/2026"),
    s3(5).replace(b"+0000", b"+9900"),
]


@pytest.mark.parametrize("line", INVALID_LINES, ids=map(str, range(len(INVALID_LINES))))
def test_an_invalid_response_is_an_error(line: bytes) -> None:
    with pytest.raises(LogFormatError):
        parse_line(line)


@pytest.mark.parametrize(
    "client_text",
    [
        f'GET /shares/{KEY}?{SIGNED_QUERY} HTTP/1.1" 200 - 300000 300000 70 10 "-" "x',
        f'GET /shares/{KEY}?{SIGNED_QUERY} HTTP/1.1" 200 - 300000 300000 70 10 "-" "x" - a b c QueryString " "',
        f'GET /shares/{KEY}?x="{SIGNED_QUERY} HTTP/1.1',
        f'GET /shares/{KEY}?{SIGNED_QUERY}" 200 - 300000 300000 1 1 "" "" HTTP/1.1',
    ],
)
def test_text_of_a_client_is_not_mistaken_for_fields(client_text: str) -> None:
    """A refused request whose URL contains quotes, followed by the fields of a finished download."""
    for line in (
        s3(243, status="403", error="AccessDenied", asked=client_text),
        s3(243, status="403", error="AccessDenied", agent=client_text),
        s3(243, "photos/x", status="403", error="AccessDenied", asked=client_text),
    ):
        with pytest.raises(LogFormatError):
            parse_line(line)


def test_addresses_are_written_one_way() -> None:
    for logged_address, read in (
        ("::ffff:192.0.2.3", "192.0.2.3"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
    ):
        download = parse_line(caddy(5, address=logged_address))
        assert download is not None
        assert download.address == read


def test_other_ways_to_write_caddys_lines() -> None:
    line = json.loads(caddy(5, uri=f"/{KEY}?{SIGNED_QUERY}", ts="2026-02-06T01:00:38.5+01:00"))
    del line["request"]["client_ip"]
    download = parse_line(json.dumps(line).encode())
    assert download is not None
    assert (download.bucket, download.key, download.address) == ("", KEY, "127.0.0.1")
    assert download.sent_at == datetime(2026, 2, 6, 0, 0, 38, 500_000, UTC)


@given(st.binary(max_size=400))
def test_junk_never_breaks_a_reader(junk: bytes) -> None:
    for line in (junk, b"{" + junk, b'{"request": {"method": "GET", "uri": "' + junk, s3(5)[:300] + junk, junk + s3(5)):
        try:
            download = parse_line(line)
        except LogFormatError:
            continue
        assert download is None or download.key == KEY


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from([KEY, f"/{KEY}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(["size", "status", "ts", "request", "msg"]), VALUES, st.booleans())
def test_any_value_in_any_place_is_borne(name: str, value: object, in_request: bool) -> None:
    line = json.loads(caddy(5))
    if in_request:
        line["request"] |= dict.fromkeys(["uri", "method", "client_ip"], value)
    else:
        line[name] = value
    try:
        download = parse_line(json.dumps(line).encode())
    except LogFormatError:
        return
    assert download is None or (download.key == KEY and 0 <= download.size < 10**15)


TEXTS = st.lists(
    st.sampled_from(
        ['"', '" "', " ", "-", "200", "206", "300000", "GET", f"/shares/{KEY}", SIGNED_QUERY, "HTTP/1.1", "x"]
    ),
    max_size=24,
).map(" ".join)


@given(TEXTS, TEXTS)
def test_whatever_a_client_sends_a_refused_request_stays_refused(client_text: str, agent: str) -> None:
    for request_line in (client_text, f"GET /shares/{KEY}?{SIGNED_QUERY} HTTP/1.1{client_text}"):
        with suppress(LogFormatError):
            assert parse_line(s3(243, status="403", error="AccessDenied", asked=request_line, agent=agent)) is None


@pytest.mark.parametrize("write", [caddy, s3])
def test_keys_may_have_a_prefix_and_the_part_of_a_share(write: Any) -> None:
    key = f"u/{'a' * 32}/{'b' * 32}"
    download = parse_line(write(5, f"teams/a/{key}"), "teams/a/")
    assert download is not None
    assert download.key == key
    assert parse_line(write(5, f"teams/b/{key}"), "teams/a/") is None
    plain = parse_line(write(5, key))
    assert plain is not None
    assert plain.key == key
