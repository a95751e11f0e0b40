"""Files of a share: declared, with reserved quota, before storage is called."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from shares import policies
from shares.callers import Caller
from shares.errors import Invalid, NotFound, QuotaExceeded
from shares.file_names import download_path, fold, fold_folders
from shares.models import Event, Share, SharedFile, Upload, User
from shares.models.ids import is_valid_id, new_key
from shares.services import events, type_rules
from shares.services.limits import limits
from shares.services.text import clean_name, clean_path, normalize_media_type

MAX_PARTS = 9_000
# The minimum of S3 for parts other than the last.
MIN_PART_BYTES = 5 * 1024 * 1024
# One statement for each.
MAX_TYPES = 64
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileSpec:
    """A file as its sender declares it: ``size`` in bytes, ``path`` the folders joined by ``/``; ``part_size`` is the
    largest part that the sender requests for its connection, if any.
    """

    name: str
    size: int
    content_type: str = ""
    path: str = ""
    part_size: int | None = None


def part_size(size: int, requested: int | None = None) -> int:
    """Bytes of a part: those of the setting, 16 MiB, or fewer if the sender requests that; in whole MiB more if there
    would be over 9,000 parts.
    """
    longest = settings.PART_BYTES
    if requested is not None:
        longest = min(longest, max(MIN_PART_BYTES, requested // MIB * MIB))
    return max(longest, math.ceil(size / MAX_PARTS / MIB) * MIB)


def declare(*, share: Share, specs: Sequence[FileSpec], caller: Caller, now: datetime) -> list[SharedFile]:
    """Add slots for ``specs`` to ``share``, all or none. Raises Invalid, TooLarge, TypeNotAllowed or QuotaExceeded."""
    with transaction.atomic():
        locked = Share.objects.select_for_update(no_key=True, of=("self",)).get(pk=share.pk)
        policies.require(policies.owner_only(locked, caller) or policies.editable(locked))
        return reserve(share=locked, specs=specs, now=now)


def reserve(*, share: Share, specs: Sequence[FileSpec], now: datetime) -> list[SharedFile]:
    """Create the slots; the share is locked by the transaction of the caller."""
    last = share.files.aggregate(last=Max("position"))["last"]
    start = 0 if last is None else last + 1
    if start + len(specs) > limits().max_files_per_share:
        raise Invalid(
            _("A share can contain at most %(limit)d files."), field="files", limit=limits().max_files_per_share
        )
    rules = type_rules.load()
    for spec in specs:
        policies.require(policies.size(spec.size, limits()))
        policies.require(type_rules.refusal(rules, name=spec.name, content_type=spec.content_type, size=spec.size))
    names = [(clean_path(spec.path), clean_name(spec.name)) for spec in specs]
    files = [
        SharedFile(
            share=share,
            key=new_key(share.pk),
            position=position,
            name=name,
            number=number,
            path=path,
            size=spec.size,
            content_type=normalize_media_type(spec.content_type, spec.name),
            created_at=now,
        )
        for position, (spec, (path, name), number) in enumerate(
            zip(specs, names, _assign_numbers(share, names), strict=True), start
        )
    ]
    if not User.objects.reserve(share.owner_id, size=sum(spec.size for spec in specs), files=len(specs)):
        raise QuotaExceeded
    SharedFile.objects.bulk_create(files, batch_size=500)
    Upload.objects.bulk_create(
        [
            Upload(file=file, part_size=part_size(file.size, spec.part_size), touched_at=now)
            for file, spec in zip(files, specs, strict=True)
        ],
        batch_size=500,
    )
    return files


def _assign_numbers(share: Share, names: Sequence[tuple[str, str]]) -> Iterator[int]:
    """Yield the number of each file among those of its name, so that no two files, and no file and folder, are saved
    under the same name.
    """
    existing = list(share.files.not_removed().values_list("path", "name", "number"))
    used = {fold(download_path(path, name, number)) for path, name, number in existing}
    used |= fold_folders([*(path for path, _, _ in existing), *(path for path, _ in names)])
    last: dict[str, int] = {}
    for path, name in names:
        first = fold(download_path(path, name))
        number = last.get(first, 0) + 1
        while fold(download_path(path, name, number)) in used:
            number += 1
        used.add(fold(download_path(path, name, number)))
        last[first] = number
        yield number


def remove(*, file: SharedFile, caller: Caller, now: datetime) -> None:
    """Remove one file from its share immediately; the next sweep deletes its object and releases the quota."""
    policies.require(policies.owner_only(file.share, caller) or policies.editable(file.share))
    with transaction.atomic():
        removed = SharedFile.objects.not_removed().filter(pk=file.pk, purged_at__isnull=True).update(removed_at=now)
        if not removed:
            raise NotFound(_("This file was already removed."))
        events.record(Event.Kind.EDITED, caller=caller, share=file.share, file=file, now=now, detail="file removed")


def describe(*, share: Share, types: Mapping[str, str], caller: Caller) -> None:
    """Store the media types that clients detected in the first bytes of files, by id: for icons and texts, not for
    responses.
    """
    policies.require(policies.owner_only(share, caller) or policies.editable(share))
    by_type: dict[str, list[str]] = {}
    for pk, claimed_type in types.items():
        if is_valid_id(pk):
            by_type.setdefault(normalize_media_type(claimed_type), []).append(pk)
    if len(by_type) > MAX_TYPES:
        raise Invalid(_("At most %(limit)d different types at a time."), field="files", limit=MAX_TYPES)
    with transaction.atomic():
        for content_type in sorted(by_type):
            share.files.not_removed().filter(pk__in=by_type[content_type]).update(content_type=content_type)
