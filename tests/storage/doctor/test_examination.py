"""The order of the doctor's checks: an error of one of them does not keep it from the others."""

from collections.abc import Iterator

import pytest

from shares.storage import ShareStorage
from shares.storage.doctor import checks
from shares.storage.doctor.checks import Connection, examine
from shares.storage.doctor.findings import Finding, ok

CHECKS = ("check_identity", "check_region", "check_rules", "check_policy", "check_cors", "check_cloudfront")
SUBJECTS = [
    "the key pair",
    "the region",
    "the rules of the bucket",
    "the bucket policy",
    "the probe object",
    "CORS",
    "CloudFront",
]


def fail_halfway(*_: object, **__: object) -> Iterator[Finding]:
    yield ok("begun")
    raise ZeroDivisionError


class BrokenProbe:
    def __init__(self, *_: object) -> None:
        self.run = fail_halfway


def test_an_error_in_each_check_ends_that_check_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    store = ShareStorage(
        bucket_name="shares", region_name="eu-west-1", addressing_style="virtual", access_key="AK", secret_key="SK"
    )
    monkeypatch.setattr(checks, "check_internal_endpoint", lambda _store: (Connection.WORKS, []))
    monkeypatch.setattr(checks, "check_public_endpoint", lambda *_: (object(), ok("responds")))
    monkeypatch.setattr(checks, "find_identity", lambda _store: None)
    monkeypatch.setattr(checks, "Probe", BrokenProbe)
    for name in CHECKS:
        monkeypatch.setattr(checks, name, fail_halfway)
    findings = [*examine(store, site_url="https://share.example.org", origins=[])]
    assert [finding.message for finding in findings if finding.level == "fail"] == [
        f"the check of {subject} ended with an error (ZeroDivisionError)" for subject in SUBJECTS
    ]
    assert findings.count(ok("begun")) == len(SUBJECTS)
