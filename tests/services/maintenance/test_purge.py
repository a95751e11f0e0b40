"""The purge: due shares are deleted, objects first; nothing else is touched."""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import md5, sha256
from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django import Settings

from shares.callers import Caller
from shares.errors import Expired, StorageUnavailable
from shares.models import Event, Share, SharedFile, Upload, User
from shares.services.maintenance import purge
from shares.services.sharing import files, shares
from shares.services.sharing.files import FileSpec
from shares.services.uploads import batches, multipart
from shares.services.uploads.batches import FileRequest
from shares.services.uploads.multipart import PartRequest
from shares.storage import BatchDelete, SignedPart, share_storage
from tests.fixtures import put

MakeShare = Callable[..., Share]
DAY = timedelta(days=1)


def exists(share: Share) -> list[bool]:
    return [share_storage().objects.head(file.key) is not None for file in share.files.all()]


def test_an_expired_share_goes_after_its_grace_and_leaves_a_tombstone(make_share: MakeShare, now: datetime) -> None:
    share, live_share = make_share([b"a", b"bb"], expires_at=now + DAY), make_share([b"c"])
    purge.sweep(now=now + DAY * 2 - timedelta(seconds=1))
    assert exists(share) == [True, True]
    result = purge.sweep(now=now + DAY * 2)
    assert (result.shares, result.files, result.size, result.failed) == (1, 2, 3, {})
    assert exists(share) == [False, False]
    assert exists(live_share) == [True]
    share.refresh_from_db()
    assert share.state(now + DAY * 2) == Share.State.PURGED
    owner = User.objects.get(pk=share.owner_id)
    assert (owner.used_bytes, owner.used_files) == (1, 1)
    assert Event.objects.filter(kind="purged", share_id=share.pk).count() == 1
    second_result = purge.sweep(now=now + DAY * 3)
    assert (second_result.shares, second_result.files) == (0, 0)


def test_a_revoked_share_goes_at_once_and_a_used_up_one_after_its_grace(
    make_share: MakeShare, as_owner: Caller, now: datetime
) -> None:
    revoked, used_up = make_share(), make_share()
    shares.revoke(share=revoked, caller=as_owner, now=now)
    Share.objects.filter(pk=used_up.pk).update(used_up_at=now)
    purge.sweep(now=now)
    assert (exists(revoked), exists(used_up)) == ([False], [True])
    purge.sweep(now=now + DAY)
    assert exists(used_up) == [False]


def test_an_owner_can_extend_in_the_grace_period_but_not_once_the_purge_began(
    make_share: MakeShare, as_owner: Caller, now: datetime
) -> None:
    share = make_share(expires_at=now + DAY)
    late = now + DAY + timedelta(hours=1)
    shares.edit(share=share, caller=as_owner, changes={"expires_at": late + DAY}, now=late)
    assert purge.sweep(now=now + DAY * 2).shares == 0
    Share.objects.filter(pk=share.pk).update(purging_at=late)
    with pytest.raises(Expired):
        shares.edit(share=share, caller=as_owner, changes={"expires_at": late + DAY * 3}, now=late)


