"""Bucket policies that refuse requests of the site: the doctor names each statement, its condition and a remedy."""

import http.client
import json
import secrets
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command

from shares.storage import ShareStorage
from shares.storage.doctor.checks import examine
from shares.storage.doctor.findings import Finding
from shares.storage.doctor.policies import check_policy
from sharesite.dev_stack.seaweedfs import SeaweedFS
from tests.storage.conftest import HOST, ORIGIN, store_at
from tests.storage.objects import link, remove_bucket, store_object

Make = Callable[..., ShareStorage]
Guarded = Callable[..., tuple[ShareStorage, list[Finding]]]


@pytest.fixture
def make(storage_server: SeaweedFS) -> Iterator[Make]:
    """A storage with a bucket of its own, since SeaweedFS applies a policy to administrators too."""
    stores: list[ShareStorage] = []

    def build(**options: object) -> ShareStorage:
        store = store_at(storage_server, bucket_name=f"denied-{secrets.token_hex(4)}", **options)
        store.setup([ORIGIN])
        stores.append(store)
        return store

    yield build
    for store in stores:
        remove_bucket(store.client, store.bucket_name)


@pytest.fixture
def guarded(make: Make) -> Guarded:
    """A storage whose bucket policy consists of these statements, and what the doctor finds in it."""

    def build(*statements: dict[str, Any], **options: object) -> tuple[ShareStorage, list[Finding]]:
        store = make(**options)
        put_policy(store, statements)
        return store, [*check_policy(store, HOST, names=(), max_url_seconds=900)]

    return build


def put_policy(store: ShareStorage, statements: object) -> None:
    document = {"Version": "2012-10-17", "Statement": statements}
    store.client.put_bucket_policy(
        Bucket=store.bucket_name, Policy=json.dumps(document).replace("BUCKET", store.bucket_name)
    )


def deny(sid: str, condition: dict[str, Any], *actions: str, prefix: str = "") -> dict[str, Any]:
    """``put_policy`` fills in the name of the bucket."""
    statement = {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": [*actions],
        "Resource": f"arn:aws:s3:::BUCKET/{prefix}*",
    }
    return statement | ({"Condition": condition} if condition else {})


