"""Many password attempts at once: those over the limit are rejected before anything is read, and downloads go on."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory

from shares.http import load_shedding
from shares.models import Share
from shares.services import passwords
from tests.views.browser import Browser

MakeShare = Callable[..., Share]


@pytest.fixture
def saturation() -> Iterator[None]:
    for _ in range(passwords.MAX_CONCURRENT_HASHES):
        assert passwords._permits.acquire(timeout=10)
    yield
    for _ in range(passwords.MAX_CONCURRENT_HASHES):
        passwords._permits.release()


def test_an_attempt_without_a_permit_costs_no_query(
    make_share: MakeShare,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    locked, open_share = make_share(password="open sesame"), make_share()
    page, browser, clicker = f"/share/{locked.pk}", Browser(), Browser()
    browser.see(page)
    clicker.see(f"/share/{open_share.pk}")
    request.getfixturevalue("saturation")
    caplog.clear()  # The first request of a process may have a warning of its own.
    with django_assert_num_queries(0):
        response = browser.send(f"{page}/unlock", password="open sesame", status=503)
    assert response["Retry-After"] == "5"
    assert response["Cache-Control"] == "no-store, private"
    assert str(passwords.BUSY_MESSAGE) in browser.text
    assert not caplog.records
    clicker.send(f"/share/{open_share.pk}/download")


def test_a_program_gets_a_sentence(make_share: MakeShare, request: pytest.FixtureRequest, client: Client) -> None:
    share = make_share(password="open sesame")
    request.getfixturevalue("saturation")
    response = client.post(f"/share/{share.pk}/unlock", headers={"Accept": "*/*", "X-Share-Password": "guess"})
    assert (response.status_code, response.content.decode()) == (503, f"{passwords.BUSY_MESSAGE}\n")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "Content-Security-Policy" in response


def call(application: Any, path: str, **environ: str) -> tuple[str, dict[str, str], bytes]:
    """A request and its response as a WSGI server sees them."""
    response: list[Any] = []
    request_environ = RequestFactory().post(path, **{"HTTP_HOST": "127.0.0.1", **environ}).environ  # type: ignore[arg-type]
    body = b"".join(application(request_environ, lambda status, headers: response.extend([status, dict(headers)])))
    return response[0], response[1], body


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_before_django_the_cached_rejection_is_sent(
    make_share: MakeShare, request: pytest.FixtureRequest, accept: str, django_assert_num_queries: Callable[[int], Any]
) -> None:
    path = f"/share/{make_share(password='open sesame').pk}/unlock"
    django = WSGIHandler()
    paths: list[str] = []

    def counting_application(environ: dict[str, Any], start_response: Any) -> Any:
        paths.append(environ["PATH_INFO"])
        return django(environ, start_response)

    application = load_shedding.cached_rejection(counting_application)
    request.getfixturevalue("saturation")
    with django_assert_num_queries(0):
        first, *repeats = [call(application, path, HTTP_ACCEPT=accept) for _ in range(5)]
    assert (first[0], paths) == ("503 Service Unavailable", [path])
    assert all(repeat == first for repeat in repeats)
    assert str(passwords.BUSY_MESSAGE).encode() in first[2]
    assert {"Content-Security-Policy", "X-Content-Type-Options", "Retry-After", "Content-Length"} <= first[1].keys()
    call(application, path, HTTP_HOST="elsewhere.example")
    call(application, path.replace("unlock", "download"))
    assert len(paths) == 3


@pytest.mark.usefixtures("saturation")
@pytest.mark.parametrize("status", [503, 303])
def test_rejections_for_another_reason_are_not_cached(status: int) -> None:
    """A database outage, or a permit that is released in between."""
    paths: list[str] = []

    def other_application(environ: dict[str, Any], start_response: Any) -> BytesIO:
        paths.append(environ["PATH_INFO"])
        start_response(f"{status} So", [])
        return BytesIO(b"for another reason")

    application = load_shedding.cached_rejection(other_application)
    assert {call(application, "/share/x/unlock")[2] for _ in range(2)} == {b"for another reason"}
    assert len(paths) == 2


def test_nothing_else_is_ever_repeated(make_share: MakeShare, one_connection: None) -> None:
    path = f"/share/{make_share(password='open sesame').pk}/unlock"
    application = load_shedding.cached_rejection(WSGIHandler())
    assert {call(application, path)[0] for _ in range(3)} == {"403 Forbidden"}


def test_the_place_is_there_again_afterwards(make_share: MakeShare) -> None:
    share, browser = make_share(password="open sesame"), Browser()
    browser.see(f"/share/{share.pk}")
    browser.send(f"/share/{share.pk}/unlock", password="open sesame")
