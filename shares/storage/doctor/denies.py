"""The Deny statements of a bucket policy that can concern the site, and those that are why something is refused."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shares.storage.doctor.findings import Finding, fail, ok, warn
from shares.storage.doctor.operations import Attempts, Operation
from shares.storage.policies.arns import Arn, objects_arn
from shares.storage.policies.conditions import Condition, in_words
from shares.storage.policies.identity import PREFIXES
from shares.storage.policies.statements import Statement

# What to do about a statement, by the key of its condition.
REMEDIES = {
    "aws:principalarn": "add the user or role of the site's key pair to its exceptions",
    "aws:securetransport": "use https in S3_ENDPOINT_URL and S3_PUBLIC_ENDPOINT_URL",
    "aws:sourceip": "add the addresses of the site, and of everyone who sends or receives files",
    "aws:sourcevpc": "let the site and its browsers reach the bucket through that VPC, or add theirs",
    "aws:sourcevpce": "let the site and its browsers reach the bucket through that VPC endpoint, or add theirs",
    "s3:signatureage": "raise it above the lifetime of signed URLs, or lower UPLOAD_URL_SECONDS and LINK_SECONDS",
    "s3:x-amz-server-side-encryption": "set S3_SSE to the encryption that it requires",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "set S3_SSE=aws:kms, and S3_KMS_KEY_ID to the key that it names",
}
REMEDY = "remove the statement, or except the site's key pair from it"
RIGHTS = "compare the rights of the key pair with what `storage policy` prints"
UNSUPPORTED = "the store does not know its condition: remove the statement"
# How AWS explains a refusal that no statement of the bucket causes.
NO_ALLOW = ("no identity-based policy allows", "explicit deny in an identity-based policy")


@dataclass(slots=True)
class Judgment:
    """A statement, and for each operation that it concerns, whether its conditions hold; None if that is unknown."""

    statement: Statement
    conditions: tuple[Condition, ...]
    verdicts: dict[tuple[Operation, str], bool | None] = field(default_factory=dict)

    @property
    def is_understood(self) -> bool:
        return all(condition.is_known for condition in self.conditions)

    def describe(self, operations: Collection[tuple[Operation, str]]) -> str:
        actions = ", ".join(dict.fromkeys(str(operation) for operation, _ in operations))
        return f"{actions} when {in_words(self.conditions)}" if self.conditions else f"{actions} always"


def judge(
    statements: Sequence[Statement],
    arn: Arn,
    names: Collection[str],
    contexts: Mapping[Operation, Mapping[str, str | None]],
    key_prefix: str = "",
) -> list[Judgment]:
    """The Deny statements that concern an operation of ``contexts``, which has what is known of its requests.

    ``names`` are those of the site's key pair, if known; ``key_prefix`` is ``S3_KEY_PREFIX``.
    """
    judgments = []
    for statement in statements:
        if not statement.is_deny or statement.concerns_principal(names) is False:
            continue
        judgment = Judgment(statement, tuple(Condition.parse(*condition) for condition in statement.conditions))
        for operation, context in contexts.items():
            for prefix in prefixes_of(statement, operation, arn, key_prefix):
                verdict = all_hold([condition.holds(context) for condition in judgment.conditions])
                judgment.verdicts[operation, prefix] = verdict
        if judgment.verdicts:
            judgments.append(judgment)
    return judgments


def prefixes_of(statement: Statement, operation: Operation, arn: Arn, key_prefix: str) -> list[str]:
    """The prefixes below which a statement concerns an operation; an empty one for an operation of the bucket."""
    if not concerns_action(statement, operation.action, arn):
        return []
    if operation.on_bucket:
        return [""] if statement.concerns_resource(str(arn)) else []
    return [prefix for prefix in PREFIXES.values() if concerns_objects(statement, f"{key_prefix}{prefix}", arn)]


def concerns_action(statement: Statement, action: str, arn: Arn) -> bool:
    """Whether a statement about ``arn`` concerns an action of S3; Object Lambda has the same under its own name."""
    return statement.concerns_action(f"{arn.service}:{action.removeprefix('s3:')}")


def concerns_objects(statement: Statement, prefix: str, arn: Arn) -> bool:
    if arn.is_object_lambda:
        return statement.concerns_resource(str(arn))
    return statement.concerns_some_object(objects_arn(arn, prefix))


def all_hold(results: Sequence[bool | None]) -> bool | None:
    if False in results:
        return False
    return None if None in results else True


def explain(judgments: Sequence[Judgment], attempts: Attempts) -> Iterator[Finding]:
    """One finding for each statement, and one for each refusal that none of them causes."""
    refusals = {
        attempt: refusal
        for judgment in judgments
        for attempt in judgment.verdicts
        if (refusal := attempts.refusal(*attempt))
    }
    caused = {attempt for attempt, text in refusals.items() if not any(reason in text for reason in NO_ALLOW)}
    understood = [judgment for judgment in judgments if judgment.is_understood]
    explained = {
        attempt for judgment in understood for attempt in caused if judgment.verdicts.get(attempt, False) is not False
    }
    for judgment in judgments:
        yield finding_of(judgment, caused, explained)
    for attempt in refusals.keys() - {
        attempt for judgment in understood for attempt in judgment.verdicts.keys() & caused
    }:
        location = f" below {attempt[1]}" if attempt[1] else ""
        yield fail(f"{attempt[0]}{location} is refused: {refusals[attempt]}", RIGHTS)


def finding_of(
    judgment: Judgment, caused: Collection[tuple[Operation, str]], explained: Collection[tuple[Operation, str]]
) -> Finding:
    subject = f"the Deny statement {judgment.statement.sid}"
    possible = [attempt for attempt, verdict in judgment.verdicts.items() if verdict is not False]
    refused_attempts = [attempt for attempt in possible if attempt in caused]
    if refused_attempts and judgment.is_understood:
        return fail(f"{subject} refuses {judgment.describe(refused_attempts)}", remedy_for(judgment))
    if refused_attempts:
        return warn(
            f"{subject} may be why this is refused: {judgment.describe(refused_attempts)}", remedy_for(judgment)
        )
    unexplained = [attempt for attempt in judgment.verdicts if attempt in caused and attempt not in explained]
    if unexplained:
        return fail(f"{subject} refuses {judgment.describe(unexplained)}, though that is not so", UNSUPPORTED)
    if possible:
        return warn(f"{subject} can refuse {judgment.describe(possible)}; it does not at present", remedy_for(judgment))
    return ok(f"{subject} does not concern the site: it refuses {judgment.describe(judgment.verdicts)}")


def remedy_for(judgment: Judgment) -> str:
    remedies = dict.fromkeys(REMEDIES[condition.key] for condition in judgment.conditions if condition.key in REMEDIES)
    return ", or ".join(remedies) or REMEDY
