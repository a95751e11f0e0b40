"""Broken twins: copies of the project in which one rule is broken. The tests of the rule must fail in each.

``python -m tests.twins [WORD...]`` tests them one after the other, only those whose rule contains one of the words,
and exits with 1 if the tests of a twin passed. A twin whose tests do not start proves nothing, and counts as passed.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.twins import downloads, site, uploads
from tests.twins.twin import Twin

ROOT = Path(__file__).parents[2]
COPIED = ("manage.py", "package.json", "pyproject.toml", "sharesite", "shares", "static", "templates", "tests", "docs")
COPIED_FILES = (
    *("locale", ".env.example", "build.js", "package-lock.json", "CHANGELOG.md", "Dockerfile", "Makefile", "README.md"),
    *("docker-compose.yml", "deploy"),
)
LINKED = (".venv", "node_modules", "templates/icons")
TWINS = (*downloads.TWINS, *uploads.TWINS, *site.TWINS)
FAILED_TEST = re.compile(r"^(?:FAILED (.+?)(?: - .*)?|not ok \d+ - (.+)|✖ (.+?)(?: \(.*)?)$", re.MULTILINE)


def copy_project(target: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "vendor", "icons", "node_modules")
    for name in (*COPIED, *COPIED_FILES):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, target / name)
    for name in LINKED:
        (target / name).symlink_to(ROOT / name)


def break_rule(twin: Twin, folder: Path) -> None:
    path = folder / twin.path
    source = path.read_text()
    if source.count(twin.original) != 1:
        raise LookupError(f"{twin.rule}: {twin.path} contains the rule {source.count(twin.original)} times.")
    path.write_text(source.replace(twin.original, twin.broken))


def run_tests(twin: Twin, folder: Path) -> tuple[int, str]:
    """Run the tests of the twin up to the first failure; returns exit code and output."""
    environment = {name: value for name, value in os.environ.items() if name != "TEST_DATABASE"}
    if twin.sqlite:
        environment["TEST_DATABASE"] = "sqlite"
    if twin.tests.endswith(".mjs"):
        command = ["node", "--test", "--test-reporter=tap", *twin.tests.split()]
    else:
        command = [sys.executable, "-m", "pytest", "--quiet", "--exitfirst", *twin.tests.split()]
    process = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return process.returncode, process.stdout + process.stderr


def main(filters: list[str]) -> int:
    survivors = []
    for twin in TWINS:
        if filters and not any(word.lower() in twin.rule.lower() for word in filters):
            continue
        with tempfile.TemporaryDirectory(prefix="sharesite-twin-") as name:
            folder = Path(name)
            copy_project(folder)
            break_rule(twin, folder)
            started_at = time.monotonic()
            code, output = run_tests(twin, folder)
        match = FAILED_TEST.search(output)
        if code == 1 and match:
            first = next(group for group in match.groups() if group)
            print(f"red    {twin.rule}: {first} ({time.monotonic() - started_at:.0f} s)", flush=True)
        else:
            survivors.append(twin)
            print(f"PASSED {twin.rule}: exit code {code}\n{output[-2000:]}", flush=True)
    print(f"{len(survivors)} broken twins passed." if survivors else "Every broken twin turned its tests red.")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
