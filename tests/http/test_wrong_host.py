"""A page under an IPv6 address, whose policy can't name the storage there, says so before a button fails."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from shares.models import Share

MakeShare = Callable[..., Share]
HTML = "text/html,application/xhtml+xml"


@pytest.fixture
def share(make_share: MakeShare, settings: Settings) -> Share:
    settings.ALLOWED_HOSTS = ["[::1]", "files.test"]
    return make_share()


def follow_host(settings: Settings, port: str) -> None:
    shares = settings.STORAGES["shares"]
    options = {**shares["OPTIONS"], "public_endpoint_url": f"http://{{host}}:{port}"}
    settings.STORAGES = {**settings.STORAGES, "shares": {**shares, "OPTIONS": options}}


def see(path: str, host: str, accept: str = HTML) -> tuple[int, str]:
    response = Client(headers={"host": host, "accept": accept}).get(path)
    return response.status_code, response.content.decode()


def test_a_page_that_needs_storage_is_refused_in_one_sentence(share: Share, settings: Settings) -> None:
    follow_host(settings, "9000")
    for path in ("/", f"/share/{share.pk}", f"/shares/{share.pk}/"):
        status, page = see(path, "[::1]:8000")
        assert (status, "Open this site by its name" in page) == (400, True), path
        assert see(path, "files.test")[0] in {200, 302}
    # Others work, and so do programs, which have no policy.
    assert see("/accounts/login/", "[::1]:8000")[0] == 200
    assert see(f"/share/{share.pk}", "[::1]:8000", "*/*")[0] == 200


def test_a_storage_with_a_name_of_its_own_can_be_reached_from_anywhere(share: Share) -> None:
    assert "{host}" not in str(settings.STORAGES["shares"])
    assert see(f"/share/{share.pk}", "[::1]:8000")[0] == 200
