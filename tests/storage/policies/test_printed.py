"""The printed policies: they fit the grammar of AWS, and refuse what no policy may contain."""

import json
import re
from io import StringIO
from itertools import product

import jsonschema
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from tests.storage.doctor.test_command import redirect
from tests.storage.policies.schema import MAX_BYTES, POLICY, check_policy, strings

ACCOUNT = "123456789012"
BUCKET = "arn:aws:s3:::shares"
ACCESS_POINT = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/mine"
MULTI_REGION = f"arn:aws:s3::{ACCOUNT}:accesspoint/mfzwi23gnjvgw.mrap"
OBJECT_LAMBDA = f"arn:aws:s3-object-lambda:us-east-1:{ACCOUNT}:accesspoint/redacted"
CHINA = "arn:aws-cn:s3:::shares"
ARNS = [BUCKET, ACCESS_POINT, MULTI_REGION, OBJECT_LAMBDA, CHINA]
ROLE = f"arn:aws:iam::{ACCOUNT}:role/sharesite"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
NETWORKS = [
    [],
    ["--from", "203.0.113.0/24"],
    ["--vpce", "vpce-1a2b3c4d"],
    ["--vpc", "vpc-1a2b3c4d", "--vpce", "vpce-0a1b2c3d4e5f60718"],
    ["--from", "203.0.113.7", "--from", "2001:db8::/32", "--vpce", "vpce-1a2b3c4d", "--except-role", ROLE],
]


def render(*arguments: str) -> str:
    output = StringIO()
    call_command("storage", "policy", *arguments, stdout=output, stderr=StringIO())
    return output.getvalue()


@pytest.mark.parametrize(("arn", "kms"), [*product(ARNS, [False, True])])
def test_every_combination_of_restrictions_fits_the_grammar(arn: str, kms: bool) -> None:
    for networks in NETWORKS:
        if kms and arn == OBJECT_LAMBDA:
            continue
        text = render("--bucket", "--arn", arn, *networks, *(["--require-kms", KEY] if kms else []))
        assert len(text.encode()) < MAX_BYTES
        check_policy(json.loads(text), of_bucket=True)


@pytest.mark.parametrize("arn", ARNS)
def test_the_rights_of_the_site_fit_the_grammar(arn: str) -> None:
    check_policy(json.loads(render("--arn", arn)), of_bucket=False)


def test_the_rights_to_tag_and_to_read_elsewhere_are_those_of_the_key_prefix(settings: Settings) -> None:
    options = {"bucket_name": "shares", "key_prefix": "team-a", "endpoint_url": None, "public_endpoint_url": None}
    redirect(settings, **options, object_tags=["share"], read_bucket=ACCESS_POINT, account_id=ACCOUNT)
    document = json.loads(render())
    check_policy(document, of_bucket=False)
    actions = [action for statement in document["Statement"] for action in strings(statement["Action"])]
    assert actions.count("s3:PutObjectTagging") == 3
    objects = [arn for statement in document["Statement"] for arn in strings(statement["Resource"]) if "/" in arn]
    assert set(objects) == {
        *(f"{BUCKET}/team-a/{prefix}/*" for prefix in ("u", "t", "doctor")),
        *(f"{ACCESS_POINT}/object/team-a/{prefix}/*" for prefix in ("u", "t", "doctor")),
    }


def test_the_rights_for_the_setup_fit_the_grammar() -> None:
    check_policy(json.loads(render("--setup")), of_bucket=False)


@pytest.mark.parametrize(
    "change",
    [
        {"Effect": "Maybe"},
        {"Action": []},
        {"Sid": "not allowed"},
        {"Condition": {"StringNotEqual": {"aws:SourceVpce": "x"}}},
        {"Condition": {}},
        {"Resources": "*"},
    ],
)
def test_the_schema_finds_errors(change: dict[str, object]) -> None:
    document = json.loads(render("--bucket"))
    jsonschema.validate(document, POLICY)
    document["Statement"][0] |= change
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, POLICY)


def statement_of(sid: str, *arguments: str) -> dict[str, object]:
    statements = json.loads(render("--bucket", *arguments))["Statement"]
    [statement] = [statement for statement in statements if statement["Sid"] == sid]
    return dict(statement)


def test_sources_restrict_signed_urls_only_and_any_of_them_suffices() -> None:
    statement = statement_of("OnlyFromKnownNetworks", *NETWORKS[-1])
    assert statement["Action"] == ["s3:GetObject", "s3:PutObject"]
    assert statement["Resource"] == [f"{BUCKET}/*"]
    # All conditions must hold for a refusal.
    assert statement["Condition"] == {
        "StringNotEquals": {"s3:authType": "REST-HEADER", "aws:SourceVpce": ["vpce-1a2b3c4d"]},
        "NotIpAddress": {"aws:SourceIp": ["203.0.113.7/32", "2001:db8::/32"]},
        "ArnNotLike": {"aws:PrincipalArn": [ROLE]},
    }


