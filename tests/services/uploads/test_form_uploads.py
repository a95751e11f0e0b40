"""Files that a plain form sends: storage enforces the size, the server copies the object and corrects the quota."""

import hashlib
import secrets
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from shares.callers import Caller
from shares.errors import Forbidden, Invalid, NotFound, NotReady, QuotaExceeded, Refusal
from shares.models import BlockedFile, Event, FormUpload, SharedFile, User
from shares.services.downloads import start
from shares.services.downloads.visits import Visit
from shares.services.maintenance import purge, reconcile
from shares.services.uploads import batches, form_uploads, multipart
from shares.services.uploads.batches import CompletedFile, FileRequest
from shares.services.uploads.multipart import PartRequest
from shares.storage import SignedForm, share_storage
from tests.fixtures import fetch

RETURN_URL = "http://127.0.0.1:8000/arrived"
MAX_BYTES = 5000
Announce = Callable[..., SharedFile]


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


OPENER = urllib.request.build_opener(NoRedirect)


def post(form: SignedForm, body: bytes, **fields: str) -> tuple[int, str]:
    """Send a form as a browser does; returns the status and where the browser goes next."""
    boundary = f"----{secrets.token_hex(16)}"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (form.fields | fields).items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="C:\\fake ü.txt"\r\n\r\n'
    data = "".join([*parts, head]).encode() + body + f"\r\n--{boundary}--\r\n".encode()
    content_type = f"multipart/form-data; boundary={boundary}"
    request = urllib.request.Request(form.url, data, {"Content-Type": content_type})
    try:
        with OPENER.open(request, timeout=30) as response:
            return int(response.status), ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("Location", "")


@pytest.fixture
def announce(storage: None, as_owner: Caller, now: datetime) -> Announce:
    def create(size: int = MAX_BYTES, name: str = "report.pdf") -> SharedFile:
        values = {"expires_at": now + timedelta(days=1)}
        file = form_uploads.create(caller=as_owner, values=values, name=name, size=size, now=now)  # type: ignore[arg-type]
        return fresh(file)

    return create


def fresh(file: SharedFile) -> SharedFile:
    return SharedFile.objects.select_related("share__owner", "upload__file").get(pk=file.pk)


def usage() -> tuple[int, int]:
    user = User.objects.get(email="owner@example.com")
    return user.used_bytes, user.used_files


def sign(file: SharedFile, caller: Caller, now: datetime) -> SignedForm:
    return form_uploads.sign(file=file, return_url=RETURN_URL, caller=caller, now=now)


@pytest.mark.parametrize("size", [1, 4999, MAX_BYTES])
def test_the_file_arrives_and_the_quota_is_what_it_takes(
    announce: Announce, as_owner: Caller, visitor: Caller, now: datetime, size: int
) -> None:
    body, file = secrets.token_bytes(size), announce()
    assert usage() == (MAX_BYTES, 1)
    form = sign(file, as_owner, now)
    assert parse_qs(urlsplit(form.url).query) == {"x-ref": [Event.objects.get(kind="put_urls").reference]}
    status, location = post(form, body)
    assert (status, location.partition("?")[0]) == (303, RETURN_URL)
    for _ in range(2):
        form_uploads.complete(file=file, caller=as_owner, now=now)
    file = fresh(file)
    assert (file.size, file.ready_at, file.sha256_hex) == (size, now, hashlib.sha256(body).hexdigest())
    assert file.sha256_checked
    assert usage() == (size, 1)
    download = start.start_download(share=file.share, files=[file], visit=Visit(visitor, now))
    assert fetch(download.links[0].url) == body
    assert share_storage().objects.head(FormUpload.objects.get(pk=file.pk).key) is None


