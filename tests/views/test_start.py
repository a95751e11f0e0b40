"""The start page, the account page, sign-in and sign-out, and the error pages."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client
from pytest_django import Settings

from shares.models import Preset, User
from shares.templatetags.icons import drawing
from tests.fixtures import PASSWORD
from tests.views.browser import Browser

TEMPLATES = Path(__file__).parents[2] / "templates"


def test_a_visitor_learns_what_this_is_and_an_owner_can_send(owner: User) -> None:
    visitor, sender = Browser(), Browser(owner)
    visitor.see("/")
    assert "Send large files with a link" in visitor.text
    html = sender.see("/")
    assert "Drop files here" in sender.text
    assert "send a small file</a>" in html
    assert '<option value="604800" selected>7 days</option>' in html
    assert 'value="never"' not in html


def test_the_upload_page_knows_what_the_quota_leaves(owner: User, settings: Settings) -> None:
    settings.MAX_FILE_BYTES, settings.MAX_FILES_PER_SHARE, settings.DEFAULT_QUOTA_FILES = 5000, 20, 10
    User.objects.filter(pk=owner.pk).update(quota_bytes=1000, used_bytes=400, used_files=11)
    quota_match = re.search(r'data-quota="([^"]+)"', Browser(owner).see("/"))
    assert quota_match is not None
    quota = json.loads(unescape(quota_match[1]))
    assert quota == {"bytes": 600, "files": 0, "max_file_bytes": 5000, "max_files_per_share": 20}


def test_space_that_runs_out_is_named_on_the_start_page(owner: User) -> None:
    browser = Browser(owner)
    for used, notice in ((90_000_000, False), (90_000_001, True), (100_000_001, True)):
        User.objects.filter(pk=owner.pk).update(quota_bytes=100_000_000, used_bytes=used)
        browser.see("/")
        assert ("of 100 MB left. Remove a share to free space." in browser.text) is notice
    assert "You have 0 bytes of 100 MB left." in browser.text


def test_the_choices_of_expiry_follow_the_server_s_limits(owner: User, settings: Settings) -> None:
    settings.MAX_EXPIRY_DAYS, settings.DEFAULT_EXPIRY_DAYS, settings.ALLOW_NEVER_EXPIRE = 5, 2, True
    Preset.objects.all().delete()
    html = Browser(owner).see("/")
    values = re.findall(r'<option value="(\w+)"', html.partition('name="expires_in"')[2].partition("</select>")[0])
    assert values == ["3600", "86400", "172800", "259200", "own", "never"]
    assert '<option value="172800" selected>2 days</option>' in html


def test_signing_in_and_out_without_a_script(owner: User) -> None:
    browser = Browser()
    browser.see("/accounts/login/?next=/shares/")
    browser.send("/accounts/login/", status=200, login=owner.email, password="wrong")
    assert "not correct" in browser.text
    response = browser.send("/accounts/login/", status=302, login=owner.email, password=PASSWORD)
    assert response.headers["Location"] == "/shares/"
    assert 'value="Olga Owner"' in browser.see("/account/")
    browser.send("/accounts/logout/", status=302)
    assert browser.client.get("/account/").status_code == 302


def test_sign_up_is_closed_with_a_message(db: None) -> None:
    browser = Browser()
    browser.see("/accounts/signup/")
    assert "Sign-up is closed" in browser.text
    assert "/accounts/signup/" not in browser.see("/accounts/login/")


@pytest.mark.parametrize("path", ["/nowhere", "/shares/x/", "/share/", "/share/..%2F..%2Fetc", "/static/none.css"])
def test_an_address_that_leads_nowhere_is_a_page(db: None, path: str) -> None:
    browser = Browser()
    html = browser.see(path, status=404)
    assert "Page not found" in browser.text
    assert "Traceback" not in html


def test_the_page_of_last_resort_needs_nothing() -> None:
    """No request, no context, no database and no list of static files: only the texts of its language."""
    source = (TEMPLATES / "500.html").read_text()
    tags = {"translate", "get_current_language", "get_current_language_bidi", "if", "endif"}
    assert set(re.findall(r"{%\s*(\w+)", source)) <= tags
    assert "Something went wrong on our side" in render_to_string("500.html")


def test_the_theme_of_the_cookie_is_written_by_the_server(db: None) -> None:
    client = Client(headers={"host": "127.0.0.1"})
    for value, attribute in (("dark", ' data-theme="dark"'), ("light", ' data-theme="light"'), ('"><script>', "")):
        client.cookies["theme"] = value
        html = client.get("/").content.decode()
        assert f'<html lang="en"{attribute}>' in html
        assert '"><script>' not in html


def test_every_icon_that_a_page_names_exists() -> None:
    names = set()
    for template in TEMPLATES.rglob("*.html"):
        names |= set(re.findall(r'\{% icon "([\w-]+)" %\}', template.read_text()))
    assert len(names) > 15
    for name in names:
        assert drawing(name).startswith("<svg "), name
    assert Template('{% load icons %}{% icon "no-such-icon" %}').render(Context()) == ""


def test_health_answers_to_all_and_numbers_to_those_with_the_token(
    storage: None, broker_server: object, owner: User, settings: Settings
) -> None:
    client = Client(headers={"host": "127.0.0.1"})
    assert client.get("/healthz").content == b"ok\n"
    response = client.get("/readyz")
    assert response.status_code == 200, response.content
    parts = {"database": "ok", "storage": "ok", "broker": "ok", "clock": "away", "disk": "ok"}
    assert response.json() == {"ready": True} | parts
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404
    settings.METRICS_TOKEN = "numbers please"
    assert client.get("/metrics", headers={"authorization": "Bearer guess"}).status_code == 404
    lines = client.get("/metrics", headers={"authorization": "Bearer numbers please"}).content.decode().splitlines()
    assert 'sharesite_shares{state="live"} 0' in lines
    assert "sharesite_users 1" in lines


def test_an_unavailable_helper_is_reported_and_does_not_decide(storage: None, db: None, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    response = Client(headers={"host": "127.0.0.1"}).get("/readyz")
    assert (response.status_code, response.json()["broker"]) == (200, "away")
