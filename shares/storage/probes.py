"""What the storage doctor sends: plain HTTP as a browser would, and one small object's whole life."""

import hashlib
import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import botocore.session
import urllib3

from shares import errors
from shares.storage.faults import CURES, ObjectExists, UploadGone, skew
from shares.storage.findings import Finding, fail, ok, warn
from shares.storage.parts import Part, SignedPart, composite_sha256
from shares.storage.shares import ShareStorage

PREFIX = "doctor/"
BODY = b"Sharesite looks after its storage."
NAME = 'Überprüfung; "1".txt'
HTTP = urllib3.PoolManager(
    timeout=urllib3.Timeout(connect=3, read=15),
    retries=False,
    # Of AWS_CA_BUNDLE, as for the client that talks to the store.
    ca_certs=botocore.session.Session().get_config_variable("ca_bundle"),
)
CLOCK_SECONDS = 30
PROXY = "look for a proxy in front of the store that changes headers, or use a store that checks them"


def send(
    method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> urllib3.BaseHTTPResponse:
    """Raises ``errors.StorageUnavailable`` without an answer; never follows a redirect."""
    try:
        return HTTP.request(method, url, body=body, headers=headers, redirect=False)
    except urllib3.exceptions.HTTPError as fault:
        raise errors.StorageUnavailable from fault


def cure_of(answer: urllib3.BaseHTTPResponse) -> str:
    """Clocks that differ look like a proxy's doing: a signed address is dead before it is used."""
    apart = skew(answer.headers, datetime.now(UTC))
    return CURES["RequestTimeTooSkewed"] if apart is not None and abs(apart) > CLOCK_SECONDS else PROXY


def preflight(url: str, origin: str) -> str | None:
    """Ask as Chromium does before a part is sent; None when it would go ahead, else what is missing."""
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "x-amz-checksum-sha256",
    }
    try:
        answer = send("OPTIONS", url, headers=asked)
    except errors.StorageUnavailable:
        return "no answer"
    allowed = {word.strip().lower() for word in answer.headers.get("Access-Control-Allow-Headers", "").split(",")}
    methods = answer.headers.get("Access-Control-Allow-Methods", "").upper()
    if answer.status not in {200, 204}:
        return f"the preflight is answered with {answer.status}"
    if answer.headers.get("Access-Control-Allow-Origin") not in {origin, "*"}:
        return "the origin is not allowed"
    if "PUT" not in methods:
        return "PUT is not allowed"
    return None if allowed & {"x-amz-checksum-sha256", "*"} else "the header x-amz-checksum-sha256 is not allowed"


class Probe:
    """One object: uploaded as browsers do, spoiled in every way that must be refused, downloaded, deleted."""

    def __init__(self, store: ShareStorage, host: str) -> None:
        self.store, self.host = store, host
        self.key = PREFIX + secrets.token_hex(16)
        self.part = Part(1, len(BODY), hashlib.sha256(BODY).digest())

    def run(self) -> Iterator[Finding]:
        steps = (self.upload, self.look, self.overwrite, self.abort, self.download)
        try:
            for step in steps:
                yield from step()
        except errors.Refusal as refusal:
            yield fail(f"the probe object: {refusal.message}", "see the site's log, which names the store's answer")
        try:
            self.give_up()
            gone = not self.store.delete_batch([self.key]).failed and self.store.head(self.key) is None
        except errors.StorageUnavailable:
            gone = False
        if gone:
            yield ok("an object can be deleted, and is gone then")
        else:
            yield fail("the probe object cannot be deleted", "give the key pair s3:DeleteObject and s3:GetObject")

    def open(self) -> tuple[str, SignedPart]:
        upload = self.store.start_multipart(self.key, content_type="application/octet-stream")
        return upload, self.store.sign_parts(self.key, upload, [self.part], seconds=60, host=self.host)[0]

    def upload(self) -> Iterator[Finding]:
        upload, signed = self.open()
        version = "SigV4" if "X-Amz-Algorithm=AWS4-HMAC-SHA256" in signed.url else ""
        yield ok("URLs are signed with SigV4") if version else fail("URLs are not signed with SigV4", "report this")
        spoiled = bytes([BODY[0] ^ 1]) + BODY[1:]
        yield refused("a part with one flipped bit", send("PUT", signed.url, spoiled, signed.headers).status)
        yield refused("a part that is too long", send("PUT", signed.url, BODY + b"!", signed.headers).status)
        answer = send("PUT", signed.url, BODY, signed.headers)
        if answer.status != 200:
            yield fail(f"a signed upload is answered with {answer.status}", cure_of(answer))
            return
        self.finish(upload)
        yield ok("a part can be uploaded through a signed URL, and completed")

    def finish(self, upload: str) -> None:
        listed = self.store.list_parts(self.key, upload)
        named = [replace(part, sha256=self.part.sha256) for part in listed]
        self.store.complete_multipart(self.key, upload, named)

    def look(self) -> Iterator[Finding]:
        stored = self.store.head(self.key)
        if stored is None or stored.size != len(BODY):
            yield fail("a completed object is not there", "use a store with read-after-write consistency")
        elif stored.sha256 is None:
            yield warn("the store reports no SHA-256", "sizes and parts are still checked; another store checks more")
        elif stored.sha256 != composite_sha256([self.part.sha256]):
            yield fail("the store reports another SHA-256 than that of what was sent", "report this to its maker")
        else:
            yield ok("the store reports the SHA-256 of what was sent")

    def overwrite(self) -> Iterator[Finding]:
        upload, signed = self.open()
        send("PUT", signed.url, BODY, signed.headers)
        try:
            self.finish(upload)
        except ObjectExists:
            yield ok("a finished object cannot be replaced (If-None-Match)")
        else:
            yield fail("a finished object can be replaced: If-None-Match is ignored", "update the store")

    def abort(self) -> Iterator[Finding]:
        """Every upload that this probe left open, and one more with a part in it."""
        upload, signed = self.open()
        send("PUT", signed.url, BODY, signed.headers)
        self.give_up()
        try:
            self.store.list_parts(self.key, upload)
        except UploadGone:
            yield ok("an upload can be given up, and its parts are gone then")
        else:
            yield fail("an upload that was given up is still there", "give the key pair s3:AbortMultipartUpload")

    def give_up(self) -> None:
        for one in self.store.walk_uploads():
            if one.key == self.key:
                self.store.abort_multipart(self.key, one.upload_id)

    def link(self, seconds: int) -> str:
        return self.store.sign_get(
            self.key, name=NAME, content_type="text/plain", inline=False, seconds=seconds, host=self.host
        ).url

    def download(self) -> Iterator[Finding]:
        brief, url = self.link(1), self.link(60)
        answer = send("GET", url)
        if answer.status != 200 or answer.data != BODY:
            yield fail(f"a signed download is answered with {answer.status}", cure_of(answer))
            return
        yield ok("the same bytes come back through a signed URL")
        disposition = answer.headers.get("Content-Disposition", "")
        if disposition.startswith("attachment;") and answer.headers.get("Content-Type") == "application/octet-stream":
            yield ok("downloads are served as opaque attachments")
        else:
            yield fail("downloads are not served as attachments", "let response-* parameters through to the store")
        yield refused("a signed URL with a changed name", send("GET", url.replace("attachment", "inline")).status)
        time.sleep(2)
        yield refused("a signed URL after its time", send("GET", brief).status)


def refused(what: str, status: int) -> Finding:
    return ok(f"{what} is refused") if 400 <= status < 500 else fail(f"{what} is answered with {status}", PROXY)
