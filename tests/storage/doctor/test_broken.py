"""Storages that are broken in one way each: the doctor names the problem and the remedy. docs/doctor.md lists them."""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from shares.storage import ShareStorage, backend
from shares.storage.doctor.checks import examine
from shares.storage.doctor.findings import Finding
from sharesite.dev_stack.seaweedfs import SeaweedFS
from sharesite.env import PROJECT
from tests.storage.conftest import ORIGIN, store_at
from tests.storage.doctor.test_denies import ADDRESSES, ENCRYPTION, ENDPOINT, deny, put_policy
from tests.storage.faulty_s3_proxy import FaultyS3Proxy, ForwardingHandler, any_request, is_put
from tests.storage.lookalikes import Lookalike
from tests.storage.objects import remove_bucket

Options = dict[str, object]
NOWHERE = "http://127.0.0.1:9"


class HeaderProxy(FaultyS3Proxy):
    """Removes headers from every response."""

    def __init__(self, upstream: str, *names: str) -> None:
        self.names = names
        super().__init__(upstream)

    def handler(self) -> type[ForwardingHandler]:
        return HeaderHandler


class HeaderHandler(ForwardingHandler):
    proxy: HeaderProxy  # type: ignore[misc]  # a class attribute, as of every handler

    def forward(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        status, headers, content = super().forward(body)
        return status, {name: value for name, value in headers.items() if name.lower() not in self.proxy.names}, content


@dataclass
class Bench:
    """What a case needs in order to break a storage; ``options`` are the settings of the site."""

    server: SeaweedFS
    stack: ExitStack
    admin: ShareStorage
    options: Options = field(default_factory=dict)

    @property
    def client(self) -> Any:
        return self.admin.client

    @property
    def bucket(self) -> str:
        return str(self.admin.bucket_name)

    def behind(self, proxy: FaultyS3Proxy, *, for_site: bool = True) -> FaultyS3Proxy:
        """Let browsers, and the site too if ``for_site``, reach the storage through ``proxy``."""
        self.stack.enter_context(proxy)
        self.options |= {"public_endpoint_url": proxy.url} | ({"endpoint_url": proxy.url} if for_site else {})
        return proxy

    def inject(
        self, status: int, code: str = "", *, only: Any = any_request, for_site: bool = True, **options: Any
    ) -> None:
        self.behind(FaultyS3Proxy(self.server.url), for_site=for_site).inject_error(
            only, status=status, code=code, forwards=False, **options
        )


@dataclass(frozen=True)
class Case:
    """``problem`` and ``remedy`` are parts of the finding of this ``level``."""

    name: str
    level: str
    problem: str
    remedy: str
    break_it: Callable[[Bench], object]
    site_url: str = ORIGIN
    is_set_up: bool = True


def set_options(**options: object) -> Callable[[Bench], object]:
    return lambda bench: bench.options.update(options)


def respond(status: int, code: str = "", **options: Any) -> Callable[[Bench], object]:
    return lambda bench: bench.inject(status, code, **options)


def policy(*statements: dict[str, Any]) -> Callable[[Bench], object]:
    return lambda bench: put_policy(bench.admin, statements)


def cors(**changes: object) -> Callable[[Bench], object]:
    rule = {
        "AllowedOrigins": [ORIGIN],
        "AllowedMethods": ["PUT", "GET"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
    }
    rules = {"CORSRules": [rule | changes]}
    return lambda bench: bench.client.put_bucket_cors(Bucket=bench.bucket, CORSConfiguration=rules)


def lock_objects(bench: Bench) -> None:
    name = f"locked-{secrets.token_hex(4)}"
    bench.client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    retention = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    bench.client.put_object_lock_configuration(
        Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention}
    )
    bench.options["bucket_name"] = name
    bench.stack.callback(remove_bucket, bench.client, name)


def keep_versions(bench: Bench) -> None:
    bench.client.put_bucket_versioning(Bucket=bench.bucket, VersioningConfiguration={"Status": "Enabled"})


def set_clock_off(bench: Bench) -> None:
    proxy = bench.behind(FaultyS3Proxy(bench.server.url))
    proxy.date = "Mon, 03 Jan 2000 10:00:00 GMT"
    proxy.inject_error(any_request, status=403, code="AccessDenied", forwards=False)


def remove_headers(*names: str, **options: object) -> Callable[[Bench], object]:
    def break_it(bench: Bench) -> None:
        bench.options |= options
        bench.behind(HeaderProxy(bench.server.url, *names))

    return break_it


def lookalike(kind: str) -> Callable[[Bench], object]:
    return lambda bench: bench.behind(Lookalike(bench.server.url, kind))


def open_bucket(bench: Bench) -> None:
    bench.inject(200, only=lambda _method, path: path.endswith("doctor/none"), for_site=False)


def fail_reading(bench: Bench) -> None:
    bench.inject(500, "InternalError", only=lambda method, path: method == "GET" and "policy" in path)


OPEN = {
    "Sid": "Open",
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::BUCKET/*",
}
WEATHER = deny("Weather", {"StringNotEquals": {"aws:Weather": "sunny"}}, "s3:GetObject")
OLD = deny("Old", {"StringNotEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}}, "s3:GetObject")

CASES = [
    Case("wrong access key", "fail", "InvalidAccessKeyId", "AWS_ACCESS_KEY_ID", set_options(access_key="unknown")),
    Case("wrong secret", "fail", "SignatureDoesNotMatch", "AWS_SECRET_ACCESS_KEY is", set_options(secret_key="no")),
    Case("ended credentials", "fail", "ExpiredToken", "temporary credentials ended", respond(400, "ExpiredToken")),
    Case("wrong region", "fail", "Malformed", "S3_REGION", respond(400, "AuthorizationHeaderMalformed")),
    Case("bucket at another address", "fail", "Redirect", "S3_ENDPOINT_URL", respond(301, "PermanentRedirect")),
    Case("wrong endpoint", "fail", "does not answer", "S3_ENDPOINT_URL", set_options(endpoint_url=NOWHERE)),
    Case("wrong public endpoint", "fail", f"browsers' address {NOWHERE} does not answer", "S3_PUBLIC_ENDPOINT_URL",
         set_options(public_endpoint_url=NOWHERE)),
    Case("redirect of browsers", "fail", "redirects", "S3_REGION",
         respond(307, for_site=False, only=lambda _method, path: path.endswith("doctor/none"))),
    Case("timeout", "fail", "does not answer", "that the store runs", respond(-1)),
    Case("errors of the store", "fail", "503", "the store's own log", respond(503, "503")),
    Case("errors for browsers", "warn", "answers 502", "see the log of the store", respond(502, for_site=False)),
    Case("missing bucket", "fail", "NoSuchBucket", "storage setup", set_options(bucket_name="missing-bucket")),
    Case("bucket of somebody else", "fail", "AccessDenied", "lacks a right", respond(403, "AccessDenied")),
    Case("closed account", "fail", "AllAccessDisabled", "ask its provider", respond(403, "AllAccessDisabled")),
    Case("wrong clock", "fail", "AccessDenied", "NTP", set_clock_off),
    Case("http behind an https site", "fail", "the site is https but storage is not", "put TLS in front",
         set_options(), site_url="https://share.example.org"),
    Case("CORS without the site", "fail", f"CORS for {ORIGIN}", "setup", cors(AllowedOrigins=["https://a.example"])),
    Case("CORS without the checksum header", "fail", "CORS for", "setup", cors(AllowedHeaders=["content-type"])),
    Case("CORS without the ETag", "warn", "cannot read the ETag", "ExposeHeaders", cors(ExposeHeaders=["x-amz-id-2"])),
    Case("CORS for every page", "warn", "lets every page on the web in", "wildcard", cors(AllowedOrigins=["*"])),
    Case("Deny by VPC endpoint", "fail", "OnlyOurEndpoint refuses", "VPC endpoint", policy(ENDPOINT)),
    Case("Deny by address", "fail", "OnlyOurOffice refuses", "add the addresses", policy(ADDRESSES)),
    Case("Deny by encryption", "fail", "OnlyEncrypted refuses", "S3_SSE", policy(ENCRYPTION)),
    Case("Deny by an unknown condition", "warn", "aws:Weather", "remove the statement", policy(WEATHER)),
    Case("Deny that the store misunderstands", "fail", "Old refuses", "does not know its condition", policy(OLD)),
    Case("public policy", "fail", "Open lets everybody read", "block public access", policy(OPEN)),
    Case("public bucket", "fail", "answers 200 without a signature", "make the bucket private", open_bucket),
    Case("unreadable policy", "warn", "could not be read (500 InternalError)", "run the doctor again", fail_reading),
    Case("no lifecycle rule", "warn", "no lifecycle rule", "storage setup", set_options(), is_set_up=False),
    Case("versions without expiry", "warn", "keeps old versions", "suspend versioning", keep_versions),
    Case("object lock", "warn", "object lock keeps", "without object lock", lock_objects),
    Case("no encryption", "fail", "is not encrypted, and S3_SSE=AES256", "empty S3_SSE",
         remove_headers("x-amz-server-side-encryption", sse="AES256")),
    Case("KMS key without rights", "fail", "KMS.NotFoundException", "S3_KMS_KEY_ID",
         respond(400, "KMS.NotFoundException", only=is_put)),
    Case("no conditional writes", "fail", "If-None-Match", "S3_CONDITIONAL_WRITES", lookalike("no-conditional-writes")),
    Case("no checksums", "fail", "SHA-256 checksums are refused", "S3_CHECKSUMS=md5", lookalike("no-checksums")),
    Case("response-* parameters dropped", "fail", "not served as attachments", "response-*",
         remove_headers("content-disposition")),
]  # fmt: skip


# One of each way to break a storage, for every run; `make long` has all.
SHORT = {
    "wrong access key",
    "wrong endpoint",
    "missing bucket",
    "closed account",
    "wrong clock",
    "http behind an https site",
    "CORS without the site",
    "Deny by address",
    "public policy",
    "public bucket",
    "unreadable policy",
    "no lifecycle rule",
    "versions without expiry",
    "object lock",
    "no conditional writes",
    "response-* parameters dropped",
}


@pytest.fixture
def bench(storage_server: SeaweedFS, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    # A storage that does not respond is waited for.
    monkeypatch.setattr(backend, "READ_SECONDS", 1)
    monkeypatch.setattr(backend, "ATTEMPTS", 1)
    admin = store_at(storage_server, bucket_name=f"broken-{secrets.token_hex(4)}")
    with ExitStack() as stack:
        yield Bench(storage_server, stack, admin)
    remove_bucket(admin.client, admin.bucket_name)


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case.name, marks=[] if case.name in SHORT else [pytest.mark.long]) for case in CASES],
)
def test_a_broken_storage_is_named_with_its_remedy(bench: Bench, case: Case) -> None:
    if case.is_set_up:
        bench.admin.setup([ORIGIN])
    else:
        bench.client.create_bucket(Bucket=bench.bucket)
    case.break_it(bench)
    store = store_at(bench.server, **({"bucket_name": bench.bucket} | bench.options))
    findings: list[Finding] = []
    for finding in examine(store, site_url=case.site_url, origins=[ORIGIN]):
        findings.append(finding)
        if finding.level == case.level and case.problem in finding.message and case.remedy in finding.remedy:
            return
    pytest.fail(
        json.dumps([f"{finding.level} {finding.message} -> {finding.remedy}" for finding in findings], indent=1)
    )


def test_the_table_of_the_guide_has_a_row_for_each_case() -> None:
    text = (PROJECT / "docs" / "doctor.md").read_text(encoding="utf-8")
    rows = {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("| ")}
    assert [case.name for case in CASES if f"`{case.level}`" not in rows.get(case.name, "")] == []
    assert len(CASES) >= 25
    assert {case.name for case in CASES} >= SHORT
