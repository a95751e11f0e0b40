"""Thumbnails in the lists of files: the owner's and the recipient's, never before the password."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

from django.utils import timezone

from shares.callers import Caller
from shares.models import Event, Share, User
from tests.fixtures import PASSWORD, fetch
from tests.services.uploads.test_thumbnails import PICTURE, draw, file_of
from tests.views.browser import Browser

MakeShare = Callable[..., Share]
IMAGE = re.compile(r'<img src="([^"]+)" width="320" height="200" alt="" loading="lazy"')


def pictured(make_share: MakeShare, caller: Caller, **options: Any) -> Share:
    share = make_share([b"one", b"two"], **options)
    draw(file_of(share), caller, timezone.now())
    return share


def images(html: str) -> list[str]:
    return [unescape(url) for url in IMAGE.findall(html)]


def test_both_lists_show_the_picture_of_a_file_that_has_one(
    make_share: MakeShare, as_owner: Caller, owner: User
) -> None:
    share = pictured(make_share, as_owner)
    for html in (Browser().see(f"/share/{share.pk}"), Browser(owner).see(f"/shares/{share.pk}/")):
        [url] = images(html)
        assert fetch(url) == PICTURE
        assert html.count('data-row="ready-pictured"') == 1
    assert Event.objects.filter(kind="opened").count() == 0
    assert not share.grants.exists()


def test_fragments_of_live_updates_contain_thumbnails(make_share: MakeShare, as_owner: Caller) -> None:
    share = make_share([b"one", b"two"])
    since = timezone.now().isoformat().replace("+", "%2B")
    visitor = Browser()
    visitor.see(f"/share/{share.pk}")
    path = f"/share/{share.pk}/arrivals?since={since}"
    first = visitor.client.get(path)
    second = visitor.client.get(path, headers={"if-none-match": first["ETag"]})
    assert (images(first.content.decode()), second.status_code) == ([], 304)
    draw(file_of(share), as_owner, timezone.now())
    news = visitor.client.get(path, headers={"if-none-match": first["ETag"]})
    assert len(images(news.content.decode())) == 1


def test_nothing_is_shown_before_the_password(make_share: MakeShare, as_owner: Caller) -> None:
    share = pictured(make_share, as_owner, password=PASSWORD)
    visitor = Browser()
    assert "<img" not in visitor.see(f"/share/{share.pk}")
    visitor.send(f"/share/{share.pk}/unlock", password=PASSWORD)
    assert len(images(visitor.see(f"/share/{share.pk}"))) == 1


def test_an_ended_or_strict_share_shows_none_to_recipients(make_share: MakeShare, as_owner: Caller) -> None:
    share, strict = pictured(make_share, as_owner), pictured(make_share, as_owner, strict=True)
    assert images(Browser().see(f"/share/{strict.pk}")) == []
    Share.objects.filter(pk=share.pk).update(revoked_at=timezone.now())
    assert "<img" not in Browser().see(f"/share/{share.pk}", status=410)
