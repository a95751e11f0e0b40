"""Passing a link on: its QR code, and what a chat preview shows, which is nothing of a locked share."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import segno
from django.utils import timezone

from shares.models import Share
from tests.views.browser import Browser

MakeShare = Callable[..., Share]
TAG = re.compile(r'<meta property="og:(\w+)" content="([^"]*)">')
PREVIEW = {"accept": "*/*", "user-agent": "facebookexternalhit/1.1"}


def meta_tags(share: Share, browser: Browser) -> dict[str, str]:
    response = browser.client.get(f"/share/{share.pk}", headers=PREVIEW)
    return dict(TAG.findall(response.content.decode()))


def test_a_chat_preview_gets_the_title_and_nothing_secret(make_share: MakeShare) -> None:
    share = make_share(title='Plans & "more"', message="The pier leaks", max_downloads=3)
    tags = meta_tags(share, Browser())
    assert tags.pop("url") == f"http://127.0.0.1/share/{share.pk}"
    assert tags == {
        "type": "website",
        "site_name": "Sharesite",
        "title": "Plans &amp; &quot;more&quot;",
        "description": "1 file, 5 bytes",
    }


def test_of_a_locked_or_ended_share_it_gets_nothing(make_share: MakeShare) -> None:
    share = make_share(title="Plans", password="open sesame")
    browser = Browser()
    assert meta_tags(share, browser) == {}
    browser.see(f"/share/{share.pk}")
    browser.send(f"/share/{share.pk}/unlock", password="open sesame")
    assert "Plans" in browser.see(f"/share/{share.pk}")
    assert meta_tags(share, browser) == {}
    Share.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert meta_tags(share, browser) == {}


@pytest.mark.parametrize("password", ["", "open sesame"])
def test_the_page_draws_the_code_of_its_own_link(make_share: MakeShare, password: str) -> None:
    share = make_share(title="Plans", password=password)
    browser = Browser()
    browser.see(f"/share/{share.pk}")
    if password:
        assert "<svg role=" not in browser.see(f"/share/{share.pk}")
        browser.send(f"/share/{share.pk}/unlock", password=password)
    html = browser.see(f"/share/{share.pk}")
    code = segno.make(f"http://127.0.0.1/share/{share.pk}", error="m", micro=False)
    path_match = re.search(r'd="([^"]+)"', code.svg_inline(border=1, omitsize=True))
    assert path_match is not None
    assert path_match[1] in html
    # The platform's sheet hands the title to other programs: of a protected share it has none.
    assert f'data-title="{"" if password else "Plans"}"' in html
