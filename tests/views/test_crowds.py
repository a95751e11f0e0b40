"""A crowd of guesses: whoever finds no place is told so before anything is read, and clicks go on meanwhile."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from shares.models import Share
from shares.services import passwords
from tests.views.browser import Browser

MakeShare = Callable[..., Share]


@pytest.fixture
def crowd() -> Iterator[None]:
    for _ in range(passwords.AT_ONCE):
        assert passwords._places.acquire(timeout=10)
    yield
    for _ in range(passwords.AT_ONCE):
        passwords._places.release()


def test_a_guess_without_a_place_costs_no_query(
    make_share: MakeShare,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    locked, other = make_share(password="open sesame"), make_share()
    page, browser, clicker = f"/share/{locked.pk}", Browser(), Browser()
    browser.see(page)
    clicker.see(f"/share/{other.pk}")
    request.getfixturevalue("crowd")
    with django_assert_num_queries(0):
        answer = browser.send(f"{page}/unlock", password="open sesame", status=503)
    assert answer["Retry-After"] == "5"
    assert answer["Cache-Control"] == "no-store, private"
    assert passwords.CROWDED in browser.text
    assert not caplog.records
    clicker.send(f"/share/{other.pk}/download")


def test_a_program_is_told_in_a_sentence(make_share: MakeShare, request: pytest.FixtureRequest, client: Client) -> None:
    share = make_share(password="open sesame")
    request.getfixturevalue("crowd")
    answer = client.post(f"/share/{share.pk}/unlock", headers={"Accept": "*/*", "X-Share-Password": "guess"})
    assert (answer.status_code, answer.content.decode()) == (503, f"{passwords.CROWDED}\n")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "Content-Security-Policy" in answer


def test_the_place_is_there_again_afterwards(make_share: MakeShare) -> None:
    share, browser = make_share(password="open sesame"), Browser()
    browser.see(f"/share/{share.pk}")
    browser.send(f"/share/{share.pk}/unlock", password="open sesame")
