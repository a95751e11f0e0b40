"""The environment: every invalid value stops the start with one sentence that names the variable."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from redis.connection import parse_url

from sharesite.env import PROJECT, ConfigurationError, Environment, env, read_local

# Read by docker compose for itself, by the supplied storage, or by boto3.
COMPOSE_ONLY = {"COMPOSE_FILE", "COMPOSE_PATH_SEPARATOR", "SITE_PORT", "BIND_ADDRESS", "STORAGE_PORT"}
COMPOSE_ONLY |= {"STORAGE_ENCRYPTION_KEY", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"}
SETTINGS = str(PROJECT / "sharesite" / "settings.py")
INVALID_VALUES = [
    ("DEBUG", "maybe"),
    ("SITE_URL", "files.example.org"),
    ("SITE_URL", "ftp://files.example.org"),
    ("SITE_URL", "https://files.example.org/sub"),
    ("SITE_URL", "https://someone@files.example.org"),
    ("SITE_URL", "https://"),
    ("SITE_URL", "https://files.example.org:99999"),
    ("SITE_URL", "https://files.exa mple.org"),
    ("SITE_URL", "https://[::1:8000"),
    ("SITE_URL", "https://[::zz]"),
    ("SITE_URL", "https://fi\u2028les.example.org"),
    ("SITE_URL", "https://files.example.org?x=1"),
    ("SITE_URL", "https://files.example.org#top"),
    ("CORS_ORIGINS", "files.example.com"),
    ("CORS_ORIGINS", "https://files.example.com https://other.example.com/path"),
    ("CORS_ORIGINS", "*"),
    ("S3_ENDPOINT_URL", "s3://bucket"),
    ("S3_ENDPOINT_URL", "https://key:hidden-word@s3.example.org"),
    ("HSTS_PRELOAD", "perhaps"),
    ("SECURITY_CONTACT", "a\x07b"),
    ("ALLOWED_HOSTS", "https://files.example.org"),
    ("ALLOWED_HOSTS", "a.example.org,b.example.org:8000"),
    ("TRUSTED_PROXIES", "-1"),
    ("TRUSTED_PROXIES", "one"),
    ("TRUSTED_PROXIES", "11"),
    ("TRUSTED_PROXIES", "1.5"),
    ("TRUSTED_PROXIES", "٣"),
    ("DATABASE_URL", "mysql://u:p@h/db"),
    ("DATABASE_URL", "postgresql://u:hidden-word@h/"),
    ("DATABASE_URL", "postgresql://u:hidden-word@h/db?no_such_option=1"),
    ("DATABASE_URL", "postgresql://u:hidden-word@h:port/db"),
    ("DATABASE_URL", "sqlite://"),
    ("REDIS_URL", "http://hidden-word@h"),
    ("EMAIL_URL", "mail.example.org"),
    ("EMAIL_URL", "smtp://u:hidden-word@"),
    ("EMAIL_URL", "smtp://u:hidden-word@h/path"),
    ("EMAIL_URL", "smtp://u:hidden-word@h?tls=1"),
    ("EMAIL_URL", "smtp://u@h"),
    ("EMAIL_PASSWORD", "hidden-word"),
    ("SITE_URL", "https://files.example.org/#top"),
    ("DATABASE_URL", "sqlite:////srv/a#b/db.sqlite3"),
    ("CORS_ORIGINS", "files.example.com"),
    ("CORS_ORIGINS", "https://a.example.com, https://b.example.com/path"),
    ("CLOUDFRONT_DOMAIN", "https://d1.cloudfront.net/"),
    ("S3_ENDPOINT_URL", "storage:8333"),
    ("S3_PUBLIC_ENDPOINT_URL", "https://s.example.org/bucket"),
    ("S3_ADDRESSING_STYLE", "auto"),
    ("S3_SSE", "yes"),
    ("S3_BUCKET", "a\x07b"),
    ("DOWNLOAD_URL_SECONDS", "59"),
    ("DOWNLOAD_URL_SECONDS", "301"),
    ("DOWNLOAD_URL_SECONDS", "2 minutes"),
    ("UPLOAD_URL_SECONDS", "8d"),
    ("UPLOAD_IDLE_SECONDS", "0"),
    ("GRANT_SECONDS", "-5"),
    ("GRANT_RATE", "600"),
    ("GRANT_RATE", "0/1h"),
    ("SHARE_RATE", "5/8d"),
    ("SIGN_RATE", "99/1h"),
    ("LINK_SECONDS", "image/*=8d"),
    ("LINK_SECONDS", "*=0"),
    ("LINK_SECONDS", "image=7d"),
    ("GRACE_SECONDS", "1y"),
    ("DEFAULT_EXPIRY_DAYS", "0"),
    ("MAX_EXPIRY_DAYS", "99999999999999999999999"),
    ("ALLOW_NEVER_EXPIRE", "2"),
    ("MAX_FILE_BYTES", "6T"),
    ("MAX_FILE_BYTES", "5 zettabytes"),
    ("MAX_FILES_PER_SHARE", "0"),
    ("PART_BYTES", "1M"),
    ("DEFAULT_QUOTA_BYTES", "lots"),
    ("SIGNUP_OPEN", "open"),
    ("AUDIT_ADDRESSES", "none"),
    ("AUDIT_DAYS", "0"),
    ("ACCESS_LOG", "storage.log"),
    ("ACCESS_LOG", "s3://"),
    ("ACCESS_LOG", "s3:///prefix"),
    ("ACCESS_LOG", "https://s.example.org/logs"),
    ("ACCESS_LOG", "/logs/a\x07b"),
    ("CLAMD_ADDRESS", "scanner"),
    ("CLAMD_ADDRESS", "tcp://scanner:3310"),
    ("CLAMD_ADDRESS", "scanner:99999"),
    ("CLAMD_ADDRESS", "unix:clamd.sock"),
    ("CLAMD_ADDRESS", ":3310"),
    ("CLAMD_TOO_LARGE", "maybe"),
    ("STRICT_ACCEL", "yes"),
    ("STRICT_ACCEL", "/.storage/"),
    ("STRICT_ACCEL", "/a/../b"),
    ("STRICT_ACCEL", "/a?b"),
    ("SECRET_KEY_FILE", "/no/such/file"),
]


def settings_with(monkeypatch: pytest.MonkeyPatch, **variables: str) -> dict[str, Any]:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(SETTINGS)


@pytest.mark.parametrize(("name", "value"), INVALID_VALUES)
def test_invalid_settings_stop_the_start_with_a_sentence_that_names_them(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        settings_with(monkeypatch, **{name: value})
    sentence = str(refusal.value.code)
    assert name.removesuffix("_FILE") in sentence
    assert "hidden-word" not in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("value", "browsers"),
    [
        ("https://Files.Example.ORG", "https://files.example.org"),
        ("HTTPS://files.example.org/", "https://files.example.org"),
        ("https://files.example.org:443", "https://files.example.org"),
        ("http://files.example.org:80/", "http://files.example.org"),
        ("https://files.example.org:8443", "https://files.example.org:8443"),
        ("https://files.example.org.", "https://files.example.org"),
        ("https://Dateien.Müller.example", "https://dateien.xn--mller-kva.example"),
        ("https://straße.example:443", "https://xn--strae-oqa.example"),
        ("https://ファイル.example", "https://xn--bckg9lpd.example"),
        ("https://xn--mller-kva.example", "https://xn--mller-kva.example"),
        ("http://192.168.1.10:8000", "http://192.168.1.10:8000"),
        ("http://[2001:DB8:0:0::1]:8000", "http://[2001:db8::1]:8000"),
        ("  https://files.example.org  ", "https://files.example.org"),
    ],
)
def test_an_address_is_spelled_as_browsers_spell_it(monkeypatch: pytest.MonkeyPatch, value: str, browsers: str) -> None:
    values = settings_with(
        monkeypatch, SITE_URL=value, S3_ENDPOINT_URL=value, S3_PUBLIC_ENDPOINT_URL="", CORS_ORIGINS=value
    )
    assert values["SITE_URL"] == browsers
    assert values["CSRF_TRUSTED_ORIGINS"] == [browsers]
    assert values["S3_ENDPOINT_URL"] == values["S3_PUBLIC_ENDPOINT_URL"] == browsers
    assert values["CORS_ORIGINS"] == [browsers]
    assert values["HTTPS"] == browsers.startswith("https:")
    assert values["HOST_NAME"].isascii()


@pytest.mark.parametrize("value", ["http://{host}:8333", "HTTP://{host}:8333/", "https://s3.{host}"])
def test_the_host_of_the_page_keeps_its_place(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    endpoint = settings_with(monkeypatch, S3_PUBLIC_ENDPOINT_URL=value)["S3_PUBLIC_ENDPOINT_URL"]
    assert endpoint == value.lower().rstrip("/")


def test_only_this_name_is_bound_to_https_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    values = settings_with(monkeypatch, SITE_URL="https://files.example.org")
    assert values["SECURE_HSTS_SECONDS"] > 0
    assert not values["SECURE_HSTS_INCLUDE_SUBDOMAINS"]
    assert not values["SECURE_HSTS_PRELOAD"]
    values = settings_with(monkeypatch, HSTS_SUBDOMAINS="on", HSTS_PRELOAD="yes")
    assert values["SECURE_HSTS_INCLUDE_SUBDOMAINS"]
    assert values["SECURE_HSTS_PRELOAD"]


def test_an_empty_value_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = dict.fromkeys((name for name in env.names if name not in {"SITE_DATA", "DATABASE_URL"}), " ")
    values = settings_with(monkeypatch, **empty)
    assert values["DOWNLOAD_URL_SECONDS"] == 120
    assert values["MAX_FILE_BYTES"] == 5 * 1024**4
    assert values["DEBUG"] is False
    assert values["SITE_URL"] == "http://127.0.0.1:8000"


@pytest.mark.parametrize("secret", ["a/b", "a#b", "a?b", "a@b", "AKIA/+x=", "p:q", "50%off", "@", "a@b/c#d?e@f", "üñ"])
def test_a_password_is_read_as_it_was_written(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    escaped_secret = secret.replace("%", "%25")
    for user in ("sender", "me@example.org"):
        values = settings_with(monkeypatch, EMAIL_URL=f"smtp+tls://{user}:{escaped_secret}@mail.example.org:2587")
        assert (values["EMAIL_HOST_USER"], values["EMAIL_HOST_PASSWORD"]) == (user, secret)
        assert (values["EMAIL_HOST"], values["EMAIL_PORT"]) == ("mail.example.org", 2587)
    for password in (escaped_secret, quote(secret, safe="")):
        url = f"postgresql://u:{password}@db.example.org/name?sslmode=require&application_name=a@b"
        database = settings_with(monkeypatch, DATABASE_URL=url)["DATABASES"]["default"]
        assert (database["USER"], database["PASSWORD"], database["HOST"]) == ("u", secret, "db.example.org")
        assert (database["NAME"], database["OPTIONS"]["application_name"]) == ("name", "a@b")
        # Redis' own library reads the rest of it.
        url = settings_with(monkeypatch, REDIS_URL=f"redis://:{password}@[::1]:6379/3")["REDIS_URL"]
        location = parse_url(url)  # type: ignore[no-untyped-call]
        assert (location["password"], location["host"], location["port"]) == (secret, "::1", 6379)
        assert location["db"] == 3


def test_a_mail_password_can_stand_apart_and_be_anything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = "a/b#c?d@e%41"
    values = settings_with(monkeypatch, EMAIL_URL="smtps://sender@mail.example.org", EMAIL_PASSWORD=secret)
    assert (values["EMAIL_HOST_USER"], values["EMAIL_HOST_PASSWORD"]) == ("sender", secret)
    monkeypatch.delenv("EMAIL_PASSWORD")
    (tmp_path / "password").write_text(f"{secret}\n")
    values = settings_with(monkeypatch, EMAIL_PASSWORD_FILE=str(tmp_path / "password"))
    assert values["EMAIL_HOST_PASSWORD"] == secret


@pytest.mark.parametrize("value", ["/logs/storage.log", "s3://logs", "s3://logs/", "s3://my-logs.example/a/b c/"])
def test_logs_are_files_or_buckets(value: str) -> None:
    assert Environment({"L": value}).log("L") == value


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("15m", 900), ("24h", 86400), ("7d", 604800), (" 2 h ", 7200)]
)
def test_times_can_be_written_with_a_unit(text: str, seconds: int) -> None:
    assert Environment({"T": text}).seconds("T", 1) == seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("512", 512), ("5G", 5 * 10**9), ("5gb", 5 * 10**9), ("5GiB", 5 * 1024**3), ("1 TiB", 1024**4)],
)
def test_sizes_can_be_written_with_a_unit(text: str, size: int) -> None:
    assert Environment({"S": text}).size("S", 1) == size


def test_the_process_wins_over_the_data_folder_and_both_over_the_default(tmp_path: Path) -> None:
    (tmp_path / "local.env").write_text("# written at the first start\nA=folder\nB=folder\n\nC = x = y \n")
    environment = Environment({"A": "process"}, read_local(tmp_path / "local.env"))
    assert [environment.text(name, "default") for name in "ABCD"] == ["process", "folder", "x = y", "default"]


def test_a_broken_line_in_the_data_folder_is_named_without_its_content(tmp_path: Path) -> None:
    (tmp_path / "local.env").write_text("A=1\nhidden-word\n")
    with pytest.raises(ConfigurationError, match=r"Line 2 of .*local\.env is not NAME=value") as refusal:
        read_local(tmp_path / "local.env")
    assert "hidden-word" not in str(refusal.value.code)


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from the file\n")
    assert Environment({"KEY_FILE": str(tmp_path / "key")}).secret("KEY") == "from the file"
    assert Environment({"KEY": "given"}, {"KEY_FILE": str(tmp_path / "key")}).secret("KEY") == "given"
    with pytest.raises(ConfigurationError, match="KEY and KEY_FILE are both set"):
        Environment({"KEY": "given", "KEY_FILE": str(tmp_path / "key")}).secret("KEY")
    (tmp_path / "key").write_text("\n")
    with pytest.raises(ConfigurationError, match="which is empty"):
        Environment({"KEY_FILE": str(tmp_path / "key")}).secret("KEY")


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "manage.py", "check"],
        [sys.executable, "-c", "import sharesite.wsgi"],
        [sys.executable, "-c", "import sharesite.asgi"],
        [str(Path(sys.executable).with_name("celery")), "-A", "sharesite.celery:app", "report"],
    ],
)
def test_every_command_shows_one_line_and_no_traceback(command: list[str]) -> None:
    response = subprocess.run(
        command, cwd=PROJECT, env={**os.environ, "GRACE_SECONDS": "soon"}, capture_output=True, text=True, check=False
    )
    assert response.returncode == 1
    assert response.stderr.strip().splitlines() == [
        "GRACE_SECONDS is 'soon'; it must be a time in seconds (or like 15m, 24h, 7d) between 0 and 7776000."
    ]


IMPORT_ALL = """
import importlib, django
django.setup()
for module in ("sharesite.wsgi", "sharesite.asgi", "sharesite.urls"):
    try:
        importlib.import_module(module)
    except SystemExit as ended:
        print(ended)
