"""The API: its calls, their authentication, its errors, and its own description."""

import re
from functools import cached_property
from typing import Any

from django.http import Http404
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from shares.api import (
    batches,
    downloads,
    events,
    me,
    presets,
    problems,
    shares,
    thumbnails,
    tokens,
    uploads,
)
from shares.api.access import SessionAuth, TokenAuth
from shares.api.docs import Reference
from shares.api.parser import StrictParser
from shares.api.response_schemas import Problem
from shares.errors import Refusal
from shares.http import request_limits

DESCRIPTION = (
    "Everything the pages do, as JSON. Send `Authorization: Bearer <token>`. Times are RFC 3339 in UTC, sizes bytes. "
    "Every error is `application/problem+json` with a machine-readable `code` and a sentence in `detail`."
)


class Api(NinjaAPI):
    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """With the one shape of every error, for each call. Built once, which takes a fifth of a second."""
        schema = self._schemas.get(key := repr(sorted(options.items())))
        if schema is None:
            schema = self._schemas[key] = self._build_schema(**options)
        return schema

    @cached_property
    def _schemas(self) -> dict[str, OpenAPISchema]:
        return {}

    def _build_schema(self, **options: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**options)
        reference = {"$ref": "#/components/schemas/Problem"}
        refusal = {"description": "No, and why", "content": {"application/problem+json": {"schema": reference}}}
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"]["default"] = refusal
        schema["components"]["schemas"]["Problem"] = Problem.model_json_schema()
        return schema


api = Api(
    title="Sharesite",
    version="1",
    description=DESCRIPTION,
    auth=[TokenAuth(), SessionAuth()],
    docs=Reference(),
    parser=StrictParser(),
    urls_namespace="api",
)
# Batches before uploads: their addresses would fit a file's as well.
CALLS = (shares, presets, batches, uploads, thumbnails, downloads, events, me, tokens)
ROUTERS = [module.router for module in CALLS]
for router in ROUTERS:
    api.add_router("", router)


def body_limits() -> dict[str, dict[str, int]]:
    """The longest body of each method in bytes, by the route as Django writes it."""
    return {
        re.sub(r"\{(\w+)\}", r"<\1>", path.lstrip("/")): {
            method: request_limits.body_limit(operation.view_func, method, "", default=request_limits.JSON_BYTES)
            for operation in view.operations
            for method in operation.methods
        }
        for router in ROUTERS
        for path, view in router.path_operations.items()
    }


for kind in (Exception, Refusal, ValidationError, HttpError, Http404):
    api.add_exception_handler(kind, problems.render_error)
