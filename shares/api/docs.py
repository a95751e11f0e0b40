"""The reference page: the OpenAPI document as plain HTML, so that it needs no script, no other site and no CSP hole."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language, gettext
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    path: str
    summary: str
    description: str
    needs_token: bool
    query: tuple[Field, ...]
    body: tuple[Field, ...]
    status: str
    response: tuple[Field, ...]


class Reference(DocsBase):
    def render_page(self, request: HttpRequest, api: NinjaAPI, **_matched: Any) -> HttpResponse:
        return HttpResponse(render_to_string("api/docs.html", {"api": api} | _described(api, get_language()), request))


@cache
def _described(api: NinjaAPI, _language: str | None) -> dict[str, Any]:
    """The calls and shapes in a language, which stay the same: collecting them takes far longer than rendering them."""
    schema = api.get_openapi_schema()
    groups: dict[str, list[Call]] = {}
    for path, method, operation in _operations(schema):
        groups.setdefault(gettext(operation["tags"][0]), []).append(_call(schema, path, method, operation))
    shapes = [(name, _fields(schema, part)) for name, part in schema["components"]["schemas"].items()]
    return {"groups": groups, "schemas": shapes}


def _operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            yield path, method.upper(), operation


def _call(schema: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Call:
    status, response = next(iter(operation["responses"].items()))
    return Call(
        method=method,
        path=path,
        summary=gettext(operation["summary"]),
        description=_translate(operation.get("description", "")),
        needs_token="security" in operation,
        query=tuple(
            Field(parameter["name"], _kind(parameter["schema"]), parameter["required"], "")
            for parameter in operation["parameters"]
            if parameter["in"] == "query"
        ),
        body=_content(schema, operation.get("requestBody", {})),
        status=status,
        response=_content(schema, response),
    )


def _content(schema: dict[str, Any], holder: dict[str, Any]) -> tuple[Field, ...]:
    for media in holder.get("content", {}).values():
        return _fields(schema, media["schema"])
    return ()


def _fields(schema: dict[str, Any], part: dict[str, Any]) -> tuple[Field, ...]:
    """The fields of an object, followed through references and past null."""
    for choice in part.get("anyOf", []):
        if choice.get("type") != "null":
            return _fields(schema, choice)
    if "$ref" in part:
        return _fields(schema, schema["components"]["schemas"][part["$ref"].rpartition("/")[2]])
    required = part.get("required", [])
    return tuple(
        Field(name, _kind(value), name in required, _translate(value.get("description", "")))
        for name, value in part.get("properties", {}).items()
    )


def _kind(part: dict[str, Any]) -> str:
    """A type, in every language: `string`, `integer | null`, `FileIn[]`."""
    if "anyOf" in part:
        return " | ".join(_kind(choice) for choice in part["anyOf"])
    if "$ref" in part:
        return str(part["$ref"].rpartition("/")[2])
    if part.get("type") == "array":
        return f"{_kind(part['items'])}[]"
    return str(part.get("format") or part.get("type", "any"))


def _translate(text: str) -> str:
    """The document itself is in English; ``gettext`` of no text would be the head of the catalog."""
    return gettext(text) if text else ""
