"""The fixtures of every test: an owner and a colleague with accounts, a visitor without one, shares with real bytes.

A plugin that conftest.py imports. ``put_share`` creates a live share with real bytes in real storage.
"""

import functools
import hashlib
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone
from pytest_django import Settings as SettingsWrapper

from shares import rate_counter
from shares.callers import Caller
from shares.models import Share, SharedFile, User
from shares.services.passwords import SharePasswordHasher
from shares.services.sharing import shares
from shares.services.sharing.files import FileSpec
from shares.services.uploads import multipart
from shares.services.uploads.multipart import PartRequest
from shares.storage import State, share_storage
from sharesite.dev_stack.seaweedfs import SeaweedFS

PASSWORD = "correct horse battery staple"


HASHING_COSTS = ("time_cost", "memory_cost", "parallelism")
SHARE_HASHING_COSTS = {name: getattr(SharePasswordHasher, name) for name in HASHING_COSTS}


@pytest.fixture(scope="session", autouse=True)
def cheap_hashing() -> Iterator[None]:
    """Passwords are slow to hash on purpose: tests hash them by the same algorithm, at the least cost."""
    with pytest.MonkeyPatch.context() as patch:
        for hasher in (Argon2PasswordHasher, SharePasswordHasher):
            for name, value in zip(HASHING_COSTS, (1, 8, 1), strict=True):
                patch.setattr(hasher, name, value)
        yield


@pytest.fixture
def real_hashing(cheap_hashing: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The passwords of shares are hashed at the cost that they have outside of tests."""
    for name, value in SHARE_HASHING_COSTS.items():
        monkeypatch.setattr(SharePasswordHasher, name, value)


@pytest.fixture
def one_connection() -> Iterator[None]:
    """The connection of the test stays open after a request that no test client sends; a server closes it."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def unused_rate_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts of two tests can have the same id, so no test inherits the counts of another one: neither those of this
    process nor those in Redis.
    """
    rate_counter.reset_local_counts()
    monkeypatch.setattr(rate_counter, "PREFIX", f"rate:{uuid.uuid4().hex}:")


@pytest.fixture(autouse=True)
def mail_server(settings: SettingsWrapper) -> None:
    """A site that can send email; pytest-django collects the messages in ``mail.outbox``."""
    settings.EMAIL_URL = "smtp://mail.example.com"


@functools.cache
def hashed_password() -> str:
    """Hashed once in a run: an account's hash is slow on purpose."""
    return make_password(PASSWORD)


def make_user(email: str, **columns: Any) -> User:
    return User.objects.create(email=email, password=hashed_password(), **columns)


@pytest.fixture
def owner(db: None) -> User:
    return make_user("owner@example.com", name="Olga Owner")


@pytest.fixture
def colleague(db: None) -> User:
    return make_user("colleague@example.com")


@pytest.fixture
def admin(db: None) -> User:
    return make_user("admin@example.com", is_staff=True, is_superuser=True)


@pytest.fixture
def as_owner(owner: User) -> Caller:
    return Caller(user=owner, address="192.0.2.10", host="localhost")


@pytest.fixture
def as_colleague(colleague: User) -> Caller:
    return Caller(user=colleague, address="192.0.2.11", host="localhost")


@pytest.fixture
def visitor() -> Caller:
    return Caller(address="198.51.100.7", host="localhost")


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def put(url: str, body: bytes, headers: dict[str, str]) -> int:
    """One PUT as a browser sends it; returns the status."""
    request = urllib.request.Request(url, data=body, method="PUT", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as response:
        body: bytes = response.read()
    return body


def announce(number: int, body: bytes) -> PartRequest:
    return PartRequest(number, hashlib.sha256(body).digest(), hashlib.md5(body).digest())


def send(file: SharedFile, body: bytes, caller: Caller, now: datetime) -> SharedFile:
    """Upload ``body`` through signed part URLs and complete the file, as the page does."""
    size = file.upload.part_size
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    part_requests = [announce(number, piece) for number, piece in enumerate(pieces, 1)]
    if part_requests:
        for signed_part, piece in zip(
            multipart.sign_parts(file=file, requests=part_requests, caller=caller, now=now), pieces, strict=True
        ):
            assert put(signed_part.url, piece, dict(signed_part.headers)) == 200
    return multipart.complete(file=file, caller=caller, now=now)


def put_share(
    caller: Caller, bodies: Sequence[bytes] = (b"hello",), *, now: datetime | None = None, **changes: Any
) -> Share:
    """A share of ``caller`` whose files (``file-0.txt``, …) hold ``bodies`` in real storage."""
    now = now or timezone.now()
    changes.setdefault("expires_at", now + timedelta(days=7))
    specs = [FileSpec(name=f"file-{n}.txt", size=len(body), content_type="text/plain") for n, body in enumerate(bodies)]
    share = shares.create(caller=caller, values=changes, specs=specs, now=now)  # type: ignore[arg-type]
    for file, body in zip(share.files.select_related("share", "upload__file"), bodies, strict=True):
        send(file, body, caller, now)
    return Share.objects.select_related("owner").get(pk=share.pk)


@pytest.fixture
def live_share(storage: None, as_owner: Caller) -> Share:
    return put_share(as_owner)


@pytest.fixture
def make_share(storage: None, as_owner: Caller) -> Callable[..., Share]:
    def make(bodies: Sequence[bytes] = (b"hello",), **changes: Any) -> Share:
        return put_share(as_owner, bodies, **changes)

    return make


# The servers whose bucket is set up. Other origins, as browser tests set them, change nothing for tests of the server.
SET_UP: set[str] = set()


@pytest.fixture
def storage(storage_server: SeaweedFS) -> None:
    """Real storage with its bucket set up; a test needs it only if it requests this fixture."""
    if storage_server.url not in SET_UP:
        share_storage().setup([settings.SITE_URL])
        SET_UP.add(storage_server.url)
    for _ in range(50):  # The test before may have stopped it.
        if share_storage().health_monitor.fresh_state() is State.OK:
            return
        time.sleep(0.1)
    raise AssertionError("The storage runs, but the health monitor still reports an outage.")
