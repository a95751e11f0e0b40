"""Access tokens: what they are made from, what is in them, and every forgery that is refused."""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from pytest_django import Settings as SettingsWrapper

from shares.callers import READ, WRITE
from shares.checks import check_token_key
from shares.models import ApiToken, User
from shares.services.accounts import access_tokens, token_keys
from tests.api.api_client import ApiClient
from tests.fixtures import PASSWORD

Tokens = Callable[..., str]


def pem(bits: int = 2048) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def test_it_has_the_rights_of_its_api_token_or_fewer_for_an_hour(owner: User, token_of: Tokens) -> None:
    api = ApiClient(token_of(owner.email))
    response = api.data("POST", "/tokens", status=201)
    claims = jwt.decode(response["token"], options={"verify_signature": False})
    assert (claims["jti"], claims["exp"] - claims["iat"], claims["sub"]) == (response["id"], 3600, str(owner.pk))
    assert ApiClient(response["token"]).data("GET", "/me")["scopes"] == [READ, WRITE]
    reader = api.data("POST", "/tokens", {"scope": [READ], "life": 60}, status=201)["token"]
    assert ApiClient(reader).data("GET", "/me")["scopes"] == [READ]
    assert ApiClient(reader).codes("DELETE", "/tokens") == (403, "forbidden")
    assert api.codes("POST", "/tokens", {"life": 3601}) == (422, "invalid")
    assert api.codes("POST", "/tokens", {"scope": ["admin"]}) == (422, "invalid")
    assert ApiClient(token_of(owner.email, "--scope", READ)).codes("POST", "/tokens", {"scope": [WRITE]}) == (
        403,
        "forbidden",
    )


def test_it_cannot_be_exchanged_for_another_one(api: ApiClient) -> None:
    token = api.data("POST", "/tokens", status=201)["token"]
    assert ApiClient(token).codes("POST", "/tokens") == (403, "forbidden")


def test_a_browser_needs_a_recent_sign_in(owner: User) -> None:
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(owner)
    refusal = client.post("/api/v1/tokens", "{}", content_type="application/json")
    assert (refusal.status_code, refusal.json()["code"]) == (403, "forbidden")
    client.logout()
    client.post("/accounts/login/", {"login": owner.email, "password": PASSWORD})
    response = client.post("/api/v1/tokens", "{}", content_type="application/json")
    assert response.status_code == 201
    assert ApiClient(response.json()["token"]).data("GET", "/me")["email"] == owner.email


def test_the_long_ones_are_listed_and_revoked_by_their_owner(
    owner: User, api: ApiClient, stranger: ApiClient, token_of: Tokens
) -> None:
    other_token = token_of(owner.email, "--name", "backup", "--scope", READ)
    items = api.data("GET", "/tokens")["items"]
    backup = next(item for item in items if item["name"] == "backup")
    assert (len(items), backup["scopes"]) == (2, [READ])
    assert api.data("GET", f"/tokens/{backup['id']}")["name"] == "backup"
    for method in ("GET", "DELETE"):
        assert stranger.codes(method, f"/tokens/{backup['id']}") == (404, "not-found")
        assert api.codes(method, "/tokens/" + "0" * 16) == (404, "not-found")
    assert ApiClient(other_token).call("GET", "/me").status_code == 200
    assert api.call("DELETE", f"/tokens/{backup['id']}").status_code == 204
    assert ApiClient(other_token).codes("GET", "/me") == (401, "not-signed-in")
    assert api.call("DELETE", "/tokens").status_code == 204
    assert api.codes("GET", "/me") == (401, "not-signed-in")
    assert stranger.call("GET", "/me").status_code == 200


def sign(owner: User, header: dict[str, Any] | None = None, key: Any = None, **changes: Any) -> str:
    """A token as the site makes it, with other claims, another header or another key."""
    now = int(time.time())
    site_key = token_keys.current_key()
    claims = {
        "iss": "http://127.0.0.1:8000",
        "aud": access_tokens.AUDIENCE,
        "sub": str(owner.pk),
        "iat": now,
        "exp": now + 600,
        "jti": "x",
        "scope": "read",
        "epoch": owner.token_epoch,
    } | changes
    present = {name: value for name, value in claims.items() if value is not None}
    header = {"kid": site_key.id, "alg": site_key.algorithm} | (header or {})
    algorithm = header.pop("alg")
    return jwt.encode(present, site_key.private if key is None else key, algorithm, headers=header)


