"""Policies beside that of the bucket: of access points, by S3 Control of moto's server, and below ``S3_KEY_PREFIX``."""

import json
import secrets
import socket
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from shares.storage import ShareStorage
from shares.storage.doctor.denies import judge
from shares.storage.doctor.findings import Finding
from shares.storage.doctor.operations import GET_BY_URL
from shares.storage.doctor.policies import check_policy, check_target, targets_of
from shares.storage.policies.arns import Arn
from shares.storage.policies.statements import parse_policy
from sharesite.dev_stack.seaweedfs import SeaweedFS
from tests.storage.conftest import HOST, store_at
from tests.storage.faulty_s3_proxy import FaultyS3Proxy, any_request
from tests.storage.moto_server import REGION, MotoServer
from tests.storage.objects import remove_bucket

ACCOUNT = "123456789012"
READ_POINT = f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/readers"
OFFICE = {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}


def deny(sid: str, resource: str, action: str = "s3:GetObject") -> dict[str, Any]:
    statement = {"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource}
    return statement | {"Condition": OFFICE}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture
def control(moto_server: MotoServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The client of S3 Control. Its host names begin with the account, and no DNS has those of this machine."""
    lookup = socket.getaddrinfo

    def find_address(host: Any, *arguments: Any, **options: Any) -> Any:
        return lookup("127.0.0.1" if str(host).endswith(".localhost") else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", find_address)
    url = moto_server.url.replace("127.0.0.1", "localhost")
    for service in ("STS", "S3", "S3_CONTROL"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", url)
    config = Config(signature_version="s3v4")
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client("s3control", endpoint_url=url, region_name=REGION, config=config, **keys)


def aws_store(**options: object) -> ShareStorage:
    settings: dict[str, object] = {
        "bucket_name": "shares",
        "region_name": REGION,
        "addressing_style": "path",
        "access_key": "test",
        "secret_key": "test",
        "account_id": ACCOUNT,
    }
    return ShareStorage(**(settings | options))


def create_point(control: Any, name: str, *statements: dict[str, Any]) -> str:
    """The alias of a new access point with such a policy."""
    alias: str = control.create_access_point(AccountId=ACCOUNT, Name=name, Bucket="shares")["Alias"]
    if statements:
        control.put_access_point_policy(AccountId=ACCOUNT, Name=name, Policy=policy(*statements))
    return alias


def findings_at(store: ShareStorage, name: str) -> list[Finding]:
    """About one of the targets alone."""
    [target] = [target for target in targets_of(store) if target.name == name]
    return [*check_target(target, store, HOST, (), max_url_seconds=900, account="")]


def test_the_policy_of_the_access_point_that_downloads_go_through_is_judged(control: Any) -> None:
    create_point(
        control,
        "readers",
        deny("OnlyOffice", f"{READ_POINT}/object/u/*"),
        deny("Elsewhere", f"{READ_POINT}/object/x/*"),
    )
    [finding] = findings_at(aws_store(read_bucket=READ_POINT), READ_POINT)
    assert finding.message.startswith(
        "the Deny statement OnlyOffice refuses s3:GetObject by signed URL when the address"
    )
    assert finding.level == "fail"
    assert "add the addresses of the site" in finding.remedy


def test_an_access_point_without_a_policy_refuses_nothing(control: Any) -> None:
    create_point(control, "open")
    name = READ_POINT.replace("readers", "open")
    [finding] = findings_at(aws_store(read_bucket=name), name)
    assert finding.message == f"no statement of the policy of the access point {name} refuses what the site does"


def test_an_alias_as_the_bucket_is_judged_by_the_arn_that_it_stands_for(control: Any) -> None:
    arn = READ_POINT.replace("readers", "site")
    alias = create_point(control, "site", deny("NoUploads", f"{arn}/object/team-a/u/*", "s3:PutObject"))
    [finding] = findings_at(aws_store(bucket_name=alias, key_prefix="team-a"), alias)
    assert finding.message.startswith(
        "the Deny statement NoUploads can refuse s3:PutObject by signed URL, s3:PutObject"
    )


def test_an_alias_that_nobody_knows_is_a_warning(control: Any) -> None:
    alias = "gone-abcdefgh-s3alias"
    [finding] = findings_at(aws_store(bucket_name=alias), alias)
    assert finding.level == "warn"
    assert "S3_ACCOUNT_ID" in finding.remedy


def test_a_policy_that_may_not_be_read_names_the_right_to_read_it(
    moto_server: MotoServer, control: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultyS3Proxy(moto_server.url) as proxy:
        proxy.inject_error(any_request, status=403, code="AccessDenied", forwards=False)
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3_CONTROL", proxy.url.replace("127.0.0.1", "localhost"))
        [finding] = findings_at(aws_store(read_bucket=READ_POINT), READ_POINT)
    assert (finding.level, finding.message) == ("warn", f"the policy of the access point {READ_POINT} cannot be read")
    assert finding.remedy == "allow the key pair s3:GetAccessPointPolicy on this access point"


OBJECT_LAMBDA = Arn.parse(f"arn:aws:s3-object-lambda:{REGION}:{ACCOUNT}:accesspoint/redacted")


def test_object_lambda_has_actions_and_resources_of_its_own() -> None:
    [statement] = parse_policy(policy(deny("NoReads", str(OBJECT_LAMBDA), "s3-object-lambda:GetObject")))
    [judgment] = judge([statement], OBJECT_LAMBDA, (), {GET_BY_URL: {}})
    assert {operation for operation, _ in judgment.verdicts} == {GET_BY_URL}


@pytest.fixture
def team_store(storage_server: SeaweedFS) -> Iterator[ShareStorage]:
    store = store_at(storage_server, bucket_name=f"team-{secrets.token_hex(4)}", key_prefix="team-a")
    store.client.create_bucket(Bucket=store.bucket_name)
    yield store
    remove_bucket(store.client, store.bucket_name)


def test_statements_are_about_the_keys_below_the_prefix_of_the_team(team_store: ShareStorage) -> None:
    bucket = f"arn:aws:s3:::{team_store.bucket_name}"
    statements = deny("OwnPart", f"{bucket}/team-a/u/*"), deny("OtherPart", f"{bucket}/u/*")
    team_store.client.put_bucket_policy(Bucket=team_store.bucket_name, Policy=policy(*statements))
    [finding] = check_policy(team_store, HOST, (), max_url_seconds=900)
    assert finding.level == "fail"
    assert finding.message.startswith("the Deny statement OwnPart refuses s3:GetObject by signed URL, s3:GetObject")


def test_what_refuses_downloads_from_another_bucket_is_named(
    store: ShareStorage, storage_server: SeaweedFS, team_store: ShareStorage
) -> None:
    """Downloads by signed URL happen at ``S3_READ_BUCKET`` alone, so a statement of the first bucket is not why."""
    replica = team_store.bucket_name
    arn = f"arn:aws:s3:::{replica}"
    team_store.client.put_bucket_policy(Bucket=replica, Policy=policy(deny("NoReplica", f"{arn}/u/*")))
    [first_bucket, finding] = check_policy(store_at(storage_server, read_bucket=replica), HOST, (), max_url_seconds=900)
    assert first_bucket.level == "ok"
    assert finding.level == "fail"
    assert finding.message.startswith("the Deny statement NoReplica refuses s3:GetObject by signed URL, s3:GetObject")
