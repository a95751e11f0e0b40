"""Rotation of the key pair that signs: a site of several processes under load, and a storage that knows its keys."""

import base64
import hashlib
import http.client
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, Self
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from pytest_django import Settings

from shares.callers import Caller
from shares.models import Grant, KeyRotation, Share, User
from shares.services.accounts import tokens
from shares.storage import POLL_SECONDS, share_storage
from sharesite.dev_stack.ports import choose
from sharesite.dev_stack.seaweedfs import PORTS, SeaweedFS
from tests.e2e.site import PROJECT
from tests.fixtures import make_user, put_share
from tests.races.conftest import SameDatabase
from tests.stack import Stack, running

FIRST, NEXT = "FIRSTKEY", "NEXTKEY"
SECRET = "a secret of a key pair"
PROCESSES, CLICKERS, SENDERS, REFUSED_CLICKS = 3, 2, 1, 200
BODY = secrets.token_bytes(2000)


class RotatingSite(SameDatabase):
    workers = PROCESSES

    def __init__(self, stack: Stack, storage: SeaweedFS) -> None:
        super().__init__(stack)
        self.folder = stack.folder / "rotation"
        self.log = self.folder / "web.log"
        self.storage = storage
        self.environment |= {
            "SITE_DATA": str(self.folder),
            "S3_ENDPOINT_URL": storage.url,
            "S3_PUBLIC_ENDPOINT_URL": storage.url,
            "AWS_ACCESS_KEY_ID": FIRST,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ACCESS_KEY_ID_NEXT": NEXT,
            "AWS_SECRET_ACCESS_KEY_NEXT": SECRET,
            # One address clicks all the time here: on a quick machine it would pass the limit of an hour.
            "GRANT_RATE": "off",
            "SHARE_RATE": "off",
        }

    def activate(self, *access_keys: str) -> None:
        """From now on storage accepts these keys, and the others are inactive."""
        identities = [
            {
                "name": key.lower(),
                "credentials": [{"accessKey": key, "secretKey": SECRET, "status": status}],
                "actions": ["Admin", "Read", "Write", "List", "Tagging"],
            }
            for key, status in {key: "Active" if key in access_keys else "Inactive" for key in (FIRST, NEXT)}.items()
        ]
        (self.storage.folder / "identities.json").write_text(json.dumps({"identities": identities}))
        os.kill(self.storage.pid, signal.SIGHUP)

    def rotate(self, *options: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "manage.py", "storage", "rotate", *options]
        return subprocess.run(
            command, cwd=PROJECT, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )


@pytest.fixture
def site(stack: Stack, transactional_db: None, settings: Settings) -> Iterator[RotatingSite]:
    server = SeaweedFS(stack.folder / "rotation-s3", ports=choose([*PORTS]), access_key=FIRST, secret_key=SECRET)
    with running(server, stack.folder / "rotation-s3.log"):
        site = RotatingSite(stack, server)
        options = settings.STORAGES["shares"]["OPTIONS"] | {
            "endpoint_url": server.url,
            "public_endpoint_url": server.url,
            "access_key": FIRST,
            "secret_key": SECRET,
        }
        settings.STORAGES = settings.STORAGES | {"shares": settings.STORAGES["shares"] | {"OPTIONS": options}}
        share_storage().setup([site.url])
        site.activate(FIRST, NEXT)
        site.folder.mkdir(exist_ok=True)
        site.start()
        try:
            yield site
        finally:
            site.stop()


