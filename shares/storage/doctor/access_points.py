"""The policies of access points, which apply beside that of the bucket. AWS alone has them, in S3 Control."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from shares.storage.doctor.identity import CONFIG, uses_aws
from shares.storage.errors import code_of, translate_errors
from shares.storage.policies.arns import OBJECT_LAMBDA, Arn, partition_of
from shares.storage.shares import ShareStorage
from shares.storage.signing.read_buckets import ReadBucket, ReadKind, parse_read_bucket

# Where AWS answers questions about Multi-Region Access Points.
MULTI_REGION_HOME = "us-west-2"
NO_POLICY = "NoSuchAccessPointPolicy"


@dataclass(frozen=True, slots=True)
class Kind:
    """``list`` names the operation that lists access points, with the field of the response; ``policy`` reads it."""

    list: str
    field: str
    policy: str
    text_of: Callable[[Mapping[str, Any]], str]

    @property
    def right(self) -> str:
        """The right to read the policy."""
        return f"s3:{self.policy.title().replace('_', '')}"


KINDS = {
    ReadKind.ACCESS_POINT: Kind(
        "list_access_points", "AccessPointList", "get_access_point_policy", lambda response: str(response["Policy"])
    ),
    ReadKind.OBJECT_LAMBDA: Kind(
        "list_access_points_for_object_lambda",
        "ObjectLambdaAccessPointList",
        "get_access_point_policy_for_object_lambda",
        lambda response: str(response["Policy"]),
    ),
    ReadKind.MULTI_REGION: Kind(
        "list_multi_region_access_points",
        "AccessPoints",
        "get_multi_region_access_point_policy",
        lambda response: str(response["Policy"].get("Established", {}).get("Policy", "")),
    ),
}


class UnknownAccessPointError(Exception):
    """The account lists no access point of that alias, or is not known."""


def behind_access_point(store: ShareStorage, name: str) -> bool:
    """Whether ``name`` is an access point; only on AWS do names like those of aliases stand for one."""
    return uses_aws(store) and parse_kind(name) is not ReadKind.BUCKET


def parse_kind(name: str) -> ReadKind:
    try:
        return parse_read_bucket(name).kind
    except ValueError:
        return ReadKind.BUCKET


def read_policy(store: ShareStorage, name: str, account: str) -> tuple[Arn, str]:
    """The ARN and the policy of an access point, "" without one; ``name`` is its ARN or alias.

    Raises ``UnknownAccessPointError`` and ``errors.StorageUnavailable``.
    """
    point = parse_read_bucket(name)
    account = point.account or store.account_id or account
    if not account:
        raise UnknownAccessPointError
    kind = KINDS[point.kind]
    region = MULTI_REGION_HOME if point.kind is ReadKind.MULTI_REGION else store.region_name
    config = CONFIG.merge(Config(signature_version="s3v4"))
    client = store.session.client("s3control", region_name=region, config=config)
    with translate_errors(f"reading the policy of an access point ({kind.policy})"):
        own_name = find_name(client, kind, point, account)
        try:
            text = kind.text_of(getattr(client, kind.policy)(AccountId=account, Name=own_name))
        except ClientError as error:
            if code_of(error) != NO_POLICY:
                raise
            text = ""
    return arn_of(point, own_name, account, store.region_name), text


def find_name(client: Any, kind: Kind, point: ReadBucket, account: str) -> str:
    """The name of an access point: the ARN of a Multi-Region Access Point has its alias, too."""
    label = point.name.rpartition("/")[2] if point.account else point.name
    if point.account and point.kind is not ReadKind.MULTI_REGION:
        return label
    for entry in list_all(client, kind, account):
        alias = entry.get("Alias", "")
        if (alias.get("Value", "") if isinstance(alias, dict) else alias) == label:
            return str(entry["Name"])
    raise UnknownAccessPointError


def list_all(client: Any, kind: Kind, account: str) -> Iterator[Mapping[str, Any]]:
    """Page by page: botocore has no paginators for these operations."""
    token: dict[str, str] = {}
    while True:
        page = getattr(client, kind.list)(AccountId=account, **token)
        yield from page.get(kind.field, ())
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def arn_of(point: ReadBucket, own_name: str, account: str, region: str) -> Arn:
    if point.account:
        return Arn.parse(point.name)
    service = OBJECT_LAMBDA if point.kind is ReadKind.OBJECT_LAMBDA else "s3"
    return Arn(partition_of(region), service, region, account, f"accesspoint/{own_name}")
