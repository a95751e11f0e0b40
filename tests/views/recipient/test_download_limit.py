"""What one browser can do with one download; only another browser takes another."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from shares.callers import Caller
from shares.models import Event, Grant, Share
from shares.services.sharing import shares
from tests.fixtures import fetch
from tests.views.browser import Browser

MakeShare = Callable[..., Share]
SCANNERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    "Mozilla/5.0 (compatible; Microsoft Outlook SafeLinks)",
    "facebookexternalhit/1.1",
    "WhatsApp/2.23",
)
PREFETCH = ({"sec-purpose": "prefetch"}, {"purpose": "prefetch"}, {"x-moz": "prefetch"}, {"sec-fetch-dest": "empty"})


def scan(share: Share) -> None:
    """Programs between a mail and its reader that open every URL, as browsers do."""
    file = share.files.order_by("position")[0]
    page = f"/share/{share.pk}"
    paths = ("", "/download", "/archive", "/archive/links", "/unlock", "/opened", f"/files/{file.pk}/download")
    for agent, headers in zip(SCANNERS, PREFETCH, strict=True):
        machine = Browser()
        for path in (*paths, f"/files/{file.pk}/content", "/arrivals", "/SHA256SUMS"):
            for request in (machine.client.get, machine.client.head, machine.client.options):
                response = request(page + path, headers={"user-agent": agent, **headers})
                assert response.status_code < 500
                assert response.status_code != 303


def download_counts(share: Share) -> tuple[int, int, int]:
    share.refresh_from_db()
    return share.download_count, Grant.objects.count(), Event.objects.filter(kind="granted").count()


def test_tabs_retries_resumes_and_a_zip_cost_one_download_and_scanners_none(make_share: MakeShare) -> None:
    share = make_share([b"first file", b"second"], max_downloads=1)
    first, second = share.files.order_by("position")
    page = f"/share/{share.pk}"
    scan(share)
    browser, other_browser = Browser(), Browser()
    browser.see(page)
    tab, form = Browser(), browser.page.forms[f"{page}/download"]
    tab.client.cookies = browser.client.cookies
    tab.see(page)
    other_browser.see(page)
    scan(share)
    assert download_counts(share) == (0, 0, 0)
    assert fetch(browser.send(f"{page}/files/{first.pk}/download")["Location"]) == b"first file"
    scan(share)
    assert fetch(tab.send(f"{page}/files/{second.pk}/download")["Location"]) == b"second"
    assert browser.send(f"{page}/files/{first.pk}/download").status_code == 303
    resumed = browser.client.get(f"{page}/files/{first.pk}/content", headers={"Range": "bytes=6-"})
    assert resumed.status_code == 303
    assert browser.client.post(f"{page}/archive", form).json()["files"]
    assert browser.client.post(f"{page}/archive/links", form | {"file": first.pk}).json()["links"]
    assert browser.send(f"{page}/download", status=200).getvalue().startswith(b"PK")
    assert download_counts(share) == (1, 1, 1)
    other_browser.send(f"{page}/files/{first.pk}/download", status=410)
    assert "Download limit reached" in other_browser.text
    assert Browser().see(page, status=410)
    scan(share)
    assert download_counts(share) == (1, 1, 1)


@pytest.mark.parametrize("retry", ["file", "everything", "plan"])
def test_an_answer_that_got_lost_costs_nothing(make_share: MakeShare, retry: str) -> None:
    share = make_share([b"first file", b"second"], max_downloads=1)
    file = share.files.order_by("position")[0]
    page, browser = f"/share/{share.pk}", Browser()
    browser.see(page)
    browser.send(f"{page}/files/{file.pk}/download")
    lost = browser.client.cookies.pop("grant").value
    browser.client.cookies.pop("opened")
    html = browser.see(page)
    assert "The download limit has been reached. You've used one of the downloads" in html
    form = browser.page.forms[f"{page}/download"]
    if retry == "plan":
        assert browser.client.post(f"{page}/archive", form).status_code == 200
    else:
        action = f"{page}/download" if retry == "everything" else f"{page}/files/{file.pk}/download"
        response = browser.send(action, status=200 if retry == "everything" else 303)
        response.getvalue()  # read to its end, or it would hold its place among the few streams
    assert browser.client.cookies["grant"].value == lost
    assert download_counts(share) == (1, 1, 1)


def test_the_browser_s_secret_opens_no_lock(make_share: MakeShare) -> None:
    """It distinguishes browsers, and grants nothing."""
    share = make_share(password="open sesame", max_downloads=5)
    file = share.files.get()
    page, browser = f"/share/{share.pk}", Browser()
    browser.see(page)
    browser.send(f"{page}/unlock", password="open sesame")
    browser.see(page)
    browser.send(f"{page}/download")
    form = {"csrfmiddlewaretoken": browser.page.forms[f"{page}/download"]["csrfmiddlewaretoken"]}
    for name in ("grant", "unlock"):
        browser.client.cookies.pop(name)
    assert browser.client.post(f"{page}/files/{file.pk}/download", form).status_code == 403
    assert "file-0.txt" not in browser.see(page)
    assert browser.client.get(f"{page}/files/{file.pk}/content").status_code == 403


def test_an_ended_grant_gives_way_to_the_next_one(make_share: MakeShare, as_owner: Caller) -> None:
    share = make_share(max_downloads=5)
    page, browser = f"/share/{share.pk}", Browser()
    browser.see(page)
    browser.send(f"{page}/download")
    Grant.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    browser.client.cookies.pop("grant")
    browser.send(f"{page}/download")
    browser.send(f"{page}/download")
    assert download_counts(share) == (2, 2, 2)
    shares.edit(share=share, caller=as_owner, changes={"password": "open sesame"}, now=timezone.now())
    browser.see(page)
    browser.send(f"{page}/unlock", password="open sesame")
    browser.see(page)
    for _ in range(2):
        browser.client.cookies.pop("grant", None)
        browser.send(f"{page}/download")
    assert download_counts(share) == (3, 3, 3)
