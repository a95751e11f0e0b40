"""The store of everything that is shared: one private bucket, entered through multipart uploads and signed URLs."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from boto3.session import Session
from botocore.config import Config
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from storages.backends.s3 import S3Storage

from shares import errors
from shares.storage import bucket, downloads, endpoints, health, keyring, objects, uploads
from shares.storage.bulkhead import LIMIT, RETRY_SECONDS, Bulkhead
from shares.storage.parts import BatchDelete, OpenUpload, Part, SignedPart, SignedUrl, StoredObject, StoredPart
from shares.storage.pulse import Pulse, State
from shares.storage.signer import MAX_SECONDS, Endpoint, Signer

CONNECT_SECONDS = 3
READ_SECONDS = 30
ATTEMPTS = 3
CONNECTIONS = 50
# Where somebody waits for the answer. Putting thousands of parts together may take a store longer.
HASTY = Config(connect_timeout=1, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 2})
COMPLETING = Config(connect_timeout=1, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 1})
# What is stored and read to see whether the store serves; no file has such a key.
SAMPLE_KEY, SAMPLE_OBJECTS = "ready", 5


class ShareStorage(S3Storage):  # type: ignore[misc]
    """``STORAGES["shares"]``: django-storages' S3 backend plus multipart, signing for browsers, batches and set-up.

    Two addresses: ``endpoint_url`` to talk to the store, ``public_endpoint_url`` (may contain ``{host}``) for what a
    browser will open. Every method that talks raises ``errors.StorageUnavailable`` when the store does not answer,
    answers 5xx or refuses our credentials; none takes an error for an absent object. ``pulse`` knows beforehand;
    ``bulkhead`` limits who waits, once this process answers requests (``limit_waiting``).
    """

    public_endpoint_url: str | None
    cloudfront_domain: str | None
    custom_domain: str | None
    credentials_end: str | None
    sse: str | None
    kms_key_id: str | None

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.custom_domain = self.custom_domain or self.cloudfront_domain
        self._end = keyring.moment(self.credentials_end) if self.credentials_end else None
        self._refuse_nonsense()
        self.client_config = Config(
            signature_version="s3v4",
            s3={"addressing_style": self.addressing_style},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            max_pool_connections=CONNECTIONS,
            proxies=self.proxies,
        )
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._clients: dict[tuple[int, Config | None], Any] = {}
        self._prober: health.Prober | None = None
        self.bulkhead = Bulkhead()
        self.pulse = Pulse(self._probe, self.bulkhead, prepare=self._prepare)

    def get_default_settings(self) -> dict[str, Any]:
        own = ("public_endpoint_url", "cloudfront_domain", "credentials_end", "sse", "kms_key_id")
        defaults: dict[str, Any] = super().get_default_settings() | dict.fromkeys(own)
        defaults["addressing_style"] = defaults["addressing_style"] or "path"
        return defaults

    def _refuse_nonsense(self) -> None:
        """Stop at the start what would sign wrongly, or not at all, at the first click."""
        template = self.public_endpoint_url or ""
        if not self.bucket_name or not self.region_name:
            raise ImproperlyConfigured("S3_BUCKET and S3_REGION must both be set.")
        if self.addressing_style not in {"path", "virtual"}:
            raise ImproperlyConfigured("S3_ADDRESSING_STYLE must be `path` or `virtual`.")
        if "{host}" in template and self.addressing_style != "path":
            raise ImproperlyConfigured("A {host} in S3_PUBLIC_ENDPOINT_URL needs S3_ADDRESSING_STYLE=path.")
        if "{" in template.replace("{host}", ""):
            raise ImproperlyConfigured("S3_PUBLIC_ENDPOINT_URL knows one placeholder, {host}.")
        if self.bucket_name.endswith(".mrap") and self.bucket_name.startswith("arn:"):
            raise ImproperlyConfigured("S3_BUCKET names a Multi-Region Access Point, which SigV4 cannot sign for.")
        if self.signature_version not in {None, "s3v4"}:
            raise ImproperlyConfigured("The signature version is always s3v4.")
        if self.custom_domain and not self.cloudfront_signer:
            raise ImproperlyConfigured("CLOUDFRONT_DOMAIN needs CLOUDFRONT_KEY_ID and CLOUDFRONT_KEY to sign with.")
        if self.kms_key_id and not (self.sse or "").startswith("aws:kms"):
            raise ImproperlyConfigured("S3_KMS_KEY_ID needs S3_SSE=aws:kms.")

    # Connections

    @property
    def session(self) -> Session:
        """One session, so that the client and the signer renew the same credentials."""
        with self._lock:
            if self._session is None:
                self._session = self._create_session()
            return self._session

    @property
    def client(self) -> Any:
        """The client that talks (thread-safe), with the patience of those who keep nobody waiting."""
        return self._client_for(None)

    def _client_for(self, haste: Config | None) -> Any:
        """A forked worker makes its own: sockets do not survive a fork."""
        session, key = self.session, (os.getpid(), haste)
        with self._lock:
            if key not in self._clients:
                config = self.client_config.merge(haste) if haste else self.client_config
                self._clients[key] = self._connect(session, config)
            return self._clients[key]

    def _connect(self, session: Session, config: Config) -> Any:
        where: dict[str, Any] = {
            "region_name": self.region_name,
            "endpoint_url": self.endpoint_url,
            "verify": self.verify,
        }
        return session.client("s3", config=config, **where)

    # For a process that answers requests

    def limit_waiting(self) -> None:
        """From now on this process answers requests: short deadlines, and few of them wait for the store at once."""
        self.bulkhead.limit = LIMIT
        # Made once, and no request is to wait for it.
        for haste in (HASTY, COMPLETING):
            self._client_for(haste)
        self._prepare()

    @contextmanager
    def _talk(self, haste: Config = HASTY) -> Iterator[Any]:
        """The client for one call. Raises ``errors.StorageUnavailable`` at once where waiting makes no sense."""
        if self.bulkhead.limit is None:
            yield self.client
            return
        if self.pulse.state() is State.AWAY:
            raise errors.StorageUnavailable(retry_after=RETRY_SECONDS)
        with self.bulkhead.enter():
            yield self._client_for(haste)

    def _prepare(self) -> health.Prober:
        """What asks the store how it is, made at the first call."""
        if self._prober is None:
            self._inner_endpoint()
            client = self._connect(self.session, self.client_config.merge(health.CONFIG))
            self._prober = health.Prober(self, client, self._sign_probe)
        return self._prober

    def _probe(self) -> State:
        state = self._prepare().look()
        # CloudFront serves by rights of its own, whatever our key pair may do.
        return State.OK if self.custom_domain and state is State.REFUSES else state

    def _sign_probe(self, key: str, seconds: int) -> str:
        signer, life = self._signer(seconds, self._inner_endpoint())
        return signer.url("GET", key, query={"response-content-type": downloads.OPAQUE}, headers={}, seconds=life)

    def _inner_endpoint(self) -> Endpoint:
        return endpoints.resolve(self.endpoint_url, self.bucket_name, self.region_name, self.addressing_style)

    def public_endpoint(self, host: str) -> Endpoint:
        """Where a browser that opened the page at ``host`` reaches the bucket."""
        url = self.public_endpoint_url or self.endpoint_url
        endpoint = endpoints.resolve(url, self.bucket_name, self.region_name, self.addressing_style)
        return endpoints.at_host(endpoint, host)

    def public_origin(self, host: str) -> str:
        """``scheme://host[:port]`` that uploads go to; downloads too, unless CloudFront serves them."""
        return endpoints.origin_of(self.public_endpoint(host).base)

    def download_origin(self, host: str) -> str:
        """``scheme://host[:port]`` that ``sign_get`` redirects to."""
        return f"https://{self.custom_domain}" if self.custom_domain else self.public_origin(host)

    def credentials_life(self) -> int | None:
        """Seconds until the signing credentials end; None if they do not, or nobody knows."""
        return None if self.custom_domain else keyring.life(self.session, self._end)

    def _signer(self, wanted: int, endpoint: Endpoint) -> tuple[Signer, int]:
        """What signs for the bucket as seen at ``endpoint``, and for how many of the ``wanted`` seconds."""
        credentials, life = keyring.ready(self.session, self._end)
        seconds = min(wanted, MAX_SECONDS, wanted if life is None else life)
        if seconds < 1:
            raise errors.StorageRefuses
        return Signer(endpoint, credentials), seconds

    # Uploads

    def encryption(self) -> dict[str, str]:
        """Server-side encryption as create calls want it; parts inherit it."""
        wanted = {"ServerSideEncryption": self.sse, "SSEKMSKeyId": self.kms_key_id}
        return {name: value for name, value in wanted.items() if value}

    def start_multipart(self, key: str, *, content_type: str) -> str:
        """Open an upload whose parts carry SHA-256 checksums; the upload id."""
        with self._talk() as client:
            return uploads.start(client, self.bucket_name, key, content_type, self.encryption())

    def sign_parts(
        self, key: str, upload_id: str, parts: Sequence[Part], *, seconds: int, host: str
    ) -> list[SignedPart]:
        """A URL for each part that accepts exactly its length and its bytes, for at most ``seconds``."""
        signer, life = self._signer(seconds, self.public_endpoint(host))
        return [uploads.sign(signer, key, upload_id, part, life) for part in parts]

    def sign_whole(
        self, key: str, size: int, sha256: bytes, *, content_type: str, seconds: int, host: str
    ) -> SignedPart:
        """A URL that stores exactly these bytes as the object itself, in one piece and over nothing else."""
        signer, life = self._signer(seconds, self.public_endpoint(host))
        sse = {"x-amz-server-side-encryption": self.sse, "x-amz-server-side-encryption-aws-kms-key-id": self.kms_key_id}
        headers = {"content-type": content_type} | {name: value for name, value in sse.items() if value}
        return uploads.sign_whole(signer, key, size, sha256, headers, life)

    def list_parts(self, key: str, upload_id: str) -> list[StoredPart]:
        """All parts that have arrived, by number. Raises ``UploadGone``."""
        with self._talk() as client:
            return uploads.parts(client, self.bucket_name, key, upload_id)

    def complete_multipart(self, key: str, upload_id: str, parts: Sequence[StoredPart]) -> None:
        """Make one object of the parts, never over another one.

        Raises ``ObjectExists``, ``UploadGone`` or ``CompletionUnclear`` where an earlier try may have succeeded (look
        with ``head``), ``PartMismatch`` where the parts are not the stored ones.
        """
        with self._talk(COMPLETING) as client:
            uploads.complete(client, self.bucket_name, key, upload_id, parts)

    def abort_multipart(self, key: str, upload_id: str) -> None:
        """Throw the parts away. An upload that is gone already is fine."""
        with self._talk() as client:
            uploads.abort(client, self.bucket_name, key, upload_id)

    def put_empty(self, key: str, *, content_type: str) -> None:
        """Store an object of no bytes; once more is fine, over another object is ``ObjectExists``."""
        with self._talk() as client:
            objects.put_empty(client, self.bucket_name, key, content_type, self.encryption())

    def walk_uploads(self) -> Iterator[OpenUpload]:
        """Every upload that is still open."""
        return uploads.walk(self.client, self.bucket_name)

    # Objects

    def head(self, key: str) -> StoredObject | None:
        """What is stored under ``key``; None only when the store itself says that the bucket holds no such key."""
        with self._talk() as client:
            return objects.head(client, self.bucket_name, key)

    def read(self, key: str, size: int, *, start: int = 0) -> Iterator[bytes]:
        """``size`` bytes (at least one) of ``key`` from ``start`` on, piece by piece; raises rather than end early."""
        with self.bulkhead.stream():
            yield from objects.read(self.client, self.bucket_name, key, size, start)

    def delete_batch(self, keys: Sequence[str]) -> BatchDelete:
        """Delete any number of objects, 1,000 a call. A missing key counts as deleted."""
        with self._talk() as client:
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
        served = downloads.served_as(name, content_type, inline=inline)
        if self.custom_domain:
            url = downloads.cloudfront_url(self.cloudfront_signer, self.custom_domain, key, served, seconds)
            return SignedUrl(url, seconds)
        signer, life = self._signer(seconds, self.public_endpoint(host))
        return SignedUrl(signer.url("GET", key, query=served, headers={}, seconds=life), life)

    def sign_inside(self, key: str, *, span: str, seconds: int) -> str:
        """Path and query of a GET at ``endpoint_url``, for a proxy of ours that names the file itself.

        ``span`` is the Range it must send, and part of the signature; empty for the whole.
        """
        signer, life = self._signer(seconds, self._inner_endpoint())
        served = {"response-content-type": downloads.OPAQUE}
        url = signer.url("GET", key, query=served, headers={"range": span} if span else {}, seconds=life)
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
        done = bucket.setup(self.client, self.bucket_name, self.region_name, origins)
        health.place(self.client, self.bucket_name, self.encryption())
        return done


def share_storage() -> ShareStorage:
    """The store that the settings describe, one for the process."""
    found = storages["shares"]
    if not isinstance(found, ShareStorage):
        raise ImproperlyConfigured('STORAGES["shares"] must be a shares.storage.ShareStorage.')
    return found
