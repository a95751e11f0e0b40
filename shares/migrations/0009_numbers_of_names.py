from collections import Counter

from django.db import migrations, models


def number(apps, _schema_editor):
    """Files of one name in one folder that were declared before they were told apart."""
    SharedFile = apps.get_model("shares", "SharedFile")
    rows = SharedFile.objects.filter(removed_at__isnull=True).order_by("share_id", "position", "pk")
    seen, share = Counter(), None
    for pk, share_id, path, name in rows.values_list("pk", "share_id", "path", "name").iterator():
        if share_id != share:
            seen, share = Counter(), share_id
        same = path, name.casefold()
        seen[same] += 1
        if seen[same] > 1:
            SharedFile.objects.filter(pk=pk).update(number=seen[same])


class Migration(migrations.Migration):

    dependencies = [
        ('shares', '0008_virus_scans'),
    ]

    operations = [
        migrations.AddField(
            model_name='sharedfile',
            name='number',
            field=models.PositiveSmallIntegerField(db_default=1, default=1, editable=False, help_text='Which of several files of this name, in any case of letters, in this folder.'),
        ),
        migrations.RunPython(number, migrations.RunPython.noop),
    ]
