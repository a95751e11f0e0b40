"""What ``S3_READ_BUCKET`` names: a bucket, or an access point: of one region, of several, or of Object Lambda.

Source of the forms: Amazon S3 user guide, "Referencing access points" and "Access point aliases".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from shares.storage.signing.signer import Endpoint, has_asymmetric_signer

SERVICES = ("s3", "s3-object-lambda")
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
ACCESS_POINT_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,48}[a-z0-9]")
MULTI_REGION_NAME = re.compile(r"[a-z0-9]{3,50}\.mrap")
ACCOUNT = re.compile(r"[0-9]{12}")
LAMBDA_ALIAS = "--ol-s3"
ALIASES = ("-s3alias", LAMBDA_ALIAS)
PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
REGION_SET = "*"


class ReadKind(Enum):
    BUCKET = "bucket"
    ACCESS_POINT = "access point"
    MULTI_REGION = "Multi-Region Access Point"
    OBJECT_LAMBDA = "Object Lambda access point"


@dataclass(frozen=True, slots=True)
class ReadBucket:
    """``name`` as the setting has it. ``account`` and ``region`` are empty if the name does not contain them."""

    name: str
    kind: ReadKind
    account: str = ""
    region: str = ""
    partition: str = ""

    @property
    def is_aws(self) -> bool:
        """Whether only AWS has it."""
        return self.kind is not ReadKind.BUCKET

    @property
    def rewrites_objects(self) -> bool:
        """Whether the bytes may differ from those of the object, in number as well."""
        return self.kind is ReadKind.OBJECT_LAMBDA

    def endpoint(self, endpoint: Endpoint) -> Endpoint:
        """``endpoint`` of this bucket as it is signed: a Multi-Region Access Point for a set of regions."""
        if self.kind is not ReadKind.MULTI_REGION:
            return endpoint
        return Endpoint(base=endpoint.base, host=endpoint.host, region=REGION_SET, service="s3", asymmetric=True)


def parse_read_bucket(name: str) -> ReadBucket:
    """Raises ValueError with a sentence for an ARN, or a name, that is none of these."""
    return _parse_arn(name) if name.startswith("arn:") else _parse_name(name)


def _parse_name(name: str) -> ReadBucket:
    if name.endswith(".mrap"):
        raise ValueError("is the alias of a Multi-Region Access Point: write its ARN, which names its account")
    if not BUCKET_NAME.fullmatch(name):
        raise ValueError(f"is {name!r}, which is no name of a bucket and no ARN")
    if name.endswith(LAMBDA_ALIAS):
        return ReadBucket(name, ReadKind.OBJECT_LAMBDA)
    return ReadBucket(name, ReadKind.ACCESS_POINT if name.endswith(ALIASES) else ReadKind.BUCKET)


def _parse_arn(name: str) -> ReadBucket:
    fields = name.split(":", 5)
    if len(fields) < 6:
        raise ValueError("is an ARN with too few fields; it is like arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME")
    _, partition, service, region, account, resource = fields
    if service not in SERVICES:
        raise ValueError(f"is an ARN of the service {service!r}; access points are of s3 or s3-object-lambda")
    resource_type, _, resource_name = resource.replace(":", "/", 1).partition("/")
    if resource_type != "accesspoint":
        hint = "; write a bucket by its name alone" if not account else ""
        raise ValueError(f"is an ARN of {resource!r}, which is no access point{hint}")
    if not ACCOUNT.fullmatch(account):
        raise ValueError(f"is an ARN of the account {account!r}; an account has 12 digits")
    if service == "s3" and not region:
        if not MULTI_REGION_NAME.fullmatch(resource_name):
            raise ValueError("is an ARN without a region, and names no Multi-Region Access Point")
        return ReadBucket(name, ReadKind.MULTI_REGION, account, "", partition)
    if not region or not ACCESS_POINT_NAME.fullmatch(resource_name):
        raise ValueError(f"is an ARN of the access point {resource_name!r}, which is no legal name")
    kind = ReadKind.OBJECT_LAMBDA if service == "s3-object-lambda" else ReadKind.ACCESS_POINT
    return ReadBucket(name, kind, account, region, partition)


def read_bucket_problems(name: str, *, region: str, account: str, endpoint_url: str) -> Iterator[tuple[str, str]]:
    """What is wrong with ``S3_READ_BUCKET``, and the remedy, both as sentences."""
    try:
        bucket = parse_read_bucket(name)
    except ValueError as error:
        yield f"S3_READ_BUCKET {error}.", "Name a bucket, or an access point by its ARN or alias."
        return
    expected_partition = next((value for prefix, value in PARTITIONS.items() if region.startswith(prefix)), "aws")
    if bucket.is_aws and endpoint_url:
        yield (
            f"S3_READ_BUCKET names an access point of AWS ({bucket.kind.value}), and S3_ENDPOINT_URL another storage.",
            "Leave S3_ENDPOINT_URL and S3_PUBLIC_ENDPOINT_URL empty, or name a bucket of that storage.",
        )
    if bucket.partition and bucket.partition != expected_partition:
        yield (
            f"S3_READ_BUCKET is in the partition {bucket.partition}, and S3_REGION {region} in {expected_partition}.",
            "Credentials of one partition work in no other: create the access point where the bucket is.",
        )
    if bucket.region and bucket.region != region:
        yield (
            f"S3_READ_BUCKET is in the region {bucket.region}, and S3_REGION is {region}.",
            "Name an access point of that region, or set S3_REGION to the region of both.",
        )
    if bucket.account and not account:
        yield (
            "S3_READ_BUCKET is an ARN, and S3_ACCOUNT_ID is not set: nothing shows that the access point is yours.",
            "Set S3_ACCOUNT_ID to the 12 digits of the account that owns the bucket.",
        )
    elif bucket.account and bucket.account != account:
        yield (
            f"S3_READ_BUCKET belongs to the account {bucket.account}, and S3_ACCOUNT_ID is {account}.",
            "Name an access point of your own account: the owner of another could read what is requested.",
        )
    if bucket.kind is ReadKind.MULTI_REGION and not has_asymmetric_signer():
        yield (
            "S3_READ_BUCKET is a Multi-Region Access Point, and the package that signs for it is not installed.",
            "Install it: pip install --require-hashes -r requirements-mrap.txt",
        )
