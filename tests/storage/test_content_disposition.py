"""No name breaks out of the header, leaves its folder or hides its extension."""

import unicodedata

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from shares.storage import content_disposition
from tests.storage.disposition import parse

BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
any_text = st.text(st.characters(exclude_categories=[]), max_size=400)
spiteful = st.lists(
    st.sampled_from(
        ["../", "..\\", "\r\n", "\x00", '"', "\\", ";", "%", "'", "filename=", "\u202e", "\u2066", "é", "😀", ".", " "]
    ),
    max_size=40,
).map("".join)


@settings(max_examples=1000, deadline=None)
@given(name=any_text | spiteful, inline=st.booleans())
@example(name='a"; filename="evil.exe', inline=False)
@example(name="a\r\nSet-Cookie: x=1", inline=False)
@example(name="\ud800", inline=False)
def test_every_name_is_read_back_clean(name: str, inline: bool) -> None:
    value = content_disposition(name, inline=inline)
    kind, parsed_name = parse(value)
    assert kind == ("inline" if inline else "attachment")
    assert value.isascii()
    assert parsed_name
    assert not set(parsed_name) & set("/\\")
    assert parsed_name not in {".", ".."}
    assert not parsed_name.startswith("..")
    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in parsed_name)
    assert not any(
        unicodedata.bidirectional(c) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
        for c in parsed_name
    )
    assert len(parsed_name.encode()) <= 255


@settings(max_examples=500)
@given(
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=60), st.sampled_from(["", ".pdf"])
)
def test_a_plain_name_stays_as_it_is(stem: str, extension: str) -> None:
    assume(stem.lower() not in {"con", "prn", "aux", "nul"} and stem[:-1].lower() not in {"com", "lpt"})
    assert content_disposition(stem + extension) == f'attachment; filename="{stem}{extension}"'


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("report.pdf", 'attachment; filename="report.pdf"'),
        ("Zoë.txt", "attachment; filename=\"Zoe.txt\"; filename*=UTF-8''Zo%C3%AB.txt"),
        ("日本.txt", "attachment; filename=\"__.txt\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.txt"),
        ('say "hi".txt', 'attachment; filename="say _hi_.txt"'),
        ("12:30?.txt", 'attachment; filename="12_30_.txt"'),
        ("Con.tar.gz", 'attachment; filename="_Con.tar.gz"'),
        ("100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"),
        ("../../etc/passwd", 'attachment; filename="__.._etc_passwd"'),
        ("a\r\nSet-Cookie: x", 'attachment; filename="aSet-Cookie_ x"'),
        ("a\u202etxt.exe", 'attachment; filename="atxt.exe"'),
        (".gitignore", 'attachment; filename=".gitignore"'),
        ("..", 'attachment; filename="download"'),
        ("...", 'attachment; filename="download"'),
        ("///", 'attachment; filename="download"'),
        ("", 'attachment; filename="download"'),
        ("\x00", 'attachment; filename="download"'),
        ("name. .", 'attachment; filename="name"'),
    ],
)
def test_known_names(name: str, value: str) -> None:
    assert content_disposition(name) == value


def test_a_long_name_keeps_its_extension() -> None:
    _, name = parse(content_disposition("ü" * 300 + ".tar.gz"))
    assert name == "ü" * 126 + ".gz"


def test_joiners_stay_in_emoji() -> None:
    assert parse(content_disposition("👩\u200d🚀.png")) == ("attachment", "👩\u200d🚀.png")
