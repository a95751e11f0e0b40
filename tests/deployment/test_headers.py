"""Headers of every response: a strict policy, no caching, nothing for other sites."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from shares.http.middleware import content_policy
from shares.models import User

ID = "A" * 22
PAGES = [
    "/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/admin/",
    "/admin/login/",
    "/healthz",
]
MISSING = ["/nowhere", f"/share/{ID}", f"/shares/{ID}/", "/share/short", "/api/v1/nowhere", "/static/nowhere.css"]
OUTSIDE = re.compile(r"(?<![\w.])(?:https?:)?//(?!127\.0\.0\.1|testserver)[\w.-]+")


def policy_of(response: object) -> dict[str, list[str]]:
    text: str = response["Content-Security-Policy"]  # type: ignore[index]
    return {name: values for name, *values in (rule.split() for rule in text.split(";"))}


def assert_careful(response: object) -> None:
    headers = response.headers  # type: ignore[attr-defined]
    policy = policy_of(response)
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "*" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] in {"no-referrer", "same-origin"}
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "no-store" in headers["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", [*PAGES, *MISSING])
@pytest.mark.parametrize("method", ["get", "head", "options", "post", "delete"])
def test_every_answer_carries_them(client: Client, method: str, path: str) -> None:
    response = getattr(client, method)(path)
    assert response.status_code < 500
    assert_careful(response)


@pytest.mark.django_db
def test_every_answer_to_an_administrator_carries_them(admin_client: Client) -> None:
    for path in [
        "/",
        "/shares/",
        "/account/",
        "/admin/",
        "/admin/shares/share/",
        "/admin/shares/user/add/",
        "/accounts/2fa/",
    ]:
        response = admin_client.get(path, follow=True)
        assert response.status_code == 200, path
        assert_careful(response)


@pytest.mark.django_db
@pytest.mark.parametrize("path", [f"/share/{ID}", f"/share/{ID}/unlock", "/share/", f"/request/{ID}"])
def test_what_lies_under_a_link_is_for_one_pair_of_eyes(client: Client, path: str) -> None:
    for response in (client.get(path), client.post(path)):
        assert response["Cache-Control"] == "no-store, private"
        assert "noindex" in response["X-Robots-Tag"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "directives"),
    [
        ("/", {"connect-src"}),
        (f"/share/{ID}", {"connect-src", "form-action", "img-src", "media-src"}),
        (f"/shares/{ID}/", {"connect-src", "form-action", "img-src", "media-src"}),
        ("/archiver.js", {"connect-src", "form-action", "img-src", "media-src"}),
        ("/accounts/login/", set()),
        ("/admin/login/", set()),
        ("/api/v1/docs", set()),
        ("/nowhere", set()),
    ],
)
def test_the_storage_is_let_in_where_bytes_go_and_nowhere_else(client: Client, path: str, directives: set[str]) -> None:
    origin: str = configured.S3_PUBLIC_ENDPOINT_URL
    policy = policy_of(client.get(path))
    assert {name for name, values in policy.items() if origin in values} == directives
    assert "frame-src" not in policy
    assert "object-src" not in policy


@pytest.mark.django_db
def test_an_unknown_host_name_gets_no_storage_and_no_page(client: Client) -> None:
    response = client.get("/", headers={"host": "evil.example.com"})
    assert response.status_code == 400
    assert b"evil.example.com" not in response.content
    assert configured.S3_PUBLIC_ENDPOINT_URL not in response["Content-Security-Policy"]


def test_uploads_and_downloads_may_have_two_origins() -> None:
    policy = content_policy(sends_to="https://up.example.org")
    fetching = content_policy(fetches_from="https://down.example.org")
    assert "connect-src 'self' https://up.example.org;" in policy
    assert "img-src 'self' data: https://down.example.org;" in fetching
    assert "down.example" not in policy
    assert "up.example" not in fetching


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_pages_contain_nothing_inline_and_nothing_from_other_origins(client: Client, path: str) -> None:
    text = client.get(path, follow=True).content.decode()
    assert not re.search(r"<script(?![^>]*\b(src=|type=\"application/json\"))", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    assert OUTSIDE.findall(text) == []


@pytest.mark.django_db
def test_a_body_is_refused_before_it_is_read(client: Client) -> None:
    response = client.post("/accounts/login/", {"login": "x" * 70_000})
    assert response.status_code == 413
    assert_careful(response)
    api = client.post("/api/v1/shares", b"{}" + b" " * 400_000, content_type="application/json")
    assert (api.status_code, api["Content-Type"]) == (413, "application/problem+json")
    assert api.json()["code"] == "too-large"


@pytest.mark.django_db
@pytest.mark.parametrize("length", ["-1", "x", "1e9", "9" * 40, "٣"])
def test_a_length_that_makes_no_sense_is_refused(client: Client, length: str) -> None:
    assert client.post("/accounts/login/", headers={"content-length": length}).status_code in {413, 422}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/?q=%00", "/shares/?q=a%00b", "/admin/login/?next=%00"])
def test_nul_in_an_address_is_refused(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 422
    assert_careful(response)


@pytest.mark.django_db
def test_the_api_has_its_own_response_for_not_found(client: Client) -> None:
    response = client.get("/api/v1/nowhere")
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    assert response.json()["code"] == "not-found"


def flat(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from flat(pattern.url_patterns, route)
        else:
            yield route


@pytest.mark.django_db
def test_no_address_of_the_site_breaks(client: Client, admin_user: User) -> None:
    """Every route with plausible and with hopeless arguments, as a visitor and as an administrator: never a 5xx."""
    client.raise_request_exception = False
    routes = [route for route in flat(get_resolver().url_patterns) if "jsi18n" not in route]
    assert len(routes) > 60
    for _ in range(2):
        for route in routes:
            for filler in (ID, "1", "zz-9_"):
                path = re.sub(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)|<[^>]+>", filler, route)
                response = client.get("/" + re.sub(r"[\^$\\?]|\.\*", "", path).lstrip("/"))
                assert response.status_code < 500 or route == "readyz", path
        client.force_login(admin_user)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/" + "x" * 3000, {}, 414),
        ("/?q=" + "x" * 5000, {}, 414),
        ("/?q=" + "x" * 300, {}, 422),
        ("/", {"cookie": "a=" + "x" * 9000}, 431),
        ("/", {"accept": "x" * 40_000}, 431),
        ("/", {"cookie": 'a="' + "\\\\" * 2000 + '"'}, 400),
        ("/", {"content-type": "text/plain; charset=punycode"}, 415),
        ("/api/v1/me", {"accept": "x" * 40_000}, 431),
    ],
)
def test_a_long_or_odd_head_is_refused(client: Client, path: str, headers: dict[str, str], status: int) -> None:
    response = client.get(path, headers=headers)
    assert response.status_code == status
    assert_careful(response)


@pytest.mark.django_db
def test_chunked_bodies_are_refused_without_a_length(client: Client) -> None:
    response = client.post("/accounts/login/", headers={"transfer-encoding": "chunked", "content-length": ""})
    assert response.status_code == 411
