"""The doctor's messages: what causes an error, and whether it is temporary."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.credentials import RefreshableCredentials

from shares.storage import ShareStorage
from shares.storage.doctor.checks import check_credentials, check_unsigned, examine
from shares.storage.doctor.findings import Finding
from shares.storage.errors import ENCRYPTION, KEYS, encryption_remedy
from sharesite.dev_stack.ports import choose
from sharesite.dev_stack.seaweedfs import PORTS, SeaweedFS
from tests.stack import running
from tests.storage.conftest import ORIGIN, store_at
from tests.storage.faulty_s3_proxy import FaultyS3Proxy, is_put

VALID_FOR = timedelta(hours=2)


def of_a_role() -> RefreshableCredentials:
    def renew() -> dict[str, str]:
        end = (datetime.now(UTC) + VALID_FOR).isoformat()
        return {"access_key": "AK", "secret_key": "SK", "token": "token", "expiry_time": end}

    return RefreshableCredentials.create_from_metadata(renew(), refresh_using=renew, method="test")


def known_of(store: ShareStorage) -> Finding:
    [finding] = check_credentials(store)
    return finding


def test_credentials_that_were_handed_over_do_not_renew_themselves(storage_server: SeaweedFS) -> None:
    end = (datetime.now(UTC) + VALID_FOR).isoformat()
    finding = known_of(store_at(storage_server, security_token="token", credentials_end=end))
    assert (finding.level, "do not renew themselves" in finding.message) == ("warn", True)
    finding = known_of(store_at(storage_server, security_token="token"))
    assert (finding.level, finding.message) == ("warn", "the credentials are temporary, and nobody knows their end")
    assert "AWS_CREDENTIAL_EXPIRATION" in finding.remedy
    assert known_of(store_at(storage_server)) == Finding("ok", "credentials found; they carry no end")


def test_credentials_of_a_role_do(storage_server: SeaweedFS, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_at(storage_server)
    monkeypatch.setattr(store.session, "get_credentials", of_a_role)
    finding = known_of(store)
    assert (finding.level, finding.message.endswith("s and renew themselves")) == ("ok", True)


@pytest.mark.parametrize(
    ("status", "code", "level", "word"),
    [
        (403, "AccessDenied", "ok", ""),
        (401, "", "ok", ""),
        (400, "InvalidArgument", "ok", ""),  # Cloudflare R2
        (200, "", "fail", "make the bucket private"),
        (404, "NoSuchKey", "fail", "make the bucket private"),
        (404, "NoSuchBucket", "fail", "S3_PUBLIC_ENDPOINT_URL"),
        (404, "", "fail", "S3_PUBLIC_ENDPOINT_URL"),
        (400, "", "fail", "S3_PUBLIC_ENDPOINT_URL"),
        (301, "", "fail", "S3_REGION"),
        (500, "InternalError", "warn", "see the log"),
        (502, "", "warn", "see the log"),
    ],
)
def test_only_an_open_bucket_is_called_one(status: int, code: str, level: str, word: str) -> None:
    finding = check_unsigned("browsers' address", status, code)
    assert finding.level == level
    assert word in finding.remedy
    assert bool(word) is (level != "ok")


@pytest.mark.parametrize(("status", "level"), [(500, "warn"), (404, "fail")])
def test_a_strange_answer_to_the_unsigned_request_does_not_end_the_examination(
    store: ShareStorage, storage_server: SeaweedFS, status: int, level: str
) -> None:
    with FaultyS3Proxy(storage_server.url) as proxy:
        proxy.inject_error(lambda _method, path: path.endswith("doctor/none"), status=status)
        before = store_at(storage_server, public_endpoint_url=proxy.url)
        levels = {finding.message: finding.level for finding in examine(before, site_url=ORIGIN, origins=[])}
    assert [finding_level for text, finding_level in levels.items() if "without a signature" in text] == [level]
    assert levels["a part can be uploaded through a signed URL, and completed"] == "ok"


@pytest.mark.parametrize(
    ("code", "message", "remedy"),
    [
        ("KMS.NotFoundException", "Key 'arn:aws:kms:…' does not exist", KEYS),
        ("KMS.DisabledException", "arn:aws:kms:… is disabled.", KEYS),
        ("AccessDenied", "User: … is not authorized to perform: kms:GenerateDataKey on resource: …", KEYS),
        ("NotImplemented", "Server side encryption specified but KMS is not configured", ENCRYPTION),
        ("InvalidEncryptionAlgorithmError", "The encryption request you specified is not valid.", ENCRYPTION),
        ("AccessDenied", "Access Denied", ""),
        ("SignatureDoesNotMatch", "", ""),
    ],
)
def test_failures_of_encryption_have_a_cure_of_their_own(code: str, message: str, remedy: str) -> None:
    assert encryption_remedy(code, message) == remedy


@pytest.mark.parametrize("operation", ["start", "put"])
def test_the_doctor_names_it(store: ShareStorage, storage_server: SeaweedFS, operation: str) -> None:
    """When an upload is opened, and when a browser sends."""
    with FaultyS3Proxy(storage_server.url) as proxy:
        starting: Any = lambda method, path: method == "POST" and "uploads" in path  # noqa: E731
        uploads_part: Any = lambda method, path: is_put(method, path) and "partNumber" in path  # noqa: E731
        proxy.inject_error(
            starting if operation == "start" else uploads_part, status=400, code="KMS.NotFoundException", forwards=False
        )
        before = store_at(storage_server, endpoint_url=proxy.url, public_endpoint_url=proxy.url)
        failures = [finding for finding in examine(before, site_url=ORIGIN, origins=[]) if finding.level == "fail"]
    assert [finding.remedy for finding in failures if "KMS.NotFoundException" in finding.message] == [KEYS]


@pytest.fixture
def keyless(tmp_path: Path) -> Iterator[SeaweedFS]:
    """A store without a key to encrypt with."""
    server = SeaweedFS(tmp_path / "s3", ports=choose(PORTS), access_key="admin-key", secret_key="admin-secret")
    del server.environment["WEED_S3_SSE_KEY"]
    with running(server, tmp_path / "log"):
        yield server


def test_a_store_that_cannot_encrypt_is_called_so(keyless: SeaweedFS) -> None:
    sealed = store_at(keyless, sse="AES256")
    sealed.setup([ORIGIN])
    failures = [finding for finding in examine(sealed, site_url=ORIGIN, origins=[]) if finding.level == "fail"]
    assert any("S3_SSE" in finding.remedy for finding in failures), failures