"""


def test_nobody_serves_pages_without_a_secret_key(tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if name not in env.names}
    response = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL],
        cwd=PROJECT,
        env={**clean, "SITE_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert response.stderr == ""
    sentences = response.stdout.splitlines()
    assert len(sentences) == 3
    assert all(sentence.startswith("SECRET_KEY is not set;") for sentence in sentences)


def test_the_example_documents_exactly_the_variables_that_are_read() -> None:
    lines = (PROJECT / ".env.example").read_text().splitlines()
    documented = [match[1] for line in lines if (match := re.fullmatch(r"([A-Z][A-Z0-9_]*)=.*", line))]
    read = {name for name in env.names if not (name.endswith("_FILE") and name.removesuffix("_FILE") in env.names)}
    assert sorted(documented) == sorted(read | COMPOSE_ONLY)


def test_nobody_else_reads_the_environment() -> None:
    """Names would be missing from the example. The embedded stack alone may look: it starts before the settings."""
    readers = {
        str(path.relative_to(PROJECT))
        for folder in ("shares", "sharesite")
        for path in (PROJECT / folder).rglob("*.py")
        if re.search(r"os\.(environ\b(?!\.setdefault)|getenv)", path.read_text())
    }
    assert {path for path in readers if not path.startswith("sharesite/dev_stack/")} == {"sharesite/env.py"}
