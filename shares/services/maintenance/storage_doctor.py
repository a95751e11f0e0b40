"""Examinations of the storage by its doctor, with the addresses and settings of the site."""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Any, cast

from django.conf import settings
from django.core.files.storage import storages

from shares.services.downloads.delivery import signed_delivery
from shares.services.maintenance.rotation import longest_url_seconds, page_url_seconds
from shares.storage import ShareStorage, share_storage
from shares.storage.doctor import checks
from shares.storage.doctor.findings import Finding, fail

logger = logging.getLogger(__name__)

COMMAND = "run `manage.py storage doctor`, which waits longer"
_running = threading.Lock()


def site_origins(further_origins: Sequence[str] = ()) -> list[str]:
    """Every origin of pages of this site."""
    return sorted({settings.SITE_URL, *settings.CORS_ORIGINS, *further_origins})


def examine(further_origins: Sequence[str] = (), *, store: ShareStorage | None = None) -> Iterator[Finding]:
    """Yield the findings of the doctor; leaves nothing in the bucket."""
    return checks.examine(
        store or share_storage(),
        site_url=settings.SITE_URL,
        origins=site_origins(further_origins),
        page_url_seconds=page_url_seconds(),
        max_url_seconds=longest_url_seconds(),
        cache_control=signed_delivery(cacheable=True).cache_control,
    )


def examine_within(seconds: float) -> list[Finding] | None:
    """The findings of the first ``seconds``, and one more if there is no time for the others.

    None if another examination of this process is running. One that takes longer goes on in its thread, and deletes
    what it has stored.
    """
    if not _running.acquire(blocking=False):
        return None
    # With timeouts and retries of its own: those of requests give up earlier, which would be another finding.
    store = cast(ShareStorage, storages.create_storage(cast(dict[str, Any], settings.STORAGES["shares"])))
    results: SimpleQueue[Finding | None] = SimpleQueue()
    threading.Thread(target=_examine_into, args=[results, store], name="storage-doctor", daemon=True).start()
    return list(_collect(results, time.monotonic() + seconds))


def _examine_into(results: SimpleQueue[Finding | None], store: ShareStorage) -> None:
    try:
        for finding in examine(store=store):
            results.put(finding)
    except Exception as error:
        logger.exception("storage doctor: the examination failed")
        name = type(error).__name__
        results.put(fail(f"the examination ended with an error ({name})", "read the log of the site, and report this"))
    finally:
        _running.release()
        results.put(None)


def _collect(results: SimpleQueue[Finding | None], deadline: float) -> Iterator[Finding]:
    try:
        while finding := results.get(timeout=max(deadline - time.monotonic(), 0.001)):
            yield finding
    except Empty:
        yield fail("the examination takes too long for a page, and was not finished", COMMAND)
