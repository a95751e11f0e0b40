"""A server like a CloudFront distribution: it verifies signatures by the public key, forwards to the bucket and caches.

Each flaw is a setting of a distribution that is easily wrong.
"""

import json
import ssl
import threading
from enum import Enum, auto
from fnmatch import fnmatchcase
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import time
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlsplit

import urllib3
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa

from shares.storage import ShareStorage
from tests.storage.signing.verification import verify_canned, verify_custom, verify_policy

SIGNATURE_PARAMETERS = ("Expires", "Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm")
DENIED = b"<Error><Code>AccessDenied</Code><Message>Access denied</Message></Error>"
MISSING = (
    b"<Error><Code>MissingKey</Code><Message>Missing Key-Pair-Id query parameter or cookie value</Message></Error>"
)


class Flaw(Enum):
    NONE = auto()
    PUBLIC = auto()
    IGNORES_SIGNATURE = auto()
    IGNORES_COOKIES = auto()
    DROPS_PARAMETERS = auto()
    NO_RIGHTS = auto()
    OTHER_BUCKET = auto()
    NEVER_CACHES = auto()
    ALWAYS_CACHES = auto()
    SHORT_CACHE_KEY = auto()


Response = tuple[int, dict[str, str], bytes]


class Distribution:
    """``origin`` is a storage with the rights of the origin access control."""

    def __init__(self, origin: ShareStorage, key: rsa.RSAPublicKey, certificate: Path) -> None:
        self.origin, self.key, self.flaw = origin, key, Flaw.NONE
        self.cache: dict[str, Response] = {}
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        handler = type("Handler", (DistributionHandler,), {"distribution": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.domain = f"localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.server.server_close()

    def respond(self, path: str, cookies: str) -> Response:
        query = dict(parse_qsl(urlsplit(path).query))
        if self.flaw is not Flaw.PUBLIC and not self.is_allowed(f"https://{self.domain}{path}", query, cookies):
            return 403, {}, DENIED if "Signature" in query else MISSING
        forwarded = {name: value for name, value in query.items() if name not in SIGNATURE_PARAMETERS}
        if self.flaw is Flaw.DROPS_PARAMETERS:
            forwarded = {}
        name = urlsplit(path).path
        cache_key = name if self.flaw is Flaw.SHORT_CACHE_KEY else json.dumps([name, forwarded])
        if cache_key in self.cache:
            status, headers, body = self.cache[cache_key]
            return status, headers | {"X-Cache": "Hit from cloudfront", "Age": "1"}, body
        status, headers, body = self.fetch(name.lstrip("/"), forwarded)
        cacheable = "s-maxage" in headers.get("Cache-Control", "") and self.flaw is not Flaw.NEVER_CACHES
        if status == 200 and (cacheable or self.flaw is Flaw.ALWAYS_CACHES):
            self.cache[cache_key] = status, headers, body
        return status, headers | {"X-Cache": "Miss from cloudfront"}, body

    def is_allowed(self, url: str, query: dict[str, str], cookies: str) -> bool:
        morsels = {name: morsel.value for name, morsel in SimpleCookie(cookies).items()}
        if self.flaw is Flaw.IGNORES_SIGNATURE and "Signature" in query:
            return True
        try:
            if "Policy" in query:
                end = verify_custom(url, self.key)["DateLessThan"]["AWS:EpochTime"]
            elif "Signature" in query:
                end = verify_canned(url, self.key)
            elif "CloudFront-Policy" in morsels and self.flaw is not Flaw.IGNORES_COOKIES:
                statement = verify_policy(morsels["CloudFront-Policy"], morsels["CloudFront-Signature"], self.key)
                end = statement["Condition"]["DateLessThan"]["AWS:EpochTime"]
                # The question mark of the query is a wildcard as well, which matches itself.
                if not fnmatchcase(url, statement["Resource"]):
                    return False
            else:
                return False
        except (InvalidSignature, AssertionError):
            return False  # AssertionError: the policy is about another URL.
        return bool(time() < end)

    def fetch(self, key: str, parameters: dict[str, str]) -> Response:
        """From the bucket, with the signature of the origin access control."""
        pair = {"Bucket": self.origin.bucket_name, "Key": key}
        names = {
            "response-cache-control": "ResponseCacheControl",
            "response-content-disposition": "ResponseContentDisposition",
            "response-content-type": "ResponseContentType",
        }
        options = {names[name]: value for name, value in parameters.items()}
        url: str = self.origin.client.generate_presigned_url("get_object", Params=pair | options)
        if self.flaw is Flaw.NO_RIGHTS:
            url = f"{url}0"
        if self.flaw is Flaw.OTHER_BUCKET:
            url = self.origin.client.generate_presigned_url("get_object", Params=pair | {"Key": "elsewhere"})
        response = urllib3.request("GET", url)
        kept_headers = ("Content-Type", "Content-Disposition", "Cache-Control")
        headers = {name: response.headers[name] for name in kept_headers if name in response.headers}
        return response.status, headers, response.data


class DistributionHandler(BaseHTTPRequestHandler):
    distribution: ClassVar[Any]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        status, headers, body = self.distribution.respond(self.path, self.headers.get("Cookie", ""))
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name that http.server gives it
        """Log nothing: a URL is a secret."""
