"""Mangled links are redirected; nothing else is, and no response reveals which ids exist."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import resolve

from shares.models import Share
from shares.views import links
from tests.views.browser import Browser

MakeShare = Callable[..., Share]
ID = "AbCdEf-_0123456789wxyz"
FILE = "F" * 22

# What mail and chat programs, wikis, spreadsheets and fingers make of a link, and the address that was meant.
MANGLED = {
    f"/share/{ID}/": "",
    f"/share/{ID}.": "",
    f"/share/{ID},": "",
    f"/share/{ID})": "",
    f"/share/{ID}%20": "",
    f"/share//{ID}": "",
    f"//share/{ID}": "",
    f"/SHARE/{ID}": "",
    f"/Share/{ID}": "",
    f"/share/{ID}%0A%0A": "",
    f"/share/{ID}>": "",
    f"/share/{ID}%3E%3Cbr%3E": "",
    f"/share/{ID}&gt;": "",
    f"/share/{ID}%22": "",
    f"/share/{ID}'s": "",
    f"/share/{ID}_": "",
    f"/share/{ID}**": "",
    f"/share/{ID}%E3%80%82": "",
    f"/share/{ID}%E8%AF%B7%E6%9F%A5%E6%94%B6": "",
    f"/share/{ID}%E2%80%8B": "",
    f"/share/{ID}%20Thank%20you!": "",
    f"/share/{ID}https://example.org/share/{ID}": "",
    f"/share/{ID[:9]}%20{ID[9:]}": "",
    f"/share/{ID[:9]}%0D%0A{ID[9:]}": "",
    f"/share/%20{ID}": "",
    f"/share/%3C{ID}%3E": "",
    f"/share\\{ID}": "",
    f"/share/{ID}//": "",
    f"/share/{ID}/).": "",
    f"/share/{ID}/SHA256SUMS/": "/SHA256SUMS",
    f"/SHARE/{ID}//report.": "/report",
    f"/share/{ID}/files/{FILE}/content/": f"/files/{FILE}/content",
    # What a form sends is no page: to the one with the form.
    f"/share/{ID}/download/": "",
    f"/share/{ID}/files/{FILE}/download)": "",
}
LOST = [
    f"/share/{ID}x",
    f"/share/{ID[:-1]}",
    f"/share/{ID[:-1]}.",
    f"/share/{ID}/nowhere",
    f"/share/{ID}/files/{FILE}",
    f"/share/x/{ID}",
    f"/share/{ID}/share/{ID}",
    f"//evil.example/share/{ID}",
    f"/evil.example/share/{ID}",
    "/share/https://evil.example/",
    "/share//evil.example/aaaaaaaaaaaaaaaaaaaaaa",
    "/share/../../etc/passwd",
]


@pytest.mark.parametrize("link", MANGLED)
def test_a_link_with_something_too_many_leads_to_the_one_that_was_meant(db: None, link: str) -> None:
    meant = f"/share/{ID}{MANGLED[link]}"
    for query in ("", "?page=2&sort=size"):
        # Django's client would take two slashes for a host.
        raw = {"PATH_INFO": link} if link.startswith("//") else {}
        path = link.removeprefix("/") if raw else link
        response = Browser().client.get(path + query, **raw)  # type: ignore[arg-type]
        assert (response.status_code, response.headers["Location"]) == (303, meant + query)
        assert response.headers["Cache-Control"] == "no-store, private"
    assert f"/share/{ID}" in response.content.decode()
    assert resolve(meant).url_name != "mangled-link"


@pytest.mark.parametrize("link", LOST)
def test_what_is_no_link_is_lost_and_leads_nowhere_else(db: None, link: str) -> None:
    response = Browser().client.get(link)
    assert (response.status_code, response.headers.get("Location")) == (404, None)
    assert b"Page not found" in response.content


def test_a_mangled_link_redirects_without_a_lookup_of_its_id(make_share: MakeShare) -> None:
    share, missing_id = make_share(title="Plans"), "x" * 22
    opened = Browser().client.get(f"/SHARE/{share.pk}/.", follow=True)
    assert (opened.status_code, "Plans" in opened.content.decode()) == (200, True)
    first, second = (Browser().client.get(f"/SHARE/{pk}/.") for pk in (share.pk, missing_id))
    assert first.content == second.content.replace(missing_id.encode(), share.pk.encode())
    assert {**first.headers, "Location": ""} == {**second.headers, "Location": ""}


def test_only_get_and_head_are_redirected(db: None) -> None:
    for link in (f"/share/{ID}/", f"/SHARE/{ID}/download"):
        assert Client(headers={"host": "127.0.0.1"}).post(link).status_code == 405


@pytest.mark.parametrize(
    ("link", "text"),
    [
        ("/share/", "the 22 characters after /share/ are missing"),
        (f"/share/{ID[:17]}", "only 17 of the 22 characters after /share/ are left"),
        (f"/SHARE/{ID[:17]}=", "only 17 of the 22"),
        (f"/share/{ID}", "The address may be mistyped or cut off."),
        (f"/share/{ID}x", "The address may be mistyped or cut off."),
    ],
)
def test_the_page_names_the_problem_and_the_remedy(db: None, link: str, text: str) -> None:
    browser = Browser()
    browser.see(link, status=404)
    assert text in browser.text
    assert "copy the whole link" in browser.text
    assert "ask the sender for a new link" in browser.text
    plain = browser.client.get(link, headers={"accept": "*/*", "user-agent": "curl/8.5.0"})
    assert (plain.status_code, plain.headers["Content-Type"]) == (404, "text/plain; charset=utf-8")
    assert text in plain.content.decode()


def test_a_long_path_costs_no_more_than_a_short_one() -> None:
    """Each link is parsed once; see also tests/limits."""
    for link in ("share/" + "- " * 2000, "share/" + ID + "/." * 2000, "/" * 4000 + "share"):
        links.clean_link(link)
        links.problem(link)
