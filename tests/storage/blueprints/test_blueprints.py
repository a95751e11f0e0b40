"""What `storage setup --print` prints: each command is checked against the models of the AWS API, and read back."""

import io
import json
import re
import shlex
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.validate import ParamValidator
from django.core.management import CommandError, call_command
from pytest_django import Settings

from shares.storage.blueprints import BLUEPRINTS, render
from shares.storage.blueprints.values import BlueprintValues
from shares.storage.signing.read_buckets import parse_read_bucket, read_bucket_problems

VALUES = BlueprintValues(
    bucket="shares",
    region="eu-west-1",
    account="123456789012",
    name="team-readers",
    key_prefix="team-a/",
    principal="arn:aws:iam::123456789012:role/site",
    vpc="vpc-0123456789abcdef0",
    replica="shares-copy",
    replica_region="us-east-1",
)


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_commands_are_those_of_the_api(name: str) -> None:
    for command in BLUEPRINTS[name].commands(VALUES):
        client = boto3.client(
            command.service, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        operation = client.meta.service_model.operation_model(command.operation)
        parameters = dict(command.parameters)
        if command.operation == "CreateFunction":
            parameters["Code"] = {"ZipFile": b""}
        if "ClientToken" in operation.input_shape.members:
            assert parameters.get("ClientToken", "x")
        report = ParamValidator().validate(parameters, operation.input_shape)
        assert not report.has_errors(), report.generate_report()
        arguments = shlex.split(str(command).replace("\\\n", " "), comments=True)[1:]
        assert arguments[:2] == [
            {"s3": "s3api"}.get(command.service, command.service),
            xform_name(command.operation, "-"),
        ]
        options = dict(zip(arguments[2::2], arguments[3::2], strict=True))
        for parameter, value in command.parameters.items():
            text = options[f"--{xform_name(parameter, '-')}"]
            assert (text if isinstance(value, str) else json.loads(text)) == value


def policies(name: str) -> list[dict[str, Any]]:
    texts = []
    for command in BLUEPRINTS[name].commands(VALUES):
        for parameter in (command.parameters, command.parameters.get("Details", {})):
            texts += [value for key, value in parameter.items() if key.endswith(("Policy", "PolicyDocument"))]
    return [json.loads(text) for text in texts]


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_policies_let_the_site_read_below_its_prefix_alone(name: str) -> None:
    reading = [policy["Statement"][0] for policy in policies(name) if policy["Statement"][0].get("Sid") == "Read"]
    assert len(reading) == 1
    [statement] = reading
    assert statement["Principal"] == {"AWS": VALUES.principal}
    assert statement["Action"] == "s3:GetObject"
    assert [resource.partition("/object/")[2] for resource in statement["Resource"]] == ["team-a/u/*", "team-a/t/*"]
    if name == "delegation":
        [delegation] = [policy["Statement"][0] for policy in policies(name) if "s3:*" in json.dumps(policy)]
        assert delegation["Condition"] == {"StringEquals": {"s3:DataAccessPointAccount": "123456789012"}}


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_the_settings_at_the_end_start(name: str) -> None:
    for text in (render(name, VALUES, as_terraform=False), render(name, VALUES, as_terraform=True)):
        [read_bucket] = re.findall(r"^S3_READ_BUCKET=(.+)$", text, re.MULTILINE)
        read_bucket = read_bucket.replace("ALIAS.mrap", "mfzwi23gnjvgw.mrap")
        assert parse_read_bucket(read_bucket).account == VALUES.account
        problems = read_bucket_problems(read_bucket, region=VALUES.region, account=VALUES.account, endpoint_url="")
        assert [*problems] == []


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_terraform_has_a_resource_for_each_thing_that_is_created(name: str) -> None:
    text = render(name, VALUES, as_terraform=True).partition("# Then set")[0]
    for opening, closing in ("{}", "()", "[]"):
        assert text.count(opening) == text.count(closing)
    resources = re.findall(r'^resource "(aws_[a-z0-9_]+)" "([a-z]+)" \{$', text, re.MULTILINE)
    assert len(set(resources)) == len(resources) == text.count("\nresource ") + text.startswith("resource ")
    references = set(re.findall(r"\b(aws_[a-z0-9_]+)\.([a-z]+)\.[a-z_]+\b", text))
    assert references <= set(resources)
    expected_kinds = {
        "access-point": {"aws_s3_access_point", "aws_s3control_access_point_policy"},
        "vpc-access-point": {"aws_s3_access_point", "aws_s3control_access_point_policy"},
        "delegation": {"aws_s3_access_point", "aws_s3_bucket_policy"},
        "multi-region": {"aws_s3control_multi_region_access_point", "aws_s3_bucket_replication_configuration"},
        "object-lambda": {"aws_s3control_object_lambda_access_point", "aws_lambda_function"},
    }
    assert expected_kinds[name] <= {kind for kind, _ in resources}
    assert (VALUES.vpc in text) == (name == "vpc-access-point")


def test_the_way_back_of_a_failover_is_printed() -> None:
    [command] = [
        command
        for command in BLUEPRINTS["multi-region"].commands(VALUES)
        if command.operation == "SubmitMultiRegionAccessPointRoutes"
    ]
    routes = {route["Bucket"]: route["TrafficDialPercentage"] for route in command.parameters["RouteUpdates"]}
    assert routes == {"shares": 0, "shares-copy": 100}


@pytest.mark.parametrize(
    ("arguments", "account", "text"),
    [
        (["access-point"], None, "S3_ACCOUNT_ID"),
        (["access-point", "--name", "No"], "123456789012", "--name"),
        (["vpc-access-point", "--vpc", "all"], "123456789012", "--vpc"),
        (["multi-region", "--replica", "copy"], "123456789012", "--replica"),
        (["multi-region", "--replica", "copy@us-east-1"], "123456789012", "another region"),
    ],
)
def test_missing_values_are_named(settings: Settings, arguments: list[str], account: str | None, text: str) -> None:
    shares = settings.STORAGES["shares"]
    settings.STORAGES = {
        **settings.STORAGES,
        "shares": {**shares, "OPTIONS": {**shares["OPTIONS"], "account_id": account}},
    }
    with pytest.raises(CommandError, match=re.escape(text)):
        call_command("storage", "setup", "--print", *arguments, stdout=io.StringIO())


def test_the_command_prints_and_changes_nothing(settings: Settings) -> None:
    shares = settings.STORAGES["shares"]
    options = {**shares["OPTIONS"], "account_id": "123456789012", "endpoint_url": "http://127.0.0.1:9"}
    settings.STORAGES = {**settings.STORAGES, "shares": {**shares, "OPTIONS": options}}
    output = io.StringIO()
    call_command("storage", "setup", "--print", "access-point", "--terraform", stdout=output)
    assert output.getvalue().startswith('resource "aws_s3_access_point" "sharesite" {')
