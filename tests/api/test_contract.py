"""The API responds as its OpenAPI document states, to requests that nobody wrote: no 500, and nothing undocumented.

Requests go through the whole WSGI application in this process. Half of them name rows that exist, and half fit the
document.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.db.models import Model
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shares.http.request_limits import readable
from shares.models import ApiToken, Share, SharedFile, User
from shares.services.sharing.files import FileSpec, declare
from sharesite.env import PROJECT

pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("one_connection")]
MakeShare = Callable[..., Share]
SHORT, LONG = 60, 3000
PROBLEM = "application/problem+json"
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
HOST = {"Host": "127.0.0.1"}
# A storage that lacks a feature, an overloaded server and an outage are documented. 500 never is.
OUTAGES = {501, 503}


def documented_refusals() -> set[tuple[str, int]]:
    """The codes and statuses in the table of docs/api.md."""
    text = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")
    refusals: set[tuple[str, int]] = set()
    for codes, statuses in re.findall(r"^\| (`[^|]+) \| ([\d, ]+) \|", text, re.MULTILINE):
        names, allowed = re.findall(r"`([a-z-]+)`", codes), [int(number) for number in statuses.split(",")]
        refusals |= set(zip(names, allowed if len(allowed) == len(names) else allowed * len(names), strict=True))
    return refusals - {("fault", 500)}


@dataclass
class Rows:
    """What exists; ``restore`` undoes what a request did to it."""

    share: Share
    file: SharedFile
    pending_file: SharedFile
    token: ApiToken
    authorization: str
    originals: list[Model] = field(default_factory=list)

    def ids(self, name: str) -> list[str]:
        files = [self.file.pk, self.pending_file.pk]
        return {"share_id": [self.share.pk], "file_id": files, "token_id": [self.token.key]}.get(name, [])

    def restore(self) -> None:
        for row in self.originals:
            row.save()


@pytest.fixture
def rows(owner: User, make_share: MakeShare, token_of: Callable[..., str], as_owner: Any, now: Any) -> Rows:
    share = make_share((b"hello",))
    [pending_file] = declare(share=share, specs=[FileSpec("b.bin", 5)], caller=as_owner, now=now)
    authorization = f"Bearer {token_of(owner.email)}"
    rows = Rows(
        share, share.files.exclude(pk=pending_file.pk).get(), pending_file, ApiToken.objects.get(), authorization
    )
    owner.refresh_from_db()
    rows.originals = [owner, rows.token, rows.share, rows.file, rows.pending_file]
    for row in rows.originals:
        row.refresh_from_db()
    return rows


def strategy_of(operation: Any, mode: GenerationMode, ids: dict[str, str]) -> Any:
    return operation.as_strategy(generation_mode=mode, path_parameters=ids)


def cases(schema: Any, rows: Rows) -> st.SearchStrategy[Any]:
    """Requests of every operation, as likely as any other; ids of ``rows`` instead of invented ones in half of them."""
    strategies = []
    for operation in (result.ok() for result in schema.get_all_operations()):
        ids = {name: choices for name in re.findall(r"\{(\w+)\}", operation.path) if (choices := rows.ids(name))}
        for mode in GenerationMode:
            strategies.append(operation.as_strategy(generation_mode=mode))
            if ids:
                fixed = st.fixed_dictionaries({name: st.sampled_from(choices) for name, choices in ids.items()})
                strategies.append(fixed.flatmap(partial(strategy_of, operation, mode)))
    return st.one_of(strategies)


def name_files(body: Any, file_ids: list[str]) -> None:
    """Let a body that lists ids of files list some that exist."""
    if isinstance(body, dict) and isinstance(body.get("files"), list):
        for position, item in enumerate(body["files"][: len(file_ids)]):
            if isinstance(item, str):
                body["files"][position] = file_ids[position]
            elif isinstance(item, dict) and "id" in item:
                item["id"] = file_ids[position]


def check(response: Any, case: Any, refusals: set[tuple[str, int]]) -> str:
    """The status, and the code if it is a refusal."""
    checks = CHECKS if response.status_code in OUTAGES else [not_a_server_error, *CHECKS]
    case.validate_response(response, checks=checks)
    if response.status_code < 400:
        declared = case.operation.definition.raw["responses"]
        assert str(response.status_code) in declared, (case.method, case.path, response.status_code)
        return str(response.status_code)
    assert response.headers["content-type"] == [PROBLEM], (case.method, case.path, response.headers)
    problem = json.loads(response.content)
    assert (problem["code"], response.status_code) in refusals, (case.method, case.path, problem)
    return f"{response.status_code} {problem['code']}"


def run(examples: int, rows: Rows) -> tuple[Counter[str], Counter[str]]:
    """How often each result occurred, and each operation succeeded."""
    application = readable(WSGIHandler())
    schema = schemathesis.openapi.from_wsgi(
        "/api/v1/openapi.json", application, config=SchemathesisConfig(), headers=HOST
    )
    refusals = documented_refusals()
    assert {("not-found", 404), ("too-many-requests", 429), ("headers-too-long", 431)} <= refusals
    results, successes = Counter[str](), Counter[str]()

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=examples == SHORT,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=cases(schema, rows),
        names_files=st.booleans(),
        credentials=st.sampled_from([rows.authorization] * 9 + [""]),
    )
    def send(case: Any, names_files: bool, credentials: str) -> None:
        if names_files:
            name_files(case.body, [rows.file.pk, rows.pending_file.pk])
        headers = HOST | ({"Authorization": credentials} if credentials else {})
        response = case.call(headers=headers)
        result = check(response, case, refusals)
        results[result] += 1
        if response.status_code < 400:
            successes[f"{case.method} {case.path}"] += 1
        rows.restore()

    send()
    return results, successes


def test_the_api_keeps_its_document(rows: Rows) -> None:
    results, successes = run(SHORT, rows)
    assert sum(results.values()) >= SHORT
    assert {"200", "404 not-found", "422 invalid"} <= results.keys()
    assert len(successes) >= 4


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_api_keeps_its_document_for_thousands_of_requests(rows: Rows) -> None:
    results, successes = run(LONG, rows)
    print(results, successes)
    assert sum(results.values()) >= LONG
    assert len(successes) >= 20
