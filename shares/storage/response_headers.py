"""The response headers of a download: an opaque attachment, unless the caller decides that it may be displayed."""

import re

from shares.storage.content_disposition import content_disposition

OPAQUE = "application/octet-stream"
DISPOSITION = "response-content-disposition"
NO_STORE = "no-store, private"
WORD = r"[A-Za-z0-9!#$&^_.+-]+"
MEDIA_TYPE = re.compile(rf"{WORD}/{WORD}(; ?charset={WORD})?")


def response_parameters(name: str, content_type: str, cache_control: str, *, inline: bool) -> dict[str, str]:
    """The ``response-*`` parameters that set the headers of the response; the signature includes them.

    A type that is no plain ``type/subtype`` is never displayed inline.
    """
    is_inline = inline and MEDIA_TYPE.fullmatch(content_type) is not None
    return {
        "response-cache-control": cache_control,
        DISPOSITION: content_disposition(name, inline=is_inline),
        "response-content-type": content_type if is_inline else OPAQUE,
    }
