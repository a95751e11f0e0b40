"""The longest request of every route, with hostile input at its limit, costs less than a fifth of a second.

Processor time, so that a busy machine does not matter. ``LIMITS_TABLE=docs/limits.md`` writes the table of the docs.
"""

import os
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from shares.api.routes import ROUTERS
from shares.callers import Caller
from shares.http import request_limits
from shares.models import PasswordAttempt, RateLimitCounter, Share, User
from tests.fixtures import put_share
from tests.limits import attacks
from tests.limits.attacks import Attack
from tests.limits.routes import CALLS, FOREIGN, PAGES, QUERIED, SAMPLES
from tests.limits.table import Row, table_of

WHOLE = os.environ.get("LIMITS") == "all"
pytestmark = pytest.mark.usefixtures("real_hashing")
MAX_SECONDS = 0.2
ATTEMPTS = 3
# The table wants the time itself; otherwise what is within the limit need not be measured again.
GOOD_ENOUGH = MAX_SECONDS / 4 if WHOLE else MAX_SECONDS
# What these are for: an account's password is compared, and a new one hashed; that is slow on purpose.
HASHING = ("accounts/", "admin/")


def patterns(entries: Sequence[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in entries:
        route = prefix + str(entry.pattern).lstrip("^").replace("\\Z", "$").rstrip("$")
        if isinstance(entry, URLResolver):
            yield from patterns(entry.url_patterns, route)
        else:
            yield route, entry


def is_foreign(route: str) -> bool:
    return route.startswith(tuple(FOREIGN))


ALL = list(patterns(get_resolver().url_patterns))
FOREIGN_ROUTES = sorted({route for route, _ in ALL if is_foreign(route)})
# The administration has the same pages for every model; LIMITS=all requests them all.
IN_SHORT = re.compile(
    r"accounts/(login|signup|email|reauthenticate|password/reset)/$"
    r"|admin/(login/|shares/(share/(<path:object_id>/change/)?|user/<path:object_id>/change/))?$"
)
if not WHOLE:
    FOREIGN_ROUTES = [route for route in FOREIGN_ROUTES if IN_SHORT.match(route)]


@pytest.fixture(scope="module")
def table() -> Iterator[list[Row]]:
    rows: list[Row] = []
    yield rows
    target = os.environ.get("LIMITS_TABLE")
    if target:
        Path(target).write_text(table_of(rows))


@pytest.fixture(scope="module")
def hash_seconds() -> float:
    """Of one account's password, with all threads."""
    started_at = time.process_time()
    make_password("correct horse battery staple")
    return time.process_time() - started_at


@pytest.fixture
def browser(admin: User) -> Client:
    client = Client(headers={"host": "127.0.0.1"}, raise_request_exception=False)
    client.force_login(admin)
    return client


@pytest.fixture
def share(storage: None, admin: User) -> Share:
    """Of the administrator, who may do all that a request can be made to do."""
    return put_share(Caller(user=admin, address="192.0.2.10", host="localhost"))


def heads(client: Client, name: str) -> Iterator[Attack]:
    cookie = "; ".join(f"{cookie_name}={morsel.value}" for cookie_name, morsel in client.cookies.items())
    return attacks.heads(cookie, short=not (WHOLE or name in QUERIED or name == "admin/shares/share/"))


def cost(client: Client, method: str, path: str, attack: Attack) -> float:
    """Seconds of processor time, the best of a few; refusals are fine, faults are not."""
    best = 60.0
    query = f"?{attack.query}" if attack.query else ""
    for attempt in range(ATTEMPTS):
        RateLimitCounter.objects.all().delete()
        PasswordAttempt.objects.all().delete()
        if is_foreign(path.lstrip("/")):
            cache.clear()
        started_at = time.process_time()
        response = client.generic(
            method,
            path + query,
            attack.body,
            attack.content_type,
            headers=attack.headers,
            REMOTE_ADDR=f"198.51.100.{attempt}",
        )
        best = min(best, time.process_time() - started_at)
        if response.streaming:
            response.getvalue()  # which gives the place of a stream back
        assert response.status_code != 500, (method, path, attack.name)
        assert response.status_code < 500 or response.status_code == 503, (
            method,
            path,
            attack.name,
            response.status_code,
        )
        if best < GOOD_ENOUGH:
            break
    return best


def assert_cheap(
    table: list[Row],
    client: Client,
    method: str,
    route: str,
    path: str,
    route_attacks: Iterator[Attack],
    allowed: float,
) -> None:
    limit = limit_of(method, path)
    costs = {attack.name: cost(client, method, path, attack) for attack in route_attacks}
    worst = max(costs, key=lambda name: costs[name])
    table.append((method, route, limit, costs[worst], worst))
    dear = {name: round(seconds * 1000) for name, seconds in costs.items() if seconds > allowed}
    assert not dear, (method, route, limit, dear)


def limit_of(method: str, path: str) -> int:
    default = request_limits.JSON_BYTES if path.startswith("/api/") else request_limits.FORM_BYTES
    return request_limits.body_limit(resolve(path).func, method, "", default=default)


def model_of(route: str) -> str:
    return route.split("/")[2] if route.startswith("admin/shares/") else ""


def address(route: str, share: Share) -> str:
    """A real address for a route as Django writes it."""
    samples = SAMPLES | {"share_id": share.pk, "file_id": str(share.files.get().pk), "id": str(share.owner_id)}
    samples["object_id"] = {"share": share.pk, "user": str(share.owner_id)}.get(model_of(route), samples["object_id"])
    path, remainder = "", route
    while remainder:
        if remainder.startswith("(?P<"):
            name, _, remainder = remainder[4:].partition(">")
            depth, position = 1, 0
            while depth:
                depth += {"(": 1, ")": -1}.get(remainder[position], 0)
                position += 1
            path, remainder = path + samples[name], remainder[position:]
        elif remainder.startswith("<"):
            name, _, remainder = remainder[1:].partition(">")
            path += samples[name.rpartition(":")[2]]
        else:
            path, remainder = path + remainder[0], remainder[1:]
    return "/" + path.replace("\\", "").replace("^", "").replace("$", "").replace("/?", "/")


def test_every_route_has_an_entry() -> None:
    own_patterns = [pattern for route, pattern in ALL if not is_foreign(route) and not route.startswith("api/")]
    assert {pattern.name for pattern in own_patterns} == set(PAGES)
    calls = {
        f"{method} {path.lstrip('/').replace('{', '<').replace('}', '>')}"
        for router in ROUTERS
        for path, view in router.path_operations.items()
        for operation in view.operations
        for method in operation.methods
    }
    extra = {"GET openapi.json", "GET docs", "GET <any other>"}
    assert calls | extra == set(CALLS)
    below = {route for route, _ in ALL if route.startswith("api/v1/")}
    call_paths = {call.partition(" ")[2] for call in calls} | {"", "openapi.json", "docs", ".*"}
    assert {route.removeprefix("api/v1/") for route in below} == call_paths


@pytest.mark.parametrize("name", PAGES)
def test_pages(name: str, browser: Client, share: Share, table: list[Row]) -> None:
    route = next(route for route, pattern in ALL if pattern.name == name and not route.startswith(("api/", "admin/")))
    path = address(route, share)
    fields = PAGES[name]
    if fields is None:
        return assert_cheap(table, browser, "GET", route, path, heads(browser, name), MAX_SECONDS)
    if name == "share-ask":
        Share.objects.filter(pk=share.pk).update(expires_at=share.created_at, reshare_requests_enabled=True)
    if name == "share-unlock":
        Share.objects.filter(pk=share.pk).update(password=make_password("x", hasher="argon2_share"))
    limit = limit_of("POST", path)
    route_attacks = [*heads(browser, name), *attacks.forms(fields, limit)]
    if "file" in fields:
        route_attacks += attacks.files(limit)
    return assert_cheap(table, browser, "POST", route, path, iter(route_attacks), MAX_SECONDS)


@pytest.mark.parametrize("call", CALLS)
def test_calls(call: str, browser: Client, share: Share, table: list[Row]) -> None:
    method, _, route = call.partition(" ")
    path = address(f"api/v1/{route.replace('<any other>', 'x' * 500)}", share)
    route_attacks = list(heads(browser, call))
    if method in {"POST", "PATCH"}:
        route_attacks += attacks.documents(limit_of(method, path), CALLS[call])
    assert_cheap(table, browser, method, f"api/v1/{route}", path, iter(route_attacks), MAX_SECONDS)


@pytest.mark.parametrize("route", FOREIGN_ROUTES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_accounts_and_administration(
    broker_server: object, route: str, method: str, browser: Client, share: Share, table: list[Row], hash_seconds: float
) -> None:
    path = address(route, share)
    route_attacks = list(heads(browser, route)) if method == "GET" else []
    if method == "POST":
        fields = next(fields for prefix, fields in FOREIGN.items() if route.startswith(prefix))
        route_attacks += attacks.forms(fields, limit_of(method, path))
    allowed = MAX_SECONDS + (hash_seconds if route.startswith(HASHING) and method == "POST" else 0)
    assert_cheap(table, browser, method, route, path, iter(route_attacks), allowed)
