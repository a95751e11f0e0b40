"""Refusals: every expected "no" of the product, each with one code, status and text.

Every interface renders a ``Refusal`` in its own form: a page, problem+json, an exit code. The texts are lazy
translations; a refusal is written in the language that is active when it is raised.
"""

from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise


class Refusal(Exception):
    """An operation that was not performed, with a reason for the user who requested it.

    ``retry_after`` is in seconds and becomes a ``Retry-After`` header where given.
    """

    code: ClassVar[str] = "invalid"
    status: ClassVar[int] = 422
    title: ClassVar[StrOrPromise] = _("Not valid")
    default: ClassVar[StrOrPromise] = _("Something in this request is not valid.")

    def __init__(self, message: str | None = None, *, retry_after: int | None = None) -> None:
        self.message = message or str(self.default)
        self.retry_after = retry_after
        super().__init__(self.message)


class Invalid(Refusal):
    """A value that makes no sense; the message names it. ``field`` is the input it came from, if any."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class KeyReused(Refusal):
    code = "key-reused"
    title = _("This key was used for another request")
    default = _("This Idempotency-Key was already used for another request. Use a new key for a new request.")


class ChangedMeanwhile(Refusal):
    """An edit whose ``fields`` somebody else has set to another value since they were shown. Nothing was saved."""

    code = "changed-meanwhile"
    status = 409
    title = _("Changed in the meantime")
    default = _("This was changed while you were editing it, so nothing has been saved yet.")

    def __init__(self, fields: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.fields = fields


class NotFound(Refusal):
    code = "not-found"
    status = 404
    title = _("Page not found")
    default = _("The address may be mistyped or cut off.")


class NotSignedIn(Refusal):
    code = "not-signed-in"
    status = 401
    title = _("Sign in first")
    default = _("This requires a signed-in account or a valid token.")


class Forbidden(Refusal):
    code = "forbidden"
    status = 403
    title = _("Not allowed")
    default = _("This account or token doesn't have permission to do that.")


class Expired(Refusal):
    code = "expired"
    status = 410
    title = _("This share has expired")
    default = _("This link has expired. Ask the sender for a new one.")


class UsedUp(Refusal):
    code = "used-up"
    status = 410
    title = _("Download limit reached")
    default = _("This share has reached its download limit. Ask the sender to raise it.")


class Removed(Refusal):
    code = "removed"
    status = 410
    title = _("This share was removed")
    default = _("The sender removed this share. Ask the sender if you still need it.")


class Suspended(Refusal):
    code = "suspended"
    status = 403
    title = _("This share is blocked")
    default = _("An administrator has blocked this share.")


class Blocked(Refusal):
    """A file that an administrator does not let be shared again, known by its bytes."""

    code = "blocked"
    status = 422
    title = _("This file is blocked")
    default = _("An administrator has blocked this file: it can't be shared here.")


class NotReady(Refusal):
    code = "not-ready"
    status = 409
    title = _("Not ready yet")
    default = _("This file is still being uploaded. Try again in a moment.")


class Scanning(NotReady):
    code = "scanning"
    title = _("Being checked for viruses")
    default = _(
        "This file is being checked for viruses and can be downloaded as soon as that is finished. Try again soon."
    )


class Withheld(NotReady):
    """Its bytes are there, and nobody gets them."""

    code = "withheld"
    status = 403
    title = _("This file is withheld")
    default = _("A virus was found in this file, so it can't be downloaded here. Ask the sender about it.")


class Locked(Refusal):
    """A password is needed and none was given: an invitation more than an error."""

    code = "password-required"
    status = 403
    title = _("Password required")
    default = _("This share is protected. Enter the password that the sender gave you.")


class WrongPassword(Refusal):
    code = "wrong-password"
    status = 403
    title = _("That password is not right")
    default = _("That password is not right. Check it with the sender and try again.")


class TooManyTries(Refusal):
    code = "too-many-tries"
    status = 429
    title = _("Too many attempts")
    default = _("Too many wrong passwords. Wait a while and try again.")


class TooManyRequests(Refusal):
    """A rate limit of this server is used up for the moment: ``limit`` operations in ``seconds``, named ``policy``."""

    code = "too-many-requests"
    status = 429
    title = _("Too many requests")
    default = _("This was requested too often in a short time. Nothing is lost: wait a moment and try again.")

    def __init__(
        self, message: str, *, policy: str, limit: int, seconds: int, remaining: int, retry_after: int
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.policy, self.limit, self.seconds, self.remaining = policy, limit, seconds, remaining


class TooMany(Refusal):
    """Of something that a stranger may do a few times an hour."""

    code = "too-many-tries"
    status = 429
    title = _("Too many requests")
    default = _("This was sent several times already. Wait a while before you send more.")


class QuotaExceeded(Refusal):
    code = "quota-exceeded"
    status = 413
    title = _("Not enough space")
    default = _("There is not enough space left in this account for these files.")


class OutOfRange(Refusal):
    code = "invalid"
    status = 416
    title = _("Range not satisfiable")
    default = _("The file is shorter than the position from which this download should resume. Start it again.")


class TypeNotAllowed(Refusal):
    """Of a file whose name or bytes are of a type that this site does not share; the message lists what is allowed."""

    code = "type-not-allowed"
    title = _("Type not allowed")
    default = _("This type of file can't be shared here.")


class TooLarge(Refusal):
    code = "too-large"
    status = 413
    title = _("Too large")
    default = _("This is larger than this server accepts.")


class UriTooLong(Refusal):
    code = "uri-too-long"
    status = 414
    title = _("Address too long")
    default = _("This address is longer than any address of this site.")


class HeadersTooLong(Refusal):
    code = "headers-too-long"
    status = 431
    title = _("Headers too long")
    default = _("The headers of this request are too long.")


class BadHeader(Refusal):
    code = "bad-header"
    status = 400
    title = _("Bad request")
    default = _("A header of this request can't be read.")


class WrongHost(Refusal):
    """Of a page that is opened under an IPv6 address, where it could not reach the storage."""

    code = "wrong-host"
    status = 400
    title = _("Open this site by its name")
    default = _(
        "Browsers don't let this page reach its files under an IPv6 address. Use the site's name or IPv4 address."
    )


class LengthMissing(Refusal):
    code = "length-required"
    status = 411
    title = _("Length required")
    default = _("State the length of the body: send a Content-Length header instead of chunks.")


class WrongProgram(Refusal):
    """Of a program that would save a page for the file, or fail after a download was taken."""

    code = "wrong-program"
    status = 406
    title = _("This program can't download here")
    default = _("A download begins with a POST, which this program doesn't send. Use a browser, curl or wget.")


class WrongType(Refusal):
    code = "wrong-type"
    status = 415
    title = _("Unsupported content type")
    default = _("This address doesn't accept this content type.")


class StorageUnavailable(Refusal):
    code = "storage-unavailable"
    status = 503
    title = _("The file storage is not answering")
    default = _("The file storage is not answering right now. Nothing is lost; try again in a moment.")

    def __init__(self, message: str | None = None, *, retry_after: int | None = 10) -> None:
        super().__init__(message, retry_after=retry_after)


class StorageRefuses(StorageUnavailable):
    """Storage answers, and turns this site away: a key that was revoked, a policy, ended credentials, a wrong clock.

    Waiting helps only after an administrator has done something; the log says what.
    """

    code = "storage-refuses"
    title = _("The file storage refuses this site")
    default = _("The file storage refuses the requests of this site right now. Nothing is lost; try again later.")


class StorageUnsupported(StorageRefuses):
    """Storage does not know something that it was asked for. Neither waiting nor more rights help; a setting may."""

    code = "storage-unsupported"
    status = 501
    title = _("The file storage doesn't support this")
    default = _(
        "The file storage doesn't support something that this site needs. An administrator has to change a setting."
    )

    def __init__(self, message: str | None = None, *, retry_after: int | None = None) -> None:
        super().__init__(message, retry_after=retry_after)


class Busy(Refusal):
    """The database or the hashing gate is full for the moment."""

    code = "busy"
    status = 503
    title = _("Too busy right now")
    default = _("The server is busy. Nothing is lost; try again in a moment.")

    def __init__(self, message: str | None = None, *, retry_after: int | None = 5) -> None:
        super().__init__(message, retry_after=retry_after)


class DiskFull(Refusal):
    code = "disk-full"
    status = 503
    title = _("The disk is full")
    default = _("The disk of this server is full, so nothing can be saved right now. Nothing is lost; try again later.")

    def __init__(self, message: str | None = None, *, retry_after: int | None = 60) -> None:
        super().__init__(message, retry_after=retry_after)