def test_a_team_s_part_of_the_bucket_receives_it(
    storage: None, as_owner: Caller, now: datetime, settings: Settings
) -> None:
    options = settings.STORAGES["shares"]["OPTIONS"] | {"key_prefix": "teams/a"}
    settings.STORAGES = settings.STORAGES | {"shares": settings.STORAGES["shares"] | {"OPTIONS": options}}
    values = {"expires_at": now + timedelta(days=1)}
    file = form_uploads.create(caller=as_owner, values=values, name="a.txt", size=9, now=now)  # type: ignore[arg-type]
    form = sign(fresh(file), as_owner, now)
    assert form.fields["key"].startswith("teams/a/u/")
    assert post(form, b"hello")[0] == 303
    form_uploads.complete(file=fresh(file), caller=as_owner, now=now)
    listing = share_storage().client.list_objects_v2(Bucket="shares")["Contents"]
    assert file.key in {entry["Key"] for entry in listing}


@pytest.mark.parametrize("size", [0, MAX_BYTES + 1])
def test_the_store_refuses_another_size(announce: Announce, as_owner: Caller, now: datetime, size: int) -> None:
    file = announce()
    form = sign(file, as_owner, now)
    assert post(form, secrets.token_bytes(size))[0] == 400
    assert share_storage().objects.head(form.fields["key"]) is None
    with pytest.raises(NotReady):
        form_uploads.complete(file=file, caller=as_owner, now=now)
    # The same form takes another file.
    assert post(form, b"smaller")[0] == 303
    assert form_uploads.complete(file=fresh(file), caller=as_owner, now=now).size == 7


def test_a_store_that_ignores_the_size_makes_no_larger_file(
    announce: Announce, as_owner: Caller, now: datetime
) -> None:
    file = announce()
    key = FormUpload.objects.get(pk=file.pk).key
    share_storage().client.put_object(Bucket="shares", Key=key, Body=bytes(MAX_BYTES + 1))
    with pytest.raises(Invalid, match="larger than declared"):
        form_uploads.complete(file=file, caller=as_owner, now=now)
    assert share_storage().objects.head(key) is None
    assert (fresh(file).ready_at, usage()) == (None, (MAX_BYTES, 1))


@pytest.mark.parametrize("changed", ["key", "Content-Type", "success_action_redirect"])
def test_no_field_of_the_form_can_be_changed(announce: Announce, as_owner: Caller, now: datetime, changed: str) -> None:
    assert post(sign(announce(), as_owner, now), b"x", **{changed: "u/other"})[0] == 403


def test_a_form_that_is_sent_again_changes_nothing(
    announce: Announce, as_owner: Caller, now: datetime, settings: Settings
) -> None:
    """Not even where storage has no conditional writes."""
    options = settings.STORAGES["shares"]["OPTIONS"] | {"conditional_writes": False}
    settings.STORAGES = settings.STORAGES | {"shares": settings.STORAGES["shares"] | {"OPTIONS": options}}
    file = announce()
    form = sign(file, as_owner, now)
    assert post(form, b"scanned")[0] == 303
    stale = fresh(file)
    form_uploads.complete(file=file, caller=as_owner, now=now)
    assert post(form, b"changed")[0] == 303
    assert form_uploads.complete(file=stale, caller=as_owner, now=now).is_stored
    assert b"".join(share_storage().objects.read(file.key, 7)) == b"scanned"


@pytest.mark.django_db(transaction=True)
def test_many_requests_complete_it_once(announce: Announce, as_owner: Caller, now: datetime) -> None:
    file = announce()
    assert post(sign(file, as_owner, now), b"hello")[0] == 303

    def complete(stale: SharedFile) -> str:
        try:
            return form_uploads.complete(file=stale, caller=as_owner, now=now).state
        except Refusal as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        states = set(pool.map(complete, [fresh(file) for _ in range(4)]))
    assert "ready" in states
    assert states <= {"ready", "not-ready"}
    assert usage() == (5, 1)


def test_programs_cannot_send_it(announce: Announce, as_owner: Caller, now: datetime) -> None:
    file, digest = announce(), hashlib.sha256(b"x").digest()
    for operation in (
        lambda: multipart.sign_parts(file=file, requests=[PartRequest(1, digest)], caller=as_owner, now=now),
        lambda: multipart.complete(file=file, caller=as_owner, now=now),
    ):
        with pytest.raises(Invalid, match="sent by a form"):
            operation()
    outcomes = [
        *batches.sign(requests=[FileRequest(file.pk, digest)], caller=as_owner, now=now),
        *batches.complete(completed_files=[CompletedFile(file.pk)], caller=as_owner, now=now),
    ]
    assert [type(outcome) for outcome in outcomes] == [Invalid, Invalid]


