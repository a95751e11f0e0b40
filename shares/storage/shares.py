"""The store of everything that is shared: one private bucket, entered through multipart uploads and signed URLs."""

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages

from shares.storage import features, health, response_headers
from shares.storage.backend import COMPLETING, StorageBackend
from shares.storage.bucket import objects, rules, uploads
from shares.storage.integrity import checksum_header
from shares.storage.types import BatchDelete, OpenUpload, Part, SignedPart, SignedUrl, StoredObject, StoredPart

# What is stored and read to see whether the store serves; no file has such a key.
SAMPLE_KEY, SAMPLE_OBJECTS = "ready", 5


class ShareStorage(StorageBackend):
    """``STORAGES["shares"]``: multipart uploads, signing for browsers, batches and set-up.

    Every method that talks raises ``errors.StorageUnavailable`` when the store does not answer, answers 5xx or refuses
    our credentials; none takes an error for an absent object.
    """

    # Uploads

    def start_multipart(self, key: str, *, content_type: str) -> str:
        """Open an upload whose parts carry checksums; the upload id."""
        with self._request_client() as client:
            return uploads.start(client, self.bucket_name, key, content_type, self.encryption(), self.checksums)

    def sign_parts(
        self, key: str, upload_id: str, parts: Sequence[Part], *, seconds: int, host: str
    ) -> list[SignedPart]:
        """A URL for each part that accepts exactly its length and its bytes, for at most ``seconds``."""
        signer, lifetime = self._signer(seconds, self.public_endpoint(host))
        return [uploads.sign(signer, key, upload_id, part, lifetime, self.checksums) for part in parts]

    def sign_whole(self, key: str, part: Part, *, content_type: str, seconds: int, host: str) -> SignedPart:
        """A URL that stores exactly these bytes as the object itself, in one piece and, where the store knows
        conditional writes, over nothing else.
        """
        signer, lifetime = self._signer(seconds, self.public_endpoint(host))
        sse = {uploads.ENCRYPTION[name]: value for name, value in self.encryption().items()}
        headers = {"content-type": content_type} | sse
        if self.conditional_writes:
            headers["if-none-match"] = "*"
        headers |= checksum_header(self.checksums, part.sha256, part.md5)
        return uploads.sign_whole(signer, key, part.size, headers, lifetime)

    def list_parts(self, key: str, upload_id: str) -> list[StoredPart]:
        """All parts that have arrived, by number. Raises ``UploadGone``."""
        with self._request_client() as client:
            return uploads.parts(client, self.bucket_name, key, upload_id)

    def complete_multipart(self, key: str, upload_id: str, parts: Sequence[StoredPart]) -> None:
        """Make one object of the parts, never over another one where the store knows conditional writes.

        Raises ``ObjectExists``, ``UploadGone`` or ``CompletionUnclear`` where an earlier try may have succeeded (look
        with ``head``), ``PartMismatch`` where the parts are not the stored ones.
        """
        with self._request_client(COMPLETING) as client:
            uploads.complete(client, self.bucket_name, key, upload_id, parts, self._condition())

    def abort_multipart(self, key: str, upload_id: str) -> None:
        """Throw the parts away. An upload that is gone already is fine."""
        with self._request_client() as client:
            uploads.abort(client, self.bucket_name, key, upload_id)

    def put_empty(self, key: str, *, content_type: str) -> None:
        """Store an object of no bytes; once more is fine, over another object is ``ObjectExists``."""
        with self._request_client() as client:
            options = self._condition() | self.encryption()
            objects.put_empty(client, self.bucket_name, key, content_type, self.checksums, options)

    def _condition(self) -> dict[str, str]:
        return {"IfNoneMatch": "*"} if self.conditional_writes else {}

    def walk_uploads(self) -> Iterator[OpenUpload]:
        """Every upload that is still open."""
        return uploads.walk(self.client, self.bucket_name)

    # Objects

    def head(self, key: str) -> StoredObject | None:
        """What is stored under ``key``; None only when the store itself says that the bucket holds no such key."""
        with self._request_client() as client:
            return objects.head(client, self.bucket_name, key, self.checksums)

    def read(self, key: str, size: int, *, start: int = 0) -> Iterator[bytes]:
        """``size`` bytes (at least one) of ``key`` from ``start`` on, piece by piece; raises rather than end early."""
        with self.bulkhead.stream():
            yield from objects.read(self.client, self.bucket_name, key, size, start)

    def delete_batch(self, keys: Sequence[str]) -> BatchDelete:
        """Delete any number of objects, 1,000 a call. A missing key counts as deleted."""
        with self._request_client() as client:
            return objects.delete(client, self.bucket_name, keys)

    def walk(self, prefix: str = "") -> Iterator[StoredObject]:
        """Every object by key. An error ends the walk with an exception, never early."""
        return objects.walk(self.client, self.bucket_name, prefix)

    # Access logs, which a store writes into a bucket of their own

    def walk_logs(self, bucket: str, prefix: str, *, after: str) -> Iterator[StoredObject]:
        """The objects of another bucket whose keys come behind ``after``, by key."""
        return objects.walk(self.client, bucket, prefix, after)

    def read_log(self, bucket: str, key: str, *, start: int) -> Iterator[bytes]:
        """An object of another bucket from ``start`` on, piece by piece."""
        return objects.read_on(self.client, bucket, key, start)

    # Downloads

    def sign_get(self, key: str, *, name: str, content_type: str, inline: bool, seconds: int, host: str) -> SignedUrl:
        """A URL that downloads ``key`` under ``name``, or shows it as ``content_type`` when ``inline``.

        ``expires_in`` is ``seconds`` or what the signing credentials have left, whichever is less.
        """
        disposition = response_headers.response_parameters(name, content_type, inline=inline)
        if self.custom_domain:
            url = response_headers.cloudfront_url(self.cloudfront_signer, self.custom_domain, key, disposition, seconds)
            return SignedUrl(url, seconds)
        signer, lifetime = self._signer(seconds, self.public_endpoint(host))
        return SignedUrl(signer.url("GET", key, query=disposition, headers={}, seconds=lifetime), lifetime)

    def internal_url(self, key: str, *, span: str, seconds: int) -> str:
        """Path and query of a GET at ``endpoint_url``, for a proxy of ours that names the file itself.

        ``span`` is the Range it must send, and part of the signature; empty for the whole.
        """
        signer, lifetime = self._signer(seconds, self._internal_endpoint())
        disposition = {"response-content-type": response_headers.OPAQUE}
        url = signer.url("GET", key, query=disposition, headers={"range": span} if span else {}, seconds=lifetime)
        parts = urlsplit(url)
        return f"{parts.path}?{parts.query}"

    # The bucket

    def try_reading(self) -> None:
        """Raises ``StorageUnavailable`` while stored objects cannot be read: right after its start a store may list
        what it does not serve yet.
        """
        objects.read_some(self.client, self.bucket_name, "u/", SAMPLE_OBJECTS)

    def try_writing(self) -> None:
        """Raises ``StorageUnavailable`` while no object can be stored, read and deleted."""
        objects.round_trip(self.client, self.bucket_name, SAMPLE_KEY)

    def setup(self, origins: Sequence[str]) -> list[str]:
        """Make the bucket and its rules what they should be; one sentence for each thing that was done."""
        results = rules.setup(self.client, self.bucket_name, self.region_name, origins)
        health.upload_health_object(self.client, self.bucket_name, self.encryption())
        return results

    def upload_headers(self) -> list[str]:
        """What a browser sends along with a file, which CORS rules have to allow."""
        return sorted(uploads.headers(self.checksums, self.encryption(), conditional=self.conditional_writes))

    def find_features(self) -> features.Features:
        """What this store can do, whatever the settings say."""
        return features.find(self.client, self.bucket_name, self.encryption())

    @property
    def shows_md5(self) -> bool:
        """Whether ETags are MD5 sums: with keys of KMS they are something else."""
        return not (self.sse or "").startswith("aws:kms")

    @property
    def whole_objects_are_final(self) -> bool:
        """Whether an object that was sent in one piece stays what it is while its URL lives: it is not written over, or
        by the same bytes alone. Two files of one MD5 can be made, two of one SHA-256 cannot.
        """
        return self.conditional_writes or self.checksums == "sha256"


def share_storage() -> ShareStorage:
    """The store that the settings describe, one for the process."""
    storage = storages["shares"]
    if not isinstance(storage, ShareStorage):
        raise ImproperlyConfigured('STORAGES["shares"] must be a shares.storage.ShareStorage.')
    return storage
