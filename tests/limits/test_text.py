"""Text that is expensive to normalize is refused by its length, or by its combining marks, before normalization."""

import json
import time
from datetime import datetime, timedelta

import pytest
from django.test import Client

from shares import errors
from shares.models import RateLimitCounter, Report, ReshareRequest, Share, User
from shares.services.sharing import reshare_requests
from shares.services.text import clean_name, clean_path, clean_text
from tests.api.api_client import PROBLEM
from tests.views.browser import Browser

ATTACK = "a" + "\u0315\u0300" * 40_000
MAX_SECONDS = 0.1


def seconds_of(client: Client, path: str, body: bytes, content_type: str, status: int) -> float:
    started_at = time.process_time()
    response = client.generic("POST", path, body, content_type)
    seconds = time.process_time() - started_at
    assert response.status_code == status, response.content
    return seconds


@pytest.fixture
def ended_share(owner: User, now: datetime) -> Share:
    return Share.objects.create(
        owner=owner, created_at=now, expires_at=now - timedelta(minutes=1), reshare_requests_enabled=True
    )


@pytest.mark.parametrize(
    "clean",
    [clean_name, clean_path, lambda text: clean_text(text, max_length=200, field="title")],
    ids=["name", "path", "title"],
)
@pytest.mark.parametrize(
    "text", [ATTACK, "a" + "\u0301" * 31, "a" + "\u0315\u200e\u0300" * 16], ids=["long", "run", "hidden"]
)
def test_text_is_refused_before_it_is_normalized(clean: object, text: str) -> None:
    started_at = time.process_time()
    with pytest.raises(errors.Invalid):
        clean(text)  # type: ignore[operator]
    assert time.process_time() - started_at < MAX_SECONDS


@pytest.mark.parametrize(
    "text", ["é" * 200, "e\u0301" * 200, "Z\u0351\u0352\u0353" * 40, "각" * 200, "\u1100\u1161\u11a8" * 200]
)
def test_text_that_fits_once_composed_is_accepted(text: str) -> None:
    assert len(clean_text(text, max_length=200, field="title")) <= 200


def test_a_long_wish_is_refused_in_milliseconds_and_costs_no_try(ended_share: Share) -> None:
    client = Browser().client
    client.handler.enforce_csrf_checks = False
    client.get(f"/share/{ended_share.pk}")  # the page, which is drawn up at its first use
    fits = f"who={'a' + chr(0x315) * 20_000}".encode()
    assert (
        seconds_of(client, f"/share/{ended_share.pk}/ask", fits, "application/x-www-form-urlencoded", 422) < MAX_SECONDS
    )
    long = f"who={ATTACK}".encode()
    assert (
        seconds_of(client, f"/share/{ended_share.pk}/ask", long, "application/x-www-form-urlencoded", 413) < MAX_SECONDS
    )
    assert not RateLimitCounter.objects.exists()
    assert not ReshareRequest.objects.exists()


def test_wishes_are_counted_before_they_are_cleaned(ended_share: Share) -> None:
    browser = Browser()
    marks = "a" + "\u0301" * 50
    for _ in range(reshare_requests.REQUESTS_A_DAY):
        browser.see(f"/share/{ended_share.pk}", status=410)
        browser.send(f"/share/{ended_share.pk}/ask", status=422, who=marks)
    browser.see(f"/share/{ended_share.pk}", status=410)
    browser.send(f"/share/{ended_share.pk}/ask", status=429, who=marks)


def test_reports_are_counted_before_they_are_cleaned(ended_share: Share) -> None:
    browser = Browser()
    browser.see(f"/share/{ended_share.pk}/report")
    browser.send(f"/share/{ended_share.pk}/report/send", status=422, reason="other", details="a" + "\u0301" * 50)
    assert RateLimitCounter.objects.exists()
    assert not Report.objects.exists()


@pytest.mark.parametrize("field", ["title", "name"])
def test_a_long_title_or_name_is_refused_in_milliseconds(owner: User, field: str) -> None:
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(owner)
    document = {"title": "x", "files": [{"name": "x", "size": 1}]}
    if field == "title":
        document["title"] = ATTACK
    else:
        document["files"] = [{"name": ATTACK, "size": 1}]
    client.get("/api/v1/me")
    body = json.dumps(document, ensure_ascii=False).encode()
    vars(client.handler)["enforce_csrf_checks"] = False
    assert seconds_of(client, "/api/v1/shares", body, "application/json", 422) < MAX_SECONDS
    assert not Share.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        '{"title": "a", "title": "b", "files": [{"name": "x", "size": 1}]}',
        '{"files": [{"name": "x", "size": 1, "size": 2}]}',
        '{"files": [{"name": "x", "size": 1}], "files": [{"name": "y", "size": 1}]}',
        '{"files": [{"name": "x", "si\\u007ae": 1, "size": 2}]}',
    ],
)
def test_a_field_that_is_there_twice_is_refused(owner: User, body: str) -> None:
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(owner)
    response = client.post("/api/v1/shares", body, content_type="application/json")
    assert (response.status_code, response["Content-Type"]) == (422, PROBLEM)
    assert "twice" in response.json()["detail"]
    assert not Share.objects.exists()