def test_a_key_that_storage_keeps_stays_for_the_next_sweep(
    make_share: MakeShare, as_owner: Caller, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = make_share([b"a", b"b", b"c"])
    stuck = share.files.all()[1].key
    real = share_storage().objects.delete

    def partly(keys: list[str]) -> BatchDelete:
        batch = real([key for key in keys if key != stuck])
        return BatchDelete(batch.deleted, {**batch.failed, stuck: "InternalError"})

    monkeypatch.setattr(share_storage().objects, "delete", partly)
    shares.revoke(share=share, caller=as_owner, now=now)
    result = purge.sweep(now=now)
    assert (result.shares, result.files, list(result.failed)) == (0, 2, [stuck])
    share.refresh_from_db()
    assert share.purged_at is None
    assert User.objects.get(pk=share.owner_id).used_files == 1
    monkeypatch.undo()
    assert purge.sweep(now=now).shares == 1
    assert exists(share) == [False, False, False]


def test_a_storage_outage_changes_nothing_but_the_claim(
    make_share: MakeShare, as_owner: Caller, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = make_share()
    shares.revoke(share=share, caller=as_owner, now=now)

    def fail(_keys: list[str]) -> BatchDelete:
        raise StorageUnavailable

    monkeypatch.setattr(share_storage().objects, "delete", fail)
    with pytest.raises(StorageUnavailable):
        purge.sweep(now=now)
    monkeypatch.undo()
    assert User.objects.get(pk=share.owner_id).used_files == 1
    assert purge.sweep(now=now).shares == 1


def test_a_removed_file_goes_and_its_share_stays(make_share: MakeShare, as_owner: Caller, now: datetime) -> None:
    share = make_share([b"a", b"b"])
    files.remove(file=share.files.all()[0], caller=as_owner, now=now)
    result = purge.sweep(now=now)
    assert (result.shares, result.files) == (0, 1)
    assert exists(share) == [False, True]


def test_quota_comes_back_only_when_no_url_can_bring_the_bytes_back(
    storage: None, as_owner: Caller, now: datetime, settings: Settings
) -> None:
    if not share_storage().whole_objects_are_final:
        pytest.skip("no such URL is ever signed for this store")
    share = shares.create(
        caller=as_owner, values={"expires_at": now + DAY * 7}, specs=[FileSpec("a", 5), FileSpec("b", 5)], now=now
    )
    file = SharedFile.objects.select_related("share").get(share=share, name="a")
    [signed_part] = batches.sign(
        requests=[FileRequest(file.pk, sha256(b"hello").digest(), md5(b"hello").digest())], caller=as_owner, now=now
    )
    assert isinstance(signed_part, SignedPart)
    files.remove(file=file, caller=as_owner, now=now)
    assert purge.sweep(now=now).files == 0
    assert put(signed_part.url, b"hello", signed_part.headers) == 200
    assert User.objects.get(pk=share.owner_id).used_files == 2
    assert purge.sweep(now=now + timedelta(seconds=settings.UPLOAD_URL_SECONDS)).files == 1
    assert share_storage().objects.head(file.key) is None
    assert User.objects.get(pk=share.owner_id).used_files == 1


def test_an_idle_upload_is_dropped_a_day_after_its_last_sign_of_life(
    storage: None, as_owner: Caller, now: datetime
) -> None:
    share = shares.create(
        caller=as_owner, values={"expires_at": now + DAY * 7}, specs=[FileSpec("a", 5), FileSpec("b", 5)], now=now
    )
    idle, alive = (SharedFile.objects.select_related("share", "upload__file").get(share=share, name=n) for n in "ab")
    for file in (idle, alive):
        multipart.sign_parts(file=file, requests=[PartRequest(1, bytes(32), bytes(16))], caller=as_owner, now=now)
    Upload.objects.filter(pk=alive.pk).update(touched_at=now + DAY)
    result = purge.sweep(now=now + DAY + timedelta(seconds=1))
    assert (result.idle_uploads, result.files) == (1, 1)
    open_keys = {upload.key for upload in share_storage().uploads.walk()}
    assert idle.key not in open_keys
    assert alive.key in open_keys
    assert User.objects.get(pk=share.owner_id).used_files == 1


def test_a_dry_run_counts_and_changes_nothing(make_share: MakeShare, as_owner: Caller, now: datetime) -> None:
    share = make_share([b"abc"])
    shares.revoke(share=share, caller=as_owner, now=now)
    output = StringIO()
    call_command("purge", "--dry-run", stdout=output)
    assert "due: 1 shares, 1 files (3" in output.getvalue()
    assert exists(share) == [True]
    call_command("purge", stdout=output)
    assert "purged: 1 shares, 1 files" in output.getvalue()
    assert exists(share) == [False]


def test_purge_now_deletes_one_share_and_no_other(make_share: MakeShare, admin: User, now: datetime) -> None:
    share, other_share = make_share(), make_share()
    Share.objects.filter(pk=other_share.pk).update(revoked_at=now)
    assert purge.purge_now(share=share, caller=Caller(user=admin), now=now).files == 1
    assert (exists(share), exists(other_share)) == ([False], [True])
    assert Event.objects.filter(share_id=share.pk, kind="admin", user_email=admin.email).count() == 1
