"""Every call of the API refuses every token that is not good enough: generated from the calls themselves."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from shares.api.access import ANY_SCOPE, SessionAuth, TokenAuth
from shares.api.routes import ROUTERS
from shares.callers import READ, WRITE
from shares.models import ApiToken, User
from shares.services.accounts import access_tokens, tokens
from shares.services.accounts.access_tokens import AccessToken
from tests.api.api_client import ApiClient

# For anyone with a link: a token is not needed, and a share is looked up without it.
PUBLIC = {("GET", "/shares/{share_id}/public"), ("POST", "/shares/{share_id}/downloads")}
KINDS = ["api token", "access token", "access token of a sign-in"]


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    scope: str

    @property
    def address(self) -> str:
        return re.sub(r"\{\w+\}", "x" * 22, self.path)


def calls() -> Iterator[Call]:
    """Every call that takes a token."""
    for router in ROUTERS:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                for method in operation.methods:
                    if (method, path) in PUBLIC or not needs_token(operation.auth_param):
                        continue
                    yield Call(method, path, scope_of(operation.auth_param, method))


def needs_token(auth: object) -> bool:
    return not isinstance(auth, SessionAuth)


def scope_of(auth: object, method: str) -> str:
    """The scope that the call needs."""
    explicit = [item.scope for item in auth if isinstance(item, TokenAuth)] if isinstance(auth, list) else []
    return next(filter(None, explicit), READ if method == "GET" else WRITE)


def make_token(user: User, kind: str, *scopes: str) -> str:
    now = timezone.now()
    api_token = tokens.issue(user=user, scopes=scopes, days=1, name="", now=now)
    if kind == "api token":
        return api_token
    parent = tokens.key_of(f"Bearer {api_token}") if kind == "access token" else ""
    return create(user, *scopes, parent=parent).token


def create(user: User, *scopes: str, parent: str = "") -> AccessToken:
    allowed = frozenset(scopes) if parent else None
    return access_tokens.create(
        user=user, scopes=scopes, allowed=allowed, parent=parent, seconds=3600, now=timezone.now()
    )


def refuse_all(token: str, status: int, code: str, matching_calls: list[Call]) -> None:
    api = ApiClient(token)
    outcomes = {(call.method, call.path): api.codes(call.method, call.address) for call in matching_calls}
    assert set(outcomes.values()) == {(status, code)}, {c: r for c, r in outcomes.items() if r != (status, code)}


ALL_CALLS = list(calls())


def test_the_matrix_has_every_call() -> None:
    documented = sum(len(view.operations) for router in ROUTERS for view in router.path_operations.values())
    sessions = 1  # GET /session is for browsers alone.
    assert len(ALL_CALLS) == documented - len(PUBLIC) - sessions
    assert Call("POST", "/links", READ) in ALL_CALLS
    assert Call("POST", "/tokens", ANY_SCOPE) in ALL_CALLS


@pytest.mark.parametrize("kind", KINDS)
def test_expired(owner: User, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind == "api token":
        token = make_token(owner, kind, READ, WRITE)
        ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    else:
        long_ago = timezone.now() - timedelta(seconds=3600 + access_tokens.LEEWAY_SECONDS + 1)
        with monkeypatch.context() as patch:
            patch.setattr(timezone, "now", lambda: long_ago)
            token = make_token(owner, kind, READ, WRITE)
        ApiToken.objects.update(expires_at=None)
    refuse_all(token, 401, "not-signed-in", ALL_CALLS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scope", [READ, WRITE])
def test_wrong_scope(owner: User, kind: str, scope: str) -> None:
    matching_calls = [call for call in ALL_CALLS if call.scope not in (scope, ANY_SCOPE)]
    assert len(matching_calls) >= 8
    refuse_all(make_token(owner, kind, scope), 403, "forbidden", matching_calls)


@pytest.mark.parametrize("kind", KINDS)
def test_revoked(owner: User, kind: str) -> None:
    token = make_token(owner, kind, READ, WRITE)
    assert ApiClient(token).call("GET", "/me").status_code == 200
    tokens.revoke_all(user=owner, now=timezone.now())
    refuse_all(token, 401, "not-signed-in", ALL_CALLS)


def test_an_access_token_ends_with_the_api_token_that_it_was_made_from(owner: User) -> None:
    token = make_token(owner, "access token", READ, WRITE)
    ApiToken.objects.update(revoked_at=timezone.now())
    refuse_all(token, 401, "not-signed-in", ALL_CALLS)


def test_an_access_token_of_a_sign_in_ends_with_the_password(owner: User) -> None:
    token = make_token(owner, "access token of a sign-in", READ, WRITE)
    owner.set_password("another correct horse")
    owner.save()
    refuse_all(token, 401, "not-signed-in", ALL_CALLS)


@pytest.mark.parametrize("kind", KINDS[:2])
def test_demoted(owner: User, kind: str) -> None:
    """The scopes of an API token were reduced after it, or an access token from it, was issued."""
    token = make_token(owner, kind, READ, WRITE)
    ApiToken.objects.update(scopes=READ)
    refuse_all(token, 403, "forbidden", [call for call in ALL_CALLS if call.scope == WRITE])
    assert ApiClient(token).call("GET", "/me").status_code == 200


def test_a_demoted_administrator_has_no_token_of_the_time_before(admin: User) -> None:
    """The API has no calls for administrators; their tokens end with ``revoke_all``, as anyone's do."""
    token = make_token(admin, "access token of a sign-in", READ, WRITE)
    User.objects.filter(pk=admin.pk).update(is_staff=False, is_superuser=False)
    tokens.revoke_all(user=admin, now=timezone.now())
    refuse_all(token, 401, "not-signed-in", ALL_CALLS)


@pytest.mark.parametrize("kind", KINDS)
def test_deactivated(owner: User, kind: str) -> None:
    token = make_token(owner, kind, READ, WRITE)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    refuse_all(token, 401, "not-signed-in", ALL_CALLS)


@pytest.mark.parametrize("kind", KINDS)
def test_forged(owner: User, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind == "api token":
        token = make_token(owner, kind, READ, WRITE)[:-4] + "AAAA"
    else:
        with monkeypatch.context() as patch:
            patch.setattr(settings, "SECRET_KEY", "x" * 50)
            token = make_token(owner, kind, READ, WRITE)
    refuse_all(token, 401, "not-signed-in", ALL_CALLS)


@pytest.mark.parametrize("damage", ["expired", "revoked", "deactivated", "forged"])
def test_calls_of_recipients_refuse_a_bad_token_instead_of_ignoring_it(
    owner: User, damage: str, make_share: Callable[..., object]
) -> None:
    share_id = getattr(make_share(), "pk", "")
    token = make_token(owner, "api token", READ, WRITE)
    match damage:
        case "expired":
            ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        case "revoked":
            ApiToken.objects.update(revoked_at=timezone.now())
        case "deactivated":
            colleague = User.objects.create_user("left@example.com", is_active=False)
            ApiToken.objects.update(user=colleague)
        case "forged":
            token = token[:-4] + "AAAA"
    for method, path in PUBLIC:
        assert ApiClient(token).codes(method, path.format(share_id=share_id)) == (401, "not-signed-in"), path
