"""The life cycle of one small object: uploaded as by a browser, compared, downloaded, deleted."""

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from shares import errors
from shares.storage.doctor.browser import BODY, PROXY, code_in, remedy_for_response, send
from shares.storage.doctor.findings import Finding, fail, ok, warn
from shares.storage.errors import (
    ENCRYPTION,
    KEYS,
    ObjectExists,
    UploadGone,
    reason,
    translate_errors,
)
from shares.storage.features import PREFIX, Support, find, missing
from shares.storage.shares import ShareStorage
from shares.storage.types import Part, SignedPart, composite_sha256

NAME = 'Überprüfung; "1".txt'
LOG = "see the site's log, which names the store's answer"


class Probe:
    """One object: uploaded as by a browser, sent with every error that must be rejected, downloaded, deleted."""

    def __init__(self, store: ShareStorage, host: str) -> None:
        self.store, self.host = store, host
        self.key = PREFIX + secrets.token_hex(16)
        md5 = hashlib.md5(BODY, usedforsecurity=False).digest()
        self.part = Part(1, len(BODY), hashlib.sha256(BODY).digest(), md5)
        self.uploads: list[str] = []

    def run(self) -> Iterator[Finding]:
        try:
            findings = [*self.features()]
            yield from findings
            if any(finding.level == "fail" for finding in findings):
                return
            for step in STEPS:
                yield from step(self)
        except errors.StorageUnavailable as refusal:
            observed, remedy = reason(refusal)
            yield fail(f"the probe object: {observed or refusal.message}", remedy or self.encryption_remedy() or LOG)
        except errors.Refusal as refusal:
            yield fail(f"the probe object: {refusal.message}", LOG)
        yield from self.clear()

    def encryption_remedy(self) -> str:
        """Some storages respond with 500 if they cannot encrypt: a request without encryption detects that."""
        if not self.store.sse:
            return ""
        try:
            find(self.store.client, self.store.bucket_name, {})
        except errors.StorageUnavailable:
            return ""
        return ENCRYPTION

    def features(self) -> Iterator[Finding]:
        """Whether the settings match the features of storage."""
        store, features = self.store, self.store.find_features()
        for problem, remedy in missing(features, store.checksums, conditional=store.conditional_writes):
            yield fail(problem, remedy)
        if store.checksums == "md5":
            is_supported = features.sha256 is Support.SUPPORTED
            yield (
                warn("this store knows SHA-256 checksums, and is asked for MD5", "empty S3_CHECKSUMS")
                if is_supported
                else ok("files are checked by size and MD5, since this store knows no SHA-256 checksums")
            )
        if not store.conditional_writes:
            is_supported = features.conditional_writes is Support.SUPPORTED
            yield (
                warn("this store knows conditional writes", "empty S3_CONDITIONAL_WRITES")
                if is_supported
                else ok("this store knows no conditional writes; no key is used for a second file")
            )

    def clear(self) -> Iterator[Finding]:
        try:
            self.give_up()
            is_deleted = not self.store.objects.delete([self.key]).failed and self.store.objects.head(self.key) is None
        except errors.StorageUnavailable:
            is_deleted = False
        if is_deleted:
            yield ok("an object can be deleted, and is gone then")
        else:
            yield fail("the probe object cannot be deleted", "give the key pair s3:DeleteObject and s3:GetObject")

    def open(self) -> tuple[str, SignedPart]:
        upload = self.store.uploads.start(self.key, content_type="application/octet-stream")
        self.uploads.append(upload)
        return upload, self.store.sign_parts(self.key, upload, [self.part], seconds=60, host=self.host)[0]

    def upload(self) -> Iterator[Finding]:
        upload, signed_part = self.open()
        version = "SigV4" if "X-Amz-Algorithm=AWS4-HMAC-SHA256" in signed_part.url else ""
        yield ok("URLs are signed with SigV4") if version else fail("URLs are not signed with SigV4", "report this")
        spoiled = bytes([BODY[0] ^ 1]) + BODY[1:]
        yield self.spoil(upload, send("PUT", signed_part.url, spoiled, signed_part.headers).status)
        yield check_refused(
            "a part that is too long", send("PUT", signed_part.url, BODY + b"!", signed_part.headers).status
        )
        response = send("PUT", signed_part.url, BODY, signed_part.headers)
        if response.status != 200:
            problem = f"a signed upload is answered with {response.status} {code_in(response)}".rstrip()
            yield fail(problem, remedy_for_response(response))
            return
        if self.by_etag and [part.md5 for part in self.store.uploads.list_parts(self.key, upload)] != [self.part.md5]:
            yield fail("the store's ETags are not the MD5 of what was sent", "use a store that knows SHA-256 checksums")
            return
        self.complete(upload)
        yield ok("a part can be uploaded through a signed URL, and completed")

    @property
    def by_etag(self) -> bool:
        return self.store.checksums == "md5" and self.store.shows_md5

    def spoil(self, upload: str, status: int) -> Finding:
        """Storage may ignore Content-MD5: its ETag then reveals the difference."""
        subject = "a part with one flipped bit"
        if status < 300 and self.by_etag:
            digests = [part.md5 for part in self.store.uploads.list_parts(self.key, upload)]
            if None not in digests and self.part.md5 not in digests:
                return ok(f"{subject} is found out by its ETag")
        return check_refused(subject, status)

    def complete(self, upload: str) -> None:
        listed_parts = self.store.uploads.list_parts(self.key, upload)
        sha256 = self.part.sha256 if self.store.checksums == "sha256" else None
        self.store.uploads.complete(self.key, upload, [replace(part, sha256=sha256) for part in listed_parts])

    def check_object(self) -> Iterator[Finding]:
        stored_object = self.store.objects.head(self.key)
        if stored_object is None or stored_object.size != len(BODY):
            yield fail("a completed object is not there", "use a store with read-after-write consistency")
        elif self.store.checksums == "md5":
            yield ok("the object has the size of what was sent")
        elif stored_object.sha256 is None:
            yield warn("the store reports no SHA-256", "sizes and parts are still checked; another store checks more")
        elif stored_object.sha256 != composite_sha256([self.part.sha256]):
            yield fail("the store reports another SHA-256 than that of what was sent", "report this to its maker")
        else:
            yield ok("the store reports the SHA-256 of what was sent")

    def encryption(self) -> Iterator[Finding]:
        """Compare the encryption that was requested with the one that storage reports."""
        if not self.store.sse:
            return
        with translate_errors("reading the encryption of a probe"):
            reply = self.store.client.head_object(Bucket=self.store.bucket_name, Key=self.key)
        algorithm, key = reply.get("ServerSideEncryption", ""), reply.get("SSEKMSKeyId", "")
        requested_key = self.store.kms_key_id or ""
        if algorithm != self.store.sse:
            problem = f"the object is encrypted by {algorithm}" if algorithm else "the object is not encrypted"
            yield fail(f"{problem}, and S3_SSE={self.store.sse} was requested", ENCRYPTION)
        elif key and requested_key and ":alias/" not in requested_key and not key.endswith(requested_key):
            yield fail(f"the object is encrypted with the key {key}, and not with {requested_key}", KEYS)
        else:
            yield ok(f"the object is encrypted by {algorithm}, as requested")

    def overwrite(self) -> Iterator[Finding]:
        if not self.store.conditional_writes:
            return
        upload, signed_part = self.open()
        send("PUT", signed_part.url, BODY, signed_part.headers)
        try:
            self.complete(upload)
        except ObjectExists:
            yield ok("a finished object cannot be replaced (If-None-Match)")
        else:
            remedy = "set S3_CONDITIONAL_WRITES=false, or update the store"
            yield fail("a finished object can be replaced: If-None-Match is ignored", remedy)

    def abort(self) -> Iterator[Finding]:
        """Abort every upload that this probe left open, and another one with a part in it."""
        upload, signed_part = self.open()
        send("PUT", signed_part.url, BODY, signed_part.headers)
        self.give_up()
        try:
            self.store.uploads.list_parts(self.key, upload)
        except UploadGone:
            yield ok("an upload can be given up, and its parts are gone then")
        else:
            yield fail("an upload that was given up is still there", "give the key pair s3:AbortMultipartUpload")

    def give_up(self) -> None:
        """By their ids: some storages list no open uploads (MinIO: only those of an exact key)."""
        for upload in self.uploads:
            self.store.uploads.abort(self.key, upload)
        self.uploads.clear()

    def link(self, seconds: int) -> str:
        return self.store.sign_get(
            self.key, name=NAME, content_type="text/plain", inline=False, seconds=seconds, host=self.host
        ).url

    def download(self) -> Iterator[Finding]:
        brief, url = self.link(1), self.link(60)
        response = send("GET", url)
        if response.status != 200 or response.data != BODY:
            problem = f"a signed download is answered with {response.status} {code_in(response)}".rstrip()
            yield fail(problem, remedy_for_response(response))
            return
        yield ok("the same bytes come back through a signed URL")
        disposition = response.headers.get("Content-Disposition", "")
        if disposition.startswith("attachment;") and response.headers.get("Content-Type") == "application/octet-stream":
            yield ok("downloads are served as opaque attachments")
        else:
            yield fail("downloads are not served as attachments", "let response-* parameters through to the store")
        yield check_refused("a signed URL with a changed name", send("GET", url.replace("attachment", "inline")).status)
        time.sleep(2)
        yield check_refused("a signed URL after its time", send("GET", brief).status)


STEPS: tuple[Callable[[Probe], Iterator[Finding]], ...] = (
    Probe.upload,
    Probe.check_object,
    Probe.encryption,
    Probe.overwrite,
    Probe.abort,
    Probe.download,
)


def check_refused(subject: str, status: int) -> Finding:
    return ok(f"{subject} is refused") if 400 <= status < 500 else fail(f"{subject} is answered with {status}", PROXY)
