"""Settings of the ways to download that contradict each other or lack a part: each with an id and a remedy.

The system checks report them, and the storage does not start with one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shares.storage.signing.delivery import CUSTOM
from shares.storage.signing.read_buckets import ACCOUNT, parse_read_bucket, read_bucket_problems

KEY_PREFIX = re.compile(r"(?=.{1,200}$)[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*/?")


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """The values of the settings; "" for those that are not set."""

    bucket: str = ""
    region: str = ""
    endpoint_url: str = ""
    public_endpoint_url: str = ""
    addressing_style: str = "virtual"
    read_bucket: str = ""
    account_id: str = ""
    key_prefix: str = ""
    dualstack: bool = False
    accelerate: bool = False
    cloudfront_domain: str = ""
    cloudfront_policy: str = ""
    cloudfront_bind_address: bool = False
    cloudfront_cookie_domain: str = ""


@dataclass(frozen=True, slots=True)
class SettingsProblem:
    id: str
    message: str
    hint: str


def delivery_problems(values: DeliverySettings) -> Iterator[SettingsProblem]:
    if values.account_id and not ACCOUNT.fullmatch(values.account_id):
        yield SettingsProblem(
            "shares.E040",
            f"S3_ACCOUNT_ID is {values.account_id!r}, and an account of AWS has 12 digits.",
            "Copy it from the console, without hyphens.",
        )
    if values.read_bucket:
        problems = read_bucket_problems(
            values.read_bucket,
            region=values.region,
            account=values.account_id,
            endpoint_url=values.endpoint_url or values.public_endpoint_url,
        )
        yield from (SettingsProblem("shares.E041", message, hint) for message, hint in problems)
    if values.key_prefix and (not KEY_PREFIX.fullmatch(values.key_prefix) or ".." in values.key_prefix):
        yield SettingsProblem(
            "shares.E048",
            f"S3_KEY_PREFIX is {values.key_prefix!r}; it must be a path of letters, digits, - _ and dots.",
            "Write it like team-a or teams/a, without a slash at the beginning.",
        )
    yield from _endpoint_problems(values)
    yield from _cloudfront_problems(values)


def _endpoint_problems(values: DeliverySettings) -> Iterator[SettingsProblem]:
    """Other host names of AWS, which only AWS has, and not for every bucket."""
    for name, is_set in (("S3_DUALSTACK", values.dualstack), ("S3_ACCELERATE", values.accelerate)):
        if is_set and (values.endpoint_url or values.public_endpoint_url):
            yield SettingsProblem(
                "shares.E042",
                f"{name} is on, which only AWS has, and S3_ENDPOINT_URL or S3_PUBLIC_ENDPOINT_URL names a host itself.",
                f"Set {name}=false, or leave both addresses empty.",
            )
    if not values.accelerate:
        return
    if values.addressing_style != "virtual" or "." in values.bucket or values.bucket.startswith("arn:"):
        yield SettingsProblem(
            "shares.E043",
            "S3_ACCELERATE needs the bucket's name in the host name: no dots in it, no ARN, and virtual addressing.",
            "Set S3_ADDRESSING_STYLE=virtual and use such a bucket, or set S3_ACCELERATE=false.",
        )
    if values.read_bucket and _is_access_point(values.read_bucket):
        yield SettingsProblem(
            "shares.E044",
            "S3_ACCELERATE is on, and S3_READ_BUCKET is an access point, which has no accelerated address.",
            "Use one of them.",
        )


def _is_access_point(name: str) -> bool:
    try:
        return parse_read_bucket(name).is_aws
    except ValueError:
        return False


def _cloudfront_problems(values: DeliverySettings) -> Iterator[SettingsProblem]:
    if values.cloudfront_policy == CUSTOM and not values.cloudfront_domain:
        yield SettingsProblem(
            "shares.E045",
            "CLOUDFRONT_POLICY is custom without CLOUDFRONT_DOMAIN: no URL would have the policy.",
            "Set CLOUDFRONT_DOMAIN, CLOUDFRONT_KEY_ID and CLOUDFRONT_KEY, or leave CLOUDFRONT_POLICY empty.",
        )
    if values.cloudfront_bind_address and values.cloudfront_policy != CUSTOM:
        yield SettingsProblem(
            "shares.E046",
            "CLOUDFRONT_BIND_ADDRESS is on, and only a custom policy can name an address.",
            "Set CLOUDFRONT_POLICY=custom.",
        )
    domain = values.cloudfront_cookie_domain
    if domain and not is_below(values.cloudfront_domain, domain):
        yield SettingsProblem(
            "shares.E049",
            f"CLOUDFRONT_COOKIE_DOMAIN is {domain}, and CLOUDFRONT_DOMAIN is not below it: no cookie would reach it.",
            "Give the distribution a name like files.example.org beside the site's, and set both settings.",
        )


def is_below(host: str, domain: str) -> bool:
    """Whether browsers send cookies of ``domain`` to ``host``. A domain of one label takes no cookies."""
    return "." in domain and (host == domain or host.endswith(f".{domain}"))
