"""The servers of the tests: real ones, started on first use and stopped at the end.

The environment is written when pytest loads this file, and the settings are named here for the same reason:
pytest-django would load them earlier if its own configuration named them.
"""

import functools
import os
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import django
import pytest
from django.conf import settings
from xdist.remote import Producer

from sharesite.dev_stack import ports
from sharesite.dev_stack.ports import choose
from sharesite.dev_stack.seaweedfs import SeaweedFS
from sharesite.dev_stack.valkey import Valkey
from tests.clamd import Clamd
from tests.stack import FOLDER_VARIABLE, Stack
from tests.support import evidence, reaper
from tests.support.progress import Progress
from tests.support.scheduler import FileScheduling

# Folders whose tests bring their own database, need none, or need one that takes many writers at once.
APART = {"bench", "e2e", "faults", "deployment", "project", "dev_stack", "races", "storage"}
# Pages, calls and sign-ins contain no SQL: they call services, which are tested on both databases.
DRAWING = {"views", "http", "admin", "limits", "accesslogs", "api", "accounts"}
# While the driver of the shared browser runs its event loop, Django refuses database queries and no other browser can
# start: tests with the browser run last, and the browser benchmark, with a browser of its own, first.
FIRST = ["/bench/test_browser.py", "/bench/", "/dev_stack/", "/faults/", "/races/"]
FIRST += ["/tests/deployment/", "/tests/project/", "/storage/"]
LAST = ["/e2e/chaos/", "/e2e/"]
# Test processes run at the same time, and a free port may be in use before the server that needs it has started: each
# process chooses from a range of its own, outside of the range of the site itself.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
WORKER_INDEX = 0 if os.environ.get("TEST_DATABASE") == "sqlite" else int(WORKER.removeprefix("gw") or 0) + 1
ports.LOWEST, ports.HIGHEST = 11_000 + 1_200 * WORKER_INDEX, 11_000 + 1_200 * WORKER_INDEX + 1_199
STACK = Stack()
REAPER: "subprocess.Popen[bytes] | None" = None
if not WORKER:
    os.environ[FOLDER_VARIABLE] = str(STACK.folder)
    reaper.remove_stale_folders()
    REAPER = reaper.start(secrets.token_hex(16), STACK.folder)
os.environ.update(STACK.environment())
os.environ["DJANGO_SETTINGS_MODULE"] = "sharesite.settings"
LEFT_BEHIND = pytest.StashKey[list[str]]()


# Each botocore session loads its descriptions of S3 again, in a third of a second; tests create a hundred sessions.
botocore.session.create_loader = functools.cache(botocore.session.create_loader)


def pytest_configure(config: pytest.Config) -> None:
    # Loads the settings, so that pytest-django finds them configured; the fixtures need the models at import.
    assert os.environ["SECRET_KEY"] == settings.SECRET_KEY
    # A manifest that was collected in this folder earlier may be out of date.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    # That folder is not scanned at the start either: another process may be collecting into it.
    settings.WHITENOISE_AUTOREFRESH = True
    django.setup()
    config.pluginmanager.import_plugin("tests.fixtures")


def pytest_sessionstart(session: pytest.Session) -> None:
    plugins = session.config.pluginmanager
    if not WORKER and (reporter := plugins.get_plugin("terminalreporter")):
        evidence.clear()
        plugins.register(Progress(reporter))


def pytest_xdist_setupnodes() -> None:
    # Each worker brings its own servers, and has to write its own environment before the settings are loaded.
    del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FileScheduling | None:
    return FileScheduling(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """SQLite is for the rules that hold on every database: importing the other tests would take longer than theirs."""
    is_apart = collection_path.parent == config.rootpath / "tests" and collection_path.name in APART
    return True if is_apart and os.environ.get("TEST_DATABASE") == "sqlite" else None


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Mark the rules that hold on every database, and put the files in order."""
    for item in items:
        folders = set(item.path.relative_to(config.rootpath).parts)
        if not APART & folders:
            item.add_marker("unit")
        if DRAWING & folders:
            item.add_marker("one_database")
    yield
    if os.environ.get("LONG") != "1":
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("long")])
        items[:] = [item for item in items if not item.get_closest_marker("long")]
    # The order within a file stays.
    items.sort(key=weight)


def weight(item: pytest.Item) -> int:
    path = item.path.as_posix()
    for position, part in enumerate(LAST, len(FIRST) + 1):
        if part in path:
            return position
    return next((index for index, part in enumerate(FIRST) if part in path), len(FIRST))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A failure reports where to look: screenshots and HTML of the browser's pages, and the logs of the servers."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]  # pluggy's own type is not exported
    if report.failed:
        report.sections.append(("Evidence", str(evidence.collect(item, STACK.folder))))


@pytest.hookimpl(hookwrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Stop the servers. A process that still runs was started by a test that did not stop it: the run fails."""
    yield  # Fixtures are torn down, and other test processes end.
    STACK.stop()
    if REAPER is None:
        return
    if leftovers := reaper.kill(os.environ[reaper.VARIABLE]):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        session.config.stash[LEFT_BEHIND] = leftovers


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for command in config.stash.get(LEFT_BEHIND, []):
        terminalreporter.write_line(f"left behind, and killed: {command}", red=True)


def pytest_unconfigure() -> None:
    STACK.close()
    if REAPER:
        reaper.finish(REAPER)


@pytest.fixture(scope="session")
def stack() -> Stack:
    """All parts, running or not; ``stack.need(part)`` starts one."""
    return STACK


@pytest.fixture(scope="session")
def django_db_modify_db_settings(stack: Stack) -> None:
    """Start the database server before the test database is created."""
    if stack.sqlite:
        # A file, as in production: in memory there is neither a write-ahead log nor a second process.
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(stack.folder / "test.sqlite3")
    else:
        stack.need(stack.database)


@pytest.fixture(scope="session")
def broker_server(stack: Stack) -> Valkey:
    stack.need(stack.broker)
    return stack.broker


@pytest.fixture(scope="session")
def storage_server(stack: Stack) -> SeaweedFS:
    """A running S3 server; a test that ends it must start it again with ``stack.need``."""
    stack.need(stack.storage)
    return stack.storage


@pytest.fixture(scope="session")
def clamd(stack: Stack) -> Clamd:
    """A running virus scanner; a test that ends it must start it again with ``stack.need``."""
    scanner = Clamd(stack.folder / "clamd", port=choose(["clamd"])["clamd"])
    stack.need(scanner)
    return scanner
