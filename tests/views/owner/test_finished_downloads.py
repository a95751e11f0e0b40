"""The owner's page and the history show finished downloads where they are counted."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from pytest_django import Settings

from shares.accesslogs import read_lines
from shares.models import Share, User
from shares.services.finished import counting
from shares.services.finished.counting import ImportStats
from tests.accesslogs import log_lines
from tests.views.browser import Browser

MakeShare = Callable[..., Share]


def finish(share: Share) -> None:
    log = [log_lines.caddy(file.size, file.key, logged_at=timezone.now()) for file in share.files.all()]
    counting.count_downloads(read_lines([b"\n".join(log)]), ImportStats(), now=timezone.now())


def test_without_a_log_the_page_does_not_mention_finished_downloads(make_share: MakeShare, owner: User) -> None:
    browser = Browser(owner)
    browser.see(f"/shares/{make_share().pk}/")
    assert "File downloads started" in browser.text
    assert "Finished" not in browser.text


@pytest.mark.parametrize("log", ["/logs/storage.log", ""])
def test_the_owner_sees_how_many_were_finished_and_when(
    make_share: MakeShare, owner: User, settings: Settings, log: str
) -> None:
    """Also where no log is set any more, or logs are read by hand."""
    share = make_share([b"one", b"two"])
    settings.ACCESS_LOG = log
    browser = Browser(owner)
    browser.see(f"/shares/{share.pk}/")
    assert ("Finished 0" in browser.text) == bool(log)
    finish(share)
    browser.see(f"/shares/{share.pk}/")
    for text in ("Finished 2", "2 downloads finished"):
        assert text in browser.text, text


def test_recipients_learn_nothing_of_it(make_share: MakeShare, settings: Settings) -> None:
    settings.ACCESS_LOG = "/logs/storage.log"
    share = make_share()
    finish(share)
    assert "Finished" not in Browser().see(f"/share/{share.pk}")


def test_strict_shares_have_no_such_number(make_share: MakeShare, owner: User, settings: Settings) -> None:
    settings.ACCESS_LOG = "/logs/storage.log"
    browser = Browser(owner)
    browser.see(f"/shares/{make_share(strict=True).pk}/")
    assert "Finished" not in browser.text
