"""Checks that multipart uploads, batches and thumbnails share."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from shares import policies
from shares.callers import Caller
from shares.errors import Invalid, Refusal
from shares.models import FormUpload, SharedFile
from shares.storage import share_storage

SHA256_BYTES, MD5_BYTES = 32, 16


def require_upload(file: SharedFile, caller: Caller, now: datetime) -> None:
    """Raises a Refusal unless the caller may send bytes of ``file``."""
    policies.require(policies.owner_only(file.share, caller) or policies.receivable(file, file.share, now))
    if FormUpload.objects.filter(pk=file.pk).exists():
        raise refuse_form_upload()


def refuse_form_upload() -> Refusal:
    """Only its form sends such a file, so that nothing else can replace its object."""
    return Invalid(_("This file is sent by a form, not by this program."), field="files")


def require_checksums(sha256: bytes, md5: bytes) -> None:
    """Raises Invalid unless ``sha256`` is a digest, and ``md5`` too if storage verifies by that."""
    if len(sha256) != SHA256_BYTES:
        raise Invalid(_("A checksum is the SHA-256 of the bytes: 32 bytes, in base64."), field="checksum_sha256")
    if share_storage().checksums == "md5" and len(md5) != MD5_BYTES:
        raise Invalid(
            _("The storage of this site verifies uploads by MD5: send those 16 bytes too, in base64."),
            field="checksum_md5",
        )
