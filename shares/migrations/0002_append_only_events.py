"""The database itself refuses to change an audit line.

SQLite rebuilds a table when a later migration alters it, which drops its triggers: such a migration has to run
``protect`` again.
"""

from typing import ClassVar

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

PROTECT = {
    "sqlite": [
        """CREATE TRIGGER shares_event_append_only BEFORE UPDATE ON shares_event
           BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
    ],
    "postgresql": [
        """CREATE FUNCTION shares_event_append_only() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$""",
        """CREATE TRIGGER shares_event_append_only BEFORE UPDATE ON shares_event
           FOR EACH ROW EXECUTE FUNCTION shares_event_append_only()""",
    ],
}
UNPROTECT = {
    "sqlite": ["DROP TRIGGER shares_event_append_only"],
    "postgresql": [
        "DROP TRIGGER shares_event_append_only ON shares_event",
        "DROP FUNCTION shares_event_append_only()",
    ],
}


def protect(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in PROTECT.get(editor.connection.vendor, []):
        editor.execute(statement)


def unprotect(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in UNPROTECT.get(editor.connection.vendor, []):
        editor.execute(statement)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("shares", "0001_initial")]
    operations: ClassVar = [migrations.RunPython(protect, unprotect)]
