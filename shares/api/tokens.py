"""Tokens: short-lived access tokens, and the API tokens of the account, which live longer."""

import time

from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from ninja import Router, Status

from shares.api.access import ANY_SCOPE, SessionAuth, TokenAuth, caller_of
from shares.api.request_schemas import TokenIn
from shares.api.response_schemas import AccessTokenOut, ApiTokenOut, ApiTokensOut
from shares.callers import Caller
from shares.errors import Forbidden, NotSignedIn
from shares.models import ApiToken
from shares.services.accounts import access_tokens, tokens

# How recent the sign-in of a browser must be, as for changes of the account.
RECENT_SECONDS = 300
router = Router(tags=[gettext_noop("You")])


@router.post(
    "/tokens",
    response={201: AccessTokenOut},
    auth=[TokenAuth(ANY_SCOPE), SessionAuth()],
    summary=gettext_noop("A short-lived access token"),
    description=gettext_noop(
        "A JSON Web Token with the rights of the API token that is sent along, or with fewer, for an hour at most. A "
        "browser needs a sign-in of the last five minutes. An access token can't get another one. It ends with the API "
        "token that it was made from, and when all tokens of the account are revoked."
    ),
)
def create_token(request: HttpRequest, body: TokenIn | None = None) -> Status[AccessTokenOut]:
    body = body or TokenIn.model_validate({})
    caller, now = caller_of(request), timezone.now()
    if caller.user is None:
        raise NotSignedIn
    token = access_tokens.create(
        user=caller.user,
        scopes=body.scope or (),
        allowed=caller.scopes,
        parent=_parent(request, caller),
        seconds=access_tokens.MAX_SECONDS if body.seconds is None else body.seconds,
        now=now,
    )
    return Status(
        201,
        AccessTokenOut(id=token.id, token=token.token, scopes=sorted(token.scopes), expires_at=token.expires_at),
    )


@router.get(
    "/tokens",
    response=ApiTokensOut,
    summary=gettext_noop("Your API tokens, newest first"),
    description=gettext_noop(
        "Those that were not revoked. The tokens themselves are not stored, and access tokens are not listed."
    ),
)
def list_tokens(request: HttpRequest) -> ApiTokensOut:
    return ApiTokensOut(items=[_token_out(token) for token in tokens.active_tokens(caller=caller_of(request))])


@router.delete(
    "/tokens",
    response={204: None},
    summary=gettext_noop("Revoke every token of your account at once"),
    description=gettext_noop("API tokens and access tokens, also the one that is sent along."),
)
def revoke_tokens(request: HttpRequest) -> HttpResponse:
    user = caller_of(request).user
    if user is None:
        raise NotSignedIn
    tokens.revoke_all(user=user, now=timezone.now())
    return HttpResponse(status=204)


@router.get("/tokens/{token_id}", response=ApiTokenOut, summary=gettext_noop("One of your API tokens"))
def get_token(request: HttpRequest, token_id: str) -> ApiTokenOut:
    return _token_out(tokens.find(key=token_id, caller=caller_of(request)))


@router.delete(
    "/tokens/{token_id}",
    response={204: None},
    summary=gettext_noop("Revoke an API token at once"),
    description=gettext_noop("The access tokens that were made from it end with it."),
)
def revoke_token(request: HttpRequest, token_id: str) -> HttpResponse:
    tokens.revoke(key=token_id, caller=caller_of(request), now=timezone.now())
    return HttpResponse(status=204)


def _parent(request: HttpRequest, caller: Caller) -> str:
    """The key of the API token that was sent along; "" of a browser that has signed in recently. Raises Forbidden."""
    if caller.scopes is not None:
        key = tokens.key_of(request.headers.get("Authorization", ""))
        if not key:
            raise Forbidden(_("An access token can't be exchanged for another one: send the API token."))
        return key
    records = get_authentication_records(request, caller.user)
    if not any(time.time() - float(record.get("at", 0)) <= RECENT_SECONDS for record in records):
        raise Forbidden(_("Sign in again first: this needs a sign-in of the last five minutes."))
    return ""


def _token_out(token: ApiToken) -> ApiTokenOut:
    return ApiTokenOut(
        id=token.key,
        name=token.name,
        scopes=token.scopes.split(),
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
    )
