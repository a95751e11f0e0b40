"""The examples of docs/api.md, executed unchanged, in order, in one shell."""

import os
import re
import subprocess
from collections import Counter
from pathlib import Path

from playwright.sync_api import Page, Response

from tests.e2e.site import EMAIL, PROJECT, Site
from tests.e2e.upload_page import random_file

EXAMPLES = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_examples_work_as_they_stand(site: Site, tmp_path: Path) -> None:
    random_file(tmp_path / "report.pdf", 100_000)
    script = "\n".join(EXAMPLES.findall((PROJECT / "docs" / "api.md").read_text()))
    assert script.count("curl") >= 4
    token = site.token
    process = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "SITE": site.url, "TOKEN": token},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stdout.splitlines() == [EMAIL, "ready", "ready", "1", "True", "edited"]
    assert (tmp_path / "received.pdf").read_bytes() == (tmp_path / "report.pdf").read_bytes()


def test_the_reference_page_names_every_call_and_breaks_no_rule_of_the_page(page: Page, site: Site) -> None:
    broken: list[str] = []
    foreign: list[str] = []
    page.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)

    def note(response: Response) -> None:
        if not response.url.startswith(site.url):
            foreign.append(response.url)

    page.on("response", note)
    page.goto(f"{site.url}/api/v1/docs")
    described = page.request.get(f"{site.url}/api/v1/openapi.json").json()
    calls = [(path, method) for path, methods in described["paths"].items() for method in methods]
    assert len(calls) >= 14
    # One query for all of them: finding each by its role in a page of this length takes seconds.
    headings = Counter(" ".join(text.split()) for text in page.locator("h1, h2, h3").all_inner_texts())
    assert {f"{method.upper()} {path}": headings[f"{method.upper()} {path}"] for path, method in calls} == {
        f"{method.upper()} {path}": 1 for path, method in calls
    }
    assert broken == foreign == []
