"""The request as the guards pass it on: with its caller and its time."""

from datetime import datetime

from django.http import HttpRequest

from shares.callers import Caller


class Request(HttpRequest):
    """``caller`` is set by the middleware, ``now`` by the guard."""

    caller: Caller
    now: datetime
