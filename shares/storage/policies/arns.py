"""ARNs of buckets, access points and what policies name beside them."""

import re
from dataclasses import dataclass
from typing import Self

# Aliases of access points in place of bucket names; policies need the ARN.
ALIAS_ENDINGS = ("-s3alias", "--op-s3", "--ol-s3")
PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
OBJECT_LAMBDA = "s3-object-lambda"
ACCOUNT = re.compile(r"\d{12}")
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
PRINCIPAL = re.compile(r"(role|user)/[\w+=,.@/*?-]+", re.ASCII)
KMS_KEY = re.compile(r"key/[0-9a-zA-Z-]+")


@dataclass(frozen=True, slots=True)
class Arn:
    """``arn:partition:service:region:account:resource``; region and account may be empty."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError with a sentence for people."""
        fields = text.split(":", 5)
        if len(fields) != 6 or fields[0] != "arn" or not all((fields[1], fields[2], fields[5])):
            raise ValueError(f"{text} is no ARN; one looks like arn:aws:s3:::bucket.")
        return cls(*fields[1:])

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"

    @property
    def is_access_point(self) -> bool:
        return self.resource.startswith("accesspoint/")

    @property
    def is_object_lambda(self) -> bool:
        return self.service == OBJECT_LAMBDA

    @property
    def is_multi_region(self) -> bool:
        return self.is_access_point and not self.region


def bucket_arn(name: str, region: str) -> Arn:
    """The ARN of a bucket or access point, by its name or ARN.

    Raises ValueError for anything else, and for an alias, which does not contain the account and the access point.
    """
    if name.endswith(ALIAS_ENDINGS):
        raise ValueError(f"{name} is the alias of an access point: name its ARN with --arn.")
    if not name.startswith("arn:"):
        if not BUCKET_NAME.fullmatch(name):
            raise ValueError(f"{name} is no name of a bucket.")
        return Arn(partition_of(region), "s3", "", "", name)
    arn = Arn.parse(name)
    if arn.service not in {"s3", OBJECT_LAMBDA}:
        raise ValueError(f"{name} belongs to the service {arn.service}, and not to S3.")
    if arn.is_access_point:
        if not ACCOUNT.fullmatch(arn.account):
            raise ValueError(f"{name} names no account: 12 digits stand before accesspoint/.")
    elif arn.is_object_lambda or not BUCKET_NAME.fullmatch(arn.resource) or arn.region or arn.account:
        raise ValueError(f"{name} is neither a bucket nor an access point.")
    return arn


def partition_of(region: str) -> str:
    return next((value for prefix, value in PARTITIONS.items() if region.startswith(prefix)), "aws")


def objects_arn(arn: Arn, key: str) -> str:
    """The ARN of the objects whose keys match ``key``; access points have a segment before the key.

    Object Lambda knows no ARNs of objects: policies name the access point itself.
    """
    if arn.is_object_lambda:
        return str(arn)
    return f"{arn}/object/{key}" if arn.is_access_point else f"{arn}/{key}"


def principal_arn(text: str) -> str:
    """The ARN of a role or user, with wildcards if need be. Raises ValueError."""
    arn = Arn.parse(text)
    if arn.service != "iam" or not ACCOUNT.fullmatch(arn.account) or not PRINCIPAL.fullmatch(arn.resource):
        raise ValueError(f"{text} is no ARN of a role; one looks like arn:aws:iam::123456789012:role/sharesite.")
    return text


def kms_key_arn(text: str, region: str) -> str:
    """The ARN of an encryption key that a bucket in ``region`` can use. Raises ValueError."""
    arn = Arn.parse(text)
    if arn.service != "kms" or not ACCOUNT.fullmatch(arn.account) or not KMS_KEY.fullmatch(arn.resource):
        raise ValueError(f"{text} is no ARN of a KMS key, which ends in key/ and its id; aliases do not work here.")
    if arn.region != region:
        raise ValueError(f"{text} is a key of {arn.region or 'no region'}, and the bucket is in {region}.")
    return text
