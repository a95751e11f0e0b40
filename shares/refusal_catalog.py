"""The refusals of the product by their code: status, texts for people, and how long to wait.

A code is part of the API: a program decides by it, and the history of a share stores it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """``title`` and ``detail`` are those of a page and of problem+json; ``reason`` follows "Refused" in a history.

    ``retry_after`` is in seconds, for refusals that end by themselves.
    """

    status: int
    title: StrPromise
    detail: StrPromise
    reason: StrPromise | None = None
    retry_after: int | None = None


REQUESTS: Mapping[str, CatalogEntry] = {
    "bad-header": CatalogEntry(400, _("Bad request"), _("A header of this request can't be read.")),
    "fault": CatalogEntry(
        500,
        _("Something went wrong on our side"),
        _("Something went wrong on our side. It has been logged, and none of your data is lost."),
    ),
    "headers-too-long": CatalogEntry(431, _("Headers too long"), _("The headers of this request are too long.")),
    "invalid": CatalogEntry(
        422, _("Not valid"), _("Something in this request is not valid."), _("the request was not valid")
    ),
    "key-reused": CatalogEntry(
        422,
        _("This key was used for another request"),
        _("This Idempotency-Key was already used for another request. Use a new key for a new request."),
    ),
    "length-required": CatalogEntry(
        411, _("Length required"), _("State the length of the body: send a Content-Length header instead of chunks.")
    ),
    "out-of-range": CatalogEntry(
        416,
        _("Range not satisfiable"),
        _("The file is shorter than the position from which this download should resume. Start it again."),
    ),
    "too-large": CatalogEntry(413, _("Too large"), _("This is larger than this server accepts.")),
    "uri-too-long": CatalogEntry(
        414, _("Address too long"), _("This address is longer than any address of this site.")
    ),
    "wrong-host": CatalogEntry(
        400,
        _("Open this site by its name"),
        _("Browsers don't let this page reach its files under an IPv6 address. Use the site's name or IPv4 address."),
    ),
    "wrong-method": CatalogEntry(405, _("Wrong method"), _("This address doesn't accept this method.")),
    "wrong-program": CatalogEntry(
        406,
        _("This program can't download here"),
        _("A download begins with a POST, which this program doesn't send. Use a browser, curl or wget."),
    ),
    "wrong-type": CatalogEntry(415, _("Unsupported content type"), _("This address doesn't accept this content type.")),
}

PERMISSIONS: Mapping[str, CatalogEntry] = {
    "forbidden": CatalogEntry(
        403, _("Not allowed"), _("This account or token doesn't have permission to do that."), _("not allowed")
    ),
    "not-signed-in": CatalogEntry(
        401, _("Sign in first"), _("This requires a signed-in account or a valid token."), _("not signed in")
    ),
    "password-required": CatalogEntry(
        403,
        _("Password required"),
        _("This share is protected. Enter the password that the sender gave you."),
        _("no password"),
    ),
    "quota-exceeded": CatalogEntry(
        413, _("Not enough space"), _("There is not enough space left in this account for these files.")
    ),
    "too-many-requests": CatalogEntry(
        429,
        _("Too many requests"),
        _("This was sent several times already. Wait a while before you send more."),
        _("too many requests"),
    ),
    "too-many-tries": CatalogEntry(
        429,
        _("Too many attempts"),
        _("Too many wrong passwords. Wait a while and try again."),
        _("too many attempts"),
    ),
    "wrong-password": CatalogEntry(
        403,
        _("That password is not right"),
        _("That password is not right. Check it with the sender and try again."),
        _("wrong password"),
    ),
}

SHARES: Mapping[str, CatalogEntry] = {
    "blocked": CatalogEntry(
        422,
        _("This file is blocked"),
        _("An administrator has blocked this file: it can't be shared here."),
        _("the file is blocked"),
    ),
    "changed-meanwhile": CatalogEntry(
        409,
        _("Changed in the meantime"),
        _("This was changed while you were editing it, so nothing has been saved yet."),
    ),
    "expired": CatalogEntry(
        410,
        _("This share has expired"),
        _("This link has expired. Ask the sender for a new one."),
        _("the share has expired"),
    ),
    "not-found": CatalogEntry(
        404, _("Page not found"), _("The address may be mistyped or cut off."), _("no such file")
    ),
    "not-ready": CatalogEntry(
        409,
        _("Not ready yet"),
        _("This file is still being uploaded. Try again in a moment."),
        _("still uploading"),
    ),
    "removed": CatalogEntry(
        410,
        _("This share was removed"),
        _("The sender removed this share. Ask the sender if you still need it."),
        _("the share was removed"),
    ),
    "scanning": CatalogEntry(
        409,
        _("Being checked for viruses"),
        _("This file is being checked for viruses and can be downloaded as soon as that is finished. Try again soon."),
        _("being checked for viruses"),
    ),
    "suspended": CatalogEntry(
        403,
        _("This share is blocked"),
        _("An administrator has blocked this share."),
        _("the share is blocked"),
    ),
    "type-not-allowed": CatalogEntry(422, _("Type not allowed"), _("This type of file can't be shared here.")),
    "used-up": CatalogEntry(
        410,
        _("Download limit reached"),
        _("This share has reached its download limit. Ask the sender to raise it."),
        _("download limit reached"),
    ),
    "withheld": CatalogEntry(
        403,
        _("This file is withheld"),
        _("A virus was found in this file, so it can't be downloaded here. Ask the sender about it."),
        _("the file is withheld"),
    ),
}

SERVERS: Mapping[str, CatalogEntry] = {
    "busy": CatalogEntry(
        503,
        _("Too busy right now"),
        _("The server is busy. Nothing is lost; try again in a moment."),
        _("the server was busy"),
        retry_after=5,
    ),
    "disk-full": CatalogEntry(
        503,
        _("The disk is full"),
        _("The disk of this server is full, so nothing can be saved right now. Nothing is lost; try again later."),
        _("the disk of the server was full"),
        retry_after=60,
    ),
    "storage-refuses": CatalogEntry(
        503,
        _("The file storage refuses this site"),
        _("The file storage refuses the requests of this site right now. Nothing is lost; try again later."),
        _("the file storage refused"),
        retry_after=10,
    ),
    "storage-unavailable": CatalogEntry(
        503,
        _("The file storage is not answering"),
        _("The file storage is not answering right now. Nothing is lost; try again in a moment."),
        _("the file storage did not answer"),
        retry_after=10,
    ),
    "storage-unsupported": CatalogEntry(
        501,
        _("The file storage doesn't support this"),
        _("The file storage doesn't support something that this site needs. An administrator has to change a setting."),
        _("the file storage did not support it"),
    ),
}

CATALOG: Mapping[str, CatalogEntry] = {**REQUESTS, **PERMISSIONS, **SHARES, **SERVERS}


def describe_refusal(code: str) -> str:
    """Why something was refused, in a few words; the code itself if it is not in the catalog anymore."""
    entry = CATALOG.get(code)
    return code if entry is None else str(entry.reason or entry.title)
