"""A database file of SQLite with all tables, the account of an owner, and a token for the API.

Migrations take seconds of a core: they run once for all sites and stacks of all test processes, and each of them copies
the result.
"""

import fcntl
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from tests.e2e.console import Console
from tests.stack import FOLDER_VARIABLE

EMAIL = "owner@example.com"
PASSWORD = "correct horse battery staple"
ACCOUNT = f"""
from shares.models import User
User.objects.create_user({EMAIL!r}, {PASSWORD!r}, name="Olga Owner")
"""
# Both scopes; printed once, as by `manage.py issue_token`.
TOKEN = f"""
from django.core.management import call_command
call_command("issue_token", {EMAIL!r})
"""
TABLES = "from django.core.management import call_command\ncall_command('migrate', verbosity=0)\n"


def copy_migrated_database(target: Path) -> str:
    """Returns the owner's token."""
    folder = Path(os.environ.get(FOLDER_VARIABLE, os.environ["SITE_DATA"]))
    template, token = folder / "site-template.sqlite3", folder / "site-template.token"
    with (folder / "site-template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not template.exists():
            draft = template.with_suffix(".draft")
            draft.unlink(missing_ok=True)
            token.write_text(prepare({**os.environ, "DATABASE_URL": f"sqlite:///{draft}"}))
            copy_database(draft, template)
    copy_database(template, target)
    return token.read_text()


def prepare(environment: Mapping[str, str]) -> str:
    """Create the tables, the account and its token, which is returned."""
    with closing(Console(environment)) as console:
        return console.run(TABLES + ACCOUNT + TOKEN).strip()


def promote_owner(database: Path) -> None:
    """Make the owner an administrator."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE shares_user SET is_staff = 1, is_superuser = 1 WHERE email = ?", [EMAIL])


def copy_database(source: Path, target: Path) -> None:
    """Copy atomically, including the write-ahead log."""
    draft = target.with_name(f"{target.name}.copy")
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(draft)) as write:
        read.backup(write)
    draft.rename(target)
