"""Uploads by a plain form: a browser without JavaScript sends one small file to storage, and comes back.

Storage refuses more than the declared maximum, which is reserved of the quota until the file arrives. The policy of a
form allows the same form again until it expires, so the file never is the object that a form stores: the server copies
it within storage, and computes the checksum of the copy.
"""

import hashlib
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shares import policies
from shares.callers import Caller
from shares.errors import Forbidden, Invalid, NotFound, NotReady, QuotaExceeded, StorageUnavailable
from shares.models import FormUpload, SharedFile, Upload, User
from shares.models.ids import new_id
from shares.services import disk, rate_limits
from shares.services.limits import FORM_SECONDS, limits, remaining_quota
from shares.services.sharing import shares
from shares.services.sharing.files import FileSpec
from shares.services.sharing.shares import ShareChanges
from shares.services.uploads import completions
from shares.services.uploads.completions import Verified
from shares.services.uploads.labels import labels_of
from shares.services.uploads.signed_urls import record_urls
from shares.storage import CompletionUnclear, ObjectExists, SignedForm, StoredObject, share_storage

# Longer than a copy and its checksum take; after it, a request that was interrupted is repeated.
COPY_SECONDS = 180


def max_bytes(user: User) -> int:
    """The largest file that this account can send by a form now; 0 if none."""
    return min(settings.FORM_UPLOAD_BYTES, limits().max_file_bytes, remaining_quota(user).bytes)


def create(*, caller: Caller, values: ShareChanges, name: str, size: int, now: datetime) -> SharedFile:
    """A new share with one file of at most ``size`` bytes, which a form will send."""
    require_enabled()
    if not 1 <= size <= settings.FORM_UPLOAD_BYTES:
        raise Invalid(_("A file that is sent without JavaScript can't be that large."), field="size")
    with transaction.atomic():
        share = shares.create(caller=caller, values=values, specs=[FileSpec(name, size)], now=now)
        file = share.files.select_related("share__owner", "upload").get()
        # Its checksum is that of the whole file: to the rest of the product it has one part.
        Upload.objects.filter(pk=file.pk).update(part_size=size)
        FormUpload.objects.create(file=file, max_bytes=size)
    return file


def sign(*, file: SharedFile, return_url: str, caller: Caller, now: datetime) -> SignedForm:
    """The form for the bytes of ``file``; storage then sends the browser to ``return_url``."""
    form_upload = find(file, caller, now)
    if file.is_stored:
        raise Invalid(_("This file is complete and accepts no more bytes."))
    require_enabled()
    disk.require_space_for_files()
    rate_limits.consume_signatures(caller, 1)
    until, reference = now + timedelta(seconds=FORM_SECONDS), new_id()
    with transaction.atomic():
        Upload.objects.filter(pk=file.pk).update(touched_at=now)
        FormUpload.objects.filter(pk=file.pk).update(urls_expire_at=until)
        record_urls(
            share=file.share, file=file, caller=caller, now=now, count=1, seconds=FORM_SECONDS, reference=reference
        )
    return share_storage().sign_form(
        form_upload.key,
        max_bytes=form_upload.max_bytes,
        content_type=file.content_type,
        return_url=return_url,
        seconds=FORM_SECONDS,
        host=caller.host,
        reference=reference,
    )


def complete(*, file: SharedFile, caller: Caller, now: datetime) -> SharedFile:
    """Make the file ready, if its bytes have arrived; correct its size and the quota. Idempotent.

    Raises NotReady while they have not, and Invalid if they are more than declared.
    """
    form_upload = find(file, caller, now)
    if not _claim(form_upload, now):
        file.refresh_from_db()
        if file.is_stored:
            return file
        raise NotReady(_("This file is being checked. Reload this page in a moment."))
    try:
        stored_object = _copy(file, form_upload)
        digest = _compute_digest(stored_object)
        _correct_size(file, stored_object.size)
        verified = Verified(file, replace(stored_object, sha256=digest), digest)
        late = completions.publish([verified], caller=caller, now=now)
    finally:
        FormUpload.objects.filter(pk=file.pk).update(copying_until=None)
    if late:
        raise late[file.pk]
    with suppress(StorageUnavailable):  # Otherwise the purge of the file deletes it.
        share_storage().objects.delete([form_upload.key])
    return file


def find(file: SharedFile, caller: Caller, now: datetime) -> FormUpload:
    """The form upload of ``file``. Raises a Refusal unless the caller may send it."""
    policies.require(policies.owner_only(file.share, caller) or policies.receivable(file, file.share, now))
    form_upload = FormUpload.objects.filter(pk=file.pk).first()
    if form_upload is None:
        raise NotFound(_("This file is sent by the page that it was chosen on."))
    return form_upload


def require_enabled() -> None:
    if not settings.FORM_UPLOAD_BYTES:
        raise Forbidden(_("On this site, sending files needs JavaScript."))


def _claim(form_upload: FormUpload, now: datetime) -> bool:
    """Whether this request completes the file: one at a time does, and none once it is stored."""
    unfinished = Q(file__ready_at__isnull=True, file__stored_at__isnull=True)
    unclaimed = Q(copying_until__isnull=True) | Q(copying_until__lte=now)
    rows = FormUpload.objects.filter(unfinished, unclaimed, pk=form_upload.pk)
    return rows.update(copying_until=now + timedelta(seconds=COPY_SECONDS)) == 1


def _copy(file: SharedFile, form_upload: FormUpload) -> StoredObject:
    """The object of the file, copied from that of the form."""
    objects = share_storage().objects
    form_object = objects.head(form_upload.key)
    if form_object is not None:
        _require_size(form_upload.key, form_object.size, form_upload)
        with suppress(ObjectExists, CompletionUnclear):  # The HEAD below decides.
            objects.copy(form_upload.key, file.key, content_type=file.content_type, labels=labels_of(file.share))
    stored_object = objects.head(file.key)
    if stored_object is None:
        raise NotReady(_("The bytes of this file haven't been uploaded."))
    _require_size(file.key, stored_object.size, form_upload)
    return stored_object


def _require_size(key: str, size: int, form_upload: FormUpload) -> None:
    """A storage that ignores the limit of a policy must not make a file larger than declared."""
    if not 1 <= size <= form_upload.max_bytes:
        share_storage().objects.delete([key])
        raise Invalid(_("The uploaded file is larger than declared. Send a smaller one."), field="size")


def _compute_digest(stored_object: StoredObject) -> bytes:
    digest = hashlib.sha256()
    for chunk in share_storage().objects.read(stored_object.key, stored_object.size):
        digest.update(chunk)
    return digest.digest()


def _correct_size(file: SharedFile, size: int) -> None:
    """Set the real size, and release what was reserved beyond it, once."""
    with transaction.atomic():
        unfinished = SharedFile.objects.filter(
            pk=file.pk, ready_at__isnull=True, stored_at__isnull=True, purged_at__isnull=True
        )
        reserved = unfinished.select_for_update(of=("self",)).values_list("size", flat=True).first()
        if reserved is not None and reserved != size:
            unfinished.update(size=size)
            Upload.objects.filter(pk=file.pk).update(part_size=size)
            if reserved > size:
                User.objects.release(file.share.owner_id, size=reserved - size, files=0)
            elif not User.objects.reserve(file.share.owner_id, size=size - reserved, files=0):
                raise QuotaExceeded
    file.size = size
