"""Where the bucket of the site is: for browsers and for this server, to send and to download."""

from dataclasses import dataclass, field, replace
from urllib.parse import quote

from shares.storage.signing import endpoints
from shares.storage.signing.read_buckets import ReadBucket
from shares.storage.signing.signer import UNRESERVED, Endpoint


@dataclass(frozen=True, slots=True)
class BucketEndpoints:
    """``public_url`` may contain ``{host}``; None for either URL means AWS. ``key_prefix`` is "" or ends with a slash.

    Downloads use ``reads``, if there is such a bucket or access point; everything else uses ``bucket``.
    """

    bucket: str
    region: str
    addressing_style: str
    internal_url: str | None
    public_url: str | None
    reads: ReadBucket | None = None
    key_prefix: str = ""
    dualstack: bool = False
    accelerate: bool = False
    requester_pays: bool = False
    _public: dict[str, Endpoint] = field(default_factory=dict, compare=False, repr=False)

    def public(self, host: str) -> Endpoint:
        """The endpoint of the bucket for a browser that opened the page at ``host``."""
        return endpoints.at_host(self._public_of(self.bucket), host)

    def public_origin(self, host: str) -> str:
        """``scheme://host[:port]`` of uploads."""
        return endpoints.origin_of(self.public(host).base)

    def read(self, host: str) -> Endpoint:
        """The endpoint that browsers download from."""
        if self.reads is None:
            return self.public(host)
        return endpoints.at_host(self.reads.endpoint(self._public_of(self.reads.name)), host)

    def internal(self) -> Endpoint:
        """The endpoint of the bucket for this server."""
        return self._internal_of(self.bucket)

    def internal_read(self) -> Endpoint:
        """The endpoint that this server, or a reverse proxy, downloads from."""
        return self.internal() if self.reads is None else self.reads.endpoint(self._internal_of(self.reads.name))

    def _internal_of(self, bucket: str) -> Endpoint:
        return self._finish(endpoints.resolve(self.internal_url, bucket, self.region, self.addressing_style))

    def _public_of(self, bucket: str) -> Endpoint:
        endpoint = self._public.get(bucket)
        if endpoint is None:
            endpoint = endpoints.resolve(
                self.public_url or self.internal_url,
                bucket,
                self.region,
                self.addressing_style,
                dualstack=self.dualstack,
                accelerate=self.accelerate and bucket == self.bucket,
            )
            endpoint = self._public[bucket] = self._finish(endpoint)
        return endpoint

    def _finish(self, endpoint: Endpoint) -> Endpoint:
        """``endpoint`` with what the settings add to every URL."""
        if self.key_prefix:
            endpoint = replace(endpoint, base=endpoint.base + quote(self.key_prefix, safe="/" + UNRESERVED))
        return replace(endpoint, requester_pays=True) if self.requester_pays else endpoint
