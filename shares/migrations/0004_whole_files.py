"""A file's own SHA-256, and files that are sent as one object."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shares", "0003_streamed_events")]

    operations = [
        migrations.AddField(
            model_name="sharedfile",
            name="sha256",
            field=models.BinaryField(
                help_text="Of the whole file; unknown where the sender did not compute it.",
                max_length=32,
                null=True,
                verbose_name="SHA-256",
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="direct_until",
            field=models.DateTimeField(
                editable=False,
                help_text="Sent as one object, by URLs that are dead by then; empty: sent in parts.",
                null=True,
            ),
        ),
    ]
