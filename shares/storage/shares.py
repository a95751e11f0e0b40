"""The storage of shared files: one private bucket that browsers reach through signed URLs."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages

from shares.storage import features, health, response_headers
from shares.storage import labels as object_labels
from shares.storage.backend import StorageBackend
from shares.storage.bucket import rules
from shares.storage.bucket.objects import Objects
from shares.storage.bucket.uploads import Uploads
from shares.storage.integrity import checksum_header
from shares.storage.signing import forms, uploads
from shares.storage.signing.delivery import (
    CUSTOM,
    BucketUrls,
    CloudFrontCookies,
    CloudFrontUrls,
    DownloadSigner,
    DownloadWay,
)
from shares.storage.types import Part, SignedCookies, SignedForm, SignedPart, SignedUrl

# S3 ignores a parameter of a signed URL that begins with x- (other than x-amz-), and keeps it in its access log.
# Source: AWS, "Amazon S3 server access log format", "Custom access log information".
REFERENCE = "x-ref"


class ShareStorage(StorageBackend):
    """``STORAGES["shares"]``: its ``objects``, its multipart ``uploads``, and the URLs that browsers send to."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.objects = Objects(self)
        # What recipients get, which an access point may route, restrict or rewrite.
        self.readable_objects = self.objects if self.reads is None else Objects(self, self.reads.name, self.read_config)
        self.uploads = Uploads(self)
        self.download_signers = self._create_download_signers()
        self.cookie_signer = self._create_cookie_signer()

    def objects_of(self, bucket: str) -> Objects:
        """The objects of another bucket: storage writes access logs into a bucket of their own."""
        return Objects(self, bucket)

    # URLs for uploads

    def sign_parts(
        self, key: str, upload_id: str, parts: Sequence[Part], *, seconds: int, host: str, reference: str = ""
    ) -> list[SignedPart]:
        """A URL for each part that accepts exactly its length and its bytes, for at most ``seconds``."""
        signer, lifetime = self._signer(seconds, self.endpoints.public(host))
        logged = {REFERENCE: reference} if reference else {}
        return [uploads.sign_part(signer, key, upload_id, part, lifetime, self.checksums, logged) for part in parts]

    def sign_whole(
        self,
        key: str,
        part: Part,
        *,
        content_type: str,
        seconds: int,
        host: str,
        labels: Mapping[str, str] = object_labels.NONE,
        reference: str = "",
    ) -> SignedPart:
        """A URL that stores exactly these bytes as the object itself, by one PUT, and replaces nothing if storage
        supports conditional writes.
        """
        signer, lifetime = self._signer(seconds, self.endpoints.public(host))
        headers = self._object_headers(content_type, labels)
        headers |= checksum_header(self.checksums, part.sha256, part.md5)
        return uploads.sign_object(
            signer, key, part.size, headers, lifetime, {REFERENCE: reference} if reference else {}
        )

    def sign_put(
        self, key: str, *, size: int | None, content_type: str, seconds: int, host: str, reference: str = ""
    ) -> SignedPart:
        """A URL that stores any bytes, of exactly ``size`` if it is given, by one PUT of the object itself."""
        signer, lifetime = self._signer(seconds, self.endpoints.public(host))
        headers = self._object_headers(content_type, object_labels.NONE)
        length = {} if size is None else {"content-length": str(size)}
        logged = {REFERENCE: reference} if reference else {}
        url = signer.url("PUT", key, query=logged, headers=headers | length, seconds=lifetime)
        return SignedPart(1, url, headers, lifetime)

    def _object_headers(self, content_type: str, labels: Mapping[str, str]) -> dict[str, str]:
        """The headers that a whole object is sent with, apart from those that describe its bytes."""
        encryption = {uploads.ENCRYPTION_HEADERS[name]: value for name, value in self.encryption().items()}
        headers = {"content-type": content_type} | encryption
        if self.conditional_writes:
            headers["if-none-match"] = "*"
        return headers | object_labels.headers(self.labels(labels))

    def sign_form(
        self,
        key: str,
        *,
        max_bytes: int,
        content_type: str,
        return_url: str,
        seconds: int,
        host: str,
        reference: str = "",
    ) -> SignedForm:
        """A form that stores 1 to ``max_bytes`` bytes under ``key``, after which the browser opens ``return_url``.

        Storage adds parameters of its own to that address, in place of others.
        """
        signer, lifetime = self._signer(seconds, self.endpoints.public(host))
        encryption = {uploads.ENCRYPTION_HEADERS[name]: value for name, value in self.encryption().items()}
        prefix = self.key_prefix or ""
        fields = {"key": prefix + key, "Content-Type": content_type, "success_action_redirect": return_url} | encryption
        query = {REFERENCE: reference} if reference else {}
        return forms.sign_form(signer, self.bucket_name, fields, max_bytes, lifetime, prefix=prefix, query=query)

    def upload_headers(self) -> list[str]:
        """The headers that a browser sends with a file, which CORS rules have to allow."""
        return sorted(
            [
                *uploads.signed_header_names(self.checksums, self.encryption(), conditional=self.conditional_writes),
                *object_labels.headers(self.labels(object_labels.SAMPLE)),
            ]
        )

    # URLs for downloads

    def sign_get(
        self,
        key: str,
        *,
        name: str,
        content_type: str,
        inline: bool,
        seconds: int,
        host: str,
        address: str = "",
        download_way: DownloadWay = DownloadWay.PRESIGNED,
        cache_control: str = response_headers.NO_STORE,
        reference: str = "",
    ) -> SignedUrl:
        """A URL that downloads ``key`` under ``name``, or displays it as ``content_type`` if ``inline``.

        ``expires_in`` is ``seconds`` or what the signing credentials have left, whichever is less. ``address`` is that
        of the client, for a way that binds URLs to it. ``reference`` is for the access log.
        """
        parameters = response_headers.response_parameters(name, content_type, cache_control, inline=inline)
        if reference:
            parameters[REFERENCE] = reference
        return self.download_signers[download_way].sign(key, parameters, seconds=seconds, host=host, address=address)

    def sign_head(self, key: str, *, seconds: int, host: str) -> SignedUrl:
        """A URL that a client reads the size of ``key`` from: storage refuses HEAD for the URL of a GET."""
        signer, lifetime = self._signer(seconds, self.endpoints.read(host))
        return SignedUrl(signer.url("HEAD", key, query={}, headers={}, seconds=lifetime), lifetime)

    def sign_cookies(
        self, folder: str, names: Mapping[str, str], *, seconds: int, address: str, cache_control: str
    ) -> tuple[dict[str, str], SignedCookies]:
        """URLs of the objects of ``folder`` that ``names`` gives names to, by key, and cookies that allow them all."""
        if self.cookie_signer is None:
            raise ImproperlyConfigured("CLOUDFRONT_COOKIE_DOMAIN is not set.")
        parameters = {
            key: response_headers.response_parameters(name, "", cache_control, inline=False)
            for key, name in names.items()
        }
        cookies = self.cookie_signer.sign(folder, next(iter(parameters.values())), seconds=seconds, address=address)
        return {key: self.cookie_signer.url(key, values) for key, values in parameters.items()}, cookies

    def _create_download_signers(self) -> dict[DownloadWay, DownloadSigner]:
        """One signer for each way to download that the settings describe; the bucket itself is always among them."""
        signers: dict[DownloadWay, DownloadSigner] = {
            DownloadWay.PRESIGNED: BucketUrls(self._signer, self.endpoints.read, self.credentials_remaining_seconds)
        }
        if self.custom_domain:
            signers[DownloadWay.CLOUDFRONT] = self._cloudfront_urls()
        return signers

    def _create_cookie_signer(self) -> CloudFrontCookies | None:
        domain = self.cloudfront_cookie_domain
        return CloudFrontCookies(self._cloudfront_urls(), domain) if self.custom_domain and domain else None

    def _cloudfront_urls(self) -> CloudFrontUrls:
        return CloudFrontUrls(
            self.cloudfront_signer,
            self.custom_domain or "",
            self.key_prefix or "",
            has_custom_policy=self.cloudfront_policy == CUSTOM,
            binds_address=self.cloudfront_bind_address,
        )

    def internal_url(self, key: str, *, span: str, seconds: int) -> str:
        """Path and query of a GET at ``endpoint_url``, for a reverse proxy that sets the file name itself.

        ``span`` is the Range header that it must send, which the signature includes; empty for the whole object.
        """
        signer, lifetime = self._signer(seconds, self.endpoints.internal_read())
        parameters = {"response-content-type": response_headers.OPAQUE}
        url = signer.url("GET", key, query=parameters, headers={"range": span} if span else {}, seconds=lifetime)
        parts = urlsplit(url)
        return f"{parts.path}?{parts.query}"

    # The bucket itself

    def setup(self, origins: Sequence[str]) -> list[str]:
        """Create the bucket and its rules where they differ; one sentence for each change."""
        results = rules.setup(self.client, self.bucket_name, self.region_name, origins)
        health.upload_health_object(self.client, self.bucket_name, self.encryption())
        return results

    def find_features(self) -> features.Features:
        """What this storage supports, whatever the settings are."""
        return features.find(self.client, self.bucket_name, self.encryption())

    @property
    def shows_md5(self) -> bool:
        """Whether ETags are MD5 sums: with KMS keys they are not."""
        return not (self.sse or "").startswith("aws:kms")

    @property
    def rewrites_objects(self) -> bool:
        """Whether recipients may get other bytes than those of the object, in another number."""
        return self.reads is not None and self.reads.rewrites_objects

    @property
    def whole_objects_are_final(self) -> bool:
        """Whether an object that was stored by one PUT cannot change while its URL is valid: it is not overwritten, or
        by the same bytes alone. Two files of one MD5 can be made, two of one SHA-256 cannot.
        """
        return self.conditional_writes or self.checksums == "sha256"


def share_storage() -> ShareStorage:
    """The storage that the settings describe, one for the process."""
    storage = storages["shares"]
    if not isinstance(storage, ShareStorage):
        raise ImproperlyConfigured('STORAGES["shares"] must be a shares.storage.ShareStorage.')
    return storage
