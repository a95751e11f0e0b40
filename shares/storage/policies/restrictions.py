"""The policy of a bucket or access point that refuses what the site never does. It grants nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from shares.storage.policies.arns import Arn, bucket_arn, kms_key_arn, objects_arn, principal_arn
from shares.storage.policies.identity import VERSION

VPC_ENDPOINT = re.compile(r"vpce-[0-9a-f]{8,17}")
VPC = re.compile(r"vpc-[0-9a-f]{8,17}")
# What browsers do with signed URLs: uploads of parts and whole files, downloads.
SIGNED_ACTIONS = ["s3:GetObject", "s3:PutObject"]
# Requests that the site itself sends are signed in a header; only URLs and forms that leave it are signed otherwise.
BY_HEADER = "REST-HEADER"
SIGNATURE_V2 = "AWS"
KMS_ENCRYPTIONS = ["aws:kms", "aws:kms:dsse"]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where signed URLs may be used: any of these is enough; empty is anywhere.

    ``principals`` are the ARNs of roles that the restriction does not concern.
    """

    vpc_endpoints: Sequence[str] = ()
    vpcs: Sequence[str] = ()
    networks: Sequence[str] = ()
    principals: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.vpc_endpoints or self.vpcs or self.networks)


def restrict(
    bucket: str, region: str, *, seconds: int, sources: Sources | None = None, kms_key: str = ""
) -> dict[str, Any]:
    """Refuse plain HTTP, signatures of version 2 and those older than ``seconds``; and what ``sources`` and ``kms_key``
    exclude. ``s3:signatureAge`` is in milliseconds. Raises ValueError for values that no policy may contain.
    """
    arn, sources = bucket_arn(bucket, region), Sources() if sources is None else sources
    statements = [
        deny("NoPlainHttp", arn, ["s3:*"], {"Bool": {"aws:SecureTransport": "false"}}),
        # Version 4A, which Multi-Region Access Points need, is as good as version 4.
        deny("NoOldSignatures", arn, ["s3:*"], {"StringEquals": {"s3:signatureversion": SIGNATURE_V2}}),
        deny("NoStaleSignatures", arn, ["s3:*"], {"NumericGreaterThan": {"s3:signatureAge": str(seconds * 1000)}}),
    ]
    if arn.is_object_lambda:
        del statements[1]  # It has no such condition, and knows version 4 only.
    if sources.principals and not sources:
        raise ValueError("--except-role needs --from, --vpce or --vpc.")
    if sources:
        statements.append(deny("OnlyFromKnownNetworks", arn, SIGNED_ACTIONS, outside(sources, arn)))
    if kms_key:
        statements += require_kms(arn, kms_key_arn(kms_key, region))
    return {"Version": VERSION, "Statement": statements}


def outside(sources: Sources, arn: Arn) -> dict[str, dict[str, Any]]:
    """The condition of a signed URL that is used elsewhere.

    Through a VPC endpoint there is no ``aws:SourceIp``, and without one no ``aws:SourceVpce``: a negated operator is
    true for a missing key, so the statement refuses a request only if none of the sources fits.
    """
    differs: dict[str, Any] = {f"{arn.service}:authType": BY_HEADER}
    if sources.vpc_endpoints:
        differs["aws:SourceVpce"] = checked_ids(sources.vpc_endpoints, VPC_ENDPOINT, "VPC endpoint, like vpce-1a2b3c4d")
    if sources.vpcs:
        differs["aws:SourceVpc"] = checked_ids(sources.vpcs, VPC, "VPC, like vpc-1a2b3c4d")
    condition: dict[str, dict[str, Any]] = {"StringNotEquals": differs}
    if sources.networks:
        condition["NotIpAddress"] = {"aws:SourceIp": [str(parse_network(text)) for text in sources.networks]}
    if sources.principals:
        condition["ArnNotLike"] = {"aws:PrincipalArn": [principal_arn(text) for text in sources.principals]}
    return condition


def checked_ids(values: Sequence[str], pattern: re.Pattern[str], kind: str) -> list[str]:
    for value in values:
        if not pattern.fullmatch(value):
            raise ValueError(f"{value} is no id of a {kind}.")
    return [*values]


def parse_network(text: str) -> IPv4Network | IPv6Network:
    """Raises ValueError for what is no network, has host bits, or contains every address."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text} is no network; one looks like 203.0.113.0/24.") from None
    if "/" in text and str(network.network_address) != text.partition("/")[0]:
        raise ValueError(f"{text} is an address within {network}: name the network.")
    if not network.prefixlen:
        raise ValueError(f"{text} contains every address, and restricts nothing.")
    return network


def require_kms(arn: Arn, key: str) -> list[dict[str, Any]]:
    """Refuse objects that are not encrypted with this key."""
    if arn.is_object_lambda:
        raise ValueError("Nothing is stored through Object Lambda: name the bucket with --arn.")
    encryption = "s3:x-amz-server-side-encryption"
    return [
        deny("OnlyEncryptedByKms", arn, ["s3:PutObject"], {"StringNotEquals": {encryption: KMS_ENCRYPTIONS}}),
        deny("OnlyWithThisKey", arn, ["s3:PutObject"], {"StringNotEquals": {f"{encryption}-aws-kms-key-id": key}}),
    ]


def deny(sid: str, arn: Arn, actions: Sequence[str], condition: dict[str, Any]) -> dict[str, Any]:
    """``actions`` and keys of S3; for Object Lambda they are its own."""
    of_bucket = [str(arn)] if "s3:*" in actions or arn.is_object_lambda else []
    resources = of_bucket if arn.is_object_lambda else [*of_bucket, objects_arn(arn, "*")]
    if arn.is_object_lambda:
        # It serves downloads only, so its policy names no other action.
        actions = [f"{arn.service}:*"] if "s3:*" in actions else [f"{arn.service}:GetObject"]
        condition = {
            operator: {key.replace("s3:", f"{arn.service}:", 1): value for key, value in keys.items()}
            for operator, keys in condition.items()
        }
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": actions[0] if len(actions) == 1 else [*actions],
        "Resource": resources,
        "Condition": condition,
    }
