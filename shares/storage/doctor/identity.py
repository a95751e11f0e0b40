"""Who signs: the user or role of the key pair, how long its sessions last, and rights that it should not have.

Only keys of AWS are shown to AWS: a key pair of another store stays with that store.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from shares.storage.doctor.findings import Finding, fail, ok, warn
from shares.storage.policies.arns import Arn, bucket_arn, objects_arn
from shares.storage.shares import ShareStorage

AWS_HOST = re.compile(r"(.+\.)?amazonaws\.com(\.cn)?")
CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
FAILURES = (BotoCoreError, ClientError, ResponseParserError, OSError)
# Rights that a stolen key pair could do harm with, and that the site never uses; with the resource they are about.
EXCESSIVE_ON_BUCKET = (
    "s3:DeleteBucket",
    "s3:DeleteObjectVersion",
    "s3:PutBucketAcl",
    "s3:PutBucketPolicy",
    "s3:PutObjectAcl",
)
EXCESSIVE_ANYWHERE = ("iam:CreateAccessKey", "iam:PassRole", "s3:ListAllMyBuckets", "sts:AssumeRole")
REPLACE_KEY_PAIR = "give the site a user or role of its own with what `manage.py storage policy` prints"
USER = "on AWS use a role; elsewhere replace the key pair from time to time"


@dataclass(frozen=True, slots=True)
class Identity:
    """``principal`` is the user or role itself, without its session; ``names`` are what policies call it."""

    arn: Arn
    principal: Arn

    @property
    def is_root(self) -> bool:
        return self.principal.resource == "root"

    @property
    def role_name(self) -> str:
        """Without its path; empty for a user."""
        kind, _, name = self.principal.resource.partition("/")
        return name.rpartition("/")[2] if kind == "role" else ""

    @property
    def names(self) -> frozenset[str]:
        account = self.arn.account
        return frozenset({str(self.arn), str(self.principal), account, f"arn:{self.arn.partition}:iam::{account}:root"})


def parse_identity(text: str) -> Identity:
    """``text`` is the ARN that STS reports. Raises ValueError."""
    arn = Arn.parse(text)
    kind, _, path = arn.resource.partition("/")
    if kind != "assumed-role":
        return Identity(arn, arn)
    # The path of a role is not in the ARN of its sessions.
    return Identity(arn, Arn(arn.partition, "iam", "", arn.account, f"role/{path.partition('/')[0]}"))


def uses_aws(store: ShareStorage) -> bool:
    """Whether the key pair is one of AWS, or the AWS SDK has an STS of its own (``AWS_ENDPOINT_URL_STS``)."""
    return _is_aws(store.endpoint_url) or not _is_aws(_sts(store).meta.endpoint_url)


def _is_aws(url: str | None) -> bool:
    host = urlsplit(url or "").hostname
    return host is None or AWS_HOST.fullmatch(host) is not None


def _sts(store: ShareStorage) -> Any:
    return store.session.client("sts", region_name=store.region_name, config=CONFIG)


def find_identity(store: ShareStorage) -> Identity | None:
    """The identity of the key pair; None if it is unknown."""
    if not uses_aws(store):
        return None
    try:
        return parse_identity(_sts(store).get_caller_identity()["Arn"])
    except (*FAILURES, ValueError):
        return None


def check_identity(
    store: ShareStorage, identity: Identity | None, page_url_seconds: int, max_url_seconds: int
) -> Iterator[Finding]:
    if identity is None:
        if uses_aws(store):
            yield warn(
                "AWS does not report whose key pair this is", "let this machine reach STS, and run the doctor again"
            )
        return
    if store.account_id and identity.arn.account != store.account_id:
        message = f"the key pair belongs to the account {identity.arn.account}, and S3_ACCOUNT_ID is {store.account_id}"
        yield warn(message, "use a key pair of that account, or correct S3_ACCOUNT_ID")
    if identity.is_root:
        yield fail(f"the key pair is that of the root user of the account {identity.arn.account}", REPLACE_KEY_PAIR)
        return
    iam = store.session.client("iam", region_name=store.region_name, config=CONFIG)
    if identity.role_name:
        yield check_session(store, iam, identity.role_name, page_url_seconds, max_url_seconds)
    else:
        yield warn(f"the key pair is that of {identity.arn}, and never ends by itself", USER)
    yield from check_excess(iam, identity, store)


def check_session(store: ShareStorage, iam: Any, role: str, page_url_seconds: int, max_url_seconds: int) -> Finding:
    """A signed URL ends with the session that signed it, unless the long-lived pair signs it.

    An upload or a download that is cut short fails. A link for programs states how long it works.
    """
    subject = f"the role {role} signs"
    try:
        seconds = int(iam.get_role(RoleName=role)["Role"]["MaxSessionDuration"])
    except (*FAILURES, KeyError):
        return ok(f"{subject}; how long its sessions last cannot be read")
    message = f"{subject} in sessions of {seconds} s at most"
    if store.long_pair is not None or seconds >= max_url_seconds:
        return ok(message)
    if seconds < page_url_seconds:
        return warn(
            f"{message}, and signed URLs of pages last up to {page_url_seconds} s",
            "give the role longer sessions, set AWS_ACCESS_KEY_ID_LONG, or lower UPLOAD_URL_SECONDS",
        )
    return ok(f"{message}, and links for programs end with them")


def check_excess(iam: Any, identity: Identity, store: ShareStorage) -> Iterator[Finding]:
    """Ask IAM for rights that the site does not need; without the right to ask there is no result."""
    try:
        bucket = bucket_arn(store.bucket_name, store.region_name)
        file = objects_arn(bucket, f"{store.key_prefix or ''}u/x")
        excess = [
            *allowed(iam, identity, EXCESSIVE_ON_BUCKET, [str(bucket), file]),
            *allowed(iam, identity, EXCESSIVE_ANYWHERE, ["*"]),
        ]
    except (*FAILURES, KeyError, ValueError):
        return
    if excess:
        yield warn(f"the key pair has rights that the site never uses: {', '.join(sorted(excess))}", REPLACE_KEY_PAIR)
    else:
        yield ok("the key pair has none of the rights that the site should not have")


def allowed(iam: Any, identity: Identity, actions: tuple[str, ...], resources: list[str]) -> set[str]:
    response = iam.simulate_principal_policy(
        PolicySourceArn=str(identity.principal), ActionNames=[*actions], ResourceArns=resources
    )
    results = response["EvaluationResults"]
    return {result["EvalActionName"] for result in results if result["EvalDecision"] == "allowed"}
