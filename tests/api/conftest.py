"""Callers with real tokens. No model is imported here: this file is read before Django is set up."""

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import call_command

from tests.api.api_client import ApiClient


@pytest.fixture
def token_of() -> Callable[..., str]:
    """A token for an account, made as an administrator makes it."""

    def issue(email: str, *options: str) -> str:
        output = StringIO()
        call_command("issue_token", email, *options, stdout=output)
        return output.getvalue().strip()

    return issue


@pytest.fixture
def api(owner: object, token_of: Callable[..., str]) -> ApiClient:
    return ApiClient(token_of("owner@example.com"))


@pytest.fixture
def stranger(colleague: object, token_of: Callable[..., str]) -> ApiClient:
    """Another account with a valid token."""
    return ApiClient(token_of("colleague@example.com"))


@pytest.fixture
def anonymous_api(db: None) -> ApiClient:
    return ApiClient()