ENDPOINT = deny(
    "OnlyOurEndpoint", {"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}, "s3:GetObject", "s3:PutObject"
)
ADDRESSES = deny("OnlyOurOffice", {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}, "s3:GetObject")
ENCRYPTION = deny("OnlyEncrypted", {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}, "s3:PutObject")


@pytest.mark.parametrize(
    ("statement", "description", "remedy"),
    [
        (ENDPOINT, "when the VPC endpoint of the request is not vpce-1a2b3c4d", "through that VPC endpoint"),
        (ADDRESSES, "when the address of the client is not in 203.0.113.0/24", "add the addresses of the site"),
        (ENCRYPTION, "when the encryption of the object is not aws:kms", "set S3_SSE"),
    ],
    ids=["VPC endpoint", "addresses", "KMS"],
)
def test_a_statement_that_refuses_the_site_is_named(
    guarded: Guarded, statement: dict[str, Any], description: str, remedy: str
) -> None:
    _, findings = guarded(statement)
    [finding] = findings
    assert finding.level == "fail"
    assert finding.message.startswith(f"the Deny statement {statement['Sid']} refuses ")
    assert description in finding.message
    assert remedy in finding.remedy


def test_the_whole_examination_goes_on_after_a_refusal_and_ends_with_the_statement_named(guarded: Guarded) -> None:
    store, _ = guarded(ENDPOINT, ADDRESSES)
    findings = [*examine(store, site_url=ORIGIN, origins=[ORIGIN])]
    failures = [finding.message for finding in findings if finding.level == "fail"]
    assert [sid for sid in ("OnlyOurEndpoint", "OnlyOurOffice") if any(sid in text for text in failures)] == [
        "OnlyOurEndpoint", "OnlyOurOffice",
    ]  # fmt: skip
    # CORS is examined last.
    assert findings[-1].message == "CORS lets no stranger in"


def test_a_statement_that_does_not_refuse_at_present_is_a_warning(guarded: Guarded) -> None:
    office = deny("OnlyThisMachine", {"NotIpAddress": {"aws:SourceIp": ["127.0.0.0/8"]}}, "s3:GetObject")
    _, [finding] = guarded(office)
    assert (finding.level, "OnlyThisMachine can refuse s3:GetObject" in finding.message) == ("warn", True)


def test_a_statement_about_one_prefix_is_tried_there(guarded: Guarded) -> None:
    """The probe object of the doctor, with another prefix, can be read."""
    _, [finding] = guarded(deny("NoThumbnails", {}, "s3:GetObject", prefix="t/"))
    assert finding.level == "fail"
    assert finding.message.startswith("the Deny statement NoThumbnails refuses s3:GetObject by signed URL")
    assert finding.message.endswith("always")


def test_a_statement_about_other_objects_and_actions_is_not_mentioned(guarded: Guarded) -> None:
    _, [finding] = guarded(
        deny("Elsewhere", {}, "s3:GetObject", prefix="reports/"), deny("Tags", {}, "s3:PutObjectTagging")
    )
    assert finding == Finding("ok", "no statement of the bucket policy refuses what the site does")


def test_an_unknown_condition_is_named_and_not_guessed(guarded: Guarded) -> None:
    _, findings = guarded(deny("Weather", {"StringNotEquals": {"aws:Weather": "sunny"}}, "s3:GetObject"))
    [unknown] = [finding for finding in findings if "Weather" in finding.message]
    assert unknown.level == "warn"
    assert "may be why" in unknown.message
    assert "“StringNotEquals aws:Weather: sunny” holds (a condition that the doctor does not know)" in unknown.message
    assert {finding.level for finding in findings if finding != unknown} == {"fail"}
    assert all("is refused: 403" in finding.message for finding in findings if finding != unknown)


def test_a_condition_that_the_store_does_not_know_is_called_so(guarded: Guarded) -> None:
    """SeaweedFS refuses everybody by this statement of AWS's own guides."""
    old = deny("NoOldSignatures", {"StringNotEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}}, "s3:GetObject")
    _, [finding] = guarded(old)
    assert finding.level == "fail"
    assert "the store does not know its condition" in finding.remedy


def test_a_public_policy_is_found(guarded: Guarded) -> None:
    allow = {"Sid": "Open", "Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": "s3:Get*"}
    _, findings = guarded(allow | {"Resource": "arn:aws:s3:::BUCKET/u/*"})
    assert [finding.message for finding in findings if finding.level == "fail"] == [
        "the statement Open lets everybody read files"
    ]


# By effect


def status_from(address: str, url: str) -> int:
    """The status of a GET that comes from this address of the machine."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, source_address=(address, 0), timeout=30)
    connection.request("GET", f"{parts.path}?{parts.query}")
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


def printed_statements(*arguments: str) -> list[dict[str, Any]]:
    """The statements of the printed policy, without the one that refuses plain HTTP: the tests use that."""
    output = StringIO()
    call_command("storage", "policy", "--bucket", *arguments, stdout=output, stderr=StringIO())
    statements: list[dict[str, Any]] = json.loads(output.getvalue())["Statement"]
    return [statement for statement in statements if statement["Sid"] != "NoPlainHttp"]


def test_a_valid_url_works_from_an_allowed_address_only(make: Make) -> None:
    store = make()
    url = link(store, store_object(store, b"for our office"))
    assert [status_from(address, url) for address in ("127.0.0.1", "127.0.0.2")] == [200, 200]
    arn = f"arn:aws:s3:::{store.bucket_name}"
    put_policy(store, printed_statements("--from", "127.0.0.1/32", "--vpce", "vpce-1a2b3c4d", "--arn", arn))
    assert [status_from(address, url) for address in ("127.0.0.1", "127.0.0.2")] == [200, 403]
    findings = {
        finding.message.split(" ")[3]: finding for finding in check_policy(store, HOST, (), max_url_seconds=900)
    }
    assert findings["OnlyFromKnownNetworks"].level == "warn"
    put_policy(store, printed_statements("--from", "127.0.0.2/32", "--arn", arn))
    assert [status_from(address, url) for address in ("127.0.0.1", "127.0.0.2")] == [403, 200]
    findings = {
        finding.message.split(" ")[3]: finding for finding in check_policy(store, HOST, (), max_url_seconds=900)
    }
    assert findings["OnlyFromKnownNetworks"].level == "fail"
    # The statements against old signatures do not concern the site.
    assert {findings[sid].level for sid in ("NoOldSignatures", "NoStaleSignatures")} == {"ok"}
