"""One readable line for each event, without secrets."""

import logging
import re
import time

# A signed URL is a key to the bytes: its whole query goes. The same for the usual carriers of credentials.
QUERY = re.compile(r"(https?://[^\s?\"'<>]+|(?<![\w/])/[^\s?\"'<>]*)\?[^\s\"'<>)\]]*")
CREDENTIAL = re.compile(
    r"(?i)((?:authorization|cookie|set-cookie|password|passwd|secret|token|secret_key|x-amz-[a-z-]+|signature)"
    r"[\"']?\s*[:=]\s*[\"']?)(?:(?:bearer|basic|aws4-hmac-sha256)\s+)?[^\s\"',;&]+"
)
# Whoever knows a link may open the share: what is left of it is enough to find it in the history.
LINK = re.compile(r"(/(?:share|request)/[\w-]{6})[\w-]{16}(?![\w-])")
ACCOUNT = re.compile(r"(?i)([a-z][a-z0-9+.-]*://)[^\s/@\"']*@")


def without_secrets(text: str) -> str:
    """The text with query strings, credentials, URL accounts and the ends of links taken out."""
    text = ACCOUNT.sub(r"\1", text)
    text = LINK.sub(r"\1…", text)
    text = QUERY.sub(r"\1?…", text)
    return CREDENTIAL.sub(r"\1…", text)


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
