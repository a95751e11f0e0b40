"""Who may use the API: tokens with their scopes and expiries, and the site's own pages."""

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from shares.models import ApiToken, User
from tests.api.api_client import ApiClient
from tests.fixtures import PASSWORD

Tokens = Callable[..., str]


def test_the_command_prints_the_token_and_only_a_digest_stays(owner: User, token_of: Tokens) -> None:
    token = token_of("OWNER@example.com", "--name", "backup", "--days", "3")
    assert re.fullmatch(r"shs_[0-9a-f]{16}\.[A-Za-z0-9_-]{43}", token)
    row = ApiToken.objects.get()
    assert token.partition(".")[2] not in str(vars(row))
    assert (row.name, row.scopes, row.user) == ("backup", "read write", owner)
    assert ApiClient(token).data("GET", "/me")["email"] == "owner@example.com"


@pytest.mark.parametrize("options", [("nobody@example.com",), ("owner@example.com", "--days", "-1")])
def test_the_command_fails_with_a_message(owner: User, options: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"[a-z]+.*\.$"):
        call_command("issue_token", *options)


@pytest.mark.parametrize(
    "token", ["", "x", "shs_", "shs_a.b", "shs_" + "0" * 16 + "." + "a" * 43, "shs_\u0000.x", "é.é"]
)
def test_forged_tokens_are_refused(db: None, token: str) -> None:
    refusal = ApiClient(token or " ").call("GET", "/me")
    assert refusal.status_code == 401
    assert refusal.headers["WWW-Authenticate"].startswith("Bearer")


def test_no_token_is_refused_on_every_call_of_an_owner(anonymous_api: ApiClient) -> None:
    some_id = "x" * 22
    calls = f"""
        GET /me, GET /shares, POST /shares, GET /shares/{some_id}, PATCH /shares/{some_id}, DELETE /shares/{some_id},
        POST /shares/{some_id}/files, DELETE /shares/{some_id}/files/{some_id}, GET /shares/{some_id}/events,
        GET /uploads/{some_id}, POST /uploads/{some_id}/parts, POST /uploads/{some_id}/complete,
        DELETE /uploads/{some_id}
    """
    for call in calls.split(","):
        method, path = call.split()
        assert anonymous_api.codes(method, path) == (401, "not-signed-in"), (method, path)


def test_scopes_are_kept(owner: User, token_of: Tokens) -> None:
    body = {"files": [{"name": "a", "size": 1}]}
    reader = ApiClient(token_of(owner.email, "--scope", "read"))
    writer = ApiClient(token_of(owner.email, "--scope", "write"))
    assert reader.codes("POST", "/shares", body) == (403, "forbidden")
    share = writer.data("POST", "/shares", body, status=201)
    assert writer.codes("GET", f"/shares/{share['id']}") == (403, "forbidden")
    assert reader.data("GET", f"/shares/{share['id']}")["id"] == share["id"]
    assert reader.codes("DELETE", f"/shares/{share['id']}") == (403, "forbidden")
    assert reader.data("GET", "/me")["scopes"] == ["read"]


def test_a_token_ends_with_its_time_its_revocation_and_its_owner(owner: User, token_of: Tokens) -> None:
    now = timezone.now()
    for columns in ({"expires_at": now - timedelta(seconds=1)}, {"revoked_at": now}):
        api_client = ApiClient(token_of(owner.email))
        assert api_client.call("GET", "/me").status_code == 200
        ApiToken.objects.update(**columns)
        assert api_client.codes("GET", "/me") == (401, "not-signed-in")
        ApiToken.objects.all().delete()
    api_client = ApiClient(token_of(owner.email))
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert api_client.codes("GET", "/me") == (401, "not-signed-in")


def test_a_wrong_token_is_not_saved_by_a_good_session(owner: User) -> None:
    api_client = ApiClient("shs_wrong.wrong")
    assert api_client.client.login(email=owner.email, password=PASSWORD)
    assert api_client.codes("GET", "/me") == (401, "not-signed-in")


def test_a_session_reads_freely_and_writes_with_the_pages_token_only(owner: User) -> None:
    client = Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1"})
    assert client.login(email=owner.email, password=PASSWORD)
    assert client.get("/api/v1/me").json()["scopes"] is None
    body = {"files": [{"name": "a", "size": 1}]}
    refusal = client.post("/api/v1/shares", body, content_type="application/json")
    assert (refusal.status_code, refusal.json()["code"]) == (403, "forbidden")
    page = client.get("/").content.decode()
    csrf_match = re.search(r'data-csrf="(\w+)"', page)
    assert csrf_match
    response = client.post(
        "/api/v1/shares", body, content_type="application/json", headers={"X-CSRFToken": csrf_match[1]}
    )
    assert response.status_code == 201


def test_me_contains_quota_and_limits(api: ApiClient) -> None:
    before = api.data("GET", "/me")
    assert before["quota"]["used_bytes"] == 0
    assert before["limits"]["max_file_bytes"] == 5 * 2**40
    assert before["limits"]["default_expiry_seconds"] == 7 * 86400
    api.data("POST", "/shares", {"files": [{"name": "a", "size": 1000}]}, status=201)
    after = api.data("GET", "/me")["quota"]
    assert (after["used_bytes"], after["used_files"]) == (1000, 1)
    assert (after["left_bytes"], after["left_files"]) == (before["quota"]["bytes"] - 1000, before["quota"]["files"] - 1)


def test_a_page_reads_its_session_and_a_fresh_token_and_a_bearer_does_not(owner: User, api: ApiClient) -> None:
    client = Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1"})
    assert client.get("/api/v1/session").status_code == 401
    client.force_login(owner)
    session = client.get("/api/v1/session").json()
    assert session["account"] == str(owner.pk)
    body, media = json.dumps({"files": [{"name": "a", "size": 1}]}), "application/json"
    assert client.post("/api/v1/shares", body, media, headers={"X-CSRFToken": "x" * 32}).status_code == 403
    assert client.post("/api/v1/shares", body, media, headers={"X-CSRFToken": session["csrf"]}).status_code == 201
    assert api.codes("GET", "/session") == (401, "not-signed-in")
