"""The next key pair of a rotation, and the long-lived pair: which signs what, and what half of one does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from shares.storage import ShareStorage
from shares.storage.signing import key_pairs
from shares.storage.signing.key_pairs import KeyPair, KeySelection, KeySettings, key_problems

HOUR = 3600
SELECTED: list[str | None] = []


def read_selected() -> str | None:
    return SELECTED[-1]


def storage(**options: Any) -> ShareStorage:
    settings: dict[str, Any] = {
        "bucket_name": "shares",
        "region_name": "eu-central-1",
        "addressing_style": "virtual",
        "access_key": "FIRST",
        "secret_key": "s",
        "key_selection": "tests.storage.signing.test_key_pairs.read_selected",
    }
    return ShareStorage(**(settings | options))


def key_of(store: ShareStorage, seconds: int) -> tuple[str, int]:
    signer, lifetime = store._signer(seconds, store.endpoints.public("localhost"))
    return signer.credentials.access_key, lifetime


def test_nothing_is_read_without_a_next_pair() -> None:
    SELECTED.clear()
    assert key_of(storage(), HOUR) == ("FIRST", HOUR)


def test_the_selected_pair_signs_and_an_unknown_selection_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_pairs, "POLL_SECONDS", -1.0)
    monkeypatch.setattr(key_pairs, "FIRST_SECONDS", 10.0)
    for selected, expected in (
        ("", "FIRST"),
        ("NEXT", "NEXT"),
        ("FIRST", "FIRST"),
        ("THIRD", "FIRST"),
        (None, "FIRST"),
    ):
        SELECTED.append(selected)
        # The first use of a process waits for what is recorded.
        store = storage(next_access_key="NEXT", next_secret_key="t")
        assert key_of(store, HOUR) == (expected, HOUR)


def test_a_selection_that_cannot_be_read_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    selections = ["NEXT", None]
    selection = KeySelection(lambda: selections.pop(0))
    monkeypatch.setattr(key_pairs, "POLL_SECONDS", -1.0)
    assert selection.access_key() == "NEXT"
    selection._process_id = 0  # As in a process that was just forked.
    assert selection.access_key() == "NEXT"
    assert selections == []


@pytest.mark.parametrize(("seconds", "expected"), [(60, "FIRST"), (HOUR, "LONG"), (7 * 24 * HOUR, "LONG")])
def test_the_long_lived_pair_signs_what_outlives_the_session(seconds: int, expected: str) -> None:
    end = (datetime.now(UTC) + timedelta(minutes=10)).isoformat()
    session = {"security_token": "token", "credentials_end": end}
    store = storage(**session, long_access_key="LONG", long_secret_key="u")
    assert key_of(store, seconds) == (expected, seconds)
    assert store.credentials_remaining_seconds() is None
    # Without it the life is that of the session.
    access_key, lifetime = key_of(storage(**session), seconds)
    assert (access_key, lifetime <= 600) == ("FIRST", True)


@pytest.mark.parametrize(
    ("values", "problem_id"),
    [
        ({"next_access_key": "N"}, "shares.E060"),
        ({"next_secret_key": "s"}, "shares.E060"),
        ({"next_access_key": "ASIAX", "next_secret_key": "s"}, "shares.E060"),
        ({"long_secret_key": "s"}, "shares.E061"),
        ({"long_access_key": "ASIAX", "long_secret_key": "s"}, "shares.E061"),
        ({"next_access_key": "FIRST", "next_secret_key": "s"}, "shares.E062"),
        ({"access_key": "", "next_access_key": "N", "next_secret_key": "s"}, "shares.E062"),
    ],
)
def test_half_a_pair_is_refused(values: dict[str, str], problem_id: str) -> None:
    problems = list(key_problems(KeySettings(**({"access_key": "FIRST"} | values))))
    assert [problem.id for problem in problems] == [problem_id]
    assert all(problem.hint for problem in problems)
    with pytest.raises(ImproperlyConfigured):
        storage(**({"access_key": "FIRST"} | values))


def test_secrets_stay_out_of_logs() -> None:
    assert "hidden" not in repr(KeyPair("KEY", "hidden"))
