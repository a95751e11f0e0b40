"""A database that does not respond is a 503 with the time to try again, in the format that the client accepts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sharesite.env import PROJECT
from tests.support.migrated_database import copy_migrated_database

LOCKED = """
import sqlite3, django
from django.conf import settings
settings.DATABASES["default"]["OPTIONS"]["timeout"] = 0.3
django.setup()
from django.test import Client
lock = sqlite3.connect(settings.DATABASES["default"]["NAME"])
lock.execute("BEGIN IMMEDIATE")
client = Client(raise_request_exception=False)
for path in ("/accounts/login/", "/share/AAAAAAAAAAAAAAAAAAAAAA"):
    print(client.get(path).status_code)
credentials = {"login": "owner@example.com", "password": "correct horse battery staple"}
response = client.post("/accounts/login/", credentials)
print(response.status_code, response["Retry-After"], "is busy" in response.content.decode())
lock.rollback()
print(client.post("/accounts/login/", credentials).status_code)
"""
DATABASE_GONE = """
import django
django.setup()
from django.test import Client
client = Client(raise_request_exception=False)
page, api = client.get("/share/AAAAAAAAAAAAAAAAAAAAAA"), client.get("/api/v1/shares/AAAAAAAAAAAAAAAAAAAAAA/public")
print(page.status_code, page["Retry-After"], "is busy" in page.content.decode())
print(api.status_code, api["Retry-After"], api["Content-Type"], api.json()["code"])
print(client.get("/healthz").status_code, client.get("/readyz").status_code)
"""


def run_program(program: str, **environment: str) -> list[str]:
    response = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env={
            **os.environ,
            "ALLOWED_HOSTS": "testserver",
            "DJANGO_SETTINGS_MODULE": "sharesite.settings",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert response.returncode == 0, response.stderr
    return response.stdout.splitlines()


def test_a_locked_sqlite_allows_reads_and_delays_writes(tmp_path: Path) -> None:
    copy_migrated_database(tmp_path / "db.sqlite3")
    statuses = run_program(LOCKED, DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3", SITE_DATA=str(tmp_path))
    assert statuses == ["200", "404", "503 5 True", "302"]


@pytest.mark.parametrize("url", ["postgresql://nobody:secret@127.0.0.1:1/none", "sqlite:////proc/none/db.sqlite3"])
def test_a_database_outage(url: str) -> None:
    page, api, health = run_program(DATABASE_GONE, DATABASE_URL=url)
    assert page == "503 5 True"
    assert api == "503 5 application/problem+json busy"
    assert health == "200 503"
