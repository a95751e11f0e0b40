"""Responses for programs in a pseudo-language: refusals of the API, and plain text instead of pages."""

import json
import re
import urllib.request
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.e2e.languages.pages import ACCENTED, english_words
from tests.e2e.site import Site

STATES = ("draft", "live", "expired", "used_up", "revoked", "suspended", "purged")
FILE = {"name": "a.txt", "size": 1}
# Method, path and body; the names in braces are scenarios.
WITH_TOKEN: list[tuple[str, str, Any]] = [
    ("GET", "/shares?state=none", None),
    ("GET", "/shares?cursor=x", None),
    ("GET", "/shares/{open}?unknown=%00", None),
    ("GET", "/uploads/none", None),
    ("PUT", "/me", {}),
    ("PATCH", "/shares/{removed}", {"title": "x"}),
    ("POST", "/shares", None),
    ("POST", "/shares", {"files": []}),
    ("POST", "/shares", {"files": [FILE | {"name": "a/b"}]}),
    ("POST", "/shares", {"files": [FILE | {"name": "a" * 300}]}),
    ("POST", "/shares", {"files": [FILE | {"size": -1}]}),
    ("POST", "/shares", {"files": [FILE | {"size": "1"}]}),
    ("POST", "/shares", {"files": [FILE | {"size": 10**17}]}),
    ("POST", "/shares", {"files": [FILE], "expires_at": "tomorrow"}),
    ("POST", "/shares", {"files": [FILE], "expires_at": "2030-01-01T00:00:00"}),
    ("POST", "/shares", {"files": [FILE], "expires_in": 10**9}),
    ("POST", "/shares", {"files": [FILE], "max_downloads": 0}),
    ("POST", "/shares", {"files": [FILE], "strict": 1}),
    ("POST", "/shares", {"files": [FILE], "password": " "}),
    ("POST", "/shares", {"files": [FILE], "unknown": 1}),
    ("POST", "/shares/{open}/files", {"files": 1}),
    ("POST", "/uploads/sign", {"files": []}),
]
WITHOUT_TOKEN: list[tuple[str, str, Any]] = [
    ("GET", "/me", None),
    ("GET", "/nowhere", None),
    ("POST", "/shares/{locked}/downloads", {}),
    ("POST", "/shares/{locked}/downloads", {"password": "wrong"}),
    ("POST", "/shares/{barred}/downloads", {"password": "wrong"}),
    ("POST", "/shares/{open}/downloads", {"files": ["none"]}),
    *(
        ("POST", f"/shares/{{{name}}}/downloads", {})
        for name in ("expired", "used-up", "removed", "blocked", "waiting")
    ),
]
# Method, path and headers.
PLAIN_TEXT: list[tuple[str, str, dict[str, str]]] = [
    *(("GET", f"/share/{{{name}}}", {}) for name in ("open", "locked", "expired", "used-up", "removed", "waiting")),
    ("GET", "/share/{open}", {"User-Agent": "Wget2/2.1"}),
    ("GET", "/share/{open}", {"User-Agent": "aria2/1.37"}),
    ("GET", "/share/cut-off", {}),
    ("POST", "/share/{open}/download", {"User-Agent": "Wget2/2.1"}),
    ("POST", "/share/{locked}/download", {}),
    ("POST", "/share/{locked}/download", {"X-Share-Password": "wrong"}),
    ("GET", "/share/{open}", {"Content-Type": "text/plain; charset=utf-7"}),
]


def request_text(site: Site, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> str:
    defaults = {"Accept-Language": ACCENTED, "User-Agent": "curl/8", "Accept": "*/*"}
    request = urllib.request.Request(f"{site.url}{path}", body, defaults | headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            text: str = response.read().decode()
    except HTTPError as refusal:
        text = refusal.read().decode()
    return text


@pytest.fixture(scope="module")
def token(translated_site: Site) -> str:
    return translated_site.token


def test_refusals_of_the_api(
    translated_site: Site, scenarios: dict[str, str], known_words: set[str], token: str
) -> None:
    problems = {}
    allowed_words = known_words | {word for state in STATES for word in state.split("_")}
    authorization = {"Authorization": f"Bearer {token}"}
    requests = [(*request, authorization) for request in WITH_TOKEN] + [(*request, {}) for request in WITHOUT_TOKEN]
    for method, path, body, headers in requests:
        content = None if body is None and method == "GET" else json.dumps(body).encode()
        address = f"/api/v1{path.format(**scenarios)}"
        text = request_text(translated_site, method, address, headers | {"Content-Type": "application/json"}, content)
        problem = json.loads(text)
        # Names of fields and their values are the same in every language.
        texts = [re.sub("“[^”]*”", "", problem.get(name, "no problem")) for name in ("title", "detail")]
        if english := english_words(texts, allowed_words):
            problems[f"{method} {path} {body}"] = english
    assert problems == {}


def test_plain_text_for_programs(translated_site: Site, scenarios: dict[str, str], known_words: set[str]) -> None:
    problems = {}
    for method, path, headers in PLAIN_TEXT:
        text = request_text(
            translated_site, method, path.format(**scenarios), headers, b"" if method == "POST" else None
        )
        # An indented line is a command to copy.
        lines = [line for line in text.splitlines() if not line.startswith("  ")]
        if english := english_words(lines, known_words) or ("«" not in text and [text]):
            problems[f"{method} {path} {headers}"] = english
    assert problems == {}
