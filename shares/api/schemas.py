"""The shapes of the JSON that goes in and out.

What comes in is strict: a field that does not exist is refused rather than ignored (a mistyped ``max_download`` must
not make a share without a cap), and types are not guessed. Sizes are bytes, times RFC 3339 with a zone.
"""

from datetime import datetime
from typing import Annotated, Any

from ninja import Header
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
)

# Each costs some 0.7 ms of processor time, and nobody else of the process is answered meanwhile.
MAX_FILES_PER_CALL = 200
MAX_TYPES_PER_CALL = 1000
MAX_LINKS_PER_CALL = 1000
MAX_FILES_PER_BATCH = 100


def _require_text(value: Any) -> Any:
    if value is not None and not isinstance(value, str):
        raise ValueError("must be a time such as 2030-01-31T12:00:00Z")
    return value


def _text(value: str) -> str:
    # JSON can spell half of a surrogate pair, which is no character, and no database or hash takes it.
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError("must be text that can be written in UTF-8") from error
    return value


MD5 = "MD5 of the same bytes, in base64; needed where `limits.checksums` of /me is md5."


Text = Annotated[StrictStr, AfterValidator(_text)]
Time = Annotated[AwareDatetime, BeforeValidator(_require_text)]


IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        description="A name of yours for this request: sent again under it, within a day, it is not done again.",
    ),
]


class Incoming(BaseModel):
    """Lists are ``fail_fast``: one wrong item is told, so that it is not worth collecting the others."""

    model_config = ConfigDict(extra="forbid")


class FileIn(Incoming):
    name: Text
    size: StrictInt = Field(description="Bytes; 0 is allowed.")
    content_type: Text = ""
    path: Text = Field("", description="Folders joined by /, without the name; empty for the top level.")
    part_size: StrictInt | None = Field(
        None,
        ge=1,
        description="The longest part you want to send, for a slow line; the answer tells what it is. From 5 MiB.",
    )


class ShareEdit(Incoming):
    """A field that is left out stays as it was; ``null`` takes it away."""

    title: Text | None = None
    message: Text | None = None
    expires_at: Time | None = Field(None, description="null: never, where the server allows it.")
    expires_in: StrictInt | None = Field(None, le=10**10, description="Seconds from now; instead of expires_at.")
    max_downloads: StrictInt | None = Field(None, description="null: no limit.")
    password: Text | None = Field(None, description="null: none. Never given back.")
    strict: StrictBool | None = Field(
        None, description="true: files pass through the server, which asks for the grant each time; links need it too."
    )
    ask_again: StrictBool | None = Field(
        None, description="true: people who find the share expired or used up can ask you for it again."
    )


class ShareIn(ShareEdit):
    files: list[FileIn] = Field(fail_fast=True, min_length=1, max_length=MAX_FILES_PER_CALL)


class FilesIn(Incoming):
    files: list[FileIn] = Field(fail_fast=True, min_length=1, max_length=MAX_FILES_PER_CALL)


class TypeIn(Incoming):
    id: Text
    content_type: Text


class TypesIn(Incoming):
    files: list[TypeIn] = Field(fail_fast=True, min_length=1, max_length=MAX_TYPES_PER_CALL)


class PartRequestIn(Incoming):
    number: StrictInt = Field(description="From 1.")
    checksum_sha256: Text = Field(description="SHA-256 of exactly these bytes, in base64.")
    checksum_md5: Text = Field("", description=MD5)


class PartRequestsIn(Incoming):
    parts: list[PartRequestIn] = Field(fail_fast=True, min_length=1, max_length=100)


class CompletionIn(Incoming):
    sha256: Text | None = Field(None, description="SHA-256 of the whole file, in hexadecimal, if you know it.")


class FileRequestIn(Incoming):
    id: Text
    checksum_sha256: Text = Field(description="SHA-256 of the file's bytes, in base64.")
    checksum_md5: Text = Field("", description=MD5)


class FileRequestsIn(Incoming):
    files: list[FileRequestIn] = Field(fail_fast=True, min_length=1, max_length=MAX_FILES_PER_BATCH)


class SentFileIn(CompletionIn):
    id: Text


class SentFilesIn(Incoming):
    files: list[SentFileIn] = Field(fail_fast=True, min_length=1, max_length=MAX_FILES_PER_BATCH)


