"""``manage.py storage``: sets up once, finds problems, prints the permissions."""

import json
from copy import deepcopy
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from shares.management.commands.storage import EXIT_FAIL, EXIT_WARN
from shares.storage import ShareStorage
from shares.storage.doctor.checks import compare_clocks
from sharesite.dev_stack.seaweedfs import SeaweedFS
from tests.storage.conftest import ORIGIN

HEALTHY = [
    "ok   credentials found; they carry no end",
    "ok   bucket shares at {url} answers",
    "ok   the clocks agree within 1 s",
    "ok   browsers' address {url} answers, and refuses a request without a signature",
    "ok   a lifecycle rule drops uploads that were left open",
    "ok   the bucket keeps no old versions",
    "ok   no statement of the bucket policy refuses what the site does",
    "ok   URLs are signed with SigV4",
    "ok   a part with one flipped bit is refused",
    "ok   a part that is too long is refused",
    "ok   a part can be uploaded through a signed URL, and completed",
    "ok   the store reports the SHA-256 of what was sent",
    "ok   a finished object cannot be replaced (If-None-Match)",
    "ok   an upload can be given up, and its parts are gone then",
    "ok   the same bytes come back through a signed URL",
    "ok   downloads are served as opaque attachments",
    "ok   a signed URL with a changed name is refused",
    "ok   a signed URL after its time is refused",
    "ok   an object can be deleted, and is gone then",
    "ok   CORS lets http://127.0.0.1:8000 upload",
    "ok   CORS lets no stranger in",
]


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("storage", *arguments, stdout=output)
    return output.getvalue()


def examine(*arguments: str) -> tuple[str, bool]:
    """The output of the doctor, and whether it failed."""
    output = StringIO()
    try:
        call_command("storage", "doctor", *arguments, stdout=output)
    except CommandError as error:
        return output.getvalue(), error.returncode == EXIT_FAIL
    return output.getvalue(), False


def redirect(settings: Settings, **options: object) -> None:
    changed = deepcopy(settings.STORAGES)
    changed["shares"]["OPTIONS"].update(options)
    settings.STORAGES = changed


def test_setup_can_be_repeated(storage_server: SeaweedFS, settings: Settings) -> None:
    redirect(settings, bucket_name="fresh-one")
    settings.CORS_ORIGINS = ["https://share.example.org"]
    assert run("setup", "--origin", "http://box.lan:8000").splitlines() == [
        "bucket fresh-one created",
        "CORS: http://127.0.0.1:8000, http://box.lan:8000, https://share.example.org may upload and download",
        "lifecycle: uploads left open are dropped after 7 days",
    ]
    assert run("setup", "--origin", "http://box.lan:8000") == "nothing to do: the bucket is as it should be\n"
    assert run("setup").startswith("CORS: ")


@pytest.mark.parametrize(
    "origin", ["box.lan", "https://a.example/", "https://a.example/path", "javascript:alert(1)", "*"]
)
def test_an_origin_that_is_none_is_refused(storage_server: SeaweedFS, origin: str) -> None:
    with pytest.raises(CommandError, match="is no origin"):
        run("setup", "--origin", origin)


def test_a_healthy_store(store: ShareStorage, storage_server: SeaweedFS) -> None:
    assert run("doctor").splitlines() == [line.format(url=storage_server.url) for line in HEALTHY]
    assert not list(store.objects.walk("doctor/"))
    assert not [upload for upload in store.uploads.walk() if upload.key.startswith("doctor/")]


def test_an_origin_that_was_not_set_up(store: ShareStorage) -> None:
    output, failed = examine("--origin", "https://other.example")
    assert failed
    assert (
        "fail CORS for https://other.example: the preflight is answered with 403 -> run `manage.py storage setup`"
        in output
    )
    assert f"ok   CORS lets {ORIGIN} upload" in output


def test_a_wildcard_origin_is_named(store: ShareStorage, settings: Settings, storage_server: SeaweedFS) -> None:
    redirect(settings, bucket_name="wide-open")
    run("setup", "--origin", "http://*:8000", "--origin", "https://*")
    output, failed = examine()
    assert not failed
    assert "warn CORS lets every page on the web in" in output


