"""The JSON that goes out. Sizes are bytes, times RFC 3339 in UTC."""

from datetime import datetime

from django.utils.translation import gettext_noop as _
from pydantic import BaseModel, Field


class FileOut(BaseModel):
    id: str
    name: str
    path: str
    size: int
    content_type: str
    state: str = Field(
        description=_(
            "uploading, scanning (uploaded, and being checked for viruses), withheld (nobody can download it) or ready"
        )
    )
    checksum: str | None = Field(
        description=_("SHA-256 of the parts' SHA-256s, in base64, and the number of parts, as S3 reports it.")
    )

    sha256: str | None = Field(
        description=_(
            "SHA-256 of the whole file, in hexadecimal. Verified for a file of one part; reported by the sender for a "
            "longer one; null if the sender reported none, or the file has not arrived."
        )
    )


class SlotOut(FileOut):
    part_size: int = Field(description=_("Bytes of every part but the last."))
    parts: int = Field(description=_("How many parts to send; 0 for an empty file."))


class FilesOut(BaseModel):
    files: list[SlotOut]


class ShareLine(BaseModel):
    id: str
    url: str
    title: str
    message: str
    state: str = Field(description=_("draft, live, expired, used_up, revoked, suspended or purged"))
    created_at: datetime
    expires_at: datetime | None
    max_downloads: int | None
    downloads: int
    remaining: int | None
    has_password: bool
    strict: bool
    ask_again: bool
    preset: str | None = Field(description=_("The id of its preset; null without one."))
    size: int
    file_count: int
    ready_count: int


class ShareOut(ShareLine):
    files: list[FileOut]


class NewShareOut(ShareLine):
    files: list[SlotOut]


class SharesOut(BaseModel):
    items: list[ShareLine]
    next_cursor: str | None


class PublicOut(BaseModel):
    id: str
    title: str
    message: str
    state: str
    needs_password: bool
    expires_at: datetime | None
    remaining: int | None
    size: int
    files: list[FileOut] = Field(description=_("Empty while a password is needed."))


class PresetOut(BaseModel):
    id: str = Field(description=_("The “preset” of a share."))
    name: str
    help: str
    expires_in: int = Field(description=_("Seconds until a new share expires."))
    max_expires_in: int = Field(description=_("The longest “expires_in” of an edit, in seconds."))
    may_never_expire: bool
    max_downloads: int | None = Field(
        description=_("The limit of a new share, and the highest of an edit; null: none.")
    )
    password_required: bool
    strict: bool = Field(description=_("true: every share with it is strict."))
    ask_again: bool = Field(description=_("The value of a new share."))
    default: bool = Field(description=_("true: of every new share that names none."))


class PresetsOut(BaseModel):
    items: list[PresetOut]


class StoredPartOut(BaseModel):
    number: int
    size: int
    checksum: str | None = Field(description=_("The SHA-256 that was signed for this part, in base64."))


class UploadOut(BaseModel):
    id: str
    state: str
    size: int
    part_size: int
    parts: list[StoredPartOut] = Field(description=_("What storage has received; empty once the file is ready."))


class SignedPartOut(BaseModel):
    number: int
    url: str = Field(description=_("PUT exactly the bytes of this part here, with exactly these headers."))
    headers: dict[str, str]


class SignedPartsOut(BaseModel):
    parts: list[SignedPartOut]
    expires_in: int = Field(description=_("Seconds for which storage accepts the URL."))


class SignedThumbnailOut(BaseModel):
    url: str = Field(description=_("PUT exactly the bytes of the picture here, with exactly these headers."))
    headers: dict[str, str]
    expires_in: int = Field(description=_("Seconds for which storage accepts the URL."))


class LinkOut(BaseModel):
    file_id: str
    url: str
    expires_in: int = Field(description=_("Seconds for which the URL works."))
    head_url: str = Field(
        description=_("For a HEAD request, which returns the size: storage refuses one to url, or the two are equal.")
    )


class DownloadsOut(BaseModel):
    grant: str
    grant_expires_at: datetime
    downloads: list[LinkOut]
    remaining: int | None


class EventOut(BaseModel):
    at: datetime
    kind: str
    file_id: str | None
    name: str
    who: str
    address: str
    detail: str = Field(
        description=_("A code, values such as “count=2 seconds=900”, or what a person wrote; in no language.")
    )


class EventsOut(BaseModel):
    items: list[EventOut]
    next_cursor: str | None


class QuotaOut(BaseModel):
    bytes: int
    used_bytes: int
    left_bytes: int = Field(description=_("What can still be announced."))
    files: int
    used_files: int
    left_files: int


class LimitsOut(BaseModel):
    max_file_bytes: int
    max_files_per_share: int
    max_files_per_call: int
    default_expiry_seconds: int
    max_expiry_seconds: int
    may_never_expire: bool
    checksums: str = Field(
        description=_("The checksum by which storage verifies uploads: sha256, or md5 if it supports nothing better.")
    )


class MeOut(BaseModel):
    email: str
    name: str
    scopes: list[str] | None = Field(description=_("Of the token; null for a signed-in browser."))
    quota: QuotaOut
    limits: LimitsOut


class SessionOut(BaseModel):
    account: str = Field(description=_("The id of the account that is signed in."))
    csrf: str = Field(description=_("For the header X-CSRFToken of every change."))


class Problem(BaseModel):
    """What every error looks like (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    field: str | None = None
    retry_after: int | None = Field(None, description=_("Seconds; only within a batch, else it is the header."))


class SignedFileOut(BaseModel):
    """A URL with its headers, or a problem."""

    id: str
    url: str | None = Field(description=_("PUT exactly the bytes of this file here, with exactly these headers."))
    headers: dict[str, str] | None = None
    problem: Problem | None = None


class SignedFilesOut(BaseModel):
    files: list[SignedFileOut] = Field(description=_("In the order in which they were named."))
    expires_in: int = Field(description=_("Seconds for which storage accepts the URL."))


class FinishedFileOut(BaseModel):
    """The file, ready, or a problem."""

    id: str
    file: FileOut | None = None
    problem: Problem | None = None


class FinishedFilesOut(BaseModel):
    files: list[FinishedFileOut] = Field(description=_("In the order in which they were named."))


class OwnLinkOut(BaseModel):
    """A URL and the seconds for which it works, or a problem."""

    file_id: str
    url: str | None = None
    expires_in: int | None = None
    problem: Problem | None = None


class OwnLinksOut(BaseModel):
    links: list[OwnLinkOut] = Field(description=_("In the order in which the files were named."))


class AccessTokenOut(BaseModel):
    id: str = Field(description=_("The claim `jti` of the token."))
    token: str = Field(description=_("Send it in the `Authorization` header, after the word `Bearer`."))
    scopes: list[str]
    expires_at: datetime


class ApiTokenOut(BaseModel):
    id: str
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class ApiTokensOut(BaseModel):
    items: list[ApiTokenOut]
