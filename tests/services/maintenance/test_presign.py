"""``manage.py presign``: URLs of one object that work, that end when they must, and that leave one event each."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings as SettingsWrapper

from shares.models import Event, Grant, Share, SharedFile
from shares.models.ids import new_key
from shares.storage import share_storage
from tests.fixtures import fetch, put
from tests.storage.doctor.test_command import redirect
from tests.storage.http import send

pytestmark = pytest.mark.usefixtures("db", "storage")
MakeShare = Callable[..., Share]


def presign(*arguments: str) -> tuple[list[str], str]:
    """The lines of standard output, and the standard error."""
    output, problems = StringIO(), StringIO()
    call_command("presign", *arguments, stdout=output, stderr=problems)
    return output.getvalue().splitlines(), problems.getvalue()


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def refusal(*arguments: str) -> str:
    with pytest.raises(CommandError) as error:
        call_command("presign", *arguments, stdout=StringIO(), stderr=StringIO())
    assert error.value.returncode == 1
    return str(error.value)


def of_file(share: Share) -> SharedFile:
    return share.files.get()


def test_a_file_is_named_by_its_key_or_by_its_ids_and_leaves_one_event(make_share: MakeShare) -> None:
    share = make_share((b"hello",), max_downloads=1, password="secret")
    file = of_file(share)
    for target in (file.key, f"{share.pk}/{file.pk}"):
        before = Event.objects.of_share(share.pk).filter(kind="signed").count()
        [url], message = presign("get", target, "--seconds", "90")
        assert fetch(url) == b"hello"
        assert query(url)["X-Amz-Expires"] == "90"
        assert "It works for 90 seconds, until " in message
        event = Event.objects.of_share(share.pk).filter(kind="signed").latest("pk")
        assert Event.objects.of_share(share.pk).filter(kind="signed").count() == before + 1
        assert (event.file_id, event.user_email, event.reference) == (file.pk, "", query(url)["x-ref"])
        assert event.detail == f"count=1 seconds=90 key={share_storage().signing_key_id(90)} object={file.key}"
    share.refresh_from_db()
    assert (share.download_count, Grant.objects.count()) == (0, 0)


def test_what_a_page_would_show_is_inline_unless_it_must_be_an_attachment(make_share: MakeShare) -> None:
    share = make_share((b"hello",))
    file = of_file(share)
    SharedFile.objects.filter(pk=file.pk).update(content_type="image/png", name="a.png")
    cases = (((), "inline", "image/png"), (("--as-attachment",), "attachment", "application/octet-stream"))
    for flags, disposition, media_type in cases:
        headers = send("GET", presign("get", file.key, *flags)[0][0]).headers
        assert headers["Content-Disposition"].startswith(disposition)
        assert headers["Content-Type"] == media_type
    SharedFile.objects.filter(pk=file.pk).update(content_type="image/svg+xml", name="a.svg")
    headers = send("GET", presign("get", file.key)[0][0]).headers
    assert headers["Content-Disposition"].startswith("attachment")


def test_a_url_ends_with_its_share_and_says_what_the_bucket_policy_refuses(
    make_share: MakeShare, settings: SettingsWrapper
) -> None:
    settings.LINK_SECONDS = [("*", 3600)]
    share = make_share((b"hello",), expires_at=timezone.now() + timedelta(hours=2))
    [url], message = presign("get", of_file(share).key, "--seconds", "604800")
    assert 7100 < int(query(url)["X-Amz-Expires"]) <= 7200
    assert "refuses it after 3600 seconds" in message


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"revoked_at": timezone.now()}, "removed"),
        ({"expires_at": timezone.now() - timedelta(minutes=1)}, "expired"),
        ({"strict": True}, "This share is strict"),
    ],
)
def test_a_file_that_cannot_be_downloaded_has_no_url(
    make_share: MakeShare, change: dict[str, object], text: str
) -> None:
    share = make_share((b"hello",))
    Share.objects.filter(pk=share.pk).update(**change)
    assert text in refusal("get", of_file(share).key)
    assert not Event.objects.filter(detail__startswith="presign").exists()


def test_a_new_object_is_stored_once_with_exactly_what_was_signed() -> None:
    key = new_key()
    [url, *lines], message = presign("put", key, "--seconds", "60", "--content-type", "text/plain", "--size", "5")
    headers = dict(line.split(": ", 1) for line in lines)
    assert headers == {"content-type": "text/plain", "if-none-match": "*"}
    assert "60 seconds" in message
    assert put(url, b"123456", headers) == 403
    assert put(url, b"12345", headers | {"content-type": "text/html"}) == 403
    assert put(url, b"12345", headers) == 200
    assert put(url, b"54321", headers) == 412
    event = Event.objects.get(kind="put_urls")
    assert event.detail == f"count=1 seconds=60 key={share_storage().signing_key_id(60)} object={key}"
    assert event.reference == query(url)["x-ref"]
    assert "already an object" in refusal("put", key)
    [url], _ = presign("get", key)
    assert fetch(url) == b"12345"


def test_without_a_size_any_length_is_stored() -> None:
    [url, *lines], _ = presign("put", new_key())
    assert put(url, b"x" * 70_000, dict(line.split(": ", 1) for line in lines)) == 200
    assert query(url)["X-Amz-Expires"] == "900"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("get", "u/" + "0" * 32), "There is no object and no file"),
        (("get", "x" * 22 + "/" + "y" * 22), "There is no object and no file"),
        (("get", "u/a", "--seconds", "0"), "1 to 604800 seconds"),
        (("get", "u/a", "--seconds", "604801"), "1 to 604800 seconds"),
        (("put", "u/a", "--seconds", "-1"), "1 to 604800 seconds"),
        (("put", "u/a", "--size", "0"), "at least one byte"),
        (("put", "u/a", "--content-type", "text/plain\r\nx-amz-acl: public-read"), "media type"),
        *(
            ((method, key), "can't be the key")
            for method in ("get", "put")
            for key in ("", "/a", "a//b", "u/../t", "a\nb")
        ),
        (("put", "k" * 1025), "can't be the key"),
        (("put", "u/\udcff"), "can't be the key"),
        (("get", "u/\0"), "can't be the key"),
    ],
    ids=ascii,
)
def test_nonsense_is_refused_in_a_sentence(arguments: tuple[str, ...], text: str) -> None:
    assert text in refusal(*arguments)
    assert not Event.objects.exists()


def test_a_url_never_outlives_the_credentials(make_share: MakeShare, settings: SettingsWrapper) -> None:
    key, end = of_file(make_share((b"hello",))).key, timezone.now() + timedelta(seconds=50)
    redirect(settings, credentials_end=end.isoformat())
    [url], _ = presign("get", key, "--seconds", "3600")
    [put_url, *_], _ = presign("put", new_key(), "--seconds", "3600")
    assert 1 <= int(query(url)["X-Amz-Expires"]) <= 50
    assert 1 <= int(query(put_url)["X-Amz-Expires"]) <= 50
