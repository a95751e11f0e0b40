"""The request as the guards hand it on: with who asks, and the one clock of this deed."""

from datetime import datetime

from django.http import HttpRequest

from shares.callers import Caller


class Request(HttpRequest):
    """``caller`` is set by the middleware, ``now`` by the guard."""

    caller: Caller
    now: datetime
