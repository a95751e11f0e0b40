"""The policies that can refuse what the site does: of its bucket, of the one that it reads from, of access points."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from shares import errors
from shares.storage import errors as storage_errors
from shares.storage.bucket import configuration
from shares.storage.doctor import access_points, denies
from shares.storage.doctor.access_points import KINDS, UnknownAccessPointError, behind_access_point, parse_kind
from shares.storage.doctor.bucket import PUBLIC_POLICY, RIGHTS
from shares.storage.doctor.findings import Finding, fail, ok, warn
from shares.storage.doctor.operations import GET_BY_URL, OPERATIONS, READ_OPERATIONS, Attempts, Operation, context_of
from shares.storage.policies.arns import Arn, partition_of
from shares.storage.policies.identity import PREFIXES
from shares.storage.policies.statements import PolicyError, Statement, parse_policy
from shares.storage.shares import ShareStorage
from shares.storage.signing.read_buckets import ReadKind

ACTIONS_ON_FILES = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")


@dataclass(frozen=True, slots=True)
class Target:
    """A bucket or access point, and what the site does there. ``reads``: it is ``S3_READ_BUCKET``."""

    name: str
    operations: Sequence[Operation]
    is_access_point: bool
    reads: bool = False

    @property
    def policy(self) -> str:
        """What findings call its policy."""
        if self.is_access_point:
            return f"the policy of the access point {self.name}"
        return f"the policy of the bucket {self.name}" if self.reads else "the policy of the bucket"


def targets_of(store: ShareStorage) -> Iterator[Target]:
    read_name = store.reads.name if store.reads and store.reads.name != store.bucket_name else ""
    reads_elsewhere = bool(read_name) and parse_kind(read_name) is ReadKind.BUCKET
    # The policy of a bucket applies to requests through its access points as well.
    operations = [operation for operation in OPERATIONS if not (reads_elsewhere and operation == GET_BY_URL)]
    yield Target(store.bucket_name, operations, behind_access_point(store, store.bucket_name))
    if read_name:
        yield Target(read_name, READ_OPERATIONS, behind_access_point(store, read_name), reads=True)


def check_policy(
    store: ShareStorage, host: str, names: Collection[str], *, max_url_seconds: int, account: str = ""
) -> Iterator[Finding]:
    """Judge every policy; ``names`` and ``account`` are those of the site's key pair, empty if unknown."""
    for target in targets_of(store):
        yield from check_target(target, store, host, names, max_url_seconds=max_url_seconds, account=account)


def check_target(
    target: Target, store: ShareStorage, host: str, names: Collection[str], *, max_url_seconds: int, account: str
) -> Iterator[Finding]:
    try:
        arn, text = read_policy(target, store, account)
        statements = parse_policy(text)
    except errors.StorageUnsupported:
        return
    except errors.StorageRefuses:
        yield warn(f"{target.policy} cannot be read", right_to_read(target))
        return
    except errors.StorageUnavailable as error:
        reason = storage_errors.reason(error)[0] or "no answer"
        yield warn(f"{target.policy} could not be read ({reason})", "run the doctor again")
        return
    except UnknownAccessPointError:
        message = f"{target.name} is the alias of an access point that cannot be found in the account of the site"
        yield warn(message, "set S3_ACCOUNT_ID, or name the access point by its ARN")
        return
    except PolicyError as error:
        yield warn(f"{target.policy} cannot be understood: {error}", "compare it with the store's documentation")
        return
    yield from check_statements(statements, arn, target, store, host, names, max_url_seconds=max_url_seconds)


def read_policy(target: Target, store: ShareStorage, account: str) -> tuple[Arn, str]:
    if target.is_access_point:
        return access_points.read_policy(store, target.name, account)
    arn = Arn(partition_of(store.region_name), "s3", "", "", target.name)
    return arn, configuration.policy(store.client, target.name)


def right_to_read(target: Target) -> str:
    if target.is_access_point:
        return f"allow the key pair {KINDS[parse_kind(target.name)].right} on this access point"
    return "allow the key pair s3:GetBucketPolicy on this bucket" if target.reads else RIGHTS


def check_statements(
    statements: Sequence[Statement],
    arn: Arn,
    target: Target,
    store: ShareStorage,
    host: str,
    names: Collection[str],
    *,
    max_url_seconds: int,
) -> Iterator[Finding]:
    key_prefix = store.key_prefix or ""
    prefixes = [f"{key_prefix}{prefix}" for prefix in PREFIXES.values()]
    for statement in statements:
        if allows_everybody(statement, arn, prefixes):
            yield fail(f"the statement {statement.sid} lets everybody read files", PUBLIC_POLICY)
    contexts = {
        operation: context_of(operation, store, host, max_url_seconds=max_url_seconds)
        for operation in target.operations
    }
    judgments = denies.judge(statements, arn, names, contexts, key_prefix)
    yield from denies.explain(judgments, Attempts(store, host, reads=target.reads))
    if not judgments:
        policy = target.policy if target.reads or target.is_access_point else "the bucket policy"
        yield ok(f"no statement of {policy} refuses what the site does")


def allows_everybody(statement: Statement, arn: Arn, prefixes: Sequence[str]) -> bool:
    """Whether anyone without a signature can read or replace files; a condition may make that right."""
    return (
        not statement.is_deny
        and not statement.conditions
        and statement.concerns_everybody
        and any(denies.concerns_action(statement, action, arn) for action in ACTIONS_ON_FILES)
        and any(denies.concerns_objects(statement, prefix, arn) for prefix in prefixes)
    )
