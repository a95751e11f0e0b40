"""Where the time of one request goes: a recipient's page, a click and the owner's pages, by layer, with their queries.

The requests run in this process, through the whole WSGI application, on the database, the broker and the storage of the
run. A layer gets the time that is spent in it and in no layer below. Prints a table for docs/benchmarks.md.
"""

import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import wraps
from io import BytesIO
from typing import Any
from unittest.mock import patch

from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.core.signing import Signer
from django.core.wsgi import get_wsgi_application
from django.db.backends.utils import CursorWrapper
from django.template.backends.django import Template

from shares.db.prepared import PreparedStatement
from shares.http import compression, page_cache
from shares.services.downloads import delivery
from shares.services.rate_limits import GrantCount
from shares.storage.shares import ShareStorage
from tests.bench import clicks, pages
from tests.bench.figures import Figure
from tests.bench.load import anew
from tests.bench.site import prepare_storage
from tests.stack import Stack

PORT = 8000
FRAMEWORK, VIEW, DATABASE = "middleware and routing", "view and services", "database"
# The functions of each layer; the rest of a request is the framework, or the view.
LAYERS: dict[str, list[tuple[object, str]]] = {
    DATABASE: [(PreparedStatement, "row"), (CursorWrapper, "execute")],
    "template": [(Template, "render")],
    "compression": [(compression, "compress_string"), (page_cache, "_gzip"), (page_cache, "_deflate")],
    "signature of the URL": [(ShareStorage, "sign_get")],
    "cookies and tokens": [(Signer, "sign"), (Signer, "unsign"), (page_cache, "get_token")],
    "rate limit (Redis)": [(GrantCount, "__init__"), (GrantCount, "is_allowed"), (GrantCount, "release")],
    "state of the storage": [(delivery, "can_sign")],
}
ORDER = (FRAMEWORK, VIEW, *LAYERS)


@dataclass
class Trace:
    """Of one kind of request: seconds of each layer in each request, and the queries of the last one."""

    layers: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    queries: list[str] = field(default_factory=list)

    def milliseconds(self, layer: str) -> float:
        """Of the fastest request: what other programs disturb least."""
        return min(self.layers[layer]) * 1000

    def total(self) -> float:
        """Milliseconds of the whole request."""
        return min(map(sum, zip(*self.layers.values(), strict=True))) * 1000


class Timer:
    """The exclusive time of each layer in the current request."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(ORDER, 0.0)
        self.queries: list[str] = []
        self._inner = [0.0]

    def reset(self) -> None:
        self.__init__()  # type: ignore[misc]

    def wrap(self, layer: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            if layer == DATABASE:
                self.queries.append(describe_query(*args))
            started = time.perf_counter()
            self._inner.append(0.0)
            try:
                return function(*args, **kwargs)
            finally:
                elapsed = time.perf_counter() - started
                self.seconds[layer] += elapsed - self._inner.pop()
                self._inner[-1] += elapsed

        return timed

    @contextmanager
    def installed(self) -> Iterator[None]:
        with ExitStack() as stack:
            for layer, functions in LAYERS.items():
                for owner, name in functions:
                    stack.enter_context(patch.object(owner, name, self.wrap(layer, getattr(owner, name))))
            stack.enter_context(patch.object(WSGIHandler, "__call__", self.wrap(FRAMEWORK, WSGIHandler.__call__)))
            # Django calls this for each view, directly before it.
            view = patch.object(BaseHandler, "make_view_atomic", lambda _handler, view: self.wrap(VIEW, view))
            stack.enter_context(view)
            yield


def describe_query(executor: object, sql: object = "", *_parameters: object) -> str:
    """The name of a prepared statement; else the verb and the first table."""
    if isinstance(executor, PreparedStatement):
        return f"prepared statement {executor.name.decode()}"
    text = str(sql)
    table = re.search(r'(?:FROM|INTO|UPDATE)\s+"?(\w+)', text)
    return f"{text.split(maxsplit=1)[0]} {table[1] if table else ''}".strip()


def measure(stack: Stack, *, short: bool) -> list[Figure]:
    stack.need(stack.database)
    stack.need(stack.broker)
    call_command("migrate", verbosity=0)
    print(table(run(stack, requests=50 if short else 200, shares=20, total=2_000)))
    return []


def run(stack: Stack, *, requests: int, shares: int, total: int) -> dict[str, Trace]:
    prepare_storage(stack)
    page_requests = pages.prepared(PORT, shares, total)
    choices = clicks.prepared(PORT, clicks.populate(shares, total))
    application, timer = get_wsgi_application(), Timer()

    def trace(samples: list[bytes], *, is_new: bool = False) -> Trace:
        result = Trace()
        for number in range(requests + len(samples)):
            if is_new:
                page_cache.pages.clear()
            timer.reset()
            respond(application, anew(samples[number % len(samples)]))
            if number >= len(samples):  # The first ones open connections, prepare statements and compile templates.
                for layer, seconds in timer.seconds.items():
                    result.layers[layer].append(seconds)
                result.queries = timer.queries
        return result

    with timer.installed():
        return {
            "first look": trace(page_requests["recipient's page"], is_new=True),
            "next look": trace(page_requests["recipient's page"]),
            "fresh click": trace(choices["fresh"]),
            "granted click": trace(choices["granted"]),
            **{name: trace(page_requests[name]) for name in pages.SLOW_PAGES},
        }


def respond(application: WSGIHandler, request: bytes) -> None:
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, protocol = first.split()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_PROTOCOL": protocol,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": str(PORT),
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.input": BytesIO(body),
    }
    for line in lines:
        name, _, value = line.partition(": ")
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    statuses: list[str] = []

    def start_response(status: str, *_headers: object) -> Callable[[bytes], object]:
        statuses.append(status)
        return BytesIO().write

    response: Any = application(environ, start_response)
    try:
        b"".join(response)
    finally:
        response.close()
    assert statuses[0][:3] in ("200", "303"), statuses


def table(traces: dict[str, Trace]) -> str:
    """As Markdown: milliseconds, each of the fastest request; and the queries."""
    rows = [f"| milliseconds | {' | '.join(traces)} |", "|---|" + "--:|" * len(traces)]
    for layer in ORDER:
        cells = [trace.milliseconds(layer) for trace in traces.values()]
        rows.append(f"| {layer} | {' | '.join(f'{cell:.2f}' if cell else '' for cell in cells)} |")
    rows.append(f"| **together** | {' | '.join(f'{trace.total():.2f}' for trace in traces.values())} |")
    rows.append(f"| queries | {' | '.join(str(len(trace.queries)) for trace in traces.values())} |")
    lists = [f"- {name}: {', '.join(trace.queries)}" for name, trace in traces.items()]
    return "\n".join([*rows, "", *lists])
