"""All logs of a complete run: nothing in them grants access."""

import contextlib
import json
import os
import re
import secrets
import sqlite3
import subprocess
import sys
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

from sharesite.dev_stack.options import PROJECT
from tests.deployment import reverse_proxies
from tests.dev_stack.conftest import Starter
from tests.dev_stack.runner import Run
from tests.dev_stack.test_disk import eventually
from tests.dev_stack.visitor import Visitor
from tests.support.migrated_database import EMAIL
from tests.support.migrated_database import PASSWORD as ADMIN

PASSWORD, WRONG = "share-secret-42", "wrong-guess-43"


class Browser:
    """Cookies and forms."""

    def __init__(self, url: str) -> None:
        self.url, self.cookies = url.rstrip("/"), CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def open(self, path: str, **form: str) -> str:
        headers = {"Referer": f"{self.url}{path}", "Origin": self.url} if form else {"Referer": f"{self.url}{path}"}
        body = urlencode(form).encode() if form else None
        try:
            with self.opener.open(urllib.request.Request(f"{self.url}{path}", body, headers), timeout=60) as response:
                text: bytes = response.read()
        except urllib.error.HTTPError as error:
            text = error.read()
        return text.decode(errors="replace")

    def submit(self, page: str, action: str, **form: str) -> str:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.open(page))
        assert token, page
        return self.open(action, csrfmiddlewaretoken=token[1], **form)


def use(visitor: Visitor, browser: Browser) -> list[str]:
    """What recipients, owners, scripts and mistyped addresses do; the ids of all shares."""
    small, locked, strict = visitor.share(b"a" * 1000, b"b" * 1000), visitor.share(b"c", password=PASSWORD), ""
    strict = visitor.share(b"d" * 1000, strict=True)
    for share in (small, locked, strict):
        browser.open(f"/share/{share}")
        browser.open(f"/share/{share}/download")
        browser.open(f"/share/{share}/nowhere?next=/share/{share}")
        visitor.fetch(share)
        visitor.request(f"{visitor.url}/share/{share}/download", urlencode({"password": WRONG}).encode())
        visitor.request(f"{visitor.url}/share/{share}/download", urlencode({"password": PASSWORD}).encode())
        visitor.request(f"{visitor.url}/api/v1/shares/{share}", headers={"Authorization": f"Bearer {visitor.token}"})
        visitor.request(f"{visitor.url}/api/v1/shares/{share}", headers={"Authorization": "Bearer shs_0.wrong"})
        visitor.api(f"/shares/{share}/downloads", {"password": PASSWORD})
    # What a browser asks for that packs an archive itself; the server's came with the downloads above.
    assert "Files.zip" in browser.submit(f"/share/{small}", f"/share/{small}/archive")
    browser.submit(f"/share/{small}", f"/share/{small}/archive/links")
    browser.submit(f"/share/{locked}", f"/share/{locked}/unlock", password=WRONG)
    browser.submit(f"/share/{locked}", f"/share/{locked}/unlock", password=PASSWORD)
    browser.submit("/accounts/login/", "/accounts/login/", login=EMAIL, password=WRONG)
    browser.submit("/accounts/login/", "/accounts/login/", login=EMAIL, password=ADMIN)
    for share in (small, locked, strict):
        assert share in browser.open(f"/shares/{share}/")
        browser.open(f"/admin/shares/share/{share}/change/")
    return [small, locked, strict]


def break_row(run: Run, share: str) -> None:
    """A row that no code of ours can read: each page that needs it fails with a trace."""
    with contextlib.closing(sqlite3.connect(run.data / "db.sqlite3", timeout=30)) as connection, connection:
        connection.execute(
            "UPDATE shares_share SET created_at = 'no time', expires_at = 'no time' WHERE id = ?", [share]
        )


def fail(visitor: Visitor, browser: Browser, share: str) -> None:
    for path in (f"/share/{share}", f"/shares/{share}/", f"/api/v1/shares/{share}", "/shares/"):
        browser.open(path)
        visitor.request(f"{visitor.url}{path}", headers={"Authorization": f"Bearer {visitor.token}"})


def assert_nothing_opens(run: Run, tmp_path: Path, purge: str, broken: str, secret: list[str]) -> None:
    folders = [run.data / "logs", *(tmp_path / name for name in reverse_proxies.PROXIES)]
    logs = [path for folder in folders for path in folder.iterdir() if path.suffix in {".log", ".1"}]
    assert {"web.log", "worker.log", "storage.log", "broker.log", "access.log"} <= {path.name for path in logs}
    texts = {str(path): path.read_text(errors="replace") for path in [*logs, run.output]}
    texts["purge"] = purge
    assert f"{broken[:4]}…" in texts[str(run.data / "logs" / "web.log")]
    hidden = [*secret, secret[-1].split(".")[1], PASSWORD, WRONG, ADMIN, "X-Amz-Signature="]
    for name, text in texts.items():
        assert [word for word in hidden if len(word) > 3 and word in text] == [], name


def test_no_log_holds_what_opens_anything(start: Starter, tmp_path: Path) -> None:
    run = start(administrator=True, TRUSTED_PROXIES="1")
    run.wait_ready()
    visitor, browsers = Visitor(run), []
    storage = f"127.0.0.1:{json.loads((run.data / 'ports.json').read_text())['s3']}"
    shares = []
    for name in reverse_proxies.PROXIES:
        folder = tmp_path / name
        folder.mkdir()
        with reverse_proxies.running(name, folder, storage=storage, web=run.port, logged=True) as proxy:
            visitor.url = proxy.site
            # Cookies and forms go past the proxy, to the address that the site takes for its own.
            browsers.append(Browser(run.url))
            shares += use(visitor, browsers[-1])
            visitor.request(f"{visitor.url}/share/{shares[-1]}?X-Amz-Signature={secrets.token_hex(32)}")
    visitor.url = run.url.rstrip("/")
    break_row(run, shares[0])
    fail(visitor, browsers[-1], shares[0])
    visitor.request(
        f"{visitor.url}/api/v1/shares/{shares[-1]}", None, {"Authorization": f"Bearer {visitor.token}"}, "DELETE"
    )
    purge = subprocess.run(
        [sys.executable, str(PROJECT / "manage.py"), "purge", "--skip-checks"],
        env={"SITE_DATA": str(run.data), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    eventually("a trace", run, lambda: "Traceback" in (run.data / "logs" / "web.log").read_text())
    assert run.stop() == 0
    cookies = [cookie.value or "" for browser in browsers for cookie in browser.cookies]
    assert_nothing_opens(run, tmp_path, purge.stdout + purge.stderr, shares[0], [*shares, *cookies, visitor.token])
