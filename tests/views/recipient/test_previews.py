"""Previews: offered beside files that have one, by a form that works without a script."""

from collections.abc import Callable

import pytest

from shares.models import Event, Share, User
from tests.fixtures import fetch
from tests.views.browser import Browser, query

MakeShare = Callable[..., Share]
JSON = {"accept": "application/json"}


def path_of(share: Share) -> str:
    return f"/share/{share.pk}/files/{share.files.all()[0].pk}/preview"


def test_the_form_leads_to_a_preview_of_the_file(make_share: MakeShare) -> None:
    share = make_share([b"words", b"more"])
    browser = Browser()
    browser.see(f"/share/{share.pk}")
    response = browser.send(path_of(share))
    parameters = query(response.headers["Location"])
    assert parameters["response-content-type"] == "text/plain; charset=utf-8"
    assert parameters["response-content-disposition"].startswith("inline;")
    assert response.headers["Cache-Control"] == "no-store, private"
    assert fetch(response.headers["Location"]) == b"words"


def test_a_script_gets_json(make_share: MakeShare) -> None:
    share = make_share([b"words"])
    browser = Browser()
    browser.see(f"/share/{share.pk}")
    token = browser.page.forms[path_of(share)]
    preview_response = browser.client.post(path_of(share), token, headers=JSON)
    assert (preview_response.status_code, preview_response.json()["kind"], fetch(preview_response.json()["url"])) == (
        200,
        "text",
        b"words",
    )
    assert preview_response.cookies["grant"]["path"] == f"/share/{share.pk}"
    share.files.update(name="a.zip", content_type="application/zip")
    refusal = browser.client.post(path_of(share), token, headers=JSON)
    assert (refusal.status_code, "Download it" in refusal.json()["message"]) == (422, True)
    assert browser.client.post(path_of(share), token).status_code == 422


def test_a_limited_share_states_beforehand_that_a_preview_takes_a_download(make_share: MakeShare) -> None:
    share = make_share([b"a", b"b"], max_downloads=1)
    browser = Browser()
    html = browser.see(f"/share/{share.pk}")
    assert browser.text.count("uses 1 download") == 2
    assert html.count(" data-takes>") + html.count(" data-takes ") == 2
    browser.send(path_of(share))
    share.refresh_from_db()
    assert share.download_count == 1
    browser.see(f"/share/{share.pk}")
    assert "uses 1 download" not in browser.text
    browser.send(path_of(share))
    other_browser = Browser()
    other_browser.see(f"/share/{share.pk}", status=410)
    assert other_browser.client.post(path_of(share), headers=JSON).status_code in {403, 410}


def test_a_get_of_the_page_or_of_the_url_signs_nothing(make_share: MakeShare) -> None:
    share = make_share([b"a", b"b"])
    browser = Browser()
    assert "X-Amz" not in browser.see(f"/share/{share.pk}")
    assert browser.client.get(path_of(share)).status_code == 405
    assert browser.client.head(path_of(share)).status_code == 405
    assert not Event.objects.filter(kind__in=["signed", "granted"]).exists()


@pytest.mark.parametrize(("name", "content_type"), [("a.svg", "image/svg+xml"), ("a.html", "text/html"), ("a.zip", "")])
def test_a_file_without_a_preview_offers_none(make_share: MakeShare, name: str, content_type: str) -> None:
    share = make_share([b"a"])
    share.files.update(name=name, content_type=content_type)
    assert "data-preview=" not in Browser().see(f"/share/{share.pk}")


def test_strict_and_locked_shares_offer_nothing(make_share: MakeShare) -> None:
    strict, locked = make_share(strict=True), make_share(password="open sesame")
    assert "data-preview" not in Browser().see(f"/share/{strict.pk}")
    browser = Browser()
    assert "data-preview" not in browser.see(f"/share/{locked.pk}")
    browser.send(f"/share/{locked.pk}/unlock", password="open sesame")
    assert "data-preview=" in browser.see(f"/share/{locked.pk}")


def test_the_owner_previews_a_file_without_a_download(make_share: MakeShare, owner: User, colleague: User) -> None:
    share = make_share([b"words"], max_downloads=1)
    path = path_of(share).replace("/share/", "/shares/")
    browser = Browser(owner)
    browser.see(f"/shares/{share.pk}/")
    assert fetch(browser.send(path).headers["Location"]) == b"words"
    share.refresh_from_db()
    assert share.download_count == 0
    browser.see(f"/shares/{share.pk}/")
    assert "File download started (preview)" in browser.text
    foreign = Browser(colleague)
    foreign.see("/shares/")
    assert foreign.client.post(path, {"csrfmiddlewaretoken": "x"}).status_code in {403, 404}
