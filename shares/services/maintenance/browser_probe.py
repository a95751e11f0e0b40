"""URLs for the browser of an administrator, which sends and downloads one small object as those of other people do."""

import hashlib
from dataclasses import dataclass, field

from shares.callers import Caller
from shares.errors import Refusal
from shares.services.downloads.delivery import ATTACHMENT, OPAQUE, signed_delivery
from shares.storage import Part, labels, share_storage
from shares.storage.doctor.browser import BODY
from shares.storage.features import PREFIX

URL_SECONDS = 120


@dataclass(frozen=True, slots=True)
class BrowserProbe:
    """``is_exact``: the object comes back as it was sent, see ``Delivery``. The URLs are credentials."""

    upload_url: str = field(repr=False)
    upload_headers: dict[str, str]
    download_url: str = field(repr=False)
    body: str
    is_exact: bool


def create_probe(caller: Caller) -> BrowserProbe | None:
    """URLs of an object that is not there yet; None if storage does not respond or nothing can be signed."""
    store, key = share_storage(), _key_of(caller)
    part = Part(1, len(BODY), hashlib.sha256(BODY).digest(), hashlib.md5(BODY, usedforsecurity=False).digest())
    delivery = signed_delivery(cacheable=False)
    try:
        store.objects.delete([key])
        upload = store.sign_whole(
            key, part, content_type=OPAQUE, seconds=URL_SECONDS, host=caller.host, labels=labels.SAMPLE
        )
        download = delivery.sign(key, "probe.txt", ATTACHMENT, URL_SECONDS, caller)
    except Refusal:
        return None
    return BrowserProbe(upload.url, upload.headers, download.url, BODY.decode(), delivery.is_exact)


def delete_probe(caller: Caller) -> bool:
    """Delete the object, if there is one. False if storage does not."""
    try:
        return not share_storage().objects.delete([_key_of(caller)]).failed
    except Refusal:
        return False


def _key_of(caller: Caller) -> str:
    """One object for each administrator: a page that is closed too early leaves this one behind, and no more."""
    return f"{PREFIX}browser-{caller.user.pk if caller.user else ''}"
