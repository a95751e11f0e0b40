from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shares", "0012_longer_paths"),
    ]

    operations = [
        migrations.AddField(
            model_name="uploadpart",
            name="md5",
            field=models.BinaryField(help_text="Where the store checks parts by it.", max_length=16, null=True),
        ),
    ]
