"""A browser without JavaScript: stores cookies, finds the forms of a page and submits them, follows no redirect."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.http import HttpResponse
from django.test import Client

from shares.models import User


class Forms(HTMLParser):
    """The fields of each form by its action, the links, and all text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self.texts: list[str] = []
        self.links: list[str] = []
        self._now: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._now = self.forms.setdefault(attributes.get("action", "").partition("#")[0], {})
        elif tag == "a":
            self.links.append(attributes.get("href", ""))
        elif tag == "button" and "formaction" in attributes:
            self.forms[attributes["formaction"]] = self._now
        elif tag == "input" and attributes.get("name") and attributes.get("type") not in {"checkbox", "submit"}:
            self._now[attributes["name"]] = attributes.get("value", "")

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


class Browser:
    """``see`` fetches a page, ``send`` submits a form of the last page, with its CSRF token."""

    def __init__(self, user: User | None = None, *, address: str = "198.51.100.7") -> None:
        self.client = Client(enforce_csrf_checks=True, REMOTE_ADDR=address, headers={"host": "127.0.0.1"})
        if user is not None:
            self.client.force_login(user)
        self.page = Forms("")

    def see(self, path: str, *, status: int = 200) -> str:
        response: HttpResponse = self.client.get(path)  # type: ignore[assignment]
        assert response.status_code == status, (path, response.status_code)
        return self._read(response)

    def send(self, action: str, *, status: int = 303, **fields: Any) -> HttpResponse:
        assert action in self.page.forms, (action, list(self.page.forms))
        response: HttpResponse = self.client.post(action, self.page.forms[action] | fields)  # type: ignore[assignment]
        assert response.status_code == status, (action, response.status_code)
        if not 300 <= status < 400 and not response.streaming:
            self._read(response)
        return response

    def offers(self, action: str) -> bool:
        return action in self.page.forms

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.page.texts).split())

    def _read(self, response: HttpResponse) -> str:
        html = response.content.decode()
        self.page = Forms(html)
        return html


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
