"""Visits: what a recipient's request brings along, for every operation on a share."""

from dataclasses import dataclass
from datetime import datetime

from shares.callers import Caller


@dataclass(frozen=True, slots=True)
class PresentedTokens:
    """The tokens of a request, from its cookies, a header or its body: strings that nobody has verified.

    ``browser`` is a secret that one browser presents with each of its POSTs; programs have none. It grants no access:
    it only shows that two requests come from the same browser.
    """

    grant: str = ""
    unlock: str = ""
    browser: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a recipient: its caller, its time, its tokens, and the password that was sent along.

    ``reference`` is what the URLs that it gets contain, and the events that record them: the id of its grant.
    ``is_opening``: this browser has not opened the share before, so a download is recorded as an opening as well.
    """

    caller: Caller
    now: datetime
    tokens: PresentedTokens = PresentedTokens()
    password: str = ""
    is_opening: bool = False
    reference: str = ""
