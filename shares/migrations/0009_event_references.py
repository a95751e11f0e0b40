"""What joins an event with the access log of the storage, and the events of signed upload URLs.

SQLite rebuilds the table, which drops the trigger that protects it.
"""

from typing import ClassVar

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

PROTECT = """CREATE TRIGGER shares_event_append_only BEFORE UPDATE ON shares_event
             BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"""


def protect(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "sqlite":
        editor.execute(PROTECT)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("shares", "0008_key_rotations")]
    operations: ClassVar = [
        migrations.AddField(
            model_name='event',
            name='reference',
            field=models.CharField(blank=True, default='', help_text='What the signed URLs contain, and so the access log of the storage: the id of the grant, if any.', max_length=22, verbose_name='reference'),
        ),
        migrations.AlterField(
            model_name='event',
            name='kind',
            field=models.CharField(choices=[('created', 'Created'), ('edited', 'Edited'), ('opened', 'Opened'), ('unlocked', 'Unlocked'), ('refused', 'Refused'), ('granted', 'Granted'), ('signed', 'Signed'), ('streamed', 'Streamed'), ('uploaded', 'Uploaded'), ('revoked', 'Revoked'), ('purged', 'Purged'), ('admin', 'admin action'), ('asked', 'requested again'), ('withheld', 'Withheld'), ('finished', 'Finished'), ('put_urls', 'Upload URLs signed')], max_length=10, verbose_name='kind'),
        ),
        migrations.RunPython(protect, migrations.RunPython.noop),
    ]
