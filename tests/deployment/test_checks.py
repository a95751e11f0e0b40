"""System checks: each combination that would fail users later is reported by its id."""

from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from shares.checks import is_public

HTTPS = "https://files.example.org"


def ids(*, deploy: bool = False) -> set[str]:
    message_ids = {str(message.id) for message in run_checks(include_deployment_checks=deploy)}
    return {message_id for message_id in message_ids if message_id.startswith("shares.")}


def store(settings: Settings, **options: Any) -> None:
    shares = settings.STORAGES["shares"]
    settings.STORAGES = {**settings.STORAGES, "shares": {**shares, "OPTIONS": {**shares["OPTIONS"], **options}}}


def test_the_tests_own_settings_are_fine() -> None:
    assert ids() == set()


@pytest.mark.parametrize(
    ("options", "site", "expected"),
    [
        ({"custom_domain": "cdn.example.org"}, HTTPS, "shares.E001"),
        ({"custom_domain": "cdn.example.org", "cloudfront_key_id": "K"}, HTTPS, "shares.E001"),
        ({"bucket_name": "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap"}, HTTPS, "shares.E002"),
        ({"bucket_name": "mfzwi23gnjvgw.mrap"}, HTTPS, "shares.E002"),
        ({"public_endpoint_url": "http://storage.example.org"}, HTTPS, "shares.E003"),
        (
            {"public_endpoint_url": "http://{host}:9000", "addressing_style": "virtual"},
            "http://10.0.0.2",
            "shares.E004",
        ),
        ({"public_endpoint_url": "https://[fd00::5]:9000"}, "https://files.test", "shares.E010"),
        ({"public_endpoint_url": "http://{host}:9000"}, "http://[fd00::5]:8000", "shares.E010"),
        ({"public_endpoint_url": "https://10.0.0.5:9000"}, HTTPS, "shares.W001"),
        ({"public_endpoint_url": None, "endpoint_url": "https://storage.internal"}, HTTPS, "shares.W001"),
        ({"account_id": "1234"}, HTTPS, "shares.E040"),
        ({"read_bucket": "arn:aws:sqs:eu-west-1:123456789012:queue"}, HTTPS, "shares.E041"),
        ({"key_prefix": "/team"}, HTTPS, "shares.E048"),
        ({"key_prefix": "a/../b"}, HTTPS, "shares.E048"),
        ({"dualstack": True}, HTTPS, "shares.E042"),
        ({"cloudfront_policy": "custom"}, HTTPS, "shares.E045"),
        ({"cloudfront_cookie_domain": "example.org"}, HTTPS, "shares.E049"),
        (
            {
                "custom_domain": "cdn.example.com",
                "cloudfront_key_id": "K",
                "cloudfront_key": "K",
                "cloudfront_cookie_domain": "example.com",
            },
            HTTPS,
            "shares.E050",
        ),
        ({"cloudfront_bind_address": True}, HTTPS, "shares.E046"),
    ],
)
def test_storage(settings: Settings, options: dict[str, Any], site: str, expected: str) -> None:
    settings.SITE_URL = site
    store(settings, public_endpoint_url="https://storage.example.org", endpoint_url="http://storage:8333")
    assert ids() == set()
    store(settings, **options)
    assert ids() == {expected}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"DEFAULT_EXPIRY_DAYS": 30, "MAX_EXPIRY_DAYS": 7}, "shares.E005"),
        ({"UPLOAD_IDLE_SECONDS": 600, "UPLOAD_URL_SECONDS": 900}, "shares.E006"),
        ({"DEBUG": True, "ALLOWED_HOSTS": ["files.example.org"]}, "shares.E007"),
        ({"DEBUG": True, "ALLOWED_HOSTS": ["*"]}, "shares.E007"),
        ({"STRICT_ACCEL": "/.storage", "TRUSTED_PROXIES": 0}, "shares.E009"),
        ({"MAX_FILE_BYTES": 2000, "DEFAULT_QUOTA_BYTES": 1000}, "shares.W002"),
        ({"MAX_FILES_PER_SHARE": 20, "DEFAULT_QUOTA_FILES": 10}, "shares.W003"),
        ({"SIGNUP_OPEN": True, "EMAIL_URL": ""}, "shares.W004"),
        ({"CLOUDFRONT_CACHE_SECONDS": 3600}, "shares.E047"),
    ],
)
def test_contradictions(settings: Settings, changes: dict[str, Any], expected: str) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)
    assert ids() == {expected}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"SITE_URL": "http://files.example.org"}, "shares.W005"),
        ({"SITE_URL": HTTPS, "TRUSTED_PROXIES": 0}, "shares.W006"),
        ({"ALLOWED_HOSTS": ["*"]}, "shares.W007"),
    ],
)
def test_deployment(settings: Settings, changes: dict[str, Any], expected: str) -> None:
    settings.SITE_URL, settings.TRUSTED_PROXIES, settings.ALLOWED_HOSTS = HTTPS, 1, ["files.example.org"]
    store(settings, public_endpoint_url="https://storage.example.org")
    assert expected not in ids(deploy=True)
    for name, value in changes.items():
        setattr(settings, name, value)
    assert expected in ids(deploy=True)


def test_sqlite_is_for_one_machine(settings: Settings) -> None:
    engine = settings.DATABASES["default"]["ENGINE"]
    assert ("shares.W008" in ids(deploy=True)) == engine.endswith("sqlite3")


@pytest.mark.parametrize(
    "host", ["localhost", "box.local", "127.0.0.1", "192.168.1.4", "[::1]", "storage", "a.internal"]
)
def test_names_of_this_network_are_not_public(host: str) -> None:
    assert not is_public(host)


@pytest.mark.parametrize("host", ["files.example.org", "8.8.8.8", "2606:4700::1111"])
def test_names_of_the_open_network_are_public(host: str) -> None:
    assert is_public(host)
