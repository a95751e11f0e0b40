"""The endpoints of a bucket, from the settings: botocore's own rules, evaluated once and cached."""

import re
from dataclasses import replace
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config

from shares.storage.signing.signer import Endpoint

# Replaces the host of the page while botocore resolves the endpoint; `.invalid` can never be a real name (RFC 2606).
PLACEHOLDER = "page-host.invalid"
HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")
SAMPLE = "probe"
DEFAULT_PORTS = {"http": 80, "https": 443}


@lru_cache(maxsize=16)
def resolve(
    endpoint_url: str | None,
    bucket: str,
    region: str,
    addressing_style: str,
    *,
    dualstack: bool = False,
    accelerate: bool = False,
) -> Endpoint:
    """The endpoint of ``bucket``, parsed from a URL that botocore signs with dummy credentials.

    ``endpoint_url`` None means AWS in ``region``; it may contain ``{host}``, see ``at_host``. ``dualstack`` (IPv6 and
    IPv4) and ``accelerate`` (through the nearest edge) are other host names of AWS.
    """
    session = boto3.session.Session(aws_access_key_id=SAMPLE, aws_secret_access_key=SAMPLE)
    client = session.client(
        "s3",
        region_name=region,
        endpoint_url=endpoint_url.replace("{host}", PLACEHOLDER) if endpoint_url else None,
        config=Config(
            signature_version="s3v4",
            s3={
                "addressing_style": addressing_style,
                "use_dualstack_endpoint": dualstack,
                "use_accelerate_endpoint": accelerate,
            },
        ),
    )
    url = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": SAMPLE})
    base, query = url.split("?", 1)
    scope = parse_qs(query)["X-Amz-Credential"][0].split("/")
    base = base.removesuffix(SAMPLE)
    return Endpoint(base=base, host=host_header(base), region=scope[2], service=scope[3])


@lru_cache(maxsize=256)
def at_host(endpoint: Endpoint, host: str) -> Endpoint:
    """``endpoint`` for a browser that opened the page at ``host`` (a name or address without a port).

    Raises ValueError for an invalid host; the caller has validated it against ALLOWED_HOSTS before.
    """
    if PLACEHOLDER not in endpoint.base:
        return endpoint
    literal = f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host
    if not HOST.fullmatch(literal):
        raise ValueError("not a host name")
    base = endpoint.base.replace(PLACEHOLDER, literal)
    return replace(endpoint, base=base, host=host_header(base))


def host_header(url: str) -> str:
    """The Host header for ``url``: with the port unless it is the default of the scheme."""
    parts = urlsplit(url)
    name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return name if parts.port in (None, DEFAULT_PORTS.get(parts.scheme)) else f"{name}:{parts.port}"


def origin_of(url: str) -> str:
    """``scheme://host[:port]``, the form that CSP and CORS compare."""
    return f"{urlsplit(url).scheme}://{host_header(url)}"
