"""The embedded stack, used from another machine of the network: by a name, over plain http, through the TCP proxy."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.dev_stack.runner import Run
from tests.e2e.upload_page import choose, expect_state, link, random_file

NAME = "box.test"
EMAIL, PASSWORD = "boss@example.com", "a good long phrase"
SIZE = 20 * 1024 * 1024


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(
        tmp_path / "data",
        host="127.0.0.2",
        SITE_ADMIN_EMAIL=EMAIL,
        SITE_ADMIN_PASSWORD=PASSWORD,
        ALLOWED_HOSTS=f"{NAME},127.0.0.2",
    )
    run.wait_ready()
    yield run
    assert run.stop() == 0


def test_a_file_travels_by_the_name_that_the_page_was_opened_with(run: Run, browser: Browser, tmp_path: Path) -> None:
    proxy_port = json.loads((run.data / "ports.json").read_text())["gate"]
    expected = random_file(tmp_path / "a.bin", SIZE)
    page = browser.new_page()
    page.goto(f"http://{NAME}:{run.port}/accounts/login/")
    page.fill("input[name=login]", EMAIL)
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button[type=submit], main form button:not([type])")
    page.wait_for_selector("upload-app")
    assert page.evaluate("isSecureContext") is False
    choose(page, tmp_path / "a.bin")
    expect_state(page, "done")
    share = urlsplit(link(page)).path

    recipient = browser.new_context(java_script_enabled=False, accept_downloads=True).new_page()
    recipient.goto(f"http://{NAME}:{run.port}{share}")
    with recipient.expect_download() as waiting:
        recipient.get_by_role("button", name="Download").first.click()
    assert urlsplit(waiting.value.url).netloc == f"{NAME}:{proxy_port}"
    assert hashlib.sha256(Path(waiting.value.path()).read_bytes()).hexdigest() == expected
    page.close()
