"""The names that a blueprint contains, checked as AWS would."""

import re
from dataclasses import dataclass

from shares.storage.policies.arns import PARTITIONS
from shares.storage.signing.read_buckets import ACCESS_POINT_NAME, ACCOUNT, BUCKET_NAME

VPC = re.compile(r"vpc-[0-9a-f]{8,17}")
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


@dataclass(frozen=True, slots=True)
class BlueprintValues:
    """``replica`` and ``replica_region`` are the second bucket of a Multi-Region Access Point; ``principal`` is the ARN
    of the site's role or user.
    """

    bucket: str
    region: str
    account: str
    name: str = "sharesite"
    key_prefix: str = ""
    principal: str = ""
    vpc: str = ""
    replica: str = ""
    replica_region: str = ""

    @property
    def partition(self) -> str:
        return next((name for prefix, name in PARTITIONS.items() if self.region.startswith(prefix)), "aws")

    @property
    def readers(self) -> str:
        """Who may read: the site, or everybody in its account whose own policy allows it."""
        return self.principal or f"arn:{self.partition}:iam::{self.account}:root"

    def bucket_arn(self, bucket: str = "") -> str:
        return f"arn:{self.partition}:s3:::{bucket or self.bucket}"

    @property
    def access_point_arn(self) -> str:
        return f"arn:{self.partition}:s3:{self.region}:{self.account}:accesspoint/{self.name}"

    def check(self, *, needs_vpc: bool, needs_replica: bool) -> None:
        """Raises ValueError with a sentence that names the option or setting."""
        if not ACCOUNT.fullmatch(self.account):
            raise ValueError("Set S3_ACCOUNT_ID to the 12 digits of the account that owns the bucket.")
        if not BUCKET_NAME.fullmatch(self.bucket):
            raise ValueError("S3_BUCKET must be the name of a bucket, and no access point.")
        if not ACCESS_POINT_NAME.fullmatch(self.name):
            raise ValueError("--name must have 3 to 50 lower-case letters, digits and hyphens.")
        if needs_vpc and not VPC.fullmatch(self.vpc):
            raise ValueError("--vpc must be the id of a VPC, like vpc-0123456789abcdef0.")
        if needs_replica and (not BUCKET_NAME.fullmatch(self.replica) or not REGION.fullmatch(self.replica_region)):
            raise ValueError("--replica must name the second bucket and its region, like shares-replica@us-east-1.")
        if needs_replica and (self.replica == self.bucket or self.replica_region == self.region):
            raise ValueError("--replica must be another bucket in another region.")
