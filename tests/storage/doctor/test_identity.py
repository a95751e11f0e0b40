"""Who signs, and where the bucket is: STS, IAM and KMS of moto's server, and the doctor's findings about them."""

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from shares.storage import ShareStorage
from shares.storage.doctor.bucket import check_rules
from shares.storage.doctor.checks import check_region
from shares.storage.doctor.findings import Finding, ok
from shares.storage.doctor.identity import check_identity, find_identity, parse_identity
from shares.storage.doctor.policies import check_policy
from shares.storage.doctor.probes import Probe
from tests.storage.conftest import HOST
from tests.storage.doctor.test_denies import ADDRESSES, ENCRYPTION, ENDPOINT
from tests.storage.moto_server import REGION, MotoServer

ACCOUNT = "123456789012"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
Build = Callable[..., ShareStorage]


@pytest.fixture
def build(moto_server: MotoServer, monkeypatch: pytest.MonkeyPatch) -> Build:
    """A storage in moto whose key pair STS and IAM of moto know."""
    for service in ("STS", "IAM"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", moto_server.url)

    def make(**options: object) -> ShareStorage:
        settings: dict[str, object] = {
            "bucket_name": f"moto-{secrets.token_hex(4)}",
            "region_name": REGION,
            "endpoint_url": moto_server.url,
            "public_endpoint_url": moto_server.url,
            "addressing_style": "path",
            "access_key": "test",
            "secret_key": "test",
        }
        return ShareStorage(**(settings | options))

    return make


def of_user(moto: MotoServer, name: str) -> dict[str, object]:
    iam = moto.client("iam")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"]}


def of_role(moto: MotoServer, name: str, session_seconds: int) -> dict[str, object]:
    arn = moto.client("iam").create_role(
        RoleName=name, Path="/web/", AssumeRolePolicyDocument=TRUST, MaxSessionDuration=session_seconds
    )["Role"]["Arn"]
    key = moto.client("sts").assume_role(RoleArn=arn, RoleSessionName="web")["Credentials"]
    return {
        "access_key": key["AccessKeyId"],
        "secret_key": key["SecretAccessKey"],
        "security_token": key["SessionToken"],
    }


def findings_about(store: ShareStorage, page_url_seconds: int = 900, max_url_seconds: int = 900) -> list[Finding]:
    return [*check_identity(store, find_identity(store), page_url_seconds, max_url_seconds)]


def test_the_key_pair_of_a_user_is_a_warning(moto_server: MotoServer, build: Build) -> None:
    store = build(**of_user(moto_server, "signer-1"))
    [finding] = findings_about(store)
    assert finding.level == "warn"
    assert finding.message == f"the key pair is that of arn:aws:iam::{ACCOUNT}:user/signer-1, and never ends by itself"
    assert "use a role" in finding.remedy


@pytest.mark.parametrize(("session_seconds", "level"), [(3600, "warn"), (43_200, "ok")])
def test_sessions_of_a_role_are_compared_with_the_lifetime_of_urls(
    moto_server: MotoServer, build: Build, session_seconds: int, level: str
) -> None:
    store = build(**of_role(moto_server, f"site-{session_seconds}", session_seconds))
    [finding] = findings_about(store, page_url_seconds=7200, max_url_seconds=86_400)
    assert finding.level == level
    assert ("links for programs end with them" in finding.message) is (level == "ok")
    assert f"the role site-{session_seconds} signs in sessions of {session_seconds} s at most" in finding.message
    identity = find_identity(store)
    assert identity is not None
    assert identity.role_name == f"site-{session_seconds}"


def test_the_long_lived_pair_signs_what_outlives_the_sessions_of_a_role(moto_server: MotoServer, build: Build) -> None:
    pairs = of_role(moto_server, "site-long", 3600) | {"long_access_key": "long", "long_secret_key": "secret"}
    [finding] = findings_about(build(**pairs), page_url_seconds=7200, max_url_seconds=86_400)
    assert finding.level == "ok"
    assert "links" not in finding.message


def test_the_root_user_and_a_foreign_account_are_named(build: Build) -> None:
    root = parse_identity(f"arn:aws:iam::{ACCOUNT}:root")
    [account, finding] = check_identity(build(account_id="210987654321"), root, 900, 900)
    assert (account.level, "S3_ACCOUNT_ID is 210987654321" in account.message) == ("warn", True)
    assert finding.level == "fail"
    assert finding.message == f"the key pair is that of the root user of the account {ACCOUNT}"
    assert "storage policy" in finding.remedy


def test_the_key_pair_of_another_store_is_not_shown_to_aws(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL_STS")
    store = build()
    assert find_identity(store) is None
    assert findings_about(store) == []


def test_the_region_of_the_bucket_is_compared(moto_server: MotoServer, build: Build) -> None:
    store = build()
    moto_server.client("s3").create_bucket(
        Bucket=store.bucket_name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    [finding] = check_region(store, HOST)
    assert finding.level == "fail"
    assert finding.message == "the bucket is in eu-west-1, and URLs are signed for us-east-1"
    assert finding.remedy == "set S3_REGION=eu-west-1"


def test_each_deny_statement_is_named(moto_server: MotoServer, build: Build) -> None:
    """moto applies statements to signed URLs, whatever their conditions are, and to nothing else."""
    store = build()
    client = moto_server.client("s3")
    client.create_bucket(Bucket=store.bucket_name)
    document = {"Version": "2012-10-17", "Statement": [ENDPOINT, ADDRESSES, ENCRYPTION]}
    text = json.dumps(document).replace("BUCKET", store.bucket_name)
    client.put_bucket_policy(Bucket=store.bucket_name, Policy=text)
    findings = [*check_policy(store, HOST, (), max_url_seconds=900)]
    assert [(finding.level, finding.message.split()[3]) for finding in findings] == [
        ("fail", "OnlyOurEndpoint"), ("fail", "OnlyOurOffice"), ("fail", "OnlyEncrypted"),
    ]  # fmt: skip
    assert "refuses s3:GetObject by signed URL, s3:PutObject by signed URL when the VPC" in findings[0].message
    assert "refuses s3:PutObject by signed URL when the encryption of the object is not aws:kms" in findings[2].message


def test_the_configuration_of_the_bucket_is_read(moto_server: MotoServer, build: Build) -> None:
    store, client = build(), moto_server.client("s3")
    client.create_bucket(Bucket=store.bucket_name, ObjectLockEnabledForBucket=True)
    retention = {"Mode": "GOVERNANCE", "Days": 30}
    client.put_object_lock_configuration(
        Bucket=store.bucket_name,
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}},
    )
    key = moto_server.client("kms").create_key()["KeyMetadata"]["Arn"]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    client.put_bucket_encryption(
        Bucket=store.bucket_name,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]},
    )
    levels = {finding.message: finding.level for finding in check_rules(store)}
    assert levels["object lock keeps the bytes of every file for 30 days, also of those that are deleted"] == "warn"
    assert levels[f"the bucket encrypts new objects by aws:kms with the key {key}"] == "ok"
    assert levels["the bucket keeps old versions: purged files stay in it, and stay billed"] == "warn"
    assert levels["public access is not blocked on the bucket"] == "warn"


