"""Access to storage: its settings, its clients, and the credentials and endpoints that sign URLs."""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from boto3.session import Session
from botocore.config import Config
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from storages.backends.s3 import S3Storage

from shares import errors
from shares.storage import health, key_proof, response_headers
from shares.storage import labels as object_labels
from shares.storage.bucket.key_prefix import KeyPrefix
from shares.storage.bulkhead import LIMIT, RETRY_SECONDS, Bulkhead
from shares.storage.health_monitor import HealthMonitor, State
from shares.storage.integrity import Checksums, send_md5
from shares.storage.signing import credentials
from shares.storage.signing.bucket_endpoints import BucketEndpoints
from shares.storage.signing.delivery import CANNED
from shares.storage.signing.delivery_settings import DeliverySettings, delivery_problems
from shares.storage.signing.key_pairs import KeyPair, KeySelection, KeySettings, key_pair, key_problems
from shares.storage.signing.read_buckets import ReadKind, parse_read_bucket
from shares.storage.signing.signer import MAX_SECONDS, REQUEST_PAYER, Endpoint, Signer

CONNECT_SECONDS = 3
READ_SECONDS = 30
ATTEMPTS = 3
CONNECTIONS = 50
# For calls during a request. Assembling thousands of parts may take storage longer.
INTERACTIVE = Config(connect_timeout=1, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 2})
COMPLETING = Config(connect_timeout=1, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 1})


