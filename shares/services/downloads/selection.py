"""Selections: the files of a share that a request names."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext_lazy as _

from shares.errors import NotFound
from shares.models import Share, SharedFile
from shares.models.ids import is_valid_id


def select_files(*, share: Share, ids: Sequence[str]) -> list[SharedFile]:
    """The files named by ``ids``, each once and in the share's order; for no ids all that are not withheld.

    If all are withheld it is the first, whose refusal gives the reason. Raises NotFound.
    """
    listed_files = share.files.not_removed().order_by("position", "pk")
    if not ids:
        return list(listed_files.filter(withheld="")) or list(listed_files[:1])
    return sorted(find_files(share, ids).values(), key=lambda file: (file.position, file.pk))


def find_files(share: Share, ids: Iterable[str]) -> dict[str, SharedFile]:
    """Listed files by id, in the order of ``ids``. Raises NotFound if the share has no such file."""
    unique_ids = dict.fromkeys(ids)
    valid_ids = [pk for pk in unique_ids if is_valid_id(pk)]
    files_by_id = {file.pk: file for file in share.files.not_removed().filter(pk__in=valid_ids)}
    if any(pk not in files_by_id for pk in unique_ids):
        raise NotFound(_("There is no such file in this share."))
    return {pk: files_by_id[pk] for pk in unique_ids}