@pytest.mark.parametrize(("uses_key", "level"), [(True, "ok"), (False, "fail")])
def test_the_encryption_of_an_object_is_compared(
    moto_server: MotoServer, build: Build, uses_key: bool, level: str
) -> None:
    kms = moto_server.client("kms")
    requested, other_key = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    store, client = build(sse="aws:kms", kms_key_id=requested), moto_server.client("s3")
    client.create_bucket(Bucket=store.bucket_name)
    probe = Probe(store, HOST)
    client.put_object(
        Bucket=store.bucket_name,
        Key=probe.key,
        Body=b"x",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=requested if uses_key else other_key,
    )
    [finding] = probe.encryption()
    assert finding.level == level
    assert uses_key or finding.message == f"the object is encrypted with the key {other_key}, and not with {requested}"


class IamHandler(BaseHTTPRequestHandler):
    """SimulatePrincipalPolicy, which moto does not have, in the form that AWS documents."""

    allowed_actions: frozenset[str] = frozenset()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        query = {name: values[0] for name, values in parse_qs(body).items()}
        actions = [value for name, value in query.items() if name.startswith("ActionNames.member.")]
        results = "".join(
            f"<member><EvalActionName>{action}</EvalActionName><EvalDecision>"
            f"{'allowed' if action in self.allowed_actions else 'implicitDeny'}</EvalDecision></member>"
            for action in actions
        )
        text = (
            '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
            "<SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated>"
            f"<EvaluationResults>{results}</EvaluationResults></SimulatePrincipalPolicyResult>"
            "</SimulatePrincipalPolicyResponse>"
        ).encode()
        is_simulation = query["Action"] == "SimulatePrincipalPolicy"
        self.send_response(200 if is_simulation else 403)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name that http.server gives it
        """Log nothing."""


@pytest.fixture
def iam_server(build: Build, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[set[str]], None]]:
    servers: list[HTTPServer] = []

    def start(allowed_actions: set[str]) -> None:
        handler: Any = type("Handler", (IamHandler,), {"allowed_actions": frozenset(allowed_actions)})
        server = HTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        servers.append(server)
        monkeypatch.setenv("AWS_ENDPOINT_URL_IAM", f"http://127.0.0.1:{server.server_port}")

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_rights_that_the_site_never_uses_are_named(build: Build, iam_server: Callable[[set[str]], None]) -> None:
    role = parse_identity(f"arn:aws:sts::{ACCOUNT}:assumed-role/site/i-0123")
    iam_server({"s3:PutBucketPolicy", "iam:PassRole", "s3:GetObject"})
    session, excess = check_identity(build(), role, 900, 900)
    assert session == ok("the role site signs; how long its sessions last cannot be read")
    assert excess.level == "warn"
    assert excess.message.endswith("that the site never uses: iam:PassRole, s3:PutBucketPolicy")
    iam_server(set())
    assert [*check_identity(build(), role, 900, 900)][-1].level == "ok"