class StorageBackend(S3Storage):  # type: ignore[misc]
    """The S3 backend of django-storages with two endpoints, timeouts by the kind of caller, and signers.

    ``endpoint_url`` is for the server, ``public_endpoint_url`` (may contain ``{host}``) for browsers.
    ``health_monitor`` knows whether storage is available; ``bulkhead`` limits how many requests wait for it.
    """

    public_endpoint_url: str | None
    cloudfront_domain: str | None
    custom_domain: str | None
    next_access_key: str | None
    next_secret_key: str | None
    long_access_key: str | None
    long_secret_key: str | None
    key_selection: str | None
    credentials_end: str | None
    sse: str | None
    kms_key_id: str | None
    object_tags: Sequence[str] | None
    object_metadata: Sequence[str] | None
    storage_class: str | None
    checksums: Checksums
    conditional_writes: bool
    read_bucket: str | None
    account_id: str | None
    key_prefix: str | None
    dualstack: bool
    accelerate: bool
    requester_pays: bool
    cloudfront_policy: str
    cloudfront_bind_address: bool
    cloudfront_cookie_domain: str | None

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.custom_domain = self.custom_domain or self.cloudfront_domain
        self.key_prefix = f"{self.key_prefix.removesuffix('/')}/" if self.key_prefix else None
        self._end = credentials.parse_expiration(self.credentials_end) if self.credentials_end else None
        self._check_settings()
        self.reads = parse_read_bucket(self.read_bucket) if self.read_bucket else None
        self.endpoints = self._bucket_endpoints()
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
        self._sessions: dict[str, Session] = {}
        self.next_pair = key_pair(self.next_access_key, self.next_secret_key)
        self.long_pair = key_pair(self.long_access_key, self.long_secret_key)
        self._selection = KeySelection(import_string(self.key_selection)) if self.key_selection else None
        # Calls to a Multi-Region Access Point have signatures of another version.
        is_asymmetric = self.reads is not None and self.reads.kind is ReadKind.MULTI_REGION
        self.read_config = Config(signature_version="s3v4a") if is_asymmetric else None
        self._clients: dict[tuple[int, Config | None, Session], Any] = {}
        self._prober: health.Prober | None = None
        self.bulkhead = Bulkhead()
        self.health_monitor = HealthMonitor(self._probe, self.bulkhead, prepare=self._prepare)

    def get_default_settings(self) -> dict[str, Any]:
        own_settings = (
            *("public_endpoint_url", "cloudfront_domain", "credentials_end", "sse", "kms_key_id"),
            *("read_bucket", "account_id", "key_prefix", "cloudfront_cookie_domain", "key_selection"),
            *("object_tags", "object_metadata", "storage_class"),
            *("next_access_key", "next_secret_key", "long_access_key", "long_secret_key"),
        )
        defaults: dict[str, Any] = super().get_default_settings() | dict.fromkeys(own_settings)
        defaults["addressing_style"] = defaults["addressing_style"] or "path"
        defaults |= {"checksums": "sha256", "conditional_writes": True}
        defaults |= dict.fromkeys(("dualstack", "accelerate", "requester_pays", "cloudfront_bind_address"), False)
        defaults["cloudfront_policy"] = CANNED
        return defaults

    def _check_settings(self) -> None:
        """Reject settings at the start that would sign wrong URLs, or none, at the first download."""
        template = self.public_endpoint_url or ""
        if not self.bucket_name or not self.region_name:
            raise ImproperlyConfigured("S3_BUCKET and S3_REGION must both be set.")
        if self.addressing_style not in {"path", "virtual"}:
            raise ImproperlyConfigured("S3_ADDRESSING_STYLE must be `path` or `virtual`.")
        if "{host}" in template and self.addressing_style != "path":
            raise ImproperlyConfigured("A {host} in S3_PUBLIC_ENDPOINT_URL needs S3_ADDRESSING_STYLE=path.")
        if "{" in template.replace("{host}", ""):
            raise ImproperlyConfigured("S3_PUBLIC_ENDPOINT_URL knows one placeholder, {host}.")
        if self.bucket_name.endswith(".mrap"):
            raise ImproperlyConfigured("S3_BUCKET names a Multi-Region Access Point, which SigV4 cannot sign for.")
        if self.checksums not in {"sha256", "md5"}:
            raise ImproperlyConfigured("S3_CHECKSUMS must be `sha256` or `md5`.")
        if self.signature_version not in {None, "s3v4"}:
            raise ImproperlyConfigured("The signature version is always s3v4.")
        if self.custom_domain and not self.cloudfront_signer:
            raise ImproperlyConfigured("CLOUDFRONT_DOMAIN needs CLOUDFRONT_KEY_ID and CLOUDFRONT_KEY to sign with.")
        if self.kms_key_id and not (self.sse or "").startswith("aws:kms"):
            raise ImproperlyConfigured("S3_KMS_KEY_ID needs S3_SSE=aws:kms.")
        self._check_delivery()

    def _key_settings(self) -> KeySettings:
        return KeySettings(
            access_key=self.access_key or "",
            next_access_key=self.next_access_key or "",
            next_secret_key=self.next_secret_key or "",
            long_access_key=self.long_access_key or "",
            long_secret_key=self.long_secret_key or "",
        )

    def _check_delivery(self) -> None:
        values = DeliverySettings(
            bucket=self.bucket_name,
            region=self.region_name,
            endpoint_url=self.endpoint_url or "",
            public_endpoint_url=self.public_endpoint_url or "",
            addressing_style=self.addressing_style,
            read_bucket=self.read_bucket or "",
            account_id=self.account_id or "",
            key_prefix=self.key_prefix or "",
            dualstack=self.dualstack,
            accelerate=self.accelerate,
            cloudfront_domain=self.custom_domain or "",
            cloudfront_policy=self.cloudfront_policy,
            cloudfront_bind_address=self.cloudfront_bind_address,
            cloudfront_cookie_domain=self.cloudfront_cookie_domain or "",
        )
        for problem in [*delivery_problems(values), *key_problems(self._key_settings())]:
            raise ImproperlyConfigured(f"{problem.message} {problem.hint}")

    def _bucket_endpoints(self) -> BucketEndpoints:
        return BucketEndpoints(
            bucket=self.bucket_name,
            region=self.region_name,
            addressing_style=self.addressing_style,
            internal_url=self.endpoint_url,
            public_url=self.public_endpoint_url,
            reads=self.reads,
            key_prefix=self.key_prefix or "",
            dualstack=self.dualstack,
            accelerate=self.accelerate,
            requester_pays=self.requester_pays,
        )

    # Connections

    @property
    def session(self) -> Session:
        """One session for each key pair, so that clients and signers renew the same credentials."""
        return self._session_of(self._rotated_pair())

    def _session_of(self, pair: KeyPair | None) -> Session:
        """The session of ``pair``; None is the first one, whose credentials may come from a role."""
        name = pair.access_key if pair else ""
        with self._lock:
            if name not in self._sessions:
                self._sessions[name] = pair.session() if pair else self._create_session()
            return self._sessions[name]

    def _rotated_pair(self) -> KeyPair | None:
        """The next key pair once a rotation has selected it; without one nothing is read."""
        if self.next_pair is None or self._selection is None:
            return None
        return self.next_pair if self._selection.access_key() == self.next_pair.access_key else None

    def prove_key(self, access_key: str) -> None:
        """Do everything that the site does with one of the two key pairs. Raises ``errors.StorageUnavailable``."""
        is_next = self.next_pair is not None and access_key == self.next_pair.access_key
        client = self._connect(self._session_of(self.next_pair if is_next else None), self.client_config)
        key_proof.prove(client, self.bucket_name, self.encryption() | self.labels(object_labels.SAMPLE))

    @property
    def client(self) -> Any:
        """The client of background work, with long timeouts; it is thread-safe."""
        return self.client_for(None)

    def client_for(self, config: Config | None) -> Any:
        """A forked worker creates its own client: sockets do not survive a fork."""
        session = self.session
        key = os.getpid(), config, session
        with self._lock:
            if key not in self._clients:
                merged_config = self.client_config.merge(config) if config else self.client_config
                self._clients[key] = self._connect(session, merged_config)
            return self._clients[key]

    def _connect(self, session: Session, config: Config) -> Any:
        connection: dict[str, Any] = {
            "region_name": self.region_name,
            "endpoint_url": self.endpoint_url,
            "verify": self.verify,
        }
        client = session.client("s3", config=config, **connection)
        client.meta.events.register("before-call.s3", send_md5)
        if self.requester_pays:
            client.meta.events.register("before-call.s3", accept_charges)
        if self.key_prefix:
            buckets = frozenset(name for name in (self.bucket_name, self.read_bucket) if name)
            KeyPrefix(self.key_prefix, buckets).register(client)
        return client

    # For a process that handles requests

    def limit_waiting(self) -> None:
        """Prepare this process for requests: short timeouts, and only few requests wait for storage at a time."""
        self.bulkhead.limit = LIMIT
        # Created once, so that no request waits for it.
        for config in (INTERACTIVE, COMPLETING):
            self.client_for(config)
        self._prepare()

    @contextmanager
    def request_client(self, config: Config = INTERACTIVE) -> Iterator[Any]:
        """The client for one call. Raises ``errors.StorageUnavailable`` immediately during an outage."""
        if self.bulkhead.limit is None:
            yield self.client
            return
        if self.health_monitor.state() is State.UNAVAILABLE:
            raise errors.StorageUnavailable(retry_after=RETRY_SECONDS)
        with self.bulkhead.enter():
            yield self.client_for(config)

    def _prepare(self) -> health.Prober:
        """The prober of the health monitor, created at the first call."""
        if self._prober is None:
            self.endpoints.internal()  # Resolved before the first request needs it.
            client = self._connect(self.session, self.client_config.merge(health.CONFIG))
            self._prober = health.Prober(self, client, self._sign_probe)
        return self._prober

    def _probe(self) -> State:
        state = self._prepare().probe()
        # CloudFront has rights of its own, independent of those of the credentials.
        return State.OK if self.custom_domain and state is State.REFUSES else state

    def _sign_probe(self, key: str, seconds: int) -> str:
        signer, lifetime = self._signer(seconds, self.endpoints.internal_read())
        return signer.url(
            "GET", key, query={"response-content-type": response_headers.OPAQUE}, headers={}, seconds=lifetime
        )

    def credentials_remaining_seconds(self) -> int | None:
        """Seconds until the signing credentials expire; None if they do not, or if that is unknown."""
        pair = self._rotated_pair()
        if self.long_pair is not None:
            return None
        return credentials.remaining_seconds(self._session_of(pair), None if pair else self._end)

    def credentials_are_renewable(self) -> bool:
        """Whether the credentials renew themselves."""
        return credentials.are_renewable(self.session)

    def credentials_are_temporary(self) -> bool:
        """Whether the credentials have a session token, and so an expiry, known or not."""
        return credentials.are_temporary(self.session)

    def signing_key_id(self, seconds: int) -> str:
        """The id of the access key that signs URLs for ``seconds`` now; it is no secret."""
        return str(self._signer(seconds, self.endpoints.internal())[0].credentials.access_key)

    def _signer(self, max_seconds: int, endpoint: Endpoint) -> tuple[Signer, int]:
        """Return a signer for the bucket at ``endpoint``, and the lifetime of its URLs, at most ``max_seconds``."""
        pair = self._rotated_pair()
        signing_keys, lifetime = credentials.load_credentials(self._session_of(pair), None if pair else self._end)
        if self.long_pair is not None and lifetime is not None and lifetime < max_seconds:
            signing_keys, lifetime = self.long_pair.credentials(), None
        seconds = min(max_seconds, MAX_SECONDS, max_seconds if lifetime is None else lifetime)
        if seconds < 1:
            raise errors.StorageRefuses
        return Signer(endpoint, signing_keys), seconds

    def encryption(self) -> dict[str, str]:
        """The parameters of server-side encryption in calls that create objects; parts inherit it."""
        parameters = {"ServerSideEncryption": self.sse, "SSEKMSKeyId": self.kms_key_id}
        return {name: value for name, value in parameters.items() if value}

    def labels(self, labels: Mapping[str, str]) -> dict[str, Any]:
        """The parameters of tags, metadata and storage class in calls that create objects; parts inherit them."""
        return object_labels.parameters(
            labels,
            tags=self.object_tags or (),
            metadata=self.object_metadata or (),
            storage_class=self.storage_class,
        )

    def write_condition(self) -> dict[str, str]:
        """Parameters of a write that must not replace an object."""
        return {"IfNoneMatch": "*"} if self.conditional_writes else {}


def accept_charges(params: dict[str, Any], **_: object) -> None:
    """For ``before-call``: accept the charges of a bucket whose requesters pay."""
    params["headers"][REQUEST_PAYER] = "requester"
