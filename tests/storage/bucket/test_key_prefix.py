"""A team's part of a bucket: everything the site does stays below the prefix, and nobody else sees it."""

from collections.abc import Iterator

import pytest

from shares.storage import ShareStorage, State
from sharesite.dev_stack.seaweedfs import SeaweedFS
from tests.storage.conftest import store_at
from tests.storage.http import send
from tests.storage.objects import OPAQUE, link, new_key, part, put, store_object

PREFIX = "teams/a/"


@pytest.fixture(scope="module")
def team(storage_server: SeaweedFS, store: ShareStorage) -> ShareStorage:
    """On the bucket that ``store`` has set up."""
    return store_at(storage_server, key_prefix="teams/a")


@pytest.fixture
def foreign_key(store: ShareStorage) -> Iterator[str]:
    """An object of someone else, beside the prefix."""
    key = store_object(store, b"foreign")
    yield key
    store.objects.delete([key])


def test_every_operation_stays_below_the_prefix(team: ShareStorage, store: ShareStorage, foreign_key: str) -> None:
    body = b"x" * 5000
    key = store_object(team, body)
    assert store.objects.head(PREFIX + key) is not None
    assert store.objects.head(key) is None
    stored_object = team.objects.head(key)
    assert stored_object is not None
    assert (stored_object.key, stored_object.size) == (key, len(body))
    assert b"".join(team.objects.read(key, len(body))) == body
    assert send("GET", link(team, key)).body == body
    assert key in [item.key for item in team.objects.walk()]
    assert foreign_key not in [item.key for item in team.objects.walk()]
    assert foreign_key not in [item.key for item in team.objects.walk("u/")]
    assert [item.key for item in team.objects.walk("u/", after=key) if item.key <= key] == []
    assert team.objects.delete([key, foreign_key]).deleted == {key, foreign_key}
    assert store.objects.head(PREFIX + key) is None
    assert store.objects.head(foreign_key) is not None


def test_a_whole_file_and_an_open_upload_stay_below_it(team: ShareStorage, store: ShareStorage) -> None:
    key, body = new_key(), b"whole"
    signed_part = team.sign_whole(key, part(1, body), content_type=OPAQUE, seconds=60, host="127.0.0.1")
    assert put(signed_part, body).status == 200
    assert store.objects.head(PREFIX + key) is not None
    team.objects.delete([key])
    upload = team.uploads.start(key, content_type=OPAQUE)
    try:
        assert (key, upload) in [(item.key, item.upload_id) for item in team.uploads.walk()]
        assert (PREFIX + key, upload) in [(item.key, item.upload_id) for item in store.uploads.walk()]
    finally:
        team.uploads.abort(key, upload)


def test_the_probe_reads_its_own_object(team: ShareStorage, store: ShareStorage) -> None:
    assert team.setup([]) is not None
    assert team.health_monitor.fresh_state(exact=True) is State.OK
    assert store.objects.head(f"{PREFIX}u/probe") is not None
    team.objects.check_writable()
