"""Reads a page as people do, and finds the words that no catalog has."""

import re
from typing import Any

from playwright.sync_api import BrowserContext, Dialog, Page

from tests.e2e.pages.accessibility import HEIGHT, OVERFLOW_WIDTH
from tests.e2e.site import Site

ACCENTED, RIGHT_TO_LEFT = "en-xa", "ar-xb"
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": HEIGHT}}

# Everything that a page shows or says: text, and the attributes that screen readers and browsers read.
TEXTS = """() => {
  const texts = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!parent.closest('code, noscript, script, style, template, .file-type')) texts.push(walker.currentNode.data);
  }
  for (const name of ['alt', 'aria-label', 'placeholder', 'title']) {
    for (const element of document.querySelectorAll(`body [${name}]`)) texts.push(element.getAttribute(name));
  }
  for (const button of document.querySelectorAll('input[type=submit], input[type=reset]')) texts.push(button.value);
  return texts;
}"""
SESSION = """
from django.conf import settings
from django.test import Client
from shares.models import User
client = Client()
client.force_login(User.objects.get(email={email!r}))
print(settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value)
"""
NAMES = {"Sharesite", "SHA", "UTC", "PNG"}
# Units, days, months and lists are the browser's, which knows no pseudo-language.
BROWSER_WORDS = {
    "byte", "bytes", "kB", "MB", "GB", "and", "AM", "PM", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun",
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
}  # fmt: skip
WORD = re.compile(r"(?<![\w&])[A-Za-z]{2,}")


def english_words(texts: list[str], known_words: set[str]) -> list[str]:
    return [text.strip() for text in texts if set(WORD.findall(text)) - known_words]


def sign_in(context: BrowserContext, site: Site, email: str) -> None:
    """With a session of the account, without the seconds that its password takes."""
    name, value = site.execute(SESSION.format(email=email)).split()[-2:]
    context.add_cookies([{"name": name, "value": value, "url": site.url}])


class PageReader:
    """Collects what is wrong with the states of a page, so that a test reports all of them."""

    def __init__(self, page: Page, known_words: set[str]) -> None:
        self.page, self.known_words = page, known_words
        self.problems: dict[str, list[str]] = {}
        self.dialogs: list[str] = []
        page.on("dialog", self._accept)

    def open(self, name: str, path: str) -> None:
        self.page.goto(path)
        self.read(name)

    def read(self, name: str) -> None:
        problems = english_words(self.page.evaluate(TEXTS), self.known_words)
        if self.page.evaluate(OVERFLOW_WIDTH) > 0:
            problems.append("wider than the screen")
        if problems:
            self.problems[name] = problems

    def _accept(self, dialog: Dialog) -> None:
        """A dialog of the browser itself has no text of the page."""
        self.dialogs.append(dialog.message)
        if dialog.type != "beforeunload" and (problems := english_words([dialog.message], self.known_words)):
            self.problems[f"dialog: {dialog.message}"] = problems
        dialog.accept()
