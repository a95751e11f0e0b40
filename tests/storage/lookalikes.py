"""Proxies that make the embedded storage behave like other stores: what they reject, and with which error.

Each rule repeats responses of a real store, from the reports that docs/storage-stores.md names: MinIO's community
edition (bucket CORS, lifecycle rules, listings of open uploads), Backblaze B2 (checksum headers, conditional writes),
an access point of AWS (nothing of the bucket itself).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from urllib.parse import parse_qsl, urlsplit

from tests.storage.faulty_s3_proxy import FaultyS3Proxy, ForwardingHandler

ERROR = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{}</Code><Message>{}</Message></Error>"
UNKNOWN_HEADER = "A header you provided implies functionality that is not implemented"
NO_UPLOADS = b"<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request as it was received."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Message

    @property
    def writes(self) -> bool:
        return self.method in {"PUT", "POST"}


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes


Rule = Callable[[ReceivedRequest], Response | None]


def refusal(status: int, code: str, message: str) -> Response:
    return Response(status, ERROR.format(code, message).encode())


def no_checksums(request: ReceivedRequest) -> Response | None:
    for name in map(str.lower, request.headers):
        if name.startswith(("x-amz-checksum-", "x-amz-sdk-checksum-")):
            return refusal(400, "InvalidArgument", f"Unsupported header '{name}' received for this API call.")
    return None


def no_conditional_writes(request: ReceivedRequest) -> Response | None:
    if request.writes and request.headers["if-none-match"]:
        return refusal(501, "NotImplemented", UNKNOWN_HEADER)
    return None


def minio_buckets(request: ReceivedRequest) -> Response | None:
    if "cors" in request.query:
        missing = refusal(404, "NoSuchCORSConfiguration", "The CORS configuration does not exist")
        return refusal(501, "NotImplemented", UNKNOWN_HEADER) if request.method == "PUT" else missing
    if "lifecycle" in request.query and request.method == "PUT":
        return refusal(400, "MalformedXML", "The XML you provided was not well-formed")
    if "publicAccessBlock" in request.query:
        return refusal(501, "NotImplemented", UNKNOWN_HEADER)
    # MinIO lists uploads only by their exact key.
    return Response(200, NO_UPLOADS) if "uploads" in request.query and request.method == "GET" else None


def b2_buckets(request: ReceivedRequest) -> Response | None:
    if {"lifecycle", "publicAccessBlock"} & request.query.keys():
        return refusal(501, "NotImplemented", UNKNOWN_HEADER)
    return None


def no_bucket_settings(request: ReceivedRequest) -> Response | None:
    if {"cors", "lifecycle", "publicAccessBlock", "versioning"} & request.query.keys():
        return refusal(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
    return None


@dataclass(frozen=True, slots=True)
class Behavior:
    """``options`` are the site's settings for such a store; with ``open_cors`` it allows every origin by itself."""

    rules: tuple[Rule, ...]
    options: Mapping[str, object] = field(default_factory=dict)
    open_cors: bool = False


MD5 = {"checksums": "md5"}
UNCONDITIONAL = {"conditional_writes": False}
KINDS = {
    "minio": Behavior((minio_buckets,), open_cors=True),
    "b2": Behavior((no_checksums, no_conditional_writes, b2_buckets), {**MD5, **UNCONDITIONAL}),
    "access-point": Behavior((no_bucket_settings,), open_cors=True),
    "no-checksums": Behavior((no_checksums,), MD5),
    "no-conditional-writes": Behavior((no_conditional_writes,), UNCONDITIONAL),
}
# The environment variables for the same options.
VARIABLES = {"checksums": "S3_CHECKSUMS", "conditional_writes": "S3_CONDITIONAL_WRITES"}


def variables(kind: str) -> dict[str, str]:
    return {VARIABLES[name]: str(value).lower() for name, value in KINDS[kind].options.items()}


class Lookalike(FaultyS3Proxy):
    """``rejected_codes`` lists the error code of each rejected request."""

    def __init__(self, upstream: str, kind: str) -> None:
        self.behavior = KINDS[kind]
        self.rejected_codes: list[str] = []
        super().__init__(upstream)

    def handler(self) -> type[ForwardingHandler]:
        return LookalikeHandler


class LookalikeHandler(ForwardingHandler):
    proxy: Lookalike  # type: ignore[misc]  # a class attribute, as of every handler

    def handle_request(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        request = ReceivedRequest(self.command, parts.path, query, self.headers)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        rule_response = self.preflight() if self.command == "OPTIONS" else None
        rule_response = rule_response or next(
            (response for rule in self.proxy.behavior.rules if (response := rule(request))), None
        )
        if rule_response is None:
            status, headers, content = self.forward(body)
        else:
            status, headers, content = rule_response.status, {"Content-Type": "application/xml"}, rule_response.body
            if status >= 400:
                self.proxy.rejected_codes.append(content.decode().partition("<Code>")[2].partition("</Code>")[0])
        self.send_reply(status, self.cors(headers, by_rule=rule_response is not None), content)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_OPTIONS = handle_request  # noqa: N815 - as http.server looks for them

    def preflight(self) -> Response | None:
        """None if the bucket's own rules decide."""
        return Response(204, b"") if self.proxy.behavior.open_cors else None

    def cors(self, headers: dict[str, str], *, by_rule: bool) -> dict[str, str]:
        """The store's own headers, unless it allows every origin; pages can read rejections, as elsewhere."""
        origin = self.headers["Origin"]
        if not origin or not (by_rule or self.proxy.behavior.open_cors):
            return headers
        other_headers = {
            name: value for name, value in headers.items() if not name.lower().startswith("access-control-")
        }
        allowed = {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": "GET, PUT",
            "Access-Control-Allow-Headers": self.headers["Access-Control-Request-Headers"] or "",
            "Access-Control-Expose-Headers": "ETag",
        }
        return {**other_headers, **allowed}
