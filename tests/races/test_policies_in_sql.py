"""The fast path repeats the policies in SQL: they must agree on every combination of states."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from django.db import connection, connections, transaction

from shares import policies
from shares.callers import Caller
from shares.models import Event, Grant, Share, SharedFile, User
from shares.services.downloads import grants, start
from shares.services.downloads.delivery import delivery_of
from shares.services.downloads.fast_path import try_fast_path
from shares.services.downloads.visits import PresentedTokens, Visit
from tests.bench.signing import KEY

ColumnChange = tuple[str, dict[str, Any]]
DAY = timedelta(days=1)


def column_changes(now: datetime) -> list[ColumnChange]:
    """What can be so about a share, its file and its owner; each by itself or with one other."""
    return [
        ("share", {"revoked_at": now}),
        ("share", {"suspended_at": now}),
        ("share", {"expires_at": now}),
        ("share", {"expires_at": None}),
        ("share", {"used_up_at": now}),
        ("share", {"purging_at": now}),
        ("share", {"strict": True}),
        ("share", {"password": "hashed"}),
        ("share", {"password": "hashed", "password_version": 2}),
        ("share", {"max_downloads": 2, "download_count": 1}),
        ("share", {"max_downloads": 2, "download_count": 2}),
        ("file", {"ready_at": None}),
        ("file", {"removed_at": now}),
        ("file", {"purged_at": now}),
        ("owner", {"is_active": False}),
    ]


@pytest.fixture
def file(storage: None, owner: User, now: datetime) -> SharedFile:
    share = Share.objects.create(owner=owner, title="Plans", created_at=now, expires_at=now + DAY, live_at=now)
    return SharedFile.objects.create(share=share, key=KEY, name="a", size=1, created_at=now, ready_at=now)


@pytest.fixture
def tokens(file: SharedFile, now: datetime) -> list[PresentedTokens]:
    """Of the first password version, of another share, or none."""
    grant = Grant(share=file.share, password_version=1, created_at=now, expires_at=now + DAY)
    other_grant = Grant(share=Share(), password_version=1, created_at=now, expires_at=now + DAY)
    unlock = grants.unlock_token(file.share, now)
    grant_tokens = [grants.grant_token(grant), grants.grant_token(other_grant)]
    return [
        PresentedTokens(),
        PresentedTokens(unlock=unlock),
        *(PresentedTokens(grant=token) for token in grant_tokens),
    ]


def apply(file: SharedFile, mixture: tuple[ColumnChange, ...]) -> SharedFile:
    for table, columns in mixture:
        if table == "share":
            Share.objects.filter(pk=file.share_id).update(**columns)
        elif table == "file":
            SharedFile.objects.filter(pk=file.pk).update(**columns)
        else:
            User.objects.filter(pk=file.share.owner_id).update(**columns)
    return SharedFile.objects.select_related("share__owner").get(pk=file.pk)


def expected_verdict(file: SharedFile, presented_tokens: PresentedTokens, now: datetime) -> bool:
    granted = grants.read_grant(presented_tokens.grant, file.share, now) is not None
    unlocked = grants.is_unlocked(presented_tokens, file.share, now)
    refusal = policies.may_download(file.share, [file], now, granted=granted, unlocked=unlocked)
    has_remaining = file.share.remaining is None or file.share.remaining > 0
    return refusal is None and delivery_of(file.share).leaves_server and (granted or has_remaining)


def row_counts(file: SharedFile) -> tuple[int, int, int]:
    """Downloads taken, grants, events."""
    return Share.objects.get(pk=file.share_id).download_count, Grant.objects.count(), Event.objects.count()


def test_one_statement_judges_as_the_policies_do_and_writes_all_or_nothing(
    file: SharedFile, tokens: list[PresentedTokens], visitor: Caller, now: datetime
) -> None:
    mixtures = [(), *((change,) for change in column_changes(now)), *combinations(column_changes(now), 2)]
    observed_outcomes = set()
    for index, mixture in enumerate(mixtures):
        for number, presented_tokens in enumerate(tokens, index):
            opening = number % 2 == 0  # it adds an event, whatever the verdict rests on
            with transaction.atomic():
                changed = apply(file, mixture)
                before = row_counts(file)
                visit = Visit(visitor, now, presented_tokens, is_opening=opening)
                download = try_fast_path(share_id=changed.share_id, file_id=file.pk, visit=visit)
                verdict = expected_verdict(changed, presented_tokens, now)
                assert (download is not None) == verdict, (mixture, presented_tokens)
                fresh = download is not None and download.fresh
                capped = changed.share.max_downloads is not None
                event_count = 0 if download is None else 1 + fresh + opening
                assert row_counts(file) == (before[0] + (fresh and capped), before[1] + fresh, before[2] + event_count)
                observed_outcomes.add((verdict, fresh, capped))
                transaction.set_rollback(True)
    assert observed_outcomes == {(True, True, True), (True, True, False), (True, False, True), (True, False, False)} | {
        (False, False, True),
        (False, False, False),
    }


@pytest.mark.parametrize("cap", [None, 1])
def test_what_one_statement_writes_is_what_the_long_way_writes(
    file: SharedFile, owner: User, now: datetime, cap: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clicked(caller: Caller) -> list[Any]:
        with transaction.atomic():
            apply(file, (("share", {"max_downloads": cap, "expires_at": now + DAY / 2}),))
            ids = {"share_id": file.share_id, "file_id": file.pk}
            first = start.start_file_download(visit=Visit(caller, now, is_opening=True), **ids)
            second = start.start_file_download(
                visit=Visit(caller, now, PresentedTokens(grant=first.grant), is_opening=True), **ids
            )
            share = Share.objects.values().get(pk=file.share_id)
            rows: list[Any] = [
                list(Event.objects.order_by("pk").values_list("kind", "occurred_at", "name", "file_id", "user_email"))
            ]
            rows += [share, list(Grant.objects.values_list("share_id", "password_version", "created_at", "expires_at"))]
            rows += [first.fresh, second.fresh, first.grant_expires_at, second.grant_expires_at]
            transaction.set_rollback(True)
        return rows

    callers = [Caller(), Caller(user=owner)]
    by_fast_path = [clicked(caller) for caller in callers]
    monkeypatch.setattr(start, "try_fast_path", lambda *_, **__: None)
    assert by_fast_path == [clicked(caller) for caller in callers]
    assert [row[0] for row in by_fast_path[0][0]] == ["granted", "signed", "opened", "signed", "opened"]
    # The owner takes none.
    assert [row[0] for row in by_fast_path[1][0]] == ["signed", "signed"]


@pytest.mark.django_db(transaction=True)
def test_a_download_makes_no_other_query(
    file: SharedFile, visitor: Caller, now: datetime, django_assert_num_queries: Callable[[int], Any]
) -> None:
    ids: dict[str, Any] = {"share_id": file.share_id, "file_id": file.pk}
    with django_assert_num_queries(0):  # Counted are Django's own cursors.
        first = start.start_file_download(visit=Visit(visitor, now), **ids)
        start.start_file_download(visit=Visit(visitor, now, PresentedTokens(grant=first.grant)), **ids)
    assert row_counts(file) == (0, 1, 3)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("threshold", [0, None])
def test_the_fast_path_survives_a_lost_connection_and_a_lost_statement(
    file: SharedFile, visitor: Caller, now: datetime, threshold: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "prepare_threshold", threshold)
    connection.close()
    ids: dict[str, Any] = {"share_id": file.share_id, "file_id": file.pk}
    first = start.start_file_download(**ids, visit=Visit(visitor, now))
    other_connection = connections["default"].copy()
    with closing(other_connection), other_connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid := backend()])
    assert start.start_file_download(**ids, visit=Visit(visitor, now, PresentedTokens(grant=first.grant))).links
    assert backend() != pid
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert start.start_file_download(**ids, visit=Visit(visitor, now, PresentedTokens(grant=first.grant))).links
    assert row_counts(file) == (0, 1, 4)
    connection.close()  # The next test's connection prepares again.


def test_the_fast_path_in_a_transaction_is_part_of_it(file: SharedFile, visitor: Caller, now: datetime) -> None:
    with transaction.atomic():
        assert start.start_file_download(share_id=file.share_id, file_id=file.pk, visit=Visit(visitor, now)).fresh
        transaction.set_rollback(True)
    assert row_counts(file) == (0, 0, 0)


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend_pid: int = cursor.fetchone()[0]
    return backend_pid
