"""Formats of sizes and times, and drawings."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template

from shares.formats import format_size, format_span
from shares.templatetags.charts import bars, qr
from shares.templatetags.sizes import kind
from shares.templatetags.times import moment
from sharesite.env import PROJECT

# tests/js tests the scripts of the pages with the same cases.
CASES = json.loads((PROJECT / "tests" / "formats.json").read_text())
NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(("count", "text"), CASES["sizes"])
def test_sizes(count: int, text: str) -> None:
    assert format_size(count) == text


def test_a_size_beyond_all_units_uses_the_largest() -> None:
    assert format_size(10**19) == "10000 PB"


@pytest.mark.parametrize(("seconds", "text"), CASES["spans"])
def test_spans_are_the_nearest(seconds: float, text: str) -> None:
    assert format_span(seconds) == text
    assert format_span(timedelta(seconds=seconds)) == text


def test_templates_write_both_in_the_same_way() -> None:
    page = Template("{% load sizes times %}{{ count|size }}, {{ length|span }}")
    assert page.render(Context({"count": 77_800, "length": timedelta(days=7)})) == "77.8 kB, 7 days"


def test_nothing_else_writes_sizes_or_dates() -> None:
    """Django's own filters count differently and would be a second way."""
    for file in [*(PROJECT / "templates").rglob("*.*"), *(PROJECT / "shares").rglob("*.py")]:
        text = file.read_text()
        assert "filesizeformat" not in text, file
        assert not re.search(r"\|(date|time|timesince|timeuntil|naturaltime)\b(?!:'c')", text), file


def test_times_have_their_absolute_form_too() -> None:
    later = NOW + timedelta(days=6, minutes=1)
    assert ">in 6 days (Sat 28 Nov, 14:01 UTC)</time>" in moment(later, NOW, "until")
    assert 'datetime="2026-11-28T14:01:00Z"' in moment(later, NOW, "left")
    assert 'title="Sat 28 Nov, 14:01 UTC">6 days</time>' in moment(later, NOW, "left")
    assert ">3 hours ago</time>" in moment(NOW - timedelta(hours=3), NOW, "ago")
    assert ">Sat 1 Jan 2028, 00:00 UTC</time>" in moment(datetime(2028, 1, 1, tzinfo=UTC), NOW)
    assert moment(None, NOW) == "never"


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.pdf", "PDF"), ("a.tar.gz", "GZ"), ("noextension", "•"), (".bashrc", "•"), ("a.verylong", "•"), ("a.<b>", "•")],
)
def test_kinds(name: str, text: str) -> None:
    assert kind(name) == text


def test_bars_have_one_for_each_day_and_survive_none() -> None:
    assert bars([0, 1, 4]).count("<rect") == 3
    assert 'height="20" class="some"' in bars([0, 1, 4])
    assert bars([]).count("<rect") == 0


def test_the_qr_code_is_a_labeled_drawing_without_inline_style() -> None:
    drawing = qr("http://127.0.0.1/share/aaaaaaaaaaaaaaaaaaaaaa")
    assert 'aria-label="QR code of the link"' in drawing
    assert "style=" not in drawing
