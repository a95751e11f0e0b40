"""The texts about a file that waits for the virus scanner, or is withheld: for owner, recipient and program."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from shares.callers import Caller
from shares.models import BlockedFile, Scan, Share, SharedFile, User
from shares.services.moderation import abuse, scans
from tests.clamd import MAX_BYTES, NAME, VIRUS, Clamd
from tests.views.browser import Browser

MakeShare = Callable[..., Share]


@pytest.fixture
def scanning_clamd(clamd: Clamd, settings: Settings) -> Clamd:
    settings.CLAMD_ADDRESS = clamd.address
    return clamd


def refusal_of(share: Share, file: SharedFile) -> tuple[int, str]:
    """By the API: status and code."""
    response = Client().post(
        f"/api/v1/shares/{share.pk}/downloads", {"files": [file.pk]}, content_type="application/json"
    )
    return response.status_code, response.json()["code"]


def test_a_file_that_is_not_scanned_is_listed_and_not_available(
    scanning_clamd: Clamd, make_share: MakeShare, owner: User, client: Client
) -> None:
    share = make_share([b"one"], title="Plans")
    file, page, recipient = share.files.get(), f"/share/{share.pk}", Browser()
    html = recipient.see(page)
    assert "being checked for viruses" in recipient.text
    assert "uploading" not in recipient.text
    assert "data-arrivals" in html
    assert refusal_of(share, file) == (409, "scanning")
    form = {"csrfmiddlewaretoken": recipient.page.forms[f"{page}/download"]["csrfmiddlewaretoken"]}
    for action in ("download", f"files/{file.pk}/download"):
        response = recipient.client.post(f"{page}/{action}", form)
        assert (response.status_code, "Being checked for viruses" in response.content.decode()) == (409, True)
    program = client.get(page, headers={"accept": "*/*", "user-agent": "curl/8"}).content.decode()
    assert "file-0.txt\n" in program
    assert ", being checked for viruses" in program
    public = client.get(f"/api/v1/shares/{share.pk}/public").json()
    assert (public["state"], public["files"][0]["state"]) == ("draft", "scanning")
    client.force_login(owner)
    assert "being checked for viruses" in client.get(f"/shares/{share.pk}/").content.decode()
    scans.run()
    pieces = client.get(f"{page}/arrivals").content.decode()
    assert 'data-row="ready' in pieces
    assert "being checked" not in pieces
    recipient.see(page)
    recipient.send(f"{page}/download")


def test_the_owner_sees_the_reason_of_a_delay(
    scanning_clamd: Clamd, make_share: MakeShare, owner: User, settings: Settings
) -> None:
    share = make_share()
    settings.CLAMD_ADDRESS = "127.0.0.1:1"
    scans.run()
    browser = Browser(owner)
    browser.see(f"/shares/{share.pk}/")
    assert "The virus scanner does not answer. The file becomes available once it has been checked" in browser.text
    stranger = Browser()
    stranger.see(f"/share/{share.pk}")
    assert "does not answer" not in stranger.text


def test_a_withheld_file_is_named_and_the_others_are_offered(
    scanning_clamd: Clamd, make_share: MakeShare, owner: User, client: Client
) -> None:
    share = make_share([b"fine", VIRUS], title="Plans")
    scans.run()
    fine, bad = share.files.order_by("position")
    page, recipient = f"/share/{share.pk}", Browser()
    html = recipient.see(page)
    assert "sent you 1 file" in recipient.text
    assert "Withheld: this file can't be downloaded" in recipient.text
    assert "data-arrivals" not in html
    assert refusal_of(share, bad) == (403, "withheld")
    token = {"csrfmiddlewaretoken": recipient.page.forms[f"{page}/download"]["csrfmiddlewaretoken"]}
    response = recipient.client.post(f"{page}/files/{bad.pk}/download", token)
    assert (response.status_code, "A virus was found in this file" in response.content.decode()) == (403, True)
    recipient.see(page)
    assert recipient.send(f"{page}/download")["Location"].count(fine.key) == 1
    assert recipient.client.get(f"{page}/files/{bad.pk}/content").status_code == 403
    assert recipient.client.post(f"{page}/archive", token).json()["files"] == [
        {"id": fine.pk, "name": "file-0.txt", "size": 4}
    ]
    sender = Browser(owner)
    sender.see(f"/shares/{share.pk}/")
    assert f"the virus scanner found “{NAME}.UNOFFICIAL”" in sender.text
    assert "File withheld file-1.txt" in sender.text
    assert "uploading" not in sender.text
    states = [file["state"] for file in sender.client.get(f"/api/v1/shares/{share.pk}").json()["files"]]
    assert states == ["ready", "withheld"]


def test_of_a_locked_share_the_result_of_the_scan_is_hidden(scanning_clamd: Clamd, make_share: MakeShare) -> None:
    share = make_share([VIRUS], password="open sesame")
    scans.run()
    stranger, page = Browser(), f"/share/{share.pk}"
    stranger.see(page)
    token = {"csrfmiddlewaretoken": stranger.page.forms[f"{page}/unlock"]["csrfmiddlewaretoken"]}
    response = stranger.client.post(f"{page}/files/{share.files.get().pk}/download", token).content.decode()
    assert "virus" not in response
    assert "These files are protected" in response


def test_a_file_too_large_to_be_scanned_is_marked(scanning_clamd: Clamd, make_share: MakeShare, owner: User) -> None:
    share = make_share([bytes(MAX_BYTES + 1)])
    scans.run()
    for browser, path in ((Browser(), f"/share/{share.pk}"), (Browser(owner), f"/shares/{share.pk}/")):
        browser.see(path)
        assert "too large to be checked for viruses" in browser.text


def test_the_admin_shows_scans_releases_files_and_lifts_blocks(
    scanning_clamd: Clamd, make_share: MakeShare, admin: User, client: Client
) -> None:
    share = make_share([VIRUS])
    scans.run()
    file = share.files.get()
    client.force_login(admin)
    assert NAME in client.get("/admin/shares/scan/").content.decode()
    assert "virus scanner" in client.get("/admin/shares/report/").content.decode()
    selection = {"_selected_action": [file.pk]}
    html = client.post("/admin/shares/sharedfile/", {"action": "release", **selection}, follow=True).content.decode()
    assert "Now available: file-0.txt" in html
    assert (share.files.get().state, Scan.objects.get().verdict) == ("ready", "released")
    abuse.block(file=share.files.select_related("share").get(), caller=Caller(user=admin), now=timezone.now())
    [block] = BlockedFile.objects.all()
    client.post(f"/admin/shares/blockedfile/{block.pk}/delete/", {"post": "yes"})
    assert not BlockedFile.objects.exists()
    assert share.files.get().state == "ready"
