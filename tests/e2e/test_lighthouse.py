"""Lighthouse on the recipient's page, as a phone sees it.

``LOOKS=all``, for `make lighthouse`, takes every page and judges its speed as well.
"""

import json
import os
import subprocess
from typing import Any

import pytest

from tests.e2e.site import PROJECT, Site

LEAST = 95
ALL = os.environ.get("LOOKS") == "all"
PAGES = ["open"] + ["locked", "expired", "folders"] * ALL


def looked_at(url: str) -> dict[str, Any]:
    """What Lighthouse says, in a Chromium of its own."""
    done = subprocess.run(
        ["node", "run.mjs", url],
        cwd=PROJECT / "tests" / "lighthouse",
        env=os.environ | {"PATH": f"{PROJECT / '.venv' / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("scene", PAGES)
def test_the_page_is_quick_accessible_and_sound(site: Site, scenes: dict[str, str], scene: str) -> None:
    found = looked_at(f"{site.url}/share/{scenes[scene]}")
    print(scene, found)
    scores = found["scores"]
    if not ALL:
        # How quick it was beside other tests says nothing; its weight, which counts the most, is tested apart.
        assert scores.pop("performance") > 0
    assert min(scores.values()) >= LEAST, found
