"""What this site decides about accounts where django-allauth asks."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from shares.policies import Caller


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth brings no types
    """Sign-up only where the operator opened it; the client's address as the middleware decided it."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.SIGNUP_OPEN

    def get_client_ip(self, request: HttpRequest) -> str:
        caller: Caller = vars(request)["caller"]
        return caller.address
