"""Lighthouse on the recipient's page, as a phone sees it.

`make long` tests the open page without its speed; ``LOOKS=all``, for `make lighthouse`, every page with it.
"""

import json
import os
import subprocess
from typing import Any

import pytest

from tests.e2e.site import PROJECT, Site

MIN_SCORE = 95
ALL = os.environ.get("LOOKS") == "all"
PAGES = ["open"] + ["locked", "expired", "folders"] * ALL


def looked_at(url: str) -> dict[str, Any]:
    """The report of Lighthouse, in a Chromium of its own."""
    process = subprocess.run(
        ["node", "run.mjs", url],
        cwd=PROJECT / "tests" / "lighthouse",
        env=os.environ | {"PATH": f"{PROJECT / '.venv' / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert process.returncode == 0, process.stderr[-2000:]
    result: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
    return result


@pytest.mark.long
@pytest.mark.parametrize("scenario", PAGES)
def test_the_page_is_quick_accessible_and_sound(site: Site, scenarios: dict[str, str], scenario: str) -> None:
    result = looked_at(f"{site.url}/share/{scenarios[scenario]}")
    print(scenario, result)
    scores = result["scores"]
    # Speed beside other tests is meaningless; the size of the page, which counts most, has a test of its own.
    assert scores.keys() == {"accessibility", "best-practices"} | ({"performance"} if ALL else set())
    assert min(scores.values()) >= MIN_SCORE, result
