"""The JSON that comes in.

It is strict: a field that does not exist is refused rather than ignored (a mistyped ``max_download`` must not make a
share without a limit), and types are not guessed. Sizes are bytes, times RFC 3339 with a zone.
"""

from typing import Annotated, Any

from django.utils.translation import gettext_noop as _
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
from pydantic_core import PydanticKnownError

from shares.storage import MAX_SIGNED_SECONDS

# Each item costs some 0.7 ms of processor time, during which the process handles no other request.
MAX_FILES_PER_CALL = 200
MAX_TYPES_PER_CALL = 1000
MAX_LINKS_PER_CALL = 1000
MAX_FILES_PER_BATCH = 100


def _require_text(value: Any) -> Any:
    if value is not None and not isinstance(value, str):
        raise PydanticKnownError("datetime_type")
    return value


def _text(value: str) -> str:
    # JSON can spell half of a surrogate pair, which is no character, and no database or hash takes it.
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise PydanticKnownError("string_unicode") from error
    return value


MD5 = _("MD5 of the same bytes, in base64; needed if “limits.checksums” of /me is md5.")


Text = Annotated[StrictStr, AfterValidator(_text)]
Time = Annotated[AwareDatetime, BeforeValidator(_require_text)]


IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        description=_(
            "A name of yours for this request. Sent again with that name within a day, it is not executed again."
        ),
    ),
]


class Incoming(BaseModel):
    """Lists are ``fail_fast``: only the first wrong item is reported."""

    model_config = ConfigDict(extra="forbid")


class FileIn(Incoming):
    name: Text
    size: StrictInt = Field(description=_("Bytes; 0 is allowed."))
    content_type: Text = ""
    path: Text = Field("", description=_("Folders joined by /, without the name; empty for the top level."))
    part_size: StrictInt | None = Field(
        None,
        ge=1,
        description=_("The longest part you want to send, at least 5 MiB. The response has the actual length."),
    )


class ShareEdit(Incoming):
    """A field that is left out stays as it is; ``null`` removes it."""

    title: Text | None = None
    message: Text | None = None
    expires_at: Time | None = Field(None, description=_("null: never, where the server allows it."))
    expires_in: StrictInt | None = Field(None, le=10**10, description=_("Seconds from now; instead of expires_at."))
    max_downloads: StrictInt | None = Field(None, description=_("null: no limit."))
    password: Text | None = Field(None, description=_("null: none. It is never returned."))
    strict: StrictBool | None = Field(
        None,
        description=_(
            "true: files are streamed through the server, which requires the grant each time; links need it too."
        ),
    )
    ask_again: StrictBool | None = Field(
        None, description=_("true: recipients can request the share again after it has ended.")
    )
    preset: Text | None = Field(
        None,
        description=_(
            "An id of /presets. It fills what a new share leaves out, and limits every edit. null: none. A new "
            "share that leaves it out gets the default preset, if there is one."
        ),
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
    number: StrictInt = Field(description=_("From 1."))
    checksum_sha256: Text = Field(description=_("SHA-256 of exactly these bytes, in base64."))
    checksum_md5: Text = Field("", description=MD5)


class PartRequestsIn(Incoming):
    parts: list[PartRequestIn] = Field(fail_fast=True, min_length=1, max_length=100)


class CompletionIn(Incoming):
    sha256: Text | None = Field(None, description=_("SHA-256 of the whole file, in hexadecimal, if you know it."))


class FileRequestIn(Incoming):
    id: Text
    checksum_sha256: Text = Field(description=_("SHA-256 of the file's bytes, in base64."))
    checksum_md5: Text = Field("", description=MD5)


class FileRequestsIn(Incoming):
    files: list[FileRequestIn] = Field(fail_fast=True, min_length=1, max_length=MAX_FILES_PER_BATCH)


class SentFileIn(CompletionIn):
    id: Text


class SentFilesIn(Incoming):
    files: list[SentFileIn] = Field(fail_fast=True, min_length=1, max_length=MAX_FILES_PER_BATCH)


class ThumbnailIn(Incoming):
    size: StrictInt = Field(description=_("Bytes, at most 40,000."))
    checksum_sha256: Text = Field(description=_("SHA-256 of exactly these bytes, in base64."))
    checksum_md5: Text = Field("", description=MD5)
    content_type: Text = Field(description=_("image/webp or image/jpeg"))
    width: StrictInt = Field(description=_("Pixels, at most 320."))
    height: StrictInt = Field(description=_("Pixels, at most 320."))


class DownloadsIn(Incoming):
    files: list[Text] | None = Field(
        None,
        fail_fast=True,
        min_length=1,
        max_length=MAX_LINKS_PER_CALL,
        description=_("Ids; without it, every file that is ready."),
    )
    password: Text = ""
    grant: Text = Field("", description=_("From an earlier response: downloads again without using another download."))


class LinksIn(Incoming):
    files: list[Text] = Field(
        fail_fast=True,
        min_length=1,
        max_length=MAX_FILES_PER_BATCH,
        description=_("Ids of your own files, of any shares."),
    )
    seconds: StrictInt | None = Field(
        None,
        alias="life",
        ge=1,
        le=MAX_SIGNED_SECONDS,
        description=_("Seconds; left out: as long as the server allows for the type of a file."),
    )


class TokenIn(Incoming):
    scope: list[Text] | None = Field(
        None, min_length=1, max_length=2, description=_("read, write; left out: those of the token that is sent along.")
    )
    seconds: StrictInt | None = Field(None, alias="life", ge=1, le=3600, description=_("Seconds; left out: an hour."))
