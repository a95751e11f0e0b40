"""Share passwords are normalized: with a space that was pasted along, with accents in either form."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.contrib.auth.hashers import make_password

from shares.callers import Caller
from shares.errors import Invalid, WrongPassword
from shares.models import Event, PasswordAttempt, Share, User
from shares.services import passwords
from shares.services.downloads import access
from shares.services.downloads.visits import Visit
from shares.services.sharing import shares

pytestmark = pytest.mark.one_database

SECRET = "öffne dich, Sesam"
SPELLINGS = [
    SECRET,
    f"{SECRET} ",
    f" {SECRET}",
    f"\t{SECRET}\r\n",
    f"\u200b\u00a0{SECRET}\u2060\ufeff",
    SECRET.replace("ö", "o\u0308"),
    SECRET.replace(" ", "\u00a0"),
    SECRET.replace(" ", "\u3000"),
]
OTHER_SPELLINGS = [
    "",
    " ",
    SECRET.replace(" ", ""),
    SECRET.upper(),
    SECRET.replace("ö", "o"),
    SECRET.replace(" ", "  "),
    f"{SECRET}.",
]

Lock = Callable[[str], Share]


@pytest.fixture
def lock(owner: User, now: datetime) -> Lock:
    def make(password_hash: str) -> Share:
        return Share.objects.create(owner=owner, created_at=now, live_at=now, password=password_hash)

    return make


def unlock(share: Share, password: str, caller: Caller, now: datetime) -> str:
    return access.unlock(share=share, visit=Visit(caller, now, password=password))


@pytest.mark.parametrize("password", SPELLINGS)
def test_every_spelling_of_a_secret_opens_and_costs_no_try(
    lock: Lock, visitor: Caller, now: datetime, password: str
) -> None:
    share = lock(passwords.hash_password(password))
    for spelling in SPELLINGS:
        assert unlock(share, spelling, visitor, now)
    assert not PasswordAttempt.objects.filter(count__gt=0).exists()
    assert not Event.objects.filter(kind=Event.Kind.REFUSED).exists()


@pytest.mark.parametrize("word", OTHER_SPELLINGS)
def test_another_secret_is_wrong(lock: Lock, visitor: Caller, now: datetime, word: str) -> None:
    with pytest.raises(WrongPassword):
        unlock(lock(passwords.hash_password(SECRET)), word, visitor, now)


def test_what_a_former_version_stored_opens_as_it_was_typed(lock: Lock, visitor: Caller, now: datetime) -> None:
    stored_hash = make_password(f"{SECRET} ", hasher=passwords.SharePasswordHasher.algorithm)
    assert unlock(lock(stored_hash), f"{SECRET} ", visitor, now)


@pytest.mark.parametrize("blanks", [" ", "\u00a0\u3000", "\u200b", "\n\t"])
def test_blanks_alone_are_no_password(as_owner: Caller, lock: Lock, now: datetime, blanks: str) -> None:
    """They must not open a share to all whose owner believes it protected."""
    share = lock("")
    with pytest.raises(Invalid) as refusal:
        shares.edit(share=share, caller=as_owner, changes={"password": blanks}, now=now)
    assert refusal.value.field == "password"


def test_a_long_attempt_is_wrong_before_it_is_normalized(lock: Lock, visitor: Caller, now: datetime) -> None:
    share = lock(passwords.hash_password(SECRET))
    with pytest.raises(WrongPassword):  # Normalizing that would take minutes.
        unlock(share, "e" + "\u0301\u0316" * 100_000, visitor, now)
