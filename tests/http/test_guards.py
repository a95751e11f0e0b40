"""Every URL of the pages declares who may use it, and its methods."""

from collections.abc import Iterator, Sequence

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from shares import urls

GUARDS = {"public", "signed_in", "owned", "recipient", "linked", "operator"}
OWNED, PUBLIC = "shares/(?P<share_id>", "share/(?P<share_id>"


def patterns(entries: Sequence[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for entry in entries:
        if isinstance(entry, URLResolver):
            yield from patterns(entry.url_patterns)
        else:
            yield entry


def test_every_page_declares_its_guard() -> None:
    pages = list(patterns(urls.urlpatterns))
    assert len(pages) >= 16
    for page in pages:
        assert getattr(page.callback, "guard", None) in GUARDS, page


def test_the_guard_fits_the_address() -> None:
    for page in patterns(urls.urlpatterns):
        route, guard = str(page.pattern), getattr(page.callback, "guard", None)
        if OWNED in route:
            assert guard == "owned", route
        if PUBLIC in route:
            assert guard in {"recipient", "linked"}, route
        if "share" in route:
            assert guard not in {"public", "operator"}, route


def test_nothing_else_answers_outside_of_the_known_interfaces() -> None:
    top = {str(entry.pattern) for entry in get_resolver().url_patterns}
    assert top == {"", "favicon.ico", "api/v1/", "accounts/", "admin/"}


def test_a_page_accepts_either_get_or_post_never_both(db: None) -> None:
    client = Client(headers={"host": "127.0.0.1"})
    for page in patterns(urls.urlpatterns):
        path = "/" + str(page.pattern).lstrip("^").removesuffix("$")
        for name in ("share_id", "file_id"):
            path = path.replace(f"(?P<{name}>[A-Za-z0-9_-]{{22}})", "x" * 22)
        path = path.replace("(?P<job>[0-9a-f-]{36})", "0" * 36).replace("<mangled_link:link>", "SHARE/x")
        path = path.replace(r"\.(?P<file_format>csv|json)", ".csv")
        assert 405 in {client.get(path).status_code, client.post(path).status_code}, path
        assert client.put(path).status_code == client.delete(path).status_code == 405, path
