"""A client of the JSON API with a token, as a script uses it, over Django's test client."""

import json
from typing import Any, cast

from django.http import HttpResponse
from django.test import Client

PROBLEM = "application/problem+json"


class ApiClient:
    """One caller. ``call`` returns the response, ``data`` its JSON, ``problem`` an asserted problem document."""

    def __init__(self, token: str = "") -> None:
        self.client = Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1"})
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        content_type = headers.pop("content_type", "application/json")
        all_headers = {**self.headers, **headers}
        response = self.client.generic(method, f"/api/v1{path}", data, content_type, headers=all_headers)
        return cast(HttpResponse, response)

    def data(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        response = self.call(method, path, body)
        assert response.status_code == status, response.content
        return json.loads(response.content) if response.content else None

    def problem(self, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        """The problem document, after checking that it is one and that it agrees with the status line."""
        response = self.call(method, path, body, **headers)
        assert response.headers["Content-Type"] == PROBLEM, response.content
        problem: dict[str, Any] = json.loads(response.content)
        assert {"type", "title", "status", "code", "detail"} <= problem.keys()
        assert problem["status"] == response.status_code
        assert problem["detail"].endswith("."), problem
        return problem

    def codes(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        problem = self.problem(method, path, body, **headers)
        return problem["status"], problem["code"]
