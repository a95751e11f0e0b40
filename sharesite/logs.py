"""One readable line for each event, without secrets."""

import logging
import re
import time

# A signed URL gives access to the bytes: its whole query is removed, and so are the usual forms of credentials.
QUERY = re.compile(r"(https?://[^\s?\"'<>]+|(?<![\w/])/[^\s?\"'<>]*)\?[^\s\"'<>)\]]*")
CREDENTIAL = re.compile(
    r"(?i)((?:authorization|cookie|set-cookie|password|passwd|secret|token|secret_key|x-amz-[a-z-]+|signature)"
    r"[\"']?\s*[:=]\s*[\"']?)(?:(?:bearer|basic|aws4-hmac-sha256)\s+)?[^\s\"',;&]+"
)
# The same forms after a semicolon in a cookie header.
COOKIES = re.compile(r"(?i)((?:__host-|__secure-)?\b(?:session|csrf|sessionid|csrftoken|grant|unlock)=)[^\s\"',;&]+")
BEARER = re.compile(r"(?i)\b(bearer\s+)[^\s\"',;&]+")
ACCOUNT = re.compile(r"(?i)([a-z][a-z0-9+.-]*://)[^\s/@\"']*@")

# The id of a share gives access to it. Ids are recognized by their form anywhere in a line; their first characters are
# left, which are enough to find the share in the history. In URLs ids are recognized by their position.
ID_CHARACTERS = 22
ID_PREFIX_CHARACTERS = 4
PATH_PATTERN = re.compile(
    rf"(/(?:share|shares|request|uploads|files|tokens)/[\w-]{{{ID_PREFIX_CHARACTERS}}})"
    rf"[\w-]{{{ID_CHARACTERS - ID_PREFIX_CHARACTERS},}}"
)
# The URL of a password reset gives access, too: /accounts/password/reset/key/<key>/.
RESET = re.compile(r"(/key/)[\w:-]{8,}")
# %2F, \n and similar escapes do not belong to the characters that follow.
RUN = re.compile(rf"((?:%(?:25)?[0-9A-Fa-f]{{2}}|\\[nrt])?)([A-Za-z0-9_-]{{{ID_CHARACTERS},}})")
# The last character of 16 bytes encodes two bits, and all but one id of 100 million contain a capital or a digit.
ID = re.compile(rf"(?=.*[A-Z0-9])[A-Za-z0-9_-]{{{ID_CHARACTERS - 1}}}[AQgw]")
# Names of classes and headers consist of few words: MultipleObjectsReturned, Content-Security-Policy.
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
MIN_WORD_LENGTH = 4.4
SESSION_KEY = re.compile(r"(?<![A-Za-z0-9])(?=[a-f0-9]*[g-z])(?=[a-z]*\d)([a-z0-9]{4})[a-z0-9]{28}(?![A-Za-z0-9])")


def without_secrets(text: str) -> str:
    """The text without query strings, credentials, accounts in URLs, and all but the start of ids and tokens."""
    text = ACCOUNT.sub(r"\1", text)
    text = QUERY.sub(r"\1?…", text)
    text = CREDENTIAL.sub(r"\1…", text)
    text = COOKIES.sub(r"\1…", text)
    text = BEARER.sub(r"\1…", text)
    text = RESET.sub(r"\1…", text)
    text = PATH_PATTERN.sub(r"\1…", text)
    text = SESSION_KEY.sub(r"\1…", text)
    return RUN.sub(_shortened, text)


def _shortened(match: re.Match[str]) -> str:
    """Shorten random strings; hexadecimal digests, object keys and names of words are unchanged."""
    before, run = match.groups()
    mixed = any(letter.isupper() for letter in run) and any(letter.islower() for letter in run)
    has_words = len(run) >= MIN_WORD_LENGTH * len(WORD.findall(run))
    if ID.fullmatch(run) or (mixed and not has_words):
        return f"{before}{run[:ID_PREFIX_CHARACTERS]}…"
    return match[0]


class LineFormatter(logging.Formatter):
    """``2026-01-31T09:30:00Z INFO shares.purge 12 objects deleted``; line breaks in a message cannot forge a line."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name} {message}", "%Y-%m-%dT%H:%M:%SZ", style="{")
        self.converter = time.gmtime

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        record.message = record.message.replace("\r", "\\r").replace("\n", "\\n")
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))
