"""Refusals: every expected "no" of the product, each with one code, status and text.

Standard library only. Every interface renders a ``Refusal`` in its own way: a page, problem+json, an exit code.
"""

from typing import ClassVar


class Refusal(Exception):
    """An operation that was not performed, with a reason for the user who requested it.

    ``retry_after`` is in seconds and becomes a ``Retry-After`` header where given.
    """

    code: ClassVar[str] = "invalid"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "That is not valid"
    default: ClassVar[str] = "Something in this request is not valid."

    def __init__(self, message: str | None = None, *, retry_after: int | None = None) -> None:
        self.message = message or self.default
        self.retry_after = retry_after
        super().__init__(self.message)


class Invalid(Refusal):
    """A value that makes no sense; the message names it. ``field`` is the input it came from, if any."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class KeyReused(Refusal):
    code = "key-reused"
    title = "This key was used for something else"
    default = "This Idempotency-Key was already used for another request. Take a new key for a new request."


class ChangedMeanwhile(Refusal):
    """An edit whose ``fields`` somebody else has set to another value since they were shown. Nothing was saved."""

    code = "changed-meanwhile"
    status = 409
    title = "Changed in the meantime"
    default = "This was changed while you were editing it, so nothing has been saved yet."

    def __init__(self, fields: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.fields = fields


class NotFound(Refusal):
    code = "not-found"
    status = 404
    title = "Page not found"
    default = "The address may be mistyped or cut off."


class NotSignedIn(Refusal):
    code = "not-signed-in"
    status = 401
    title = "Sign in first"
    default = "This needs a signed-in account or a valid token."


class Forbidden(Refusal):
    code = "forbidden"
    status = 403
    title = "Not allowed"
    default = "This account or token may not do that."


class Expired(Refusal):
    code = "expired"
    status = 410
    title = "This share has expired"
    default = "The time set for this share is over. Ask the sender to share it again."


class UsedUp(Refusal):
    code = "used-up"
    status = 410
    title = "All downloads are used up"
    default = "This share allowed a fixed number of downloads, and all of them are taken. Ask the sender for more."


class Removed(Refusal):
    code = "removed"
    status = 410
    title = "This share was removed"
    default = "The sender removed this share. Ask the sender if you still need it."


class Suspended(Refusal):
    code = "suspended"
    status = 403
    title = "This share is blocked"
    default = "The people who run this site have blocked this share because of a report of abuse."


class Blocked(Refusal):
    """A file that an administrator does not let be shared again, known by its bytes."""

    code = "blocked"
    status = 422
    title = "This file is blocked"
    default = "The people who run this site have blocked this file: it cannot be shared here."


class NotReady(Refusal):
    code = "not-ready"
    status = 409
    title = "Not ready yet"
    default = "This file is still being uploaded. Try again in a moment."


class Scanning(NotReady):
    code = "scanning"
    title = "Being checked for viruses"
    default = "This file is being checked for viruses, and can be downloaded as soon as that is done. Try again soon."


class Withheld(NotReady):
    """Its bytes are there, and nobody gets them."""

    code = "withheld"
    status = 403
    title = "This file is withheld"
    default = "A virus was found in this file, so it cannot be downloaded here. Ask the sender about it."


class Locked(Refusal):
    """A password is needed and none was given: an invitation more than an error."""

    code = "password-required"
    status = 403
    title = "A password is needed"
    default = "This share is protected. Enter the password the sender gave you."


class WrongPassword(Refusal):
    code = "wrong-password"
    status = 403
    title = "That password is not right"
    default = "That password is not right. Check it with the sender and try again."


class TooManyTries(Refusal):
    code = "too-many-tries"
    status = 429
    title = "Too many tries"
    default = "Too many wrong passwords. Wait a little and try again."


class TooMany(Refusal):
    """Of something that a stranger may do a few times an hour."""

    code = "too-many-tries"
    status = 429
    title = "That is enough for now"
    default = "This was sent several times already. Wait a little before you send more."


class QuotaExceeded(Refusal):
    code = "quota-exceeded"
    status = 413
    title = "Not enough space"
    default = "There is not enough space left in this account for these files."


class OutOfRange(Refusal):
    code = "invalid"
    status = 416
    title = "Nothing there"
    default = "The file is shorter than the place this download wants to go on from. Start it again."


class TooLarge(Refusal):
    code = "too-large"
    status = 413
    title = "Too large"
    default = "This is larger than this server accepts."


class UriTooLong(Refusal):
    code = "uri-too-long"
    status = 414
    title = "Address too long"
    default = "This address is longer than any address of this site."


class HeadersTooLong(Refusal):
    code = "headers-too-long"
    status = 431
    title = "Headers too long"
    default = "The headers of this request are too long."


class BadHeader(Refusal):
    code = "bad-header"
    status = 400
    title = "Bad request"
    default = "A header of this request can't be read."


class WrongHost(Refusal):
    """Of a page that is opened under an IPv6 address, where it could not reach the storage."""

    code = "wrong-host"
    status = 400
    title = "Open this site by its name"
    default = "Under an IPv6 address browsers don't let this page reach its files. Use the site's name or IPv4 address."


class LengthMissing(Refusal):
    code = "length-required"
    status = 411
    title = "Length required"
    default = "Say how long the body is: send a Content-Length instead of chunks."


class WrongProgram(Refusal):
    """Of a program that would save a page for the file, or fail after a download was taken."""

    code = "wrong-program"
    status = 406
    title = "This program can't download here"
    default = "A download begins with a POST, which this program doesn't send. Use a browser, curl or wget."


class WrongType(Refusal):
    code = "wrong-type"
    status = 415
    title = "Unsupported content type"
    default = "This address does not take this content type."


class StorageUnavailable(Refusal):
    code = "storage-unavailable"
    status = 503
    title = "The file storage is not answering"
    default = "The file storage is not answering right now. Nothing is lost; try again in a moment."

    def __init__(self, message: str | None = None, *, retry_after: int | None = 10) -> None:
        super().__init__(message, retry_after=retry_after)


class StorageRefuses(StorageUnavailable):
    """Storage answers, and turns this site away: a key that was revoked, a policy, ended credentials, a wrong clock.

    Waiting helps only after an administrator has done something; the log says what.
    """

    code = "storage-refuses"
    title = "The file storage refuses this site"
    default = "The file storage does not let this site in right now. Nothing is lost; try again later."


class StorageUnsupported(StorageRefuses):
    """Storage does not know something that it was asked for. Neither waiting nor more rights help; a setting may."""

    code = "storage-unsupported"
    status = 501
    title = "The file storage can't do this"
    default = (
        "The file storage doesn't support something this site asks of it. An administrator has to change a setting."
    )

    def __init__(self, message: str | None = None, *, retry_after: int | None = None) -> None:
        super().__init__(message, retry_after=retry_after)


class Busy(Refusal):
    """The database or the hashing gate is full for the moment."""

    code = "busy"
    status = 503
    title = "Too busy right now"
    default = "The server is busy. Nothing is lost; try again in a moment."

    def __init__(self, message: str | None = None, *, retry_after: int | None = 5) -> None:
        super().__init__(message, retry_after=retry_after)


class DiskFull(Refusal):
    code = "disk-full"
    status = 503
    title = "The disk is full"
    default = "The disk of this server is full, so nothing can be saved right now. Nothing is lost; try again later."

    def __init__(self, message: str | None = None, *, retry_after: int | None = 60) -> None:
        super().__init__(message, retry_after=retry_after)
