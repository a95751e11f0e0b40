"""Refusals: every expected "no" of the product.

A refusal carries a code and parameters; ``refusal_catalog`` has the status and the texts of each code. The texts are
lazy translations: every interface renders a refusal in its own form (a page, problem+json, an exit code) and in the
language that is active then.
"""

from typing import ClassVar

from django_stubs_ext import StrOrPromise

from shares.refusal_catalog import CATALOG, CatalogEntry


class Refusal(Exception):
    """An operation that was not performed, with a reason for the user who requested it.

    ``detail`` is a more exact sentence than that of the catalog, and ``params`` are the values of its placeholders.
    ``field`` is the input it came from, if any. ``retry_after`` is in seconds and becomes a ``Retry-After`` header.
    """

    code: ClassVar[str]
    specific_detail: ClassVar[StrOrPromise | None] = None

    def __init__(
        self,
        detail: StrOrPromise | None = None,
        *,
        field: str | None = None,
        retry_after: int | None = None,
        **params: object,
    ) -> None:
        super().__init__(detail)
        self.detail: StrOrPromise = detail or self.specific_detail or self.entry.detail
        self.params = params
        self.field = field
        self.retry_after = self.entry.retry_after if retry_after is None else retry_after

    def __str__(self) -> str:
        return self.message

    @property
    def entry(self) -> CatalogEntry:
        return CATALOG[self.code]

    @property
    def status(self) -> int:
        return self.entry.status

    @property
    def title(self) -> str:
        return str(self.entry.title)

    @property
    def message(self) -> str:
        """The sentence for people, in the active language."""
        return str(self.detail % self.params) if self.params else str(self.detail)


class Invalid(Refusal):
    """A value that makes no sense; ``detail`` names it."""

    code = "invalid"


class KeyReused(Refusal):
    code = "key-reused"


class ChangedMeanwhile(Refusal):
    """An edit whose ``fields`` somebody else has set to another value since they were shown. Nothing was saved."""

    code = "changed-meanwhile"

    def __init__(self, fields: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.fields = fields


class NotFound(Refusal):
    code = "not-found"


class NotSignedIn(Refusal):
    code = "not-signed-in"


class Forbidden(Refusal):
    code = "forbidden"


class Expired(Refusal):
    code = "expired"


class UsedUp(Refusal):
    code = "used-up"


class Removed(Refusal):
    code = "removed"


class Suspended(Refusal):
    code = "suspended"


class Blocked(Refusal):
    """A file that an administrator does not let be shared again, known by its bytes."""

    code = "blocked"


class NotReady(Refusal):
    code = "not-ready"


class Scanning(NotReady):
    code = "scanning"


class Withheld(NotReady):
    """Its bytes are there, and nobody gets them."""

    code = "withheld"


class Locked(Refusal):
    """A password is needed and none was given: an invitation more than an error."""

    code = "password-required"


class WrongPassword(Refusal):
    code = "wrong-password"


class TooManyTries(Refusal):
    """Of passwords."""

    code = "too-many-tries"


class TooManyRequests(Refusal):
    code = "too-many-requests"


class RateLimited(TooManyRequests):
    """A rate limit of this server is used up for the moment: ``limit`` operations in ``seconds``, named ``policy``."""

    def __init__(
        self,
        detail: StrOrPromise,
        *,
        policy: str,
        limit: int,
        seconds: int,
        remaining: int,
        retry_after: int,
        **params: object,
    ) -> None:
        super().__init__(detail, field=None, retry_after=retry_after, **params)
        self.policy, self.limit, self.seconds, self.remaining = policy, limit, seconds, remaining


class QuotaExceeded(Refusal):
    code = "quota-exceeded"


class OutOfRange(Refusal):
    code = "out-of-range"


class TypeNotAllowed(Refusal):
    """Of a file whose name or bytes are of a type that this site does not share; the message lists what is allowed."""

    code = "type-not-allowed"


class TooLarge(Refusal):
    code = "too-large"


class UriTooLong(Refusal):
    code = "uri-too-long"


class HeadersTooLong(Refusal):
    code = "headers-too-long"


class BadHeader(Refusal):
    code = "bad-header"


class WrongHost(Refusal):
    """Of a page that is opened under an IPv6 address, where it could not reach the storage."""

    code = "wrong-host"


class LengthMissing(Refusal):
    code = "length-required"


class WrongProgram(Refusal):
    """Of a program that would save a page for the file, or fail after a download was taken."""

    code = "wrong-program"


class WrongMethod(Refusal):
    code = "wrong-method"


class WrongType(Refusal):
    code = "wrong-type"


class InternalError(Refusal):
    """A defect of this program, described to a client without its cause."""

    code = "fault"


class StorageUnavailable(Refusal):
    code = "storage-unavailable"


class StorageRefuses(StorageUnavailable):
    """Storage answers, and turns this site away: a key that was revoked, a policy, ended credentials, a wrong clock.

    Waiting helps only after an administrator has done something; the log says what.
    """

    code = "storage-refuses"


class StorageUnsupported(StorageRefuses):
    """Storage does not know something that it was asked for. Neither waiting nor more rights help; a setting may."""

    code = "storage-unsupported"


class Busy(Refusal):
    """The database or the hashing gate is full for the moment."""

    code = "busy"


class DiskFull(Refusal):
    code = "disk-full"