def test_the_forgeries_below_differ_from_a_good_one_by_one_thing(owner: User) -> None:
    assert ApiClient(sign(owner)).call("GET", "/me").status_code == 200


CENTURY = 100 * 366 * 86400
# Their numbers below are seconds from now.
TIMES = {"exp", "iat", "nbf"}


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example.com"},
        {"iss": None},
        {"aud": "other-api"},
        {"aud": [access_tokens.AUDIENCE]},
        {"aud": None},
        {"exp": CENTURY},
        {"exp": 3700},
        {"exp": None},
        {"exp": -60},
        {"exp": 10**30},
        {"exp": "soon"},
        {"iat": 600, "exp": 1200},
        {"iat": None},
        {"nbf": 600},
        {"sub": "0"},
        {"sub": 1},
        {"sub": "9" * 30},
        {"sub": "1 OR 1=1"},
        {"sub": None},
        {"jti": None},
        {"scope": None},
        {"scope": ["read"]},
        {"epoch": -1},
        {"epoch": True},
        {"epoch": None},
        {"parent": "0" * 16},
        {"parent": ""},
        {"parent": "\0"},
        {"parent": {"a": 1}},
    ],
    ids=str,
)
def test_wrong_claims_are_refused(owner: User, changes: dict[str, Any]) -> None:
    now = int(time.time())
    changes = {
        name: now + value if name in TIMES and isinstance(value, int) else value for name, value in changes.items()
    }
    try:
        token = sign(owner, **changes)
    except TypeError:
        # PyJWT does not write such claims; another library may.
        token = sign_raw(owner, changes)
    assert ApiClient(token).codes("GET", "/me") == (401, "not-signed-in")


def sign_raw(owner: User, changes: dict[str, Any]) -> str:
    claims = jwt.decode(sign(owner), options={"verify_signature": False}) | changes
    key = token_keys.current_key()
    return jwt.api_jws.encode(json.dumps(claims).encode(), key.private, key.algorithm, headers={"kid": key.id})


def part(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_wrong_headers_and_keys_are_refused(owner: User) -> None:
    _, claims, signature = sign(owner).split(".")
    key_id = token_keys.current_key().id
    forgeries = [
        f"{part({'alg': 'none', 'typ': 'JWT', 'kid': key_id})}.{claims}.",
        f"{part({'alg': 'none', 'typ': 'JWT', 'kid': key_id})}.{claims}.{signature}",
        f"{part({'alg': 'HS512', 'typ': 'JWT', 'kid': key_id})}.{claims}.{signature}",
        sign(owner, {"kid": "another"}),
        sign(owner, {"kid": "../../dev/null"}),
        sign(owner, key=b"k" * 32),
        sign(owner, {"alg": "HS512"}, key=b"k" * 64),
        sign(owner, {"alg": "RS256"}, key=pem()),
        sign(owner)[:-2] + "AA",
        f"{part({'alg': 'HS256', 'kid': key_id})}.{part('text')}.{signature}",
        f"{part({'alg': 'HS256', 'kid': [key_id]})}.{claims}.{signature}",
        "..",
        "a.b.c",
        "eyJ" * 1000,
        "é.é.é",
    ]
    for token in forgeries:
        assert ApiClient(token).codes("GET", "/me") == (401, "not-signed-in"), token


def test_a_key_file_signs_with_rs256_and_its_public_key_verifies(
    owner: User, api: ApiClient, settings: SettingsWrapper
) -> None:
    derived = sign(owner)
    settings.TOKEN_KEY = pem()
    token = api.data("POST", "/tokens", status=201)["token"]
    assert jwt.get_unverified_header(token)["alg"] == "RS256"
    public = token_keys.current_key().public
    claims = jwt.decode(token, public, algorithms=["RS256"], audience=access_tokens.AUDIENCE)
    assert claims["parent"] == ApiToken.objects.get().key
    assert ApiClient(token).data("GET", "/me")["email"] == owner.email
    assert ApiClient(derived).codes("GET", "/me") == (401, "not-signed-in")


@pytest.mark.parametrize("key", ["no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", pem(1024)])
def test_a_key_that_cannot_sign_is_found_at_the_start(key: str, settings: SettingsWrapper) -> None:
    assert check_token_key() == []
    settings.TOKEN_KEY = key
    assert [problem.id for problem in check_token_key()] == ["shares.E011"]
