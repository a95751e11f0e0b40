"""What ``manage.py storage policy`` prints: the rights of the site, and the policy and rules of its bucket."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from typing import Any

from django.utils.translation import gettext

from shares.storage import ShareStorage
from shares.storage.bucket import cors, rules
from shares.storage.policies import identity, terraform
from shares.storage.policies.arns import bucket_arn
from shares.storage.policies.restrictions import Sources, restrict

# RFC 1918 and RFC 4193.
PRIVATE = [ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")]
# Options that only the policy of the bucket has.
RESTRICTIONS = ("networks", "vpc_endpoints", "vpcs", "principals", "kms_key")


def add_arguments(parser: ArgumentParser) -> None:
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--setup", action="store_true", help=gettext("what `storage setup` and the doctor need in addition")
    )
    kind.add_argument(
        "--bucket", action="store_true", help=gettext("a bucket policy that refuses what the site never does")
    )
    kind.add_argument("--cors", action="store_true", help=gettext("the CORS rules of the bucket"))
    kind.add_argument("--lifecycle", action="store_true", help=gettext("the rule that aborts incomplete uploads"))
    parser.add_argument("--arn", default="", help=gettext("of the bucket or access point, if S3_BUCKET is an alias"))
    parser.add_argument(
        "--origin", action="append", default=[], help=gettext("a further address of the site, for --cors")
    )
    parser.add_argument(
        "--terraform", action="store_true", help=gettext("print a resource of Terraform instead of JSON")
    )
    restrictions = parser.add_argument_group(
        gettext("restrictions of --bucket"), gettext("each may be repeated, and any source suffices")
    )
    for option, name, text in (
        ("--from", "networks", gettext("signed URLs work from these addresses only, such as 203.0.113.0/24")),
        ("--vpce", "vpc_endpoints", gettext("signed URLs work through this VPC endpoint only")),
        ("--vpc", "vpcs", gettext("signed URLs work through the endpoints of this VPC only")),
        ("--except-role", "principals", gettext("the ARN of a role to which --from, --vpce and --vpc do not apply")),
    ):
        restrictions.add_argument(option, dest=name, action="append", default=[], help=text)
    restrictions.add_argument(
        "--require-kms", dest="kms_key", default="", help=gettext("the ARN of the only encryption key")
    )


def notes(store: ShareStorage, options: dict[str, Any]) -> Iterator[str]:
    """What to know before the printed policy is used."""
    if not options["bucket"]:
        return
    yield gettext("For AWS: a store that doesn't know one of these conditions may refuse everybody, or nobody.")
    if sources_of(options):
        yield gettext(
            "The site tests its storage with signed URLs too: the addresses have to include its own, and those of "
            "everyone who sends or receives files."
        )
    if any(is_private(text) for text in options["networks"]):
        yield gettext(
            "Private addresses reach AWS through a VPC endpoint only, where it doesn't compare them: use --vpce."
        )
    if options["kms_key"] and (store.kms_key_id != options["kms_key"] or not (store.sse or "").startswith("aws:kms")):
        yield gettext("Set S3_SSE=aws:kms and S3_KMS_KEY_ID to the same key first, or no upload is accepted.")


def is_private(text: str) -> bool:
    network = ip_network(text)
    return any(network.subnet_of(private) for private in PRIVATE if network.version == private.version)  # type: ignore[arg-type]


def sources_of(options: dict[str, Any]) -> Sources:
    return Sources(options["vpc_endpoints"], options["vpcs"], options["networks"], options["principals"])


def render(store: ShareStorage, options: dict[str, Any], origins: Sequence[str], *, max_url_seconds: int) -> str:
    """The text to print. Raises ValueError for options that do not fit."""
    if not options["bucket"] and any(options[name] for name in RESTRICTIONS):
        raise ValueError(gettext("--from, --vpce, --vpc, --except-role and --require-kms need --bucket."))
    name, region = options["arn"] or store.bucket_name, store.region_name
    if options["cors"]:
        cors_rules = cors.rules(origins)
        bare_name = bucket_arn(name, region).resource
        return terraform.cors(bare_name, cors_rules) if options["terraform"] else to_json({"CORSRules": cors_rules})
    if options["lifecycle"]:
        bare_name = bucket_arn(name, region).resource
        rule = rules.ABORT_RULE
        return terraform.lifecycle(bare_name, rule) if options["terraform"] else to_json({"Rules": [rule]})
    if options["bucket"]:
        document = restrict(
            name, region, seconds=max_url_seconds, sources=sources_of(options), kms_key=options["kms_key"]
        )
        arn = bucket_arn(name, region)
        return terraform.resource_policy(document, arn) if options["terraform"] else to_json(document)
    document = identity.setup(name, region) if options["setup"] else _signer_policy(store, name)
    return terraform.identity_policy(document) if options["terraform"] else to_json(document)


def _signer_policy(store: ShareStorage, name: str) -> dict[str, Any]:
    """The rights of the site, on what it downloads from as well, if that is an access point."""
    read = store.read_bucket if store.reads and store.reads.account else None
    return identity.signer(
        name,
        store.region_name,
        store.kms_key_id,
        read=read or "",
        key_prefix=store.key_prefix or "",
        has_tags=bool(store.object_tags),
    )


def to_json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2)