def test_access_points_and_object_lambda_have_their_own_resources_and_actions() -> None:
    arguments = ["--from", "203.0.113.0/24", "--arn"]
    assert statement_of("OnlyFromKnownNetworks", *arguments, ACCESS_POINT)["Resource"] == [f"{ACCESS_POINT}/object/*"]
    statement = statement_of("OnlyFromKnownNetworks", *arguments, OBJECT_LAMBDA)
    assert (statement["Resource"], statement["Action"]) == ([OBJECT_LAMBDA], "s3-object-lambda:GetObject")
    rights = json.loads(render("--arn", OBJECT_LAMBDA))["Statement"]
    assert [strings(entry["Action"]) for entry in rights] == [["s3-object-lambda:GetObject"], ["lambda:InvokeFunction"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from", "10.0.0.1/8"], r"10\.0\.0\.0/8: name the network"),
        (["--from", "nowhere"], "is no network"),
        (["--from", "203.0.113.0/33"], "is no network"),
        (["--from", "0.0.0.0/0"], "contains every address"),
        (["--from", "::/0"], "contains every address"),
        (["--vpce", "vpc-1a2b3c4d"], "is no id of a VPC endpoint"),
        (["--vpc", "vpce-1a2b3c4d"], "is no id of a VPC"),
        (["--except-role", ROLE], "needs --from"),
        (["--from", "203.0.113.0/24", "--except-role", "sharesite"], "is no ARN"),
        (["--from", "203.0.113.0/24", "--except-role", BUCKET], "is no ARN of a role"),
        (["--require-kms", "alias/files"], "is no ARN"),
        (["--require-kms", ROLE], "is no ARN of a KMS key"),
        (["--require-kms", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/files"], "is no ARN of a KMS key"),
        (["--require-kms", KEY.replace("us-east-1", "eu-west-1")], "is a key of eu-west-1"),
        (["--require-kms", KEY, "--arn", OBJECT_LAMBDA], "Nothing is stored"),
        (["--arn", "arn:aws:sqs:us-east-1:123456789012:queue"], "belongs to the service sqs"),
        (["--arn", "arn:aws:s3:us-east-1:12:accesspoint/mine"], "names no account"),
        (["--arn", "arn:aws:s3:us-east-1:123456789012:shares"], "is neither a bucket nor an access point"),
        (["--arn", "arn:aws:s3"], "is no ARN"),
        (["--arn", "Not A Bucket"], "is no name of a bucket"),
    ],
)
def test_what_no_policy_may_contain_is_refused(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        render("--bucket", *arguments)


def test_restrictions_belong_to_the_policy_of_the_bucket() -> None:
    with pytest.raises(CommandError, match="need --bucket"):
        render("--from", "203.0.113.0/24")
    with pytest.raises(CommandError, match="is an access point"):
        render("--setup", "--arn", ACCESS_POINT)


def test_notes_state_what_a_policy_needs(settings: Settings) -> None:
    def notes(*arguments: str) -> str:
        errors = StringIO()
        call_command("storage", "policy", "--bucket", *arguments, stdout=StringIO(), stderr=errors)
        return errors.getvalue()

    assert "use --vpce" in notes("--from", "10.0.0.0/8")
    assert "use --vpce" not in notes("--from", "203.0.113.0/24")
    assert "S3_KMS_KEY_ID" in notes("--require-kms", KEY)
    redirect(settings, sse="aws:kms", kms_key_id=KEY)
    assert "S3_KMS_KEY_ID" not in notes("--require-kms", KEY)


def hcl_to_json(text: str) -> object:
    """The document in ``jsonencode(…)``."""
    body = re.search(r"jsonencode\((.*)\)\n", text, re.DOTALL)
    assert body is not None
    fields = re.sub(r'^(\s*"(?:[^"\\]|\\.)*") = ', r"\1: ", body[1], flags=re.MULTILINE)
    separated = re.sub(r'(["\]}])\n(\s*")', r"\1,\n\2", fields)
    return json.loads(re.sub(r",(\s*[\]}])", r"\1", separated))


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ([], "aws_iam_policy"),
        (["--setup"], "aws_iam_policy"),
        (["--bucket", "--from", "203.0.113.0/24"], "aws_s3_bucket_policy"),
        (["--bucket", "--arn", ACCESS_POINT], "aws_s3control_access_point_policy"),
        (["--bucket", "--arn", OBJECT_LAMBDA], "aws_s3control_object_lambda_access_point_policy"),
        (["--bucket", "--arn", MULTI_REGION], "aws_s3control_multi_region_access_point_policy"),
    ],
)
def test_terraform_contains_the_same_document(arguments: list[str], kind: str) -> None:
    text = render("--terraform", *arguments)
    assert text.startswith(f'resource "{kind}" "sharesite" {{\n')
    assert text.count("{") == text.count("}")
    assert hcl_to_json(text) == json.loads(render(*arguments))


def test_the_rules_of_the_bucket_are_printed() -> None:
    [rule] = json.loads(render("--cors", "--origin", "https://share.example.org"))["CORSRules"]
    assert rule["AllowedOrigins"] == ["http://127.0.0.1:8000", "https://share.example.org"]
    assert json.loads(render("--lifecycle"))["Rules"][0]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert 'allowed_methods = ["PUT", "GET"]' in render("--cors", "--terraform")
    assert "days_after_initiation = 7" in render("--lifecycle", "--terraform")


def test_signatures_are_refused_only_when_they_are_older_than_any_url_of_the_site(settings: Settings) -> None:
    settings.LINK_SECONDS = [("application/pdf", 2 * 86400), ("*", 3600)]
    ages = [
        statement["Condition"]["NumericGreaterThan"]["s3:signatureAge"]
        for statement in json.loads(render("--bucket"))["Statement"]
        if statement["Sid"] == "NoStaleSignatures"
    ]
    assert ages == [str(2 * 86400 * 1000)]
