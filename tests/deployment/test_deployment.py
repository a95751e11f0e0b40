"""The containers' own commands, run on this machine against a real database, broker, storage and TLS proxy."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from sharesite.dev_stack import statics
from sharesite.env import PROJECT
from tests.deployment import compose_reader
from tests.deployment.services import Browser, Deployment, eventually
from tests.stack import Stack

FORGERY = {"X-Forwarded-For": "203.0.113.99", "X_Forwarded_For": "203.0.113.99", "X-Real-IP": "203.0.113.99"}


@pytest.fixture(scope="module")
def deployment(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    stack.need(stack.database)
    stack.need(stack.broker)
    statics.collect()  # An image brings them; here they lie in the checkout, and may be of yesterday.
    new_deployment = Deployment(tmp_path_factory.mktemp("deployment"), stack)
    role, word = sql.Identifier("sharesite"), sql.Literal(new_deployment.variables["DATABASE_PASSWORD"])
    with psycopg.connect(stack.database.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, word))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role))
    try:
        new_deployment.start("storage")
        s3 = f"http://127.0.0.1:{new_deployment.ports['s3']}/healthz"
        eventually("storage", new_deployment, lambda: urllib.request.urlopen(s3, timeout=2).status == 200)
        new_deployment.setup_output = new_deployment.run("setup")  # type: ignore[attr-defined]
        for service in ("web", "worker", "beat"):
            new_deployment.start(service)
        new_deployment.start_proxy()
        eventually(
            "web",
            new_deployment,
            lambda: urllib.request.urlopen(f"{new_deployment.web}/healthz", timeout=2).status == 200,
        )
        yield new_deployment
    finally:
        new_deployment.stop()
        with psycopg.connect(stack.database.url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(role))
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(role))


@pytest.fixture
def browser(deployment: Deployment) -> Browser:
    authority = deployment.folder / ".local/share/caddy/pki/authorities/local/root.crt"
    eventually("the proxy's certificate", deployment, authority.exists)
    new_browser = Browser(authority)
    eventually(
        "the proxy", deployment, lambda: new_browser.open(deployment.variables["SITE_URL"] + "/healthz").status == 200
    )
    return new_browser


def test_setup_reports_its_steps_and_can_be_repeated(deployment: Deployment) -> None:
    first: str = deployment.setup_output  # type: ignore[attr-defined]
    assert "admin@example.com" in first
    second = deployment.run("setup")
    assert "No migrations to apply." in second
    for secret in ("SECRET_KEY", "DATABASE_PASSWORD", "AWS_SECRET_ACCESS_KEY", "SITE_ADMIN_PASSWORD"):
        assert deployment.variables[secret] not in first + second


def test_the_health_check_of_the_image_passes(deployment: Deployment) -> None:
    check = next(
        instruction.command for instruction in compose_reader.dockerfile() if instruction.name == "HEALTHCHECK"
    )
    check = [word.replace(":8000", f":{deployment.ports['web']}") for word in check]
    assert subprocess.run(check, env=deployment.environment("web"), check=False).returncode == 0
    broken = [word.replace("/healthz", "/nowhere") for word in check]
    assert subprocess.run(broken, env=deployment.environment("web"), capture_output=True, check=False).returncode != 0


def test_the_web_is_ready(deployment: Deployment) -> None:
    with urllib.request.urlopen(f"{deployment.web}/readyz", timeout=10) as response:
        assert response.status == 200


def test_the_worker_answers_its_health_check(deployment: Deployment) -> None:
    check = compose_reader.raw()["services"]["worker"]["healthcheck"]["test"][1:]

    def is_responding() -> bool:
        process = subprocess.run(
            check, cwd=PROJECT, env=deployment.environment("worker"), capture_output=True, text=True, check=False
        )
        return process.returncode == 0 and "pong" in process.stdout

    eventually("the worker's answer", deployment, is_responding)


def test_a_person_signs_in_through_the_proxy(deployment: Deployment, browser: Browser) -> None:
    address = deployment.variables["SITE_URL"] + "/accounts/login/"
    page = browser.open(address)
    assert page.status == 200
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert page.headers["Server"] is None
    start = browser.open(deployment.variables["SITE_URL"] + "/")
    assert deployment.variables["S3_PUBLIC_ENDPOINT_URL"] in start.headers["Content-Security-Policy"]
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.read().decode())
    assert token
    form = {"csrfmiddlewaretoken": token[1], "login": "admin@example.com"}
    wrong = browser.open(address, {**form, "password": "not this one"})
    assert "__Host-session" not in {cookie.name for cookie in browser.cookies}
    assert wrong.status == 200
    browser.open(address, {**form, "password": deployment.variables["SITE_ADMIN_PASSWORD"]})
    cookies = {cookie.name: cookie for cookie in browser.cookies}
    assert {"__Host-session", "__Host-csrf"} <= cookies.keys()
    for name in ("__Host-session", "__Host-csrf"):
        assert cookies[name].secure
        assert cookies[name].path == "/"
        assert not cookies[name].domain_specified
        assert cookies[name].has_nonstandard_attr("HttpOnly")
    assert browser.open(deployment.variables["SITE_URL"] + "/admin/").url.endswith("/admin/")


def test_plain_http_past_the_proxy_is_sent_to_https(deployment: Deployment, browser: Browser) -> None:
    request = urllib.request.Request(f"{deployment.web}/", headers={"X-Forwarded-Proto": "http"})
    opener = urllib.request.build_opener(NoRedirects())
    response = opener.open(request, timeout=10)
    assert (response.status, urlsplit(response.headers["Location"]).scheme) == (301, "https")


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def http_error_301(self, _request: Any, response: Any, *_: Any) -> Any:
        return response


def test_the_storage_is_reached_through_the_proxy_and_lets_no_stranger_in(
    deployment: Deployment, browser: Browser
) -> None:
    public = deployment.variables["S3_PUBLIC_ENDPOINT_URL"]
    assert browser.open(f"{public}/shares/").status == 403
    response = browser.open(f"{public}/shares/u/nothing")
    assert response.status == 403
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "sandbox"


def addresses_in_history(deployment: Deployment) -> set[str]:
    url = deployment.environment("web")["DATABASE_URL"]
    with psycopg.connect(url, password=deployment.variables["DATABASE_PASSWORD"]) as connection:
        rows = connection.execute("SELECT DISTINCT address FROM shares_event WHERE address <> ''").fetchall()
    return {row[0] for row in rows}


def test_a_file_goes_through_the_proxy_and_comes_back_the_same(deployment: Deployment, browser: Browser) -> None:
    site, body = deployment.variables["SITE_URL"], os.urandom(300_000)
    command = ["python", "manage.py", "issue_token", "admin@example.com", "--scope", "read", "--scope", "write"]
    issued = subprocess.run(
        command, cwd=PROJECT, env=deployment.environment("web"), capture_output=True, text=True, check=True
    )
    token = re.search(r"\S+_\S+\.\S+", issued.stdout)
    assert token

    def api(path: str, payload: Mapping[str, Any], extra_headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token[0]}", "Content-Type": "application/json", **(extra_headers or {})}
        request = urllib.request.Request(f"{site}/api/v1{path}", json.dumps(payload).encode(), headers)
        with browser.opener.open(request, timeout=20) as response:
            result: dict[str, Any] = json.load(response)
        return result

    share = api("/shares", {"title": "Through the proxy", "files": [{"name": "a.bin", "size": len(body)}]})
    file = share["files"][0]["id"]
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    part = api(f"/uploads/{file}/parts", {"parts": [{"number": 1, "checksum_sha256": digest}]})["parts"][0]
    assert part["url"].startswith(deployment.variables["S3_PUBLIC_ENDPOINT_URL"])
    put = urllib.request.Request(part["url"], body, part["headers"], method="PUT")
    assert browser.opener.open(put, timeout=20).status == 200
    assert api(f"/uploads/{file}/complete", {})["state"] == "ready"
    address = api(f"/shares/{share['id']}/downloads", {}, FORGERY)["downloads"][0]["url"]
    response = browser.open(address)
    assert response.read() == body
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert addresses_in_history(deployment) == {"127.0.0.1"}
    assert "X-Amz-Signature" in address
    assert "X-Amz-Signature" not in deployment.log("proxy") + deployment.log("web")


def test_the_scheduler_reaches_the_worker_and_the_worker_the_database(deployment: Deployment, stack: Stack) -> None:
    url = deployment.environment("web")["DATABASE_URL"]
    password = deployment.variables["DATABASE_PASSWORD"]

    def beaten() -> bool:
        with psycopg.connect(url, password=password) as connection:
            row = connection.execute("SELECT count(*) FROM shares_heartbeat").fetchone()
        return bool(row and row[0])

    eventually("a heartbeat", deployment, beaten)


def test_a_database_that_shuts_is_a_busy_page_and_comes_back(
    deployment: Deployment, browser: Browser, stack: Stack
) -> None:
    site = deployment.variables["SITE_URL"]
    shut = "ALTER DATABASE sharesite ALLOW_CONNECTIONS {}"
    with psycopg.connect(stack.database.url, autocommit=True) as connection:
        connection.execute(shut.format("false"))
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'sharesite'")
        try:
            responses = [browser.open(f"{site}/share/{'A' * 22}") for _ in range(12)]
            assert [response.status for response in responses] == [503] * 12
            assert {response.headers["Retry-After"] for response in responses} == {"5"}
        finally:
            connection.execute(shut.format("true"))
    # The lasting connections are tested before use: not one request pays for the outage after it is over.
    assert [browser.open(f"{site}/share/{'A' * 22}").status for _ in range(12)] == [404] * 12


def test_no_log_holds_a_secret(deployment: Deployment) -> None:
    hidden = [
        deployment.variables[name]
        for name in ("SECRET_KEY", "DATABASE_PASSWORD", "AWS_SECRET_ACCESS_KEY", "SITE_ADMIN_PASSWORD")
    ]
    for service in deployment.processes:
        text = deployment.log(service)
        assert not [secret for secret in hidden if secret in text], service
        assert "Traceback" not in text, service


def test_production_settings_pass_every_check(deployment: Deployment) -> None:
    environment = {**deployment.environment("web"), "SITE_URL": "https://files.example.org"}
    environment["S3_PUBLIC_ENDPOINT_URL"] = "https://storage.example.org"
    response = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (response.returncode, response.stdout.strip()) == (0, "System check identified no issues (2 silenced)."), (
        response.stderr
    )
