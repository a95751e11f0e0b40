"""The types of stored files, by their first bytes: read from storage only if there are rules."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial

from shares.errors import Refusal
from shares.file_signatures import HEAD_BYTES
from shares.models import SharedFile
from shares.services import type_rules
from shares.storage import share_storage

# Enough to hide the latency of storage, few enough for other requests.
MAX_CONCURRENT_READS = 8


def refuse_types(files: Sequence[SharedFile]) -> dict[str, Refusal]:
    """The refusals of ``files``, by id, whose bytes are of a type that may not be shared. An empty file has none."""
    rules = type_rules.load()
    judged = [file for file in files if file.size > 0] if rules else []
    refusals = {
        file.pk: type_rules.refusal_of_bytes(
            rules, head, name=file.name, content_type=file.content_type, size=file.size
        )
        for file, head in zip(judged, _read_heads(judged), strict=True)
    }
    return {pk: refusal for pk, refusal in refusals.items() if refusal is not None}


def _read_heads(files: Sequence[SharedFile]) -> list[bytes]:
    read = partial(share_storage().objects.read_head, count=HEAD_BYTES)
    if len(files) < 2:
        return [read(file.key) for file in files]
    with share_storage().bulkhead.enter(), ThreadPoolExecutor(MAX_CONCURRENT_READS, "types") as pool:
        waiting = [pool.submit(copy_context().run, read, file.key) for file in files]
        return [future.result() for future in waiting]
