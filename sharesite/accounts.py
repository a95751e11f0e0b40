"""Hooks of django-allauth: the rules of this site for accounts."""

import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from shares.callers import Caller

KNOWN_BROWSER_SALT = "sharesite.known-browser"
MAX_KNOWN_ACCOUNTS = 5


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth brings no types
    """Sign-up only if the operator enables it; the client address of the middleware.

    Wrong passwords for an account are limited, so that it cannot be guessed, and anyone can use up that limit. A
    browser that has signed in to the account before has a limit of its own.
    """

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.SIGNUP_OPEN

    def get_client_ip(self, request: HttpRequest) -> str:
        caller: Caller = vars(request)["caller"]
        return caller.address

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        email = credentials.get("email", "").lower()
        browser, accounts = known_browser(request)
        if not email or email not in accounts:
            super().pre_authenticate(request, **credentials)
            return
        self._login_failed_rl_usage = ratelimit.consume(
            request, app="allauth.account", action="login_failed_known", key=f"{browser}:{email}"
        )
        if not self._login_failed_rl_usage:
            raise self.validation_error("too_many_login_attempts")

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **options: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **options)
        browser, accounts = known_browser(request)
        email = str(user.get_username()).lower()
        latest = [email, *(account for account in accounts if account != email)][:MAX_KNOWN_ACCOUNTS]
        response.set_cookie(
            settings.KNOWN_BROWSER_COOKIE_NAME,
            signing.dumps([browser, latest], salt=KNOWN_BROWSER_SALT, compress=True),
            max_age=settings.KNOWN_BROWSER_SECONDS,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return response


def needs_mail(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Without a mail server, a page that names the administrator instead of one that promises an email."""

    @wraps(view)
    def respond(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if settings.EMAIL_URL:
            return view(request, *args, **kwargs)
        status = 200 if request.method in ("GET", "HEAD") else 403
        return render(request, "account/ask_administrator.html", status=status)

    return respond


def known_browser(request: HttpRequest) -> tuple[str, list[str]]:
    """The id of the browser, and the email addresses of the accounts that it signed in to, newest first."""
    cookie = request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE_NAME, "")
    try:
        browser, accounts = signing.loads(cookie, salt=KNOWN_BROWSER_SALT, max_age=settings.KNOWN_BROWSER_SECONDS)
    except signing.BadSignature:
        return secrets.token_urlsafe(16), []
    return browser, accounts