def test_only_the_owner_of_a_form_upload_sends_it(
    announce: Announce, as_owner: Caller, as_colleague: Caller, live_share: object, now: datetime
) -> None:
    with pytest.raises(NotFound):
        sign(announce(), as_colleague, now)
    ordinary = SharedFile.objects.select_related("share__owner", "upload").get(name="file-0.txt")
    with pytest.raises(NotFound):
        sign(ordinary, as_owner, now)


def test_an_abandoned_form_releases_the_quota(
    announce: Announce, as_owner: Caller, now: datetime, settings: Settings
) -> None:
    file = announce()
    form = sign(file, as_owner, now)
    assert post(form, b"never completed")[0] == 303
    later = now + timedelta(seconds=settings.UPLOAD_IDLE_SECONDS + 1)
    purge.sweep(now=later)
    assert usage() == (0, 0)
    assert share_storage().objects.head(form.fields["key"]) is None


def test_the_reconciliation_knows_the_object_until_the_file_is_stored(
    announce: Announce, as_owner: Caller, now: datetime, settings: Settings
) -> None:
    settings.GRACE_SECONDS = 0
    file = announce()
    form = sign(file, as_owner, now)
    assert post(form, b"hello")[0] == 303
    later = now + timedelta(minutes=1)
    assert form.fields["key"] not in reconcile.compare(now=later).orphans
    form_uploads.complete(file=file, caller=as_owner, now=now)
    assert post(form, b"again")[0] == 303
    assert form.fields["key"] in reconcile.compare(now=later).orphans


def test_blocked_bytes_are_refused(announce: Announce, as_owner: Caller, now: datetime) -> None:
    BlockedFile.objects.create(sha256=hashlib.sha256(b"bad").digest(), size=3, created_at=now)
    file = announce()
    assert post(sign(file, as_owner, now), b"bad")[0] == 303
    with pytest.raises(Refusal) as refusal:
        form_uploads.complete(file=file, caller=as_owner, now=now)
    assert refusal.value.code == "blocked"
    assert fresh(file).ready_at is None


def test_what_does_not_fit_is_not_announced(announce: Announce, owner: User, settings: Settings) -> None:
    with pytest.raises(Invalid):
        announce(settings.FORM_UPLOAD_BYTES + 1)
    User.objects.filter(pk=owner.pk).update(quota_bytes=10)
    with pytest.raises(QuotaExceeded):
        announce(11)
    settings.FORM_UPLOAD_BYTES = 0
    with pytest.raises(Forbidden):
        announce(1)
    assert not SharedFile.objects.exists()


def test_the_pages_lead_from_the_name_to_the_link(
    storage: None, owner: User, client: Client, settings: Settings
) -> None:
    client.force_login(owner)
    page = client.get("/shares/new").content.decode()
    assert 'name="name"' in page
    assert "Up to 100 MB" in page
    rejected_response = client.post("/shares/new/announce", {"name": "", "size": "7", "expires_in": "3600"})
    assert rejected_response.status_code == 422
    values = {"name": "report.pdf", "size": "10000000", "expires_in": "3600", "password": "open sesame"}
    response = client.post("/shares/new/announce", values)
    assert response.status_code == 303
    form_page = client.get(response["Location"])
    policy = dict(rule.split(" ", 1) for rule in form_page["Content-Security-Policy"].split("; "))
    origin = share_storage().endpoints.public_origin("testserver")
    assert policy["form-action"].split() == ["'self'", origin]
    assert policy["connect-src"] == "'self'"
    file = SharedFile.objects.select_related("share__owner").get()
    assert (file.name, file.size, file.share.has_password) == ("report.pdf", 10_000_000, True)
    back = client.get(reverse("share-file-arrived", args=[file.share_id, file.pk]))
    assert (back.status_code, back["Location"]) == (303, response["Location"])
    assert "uploaded" in client.get(back["Location"]).content.decode()
    settings.FORM_UPLOAD_BYTES = 0
    assert client.get("/shares/new").status_code == 403
