"""Reconciling by hand: what is deleted, what is only reported, and when it stops itself."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from shares.callers import Caller
from shares.errors import StorageUnavailable
from shares.models import Share, SharedFile, Thumbnail
from shares.models.ids import new_key, new_thumbnail_key
from shares.services.maintenance import reconcile
from shares.services.sharing import shares
from shares.services.sharing.files import FileSpec
from shares.services.uploads import multipart
from shares.services.uploads.multipart import PartRequest
from shares.storage import StoredObject, share_storage

MakeShare = Callable[..., Share]


@pytest.fixture
def no_grace(settings: Settings) -> None:
    """As if every object had been there for long."""
    settings.GRACE_SECONDS = -60


@pytest.fixture
def alone(storage: None) -> None:
    """An empty bucket."""
    share_storage().objects.delete([stored_object.key for stored_object in share_storage().objects.walk()])
    for opened in share_storage().uploads.walk():
        share_storage().uploads.abort(opened.key, opened.upload_id)


def strays(number: int) -> list[str]:
    keys = [new_key() for _ in range(number)]
    for key in keys:
        share_storage().objects.put_empty(key, content_type="text/plain")
    return keys


def run(*options: str) -> str:
    output = StringIO()
    call_command("reconcile", *options, stdout=output)
    return output.getvalue()


def remaining_keys() -> set[str]:
    return {stored_object.key for stored_object in share_storage().objects.walk()}


@pytest.mark.usefixtures("alone", "no_grace")
def test_a_dry_run_only_reports_and_a_forced_one_removes(make_share: MakeShare) -> None:
    share = make_share([b"a", b"bb"])
    keys = strays(2)
    share_storage().client.put_object(Bucket=share_storage().bucket_name, Key="u/not-ours", Body=b"x")
    output = run("--dry-run")
    assert "seen: 5 objects; 1 have names of other programs" in output
    assert "without a file: 2 objects" in output
    assert remaining_keys() >= set(keys)
    with pytest.raises(CommandError, match="2 of 5 objects would be deleted"):
        run()
    assert remaining_keys() >= set(keys)
    assert "removed: 2 objects" in run("--force")
    assert remaining_keys() == {*share.files.values_list("key", flat=True), "u/not-ours"}


@pytest.mark.usefixtures("alone", "no_grace")
def test_what_got_a_row_since_the_bucket_was_read_stays(make_share: MakeShare) -> None:
    """As when an upload is completed, or a backup of the database restored, before the operator confirms."""
    late, orphan = strays(2)
    compared = reconcile.compare(now=timezone.now())
    assert set(compared.orphans) >= {late, orphan}
    make_share([b"a"]).files.update(key=late)
    reconcile.remove(compared)
    assert late in remaining_keys()
    assert orphan not in remaining_keys()


@pytest.mark.usefixtures("alone", "no_grace", "db")
def test_one_in_a_hundred_goes_without_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "MAX_ORPHANS_RATIO", 0.5)
    monkeypatch.setattr(reconcile, "MAX_ORPHANS", 3)
    assert [reconcile.ReconcileReport(objects=8, orphans=dict.fromkeys("abcd"[:n], 1)).suspicious for n in (3, 4)] == [
        False,
        True,
    ]
    assert [reconcile.ReconcileReport(objects=n, orphans=dict.fromkeys("abc", 1)).suspicious for n in (6, 5)] == [
        False,
        True,
    ]
    assert reconcile.ReconcileReport(objects=8, unrelated=3, orphans=dict.fromkeys("abc", 1)).suspicious


@pytest.mark.usefixtures("alone", "db")
def test_what_is_young_is_left_alone() -> None:
    strays(2)
    report = reconcile.compare(now=timezone.now())
    assert (report.objects, report.orphans) == (2, {})


@pytest.mark.usefixtures("alone", "no_grace")
def test_a_picture_stays_with_its_file(make_share: MakeShare) -> None:
    file = make_share().files.get()
    now = timezone.now()
    picture = Thumbnail.objects.create(
        file=file, size=1, content_type="image/webp", sha256=b"0" * 32, width=1, height=1, urls_expire_at=now
    )
    stray = new_thumbnail_key()
    for key in (picture.key, stray):
        share_storage().objects.put_empty(key, content_type="image/webp")
    assert list(reconcile.compare(now=now).orphans) == [stray]
    run("--force")
    assert remaining_keys() == {file.key, picture.key}


@pytest.mark.usefixtures("alone", "no_grace")
def test_a_lost_object_is_named_and_its_row_untouched(make_share: MakeShare) -> None:
    share = make_share([b"a", b"b"])
    first, second = share.files.all()
    share_storage().objects.delete([first.key])
    with pytest.raises(CommandError, match="1 file has lost its object"):
        run()
    missing = reconcile.compare(now=timezone.now()).missing
    assert [file.pk for file in missing] == [first.pk]
    assert SharedFile.objects.ready().filter(pk__in=[first.pk, second.pk]).count() == 2


@pytest.mark.usefixtures("alone", "no_grace")
def test_an_open_upload_of_no_file_is_ended_and_one_of_a_file_is_not(as_owner: Caller) -> None:
    now = timezone.now()
    changes = {"expires_at": now + timedelta(days=1)}
    share = shares.create(caller=as_owner, values=changes, specs=[FileSpec("a", 5)], now=now)  # type: ignore[arg-type]
    file = share.files.get()
    multipart.sign_parts(file=file, requests=[PartRequest(1, b"0" * 32, b"0" * 16)], caller=as_owner, now=now)
    share_storage().uploads.start(new_key(), content_type="text/plain")
    assert "0 objects, 1 open uploads" in run()
    assert [opened.key for opened in share_storage().uploads.walk()] == [file.key]


@pytest.mark.usefixtures("alone", "no_grace", "db")
def test_an_error_in_the_middle_of_the_list_stops_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    keys, walk = strays(3), share_storage().objects.walk

    def breaking() -> Iterator[StoredObject]:
        yield next(walk())
        raise StorageUnavailable

    monkeypatch.setattr(share_storage().objects, "walk", breaking)
    with pytest.raises(CommandError, match="Nothing more was deleted"):
        run("--force")
    monkeypatch.undo()
    assert remaining_keys() == set(keys)