def test_a_bucket_without_rules(store: ShareStorage, settings: Settings, storage_server: SeaweedFS) -> None:
    redirect(settings, bucket_name="bare")
    store.client.create_bucket(Bucket="bare")
    store.client.put_bucket_versioning(Bucket="bare", VersioningConfiguration={"Status": "Enabled"})
    output, failed = examine()
    assert failed is (f"fail CORS for {ORIGIN}" in output)
    assert "warn no lifecycle rule drops uploads that were left open -> run `manage.py storage setup`" in output
    assert "warn the bucket keeps old versions" in output


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"bucket_name": "missing"}, "fail bucket missing at {url}: NoSuchBucket -> the bucket is missing"),
        ({"access_key": "unknown"}, "fail bucket shares at {url}: InvalidAccessKeyId -> the store does not know"),
        (
            {"secret_key": "wrong"},
            "fail bucket shares at {url}: SignatureDoesNotMatch -> AWS_SECRET_ACCESS_KEY is wrong",
        ),
        ({"endpoint_url": "http://127.0.0.1:9"}, "fail bucket shares at http://127.0.0.1:9 does not answer"),
        ({"public_endpoint_url": "http://127.0.0.1:9"}, "fail browsers' address http://127.0.0.1:9 does not answer"),
    ],
)
def test_what_is_wrong_is_named_with_its_cure(
    store: ShareStorage, storage_server: SeaweedFS, settings: Settings, options: dict[str, str], line: str
) -> None:
    redirect(settings, **options)
    output, failed = examine()
    assert failed
    assert line.format(url=storage_server.url) in output
    assert storage_server.secret_key not in output


def test_the_exit_code_is_that_of_the_worst_finding(
    store: ShareStorage, settings: Settings, storage_server: SeaweedFS
) -> None:
    run("doctor", "--json")
    redirect(settings, bucket_name="wide-open")
    run("setup", "--origin", "https://*")
    with pytest.raises(CommandError, match="warning") as warning:
        run("doctor")
    assert warning.value.returncode == EXIT_WARN
    redirect(settings, bucket_name="missing")
    with pytest.raises(CommandError) as failure:
        run("doctor")
    assert failure.value.returncode == EXIT_FAIL


def test_findings_as_json(store: ShareStorage) -> None:
    findings = json.loads(run("doctor", "--json"))
    assert {finding["level"] for finding in findings} == {"ok"}
    assert findings[0] == {"level": "ok", "message": "credentials found; they carry no end", "remedy": ""}


def test_no_credentials_at_all(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    redirect(settings, access_key=None, secret_key=None)
    output, failed = examine()
    assert failed
    assert output.startswith("fail no credentials -> set AWS_ACCESS_KEY_ID")
    assert len(output.splitlines()) == 1


def test_https_pages_need_https_storage(store: ShareStorage, settings: Settings) -> None:
    settings.SITE_URL = "https://share.example.org"
    output, failed = examine()
    assert failed
    assert "fail the site is https but storage is not" in output


@pytest.mark.parametrize(
    ("skew", "level"), [(0, "ok"), (-20, "ok"), (60, "warn"), (-60, "warn"), (600, "fail"), (-600, "fail")]
)
def test_clocks(skew: float, level: str) -> None:
    assert compare_clocks(skew).level == level


def test_policies_name_one_bucket_and_no_star_act() -> None:
    signer = json.loads(run("policy"))
    actions = {action for statement in signer["Statement"] for action in statement["Action"]}
    assert actions == {
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:ListBucketMultipartUploads",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
    }
    assert {s["Resource"] for s in signer["Statement"]} == {
        "arn:aws:s3:::shares",
        "arn:aws:s3:::shares/u/*",
        "arn:aws:s3:::shares/t/*",
        "arn:aws:s3:::shares/doctor/*",
    }
    assert "s3:CreateBucket" in run("policy", "--setup")
    guard = json.loads(run("policy", "--bucket"))
    assert {s["Effect"] for s in guard["Statement"]} == {"Deny"}
    assert {"NumericGreaterThan": {"s3:signatureAge": "86400000"}} in [s["Condition"] for s in guard["Statement"]]


ACCESS_POINT = "arn:aws:s3:eu-west-1:123456789012:accesspoint/mine"


def resources(*arguments: str) -> set[str]:
    entries = (statement["Resource"] for statement in json.loads(run("policy", *arguments))["Statement"])
    return {resource for entry in entries for resource in ([entry] if isinstance(entry, str) else entry)}


def test_objects_of_an_access_point_have_a_prefix_before_their_key(settings: Settings) -> None:
    redirect(settings, bucket_name=ACCESS_POINT, endpoint_url=None, public_endpoint_url=None)
    assert resources() == {ACCESS_POINT, *(f"{ACCESS_POINT}/object/{prefix}/*" for prefix in ("u", "t", "doctor"))}
    assert resources("--bucket") == {ACCESS_POINT, f"{ACCESS_POINT}/object/*"}


def test_an_alias_needs_the_arn_that_it_stands_for(settings: Settings) -> None:
    redirect(settings, bucket_name="mine-abcdefgh-s3alias")
    for kind in ((), ("--setup",), ("--bucket",)):
        with pytest.raises(CommandError, match="--arn"):
            run("policy", *kind)
    assert f"{ACCESS_POINT}/object/u/*" in resources("--arn", ACCESS_POINT)
    assert "arn:aws:s3:::plain" in resources("--setup", "--arn", "arn:aws:s3:::plain")