class ThumbnailIn(Incoming):
    size: StrictInt = Field(description="Bytes, at most 40,000.")
    checksum_sha256: Text = Field(description="SHA-256 of exactly these bytes, in base64.")
    checksum_md5: Text = Field("", description=MD5)
    content_type: Text = Field(description="image/webp or image/jpeg")
    width: StrictInt = Field(description="Pixels, at most 320.")
    height: StrictInt = Field(description="Pixels, at most 320.")


class DownloadsIn(Incoming):
    files: list[Text] | None = Field(
        None,
        fail_fast=True,
        min_length=1,
        max_length=MAX_LINKS_PER_CALL,
        description="Ids; left out: every file that is ready.",
    )
    password: Text = ""
    grant: Text = Field("", description="From a former answer: fetches again without taking another download.")


class FileOut(BaseModel):
    id: str
    name: str
    path: str
    size: int
    content_type: str
    state: str = Field(
        description="uploading, scanning (arrived, and being checked for viruses), withheld (nobody gets it) or ready"
    )
    checksum: str | None = Field(
        description="SHA-256 of the parts' SHA-256s, in base64, and how many parts: as S3 says it."
    )

    sha256: str | None = Field(
        description="SHA-256 of the whole file, in hexadecimal. Checked for a file of one part; as the sender said it "
        "for a longer one; null where the sender did not say, or the file has not arrived."
    )


class SlotOut(FileOut):
    part_size: int = Field(description="Bytes of every part but the last.")
    parts: int = Field(description="How many parts to send; 0 for an empty file.")


class FilesOut(BaseModel):
    files: list[SlotOut]


class ShareLine(BaseModel):
    id: str
    url: str
    title: str
    message: str
    state: str = Field(description="draft, live, expired, used_up, revoked, suspended or purged")
    created_at: datetime
    expires_at: datetime | None
    max_downloads: int | None
    downloads: int
    remaining: int | None
    has_password: bool
    strict: bool
    ask_again: bool
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
    files: list[FileOut] = Field(description="Empty while a password is needed.")


class StoredPartOut(BaseModel):
    number: int
    size: int
    checksum: str | None = Field(description="The SHA-256 that was signed for this part, in base64.")


class UploadOut(BaseModel):
    id: str
    state: str
    size: int
    part_size: int
    parts: list[StoredPartOut] = Field(description="What the storage holds now; empty once the file is ready.")


class SignedPartOut(BaseModel):
    number: int
    url: str = Field(description="PUT exactly the bytes of this part here, with exactly these headers.")
    headers: dict[str, str]


class SignedPartsOut(BaseModel):
    parts: list[SignedPartOut]
    expires_in: int = Field(description="Seconds for which the storage takes the address.")


class SignedThumbnailOut(BaseModel):
    url: str = Field(description="PUT exactly the bytes of the picture here, with exactly these headers.")
    headers: dict[str, str]
    expires_in: int = Field(description="Seconds for which the storage takes the address.")


class LinkOut(BaseModel):
    file_id: str
    url: str
    expires_in: int = Field(description="Seconds for which the address works.")


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
    detail: str


class EventsOut(BaseModel):
    items: list[EventOut]
    next_cursor: str | None


class QuotaOut(BaseModel):
    bytes: int
    used_bytes: int
    left_bytes: int = Field(description="What can still be announced.")
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
        description="By what the storage checks what arrives: sha256, or md5 where it knows no better."
    )


class MeOut(BaseModel):
    email: str
    name: str
    scopes: list[str] | None = Field(description="Of the token; null for a signed-in browser.")
    quota: QuotaOut
    limits: LimitsOut


class SessionOut(BaseModel):
    account: str = Field(description="Who is signed in, as the page was told it.")
    csrf: str = Field(description="For the header X-CSRFToken of every change.")


class Problem(BaseModel):
    """What every error looks like (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    field: str | None = None
    retry_after: int | None = Field(None, description="Seconds; only within a batch, else it is the header.")


class SignedFileOut(BaseModel):
    """A URL with its headers, or a problem."""

    id: str
    url: str | None = Field(description="PUT exactly the bytes of this file here, with exactly these headers.")
    headers: dict[str, str] | None = None
    problem: Problem | None = None


class SignedFilesOut(BaseModel):
    files: list[SignedFileOut] = Field(description="In the order in which they were named.")
    expires_in: int = Field(description="Seconds for which the storage takes the address.")


class FinishedFileOut(BaseModel):
    """The file, ready, or a problem."""

    id: str
    file: FileOut | None = None
    problem: Problem | None = None


class FinishedFilesOut(BaseModel):
    files: list[FinishedFileOut] = Field(description="In the order in which they were named.")
