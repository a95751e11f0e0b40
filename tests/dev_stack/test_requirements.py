"""requirements.txt lists everything that the site needs: packages for tests replace nothing."""

import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from sharesite.dev_stack.options import PROJECT
from tests.dev_stack.conftest import Starter

SITE_PACKAGES = Path(sys.prefix) / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def requirement_names() -> Iterator[str]:
    """Packages of requirements.txt that this machine's Python takes."""
    for line in (PROJECT / "requirements.txt").read_text().splitlines():
        if line[:1].isalnum():
            requirement = Requirement(line.removesuffix("\\"))
            if requirement.marker is None or requirement.marker.evaluate():
                yield requirement.name


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an environment that has those and no others, each as it lies in the environment of the tests."""
    home = tmp_path_factory.mktemp("only")
    venv.create(home, symlinks=True)
    packages = next(home.glob("lib/python*/site-packages"))
    for name in requirement_names():
        for path in distribution(name).files or ():
            source = Path(str(distribution(name).locate_file(path)))
            if path.parts[0] != "..":
                link = packages / path.parts[0]
                if not link.is_symlink():
                    link.symlink_to(SITE_PACKAGES / path.parts[0])
            elif "bin" in path.parts:
                copy_program(source, home / "bin" / path.name)
    return home / "bin" / "python"


def copy_program(program: Path, target: Path) -> None:
    """A script as the installer would have written it for that environment; anything else as it is."""
    body = program.read_bytes()
    if body.startswith(b"#!"):
        body = f"#!{target.with_name('python')}\n".encode() + body.partition(b"\n")[2]
    target.write_bytes(body)
    target.chmod(0o755)


@pytest.mark.long
def test_the_site_runs_with_what_is_listed_and_no_more(start: Starter, python: Path) -> None:
    run = start(python=python)
    run.wait_ready()
    log = run.data / "logs" / "worker.log"
    end = time.monotonic() + 60
    while not log.exists() or "ready." not in log.read_text():
        assert run.process.poll() is None, run.output_lines[-20:]
        assert time.monotonic() < end
        time.sleep(0.1)
    assert run.stop() == 0


IMPORTS = """
import importlib, pkgutil, django
django.setup()
import shares, sharesite
for package in (shares, sharesite):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
        print(module.name)
"""


def test_every_module_can_be_imported_with_what_is_listed(python: Path) -> None:
    process = subprocess.run([python, "-c", IMPORTS], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    assert {"shares.services.downloads.start", "sharesite.dev_stack.supervisor"} <= set(process.stdout.split())
