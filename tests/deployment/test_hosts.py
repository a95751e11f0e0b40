"""Requests under a host name that is not the site's, and files for machines."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.test import Client

from shares.http import hosts
from shares.services.disk import Interval
from tests.deployment.test_headers import assert_careful


@pytest.fixture(autouse=True)
def intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute that begins with each test."""
    monkeypatch.setattr(hosts, "foreign_line", Interval(seconds=60))
    monkeypatch.setattr(hosts, "port_line", Interval(seconds=60))


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["10.1.2.3:8000", "web", "files.example.org", "[fd00::1]", "a b", ""])
def test_monitoring_needs_no_host_name(client: Client, host: str, settings: LazySettings) -> None:
    settings.METRICS_TOKEN = "x" * 20
    assert client.get("/healthz", headers={"host": host}).status_code == 200
    assert client.get("/readyz", headers={"host": host}).status_code in (200, 503)
    metrics = client.get("/metrics", headers={"host": host, "authorization": f"Bearer {'x' * 20}"})
    assert metrics.status_code == 200


@pytest.mark.django_db
def test_an_unknown_host_name_is_explained_and_logged_once_a_minute(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        responses = [client.get("/", headers={"host": "<b>old.example.org"}) for _ in range(3)]
        responses += [client.get("/", headers={"host": "old.example.org"}) for _ in range(3)]
    assert {response.status_code for response in responses} == {400}
    for response in responses:
        assert_careful(response)
    page = responses[-1].content.decode()
    assert "ALLOWED_HOSTS" in page
    assert "old.example.org" not in page
    assert "http://127.0.0.1:8000/" in page
    (line,) = [record.message for record in caplog.records if "ALLOWED_HOSTS" in record.message]
    assert line.startswith("A request came for the host '<b>old.example.org', which is neither that of SITE_URL")


@pytest.mark.django_db
def test_a_port_that_a_proxy_drops_is_logged_once_a_minute(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for host in ("127.0.0.1:8000", "127.0.0.1", "127.0.0.1", "localhost"):
            assert client.get("/", headers={"host": host}).status_code == 200
    assert [record.message.partition(" (")[0] for record in caplog.records] == [
        "The proxy in front drops the port of SITE_URL from the Host header"
    ]


@pytest.mark.django_db
def test_search_engines_are_kept_from_links(client: Client) -> None:
    response = client.get("/robots.txt")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert "Disallow: /share/" in response.content.decode().splitlines()


@pytest.mark.django_db
def test_a_contact_for_security_is_named_where_there_is_one(client: Client, settings: LazySettings) -> None:
    assert client.get("/.well-known/security.txt").status_code == 404
    settings.SECURITY_CONTACT = "mailto:security@example.org"
    response = client.get("/.well-known/security.txt")
    fields = dict(line.split(": ", 1) for line in response.content.decode().splitlines())
    assert fields["Contact"] == "mailto:security@example.org"
    ends = datetime.strptime(fields["Expires"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(days=100) < ends - datetime.now(UTC) < timedelta(days=366)
    assert fields["Canonical"].endswith("/.well-known/security.txt")