class Load:
    """Clicks by strangers and files of the owner, until it stops; what failed, and by which keys URLs were signed."""

    def __init__(self, port: int, share: Share, token: str) -> None:
        self.port, self.token = port, token
        self.address = f"/share/{share.pk}/files/{share.files.get().pk}/download"
        self.failures: list[str] = []
        self.clicks: Counter[str] = Counter()
        self.parts: Counter[str] = Counter()
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self._repeat, args=[self._click]) for _ in range(CLICKERS)]
        self.threads += [threading.Thread(target=self._repeat, args=[self._send]) for _ in range(SENDERS)]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def _repeat(self, operation: Any) -> None:
        while not self.stop.is_set():
            try:
                operation()
            except (OSError, AssertionError, http.client.HTTPException) as error:
                self.failures.append(repr(error))

    def _click(self) -> None:
        status, location, _ = request(self.port, "POST", self.address)
        assert status == 303, status
        self.clicks[key_of(location)] += 1
        assert follow("GET", location) == (200, BODY)

    def _send(self) -> None:
        """A file in parts: announced, signed, sent and completed."""
        body = secrets.token_bytes(1000)
        share = self._call("shares", {"expires_in": 3600, "files": [{"name": "a.bin", "size": len(body)}]})
        file = share["files"][0]["id"]
        checksum = base64.b64encode(hashlib.sha256(body).digest()).decode()
        response = self._call(f"uploads/{file}/parts", {"parts": [{"number": 1, "checksum_sha256": checksum}]})
        part = response["parts"][0]
        self.parts[key_of(part["url"])] += 1
        assert follow("PUT", part["url"], body, part["headers"])[0] == 200
        assert self._call(f"uploads/{file}/complete", {})["state"] == "ready"

    def _call(self, path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        status, _, content = request(self.port, "POST", f"/api/v1/{path}", json.dumps(body).encode(), headers)
        assert status in (200, 201), (status, content)
        return json.loads(content)


def request(
    port: int, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.headers.get("Location", ""), response.read()
    finally:
        connection.close()


def follow(method: str, url: str, body: bytes | None = None, headers: Any = None) -> tuple[int, bytes]:
    parts = urlsplit(url)
    status, _, content = request(parts.port or 80, method, f"{parts.path}?{parts.query}", body, headers)
    return status, content


def key_of(url: str) -> str:
    return url.partition("X-Amz-Credential=")[2].partition("%2F")[0]


def wait_for(load: Load, condition: Any) -> None:
    """Wait until the load has brought this about; a failed operation ends the wait, and is shown."""
    end = time.monotonic() + 120
    while not condition():
        assert load.failures == []
        assert time.monotonic() < end, (load.clicks, load.parts)
        time.sleep(0.05)


def test_no_click_and_no_part_fails_while_the_key_is_rotated(site: RotatingSite) -> None:
    owner: User = make_user("owner@example.com")
    share = put_share(Caller(user=owner, address="192.0.2.10", host="localhost"), [BODY])
    token = tokens.issue(user=owner, scopes=["read", "write"], days=1, name="load", now=timezone.now())
    with Load(site.port, share, token) as load:
        wait_for(load, lambda: load.clicks[FIRST] > 50 and load.parts[FIRST] > 2)
        rotation = site.rotate()
        assert rotation.returncode == 0, rotation.stderr
        switched_at = time.monotonic() + 2 * POLL_SECONDS
        assert f"Every process signs with {NEXT} by" in rotation.stdout
        wait_for(load, lambda: load.clicks[NEXT] > 50 and time.monotonic() > switched_at)
        before = load.clicks[FIRST], load.parts[FIRST]
        site.activate(NEXT)
        clicks, parts = load.clicks[NEXT] + 100, load.parts[NEXT] + 2
        wait_for(load, lambda: load.clicks[NEXT] > clicks and load.parts[NEXT] > parts)
    print(f"clicks {dict(load.clicks)}, parts {dict(load.parts)}, failures {len(load.failures)}")
    assert load.failures == []
    assert (load.clicks[FIRST], load.parts[FIRST]) == before
    # Back to a key that is deactivated: the proof fails, and nothing changes.
    assert site.rotate("--back").returncode == 1
    assert KeyRotation.objects.get().access_key_id == NEXT
    # Without any key: no click takes a download.
    grants = Grant.objects.count()
    site.activate()
    statuses = Counter(request(site.port, "POST", load.address)[0] for _ in range(REFUSED_CLICKS))
    assert statuses == {503: REFUSED_CLICKS}
    assert Grant.objects.count() == grants
