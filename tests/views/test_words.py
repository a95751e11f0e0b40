"""Sizes, times and drawings as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from shares.templatetags.charts import bars, qr
from shares.templatetags.numbers import kind, size
from shares.templatetags.times import moment, span

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (1234, "1.2 kB"),
        (18_200_000, "18.2 MB"),
        (99_960_000, "100 MB"),
        (412_345_678, "412 MB"),
        (999_499_999, "999 MB"),
        (999_500_000, "1 GB"),
        (1_380_000_000, "1.4 GB"),
        (5 * 1024**4, "5.5 TB"),
        (10**19, "10000 PB"),
    ],
)
def test_sizes(count: int, words: str) -> None:
    assert size(count) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (299, "4 min"),
        (3599, "59 min"),
        (3600, "1 hour"),
        (2 * 86400 - 1, "47 hours"),
        (2 * 86400, "2 days"),
        (7 * 86400 - 1, "6 days"),
    ],
)
def test_spans_round_down(seconds: int, words: str) -> None:
    assert span(seconds) == words
    assert span(timedelta(seconds=seconds)) == words


def test_moments_say_the_absolute_time_too() -> None:
    later = NOW + timedelta(days=6, minutes=1)
    assert ">in 6 days (Sat 28 Nov, 14:01 UTC)</time>" in moment(later, NOW, "until")
    assert 'datetime="2026-11-28T14:01:00Z"' in moment(later, NOW, "left")
    assert 'title="Sat 28 Nov, 14:01 UTC">6 days</time>' in moment(later, NOW, "left")
    assert ">3 hours ago</time>" in moment(NOW - timedelta(hours=3), NOW, "ago")
    assert ">Sat 1 Jan 2028, 00:00 UTC</time>" in moment(datetime(2028, 1, 1, tzinfo=UTC), NOW)
    assert moment(None, NOW) == "never"


@pytest.mark.parametrize(
    ("name", "words"),
    [("a.pdf", "PDF"), ("a.tar.gz", "GZ"), ("noextension", "•"), (".bashrc", "•"), ("a.verylong", "•"), ("a.<b>", "•")],
)
def test_kinds(name: str, words: str) -> None:
    assert kind(name) == words


def test_bars_have_one_for_each_day_and_survive_none() -> None:
    assert bars([0, 1, 4]).count("<rect") == 3
    assert 'height="20" class="some"' in bars([0, 1, 4])
    assert bars([]).count("<rect") == 0


def test_the_qr_code_is_a_labeled_drawing_without_inline_style() -> None:
    drawing = qr("http://127.0.0.1/share/aaaaaaaaaaaaaaaaaaaaaa")
    assert 'aria-label="QR code of the link"' in drawing
    assert "style=" not in drawing
