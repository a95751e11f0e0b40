from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shares', '0010_deliveries'),
    ]

    operations = [
        migrations.AlterField(
            model_name='sharedfile',
            name='path',
            field=models.CharField(blank=True, help_text='Folders joined by /; empty: top level.', max_length=4096, verbose_name='folder'),
        ),
    ]
