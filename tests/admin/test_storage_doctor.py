"""The storage doctor in the administration: who sees it, when it runs, and that its page never fails."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import asdict
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings as SettingsWrapper

from shares.callers import Caller
from shares.models import User
from shares.services.maintenance import browser_probe, storage_doctor
from shares.storage import share_storage
from shares.storage.doctor import checks
from shares.storage.doctor.findings import Finding, ok, warn
from tests.fixtures import put
from tests.storage.doctor.test_command import redirect

URL, DELETE_URL = reverse("admin-storage"), reverse("admin-storage-delete")
pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(colleague: User) -> User:
    colleague.is_staff = True
    colleague.save()
    return colleague


def report(*findings: Finding) -> Iterator[Finding]:
    yield from findings


def use_doctor(monkeypatch: pytest.MonkeyPatch, *findings: Finding) -> None:
    monkeypatch.setattr(checks, "examine", lambda *_, **__: report(*findings))


def probe_in(text: str) -> dict[str, str]:
    match = re.search(r'<script id="storage-probe" type="application/json">(.*?)</script>', text)
    assert match is not None
    probe: dict[str, str] = json.loads(match[1])
    return probe


def test_it_needs_a_permission_of_its_own(client: Client, staff: User) -> None:
    for method in (client.get, client.post):
        assert "/admin/login/" in method(URL).headers["Location"]
    client.force_login(staff)
    for path in (URL, DELETE_URL):
        assert client.post(path).status_code == 403
    assert client.get(URL).status_code == 403
    assert f'href="{URL}"' not in client.get("/admin/").content.decode()
    staff.user_permissions.add(Permission.objects.get(codename="examine_storage"))
    assert client.get(URL).status_code == 200
    assert f'href="{URL}"' in client.get("/admin/").content.decode()


def test_opening_the_page_examines_and_signs_nothing(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    use_doctor(monkeypatch, warn("it ran", "never on GET"))
    text = admin_client.get(URL).content.decode()
    assert "it ran" not in text
    assert "X-Amz-Signature" not in text
    assert admin_client.get(DELETE_URL).status_code == 405
    assert admin_client.put(URL).status_code == 405
    forged = Client(enforce_csrf_checks=True)
    forged.cookies = admin_client.cookies
    assert forged.post(URL).status_code == 403


def test_the_findings_are_those_of_the_command(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    requests: list[dict[str, object]] = []

    def examine(_store: object, **options: object) -> Iterator[Finding]:
        requests.append(options)
        return report(ok("fine"), ok("works"))

    monkeypatch.setattr(checks, "examine", examine)
    output = StringIO()
    call_command("storage", "doctor", "--json", stdout=output)
    [group] = admin_client.post(URL).context["groups"]
    assert [asdict(finding) for finding in group["findings"]] == json.loads(output.getvalue())
    assert requests[0] == requests[1]


def test_failures_come_first_each_with_its_remedy(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    use_doctor(monkeypatch, ok("fine"), Finding("fail", "broken <b>", "replace it"), warn("odd", "look at it"))
    text = admin_client.post(URL).content.decode()
    assert text.index("broken &lt;b&gt; → replace it") < text.index("odd → look at it") < text.index("fine")
    assert "Must be fixed: 1" in text


def test_an_error_of_the_doctor_is_a_finding_and_not_a_page_of_errors(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def examine(*_: object, **__: object) -> Iterator[Finding]:
        yield ok("the first check")
        raise ZeroDivisionError

    monkeypatch.setattr(checks, "examine", examine)
    response = admin_client.post(URL)
    assert response.status_code == 200
    text = response.content.decode()
    assert "the first check" in text
    assert "the examination ended with an error (ZeroDivisionError)" in text


def test_it_ends_in_time_and_runs_once_at_a_time(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    release, released = threading.Event(), threading.Event()

    def examine(*_: object, **__: object) -> Iterator[Finding]:
        yield ok("the first check")
        release.wait(20)
        released.set()

    monkeypatch.setattr(checks, "examine", examine)
    findings = storage_doctor.examine_within(1)
    assert findings is not None
    assert [finding.level for finding in findings] == ["ok", "fail"]
    assert "was not finished" in findings[1].message
    assert "manage.py storage doctor" in findings[1].remedy
    assert "Another examination is running" in admin_client.post(URL).content.decode()
    release.set()
    assert released.wait(20)


def test_the_browser_may_send_one_object_and_the_page_deletes_it(
    storage: None, admin_client: Client, admin_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_doctor(monkeypatch, ok("fine"))
    response = admin_client.post(URL)
    probe = browser_probe.create_probe(Caller(user=admin_user, host="testserver"))
    assert probe is not None
    assert probe_in(response.content.decode())["body"] == probe.body
    key = f"doctor/browser-{admin_user.pk}"
    assert f"/{key}?" in probe.upload_url
    origin = share_storage().endpoints.public_origin("testserver")
    assert f"connect-src 'self' {origin}" in response.headers["Content-Security-Policy"]
    assert "form-action 'self';" in response.headers["Content-Security-Policy"]
    probe = browser_probe.create_probe(Caller(user=admin_user, host="127.0.0.1"))
    assert probe is not None
    assert put(probe.upload_url, probe.body.encode(), probe.upload_headers) == 200
    assert share_storage().objects.head(key) is not None
    assert admin_client.post(DELETE_URL).status_code == 204
    assert share_storage().objects.head(key) is None


def test_without_storage_the_page_says_so(admin_client: Client, settings: SettingsWrapper) -> None:
    redirect(settings, endpoint_url="http://127.0.0.1:9")
    text = admin_client.post(URL).content.decode()
    assert "so there is nothing to test from this browser" in text
    assert admin_client.post(DELETE_URL).status_code == 503
