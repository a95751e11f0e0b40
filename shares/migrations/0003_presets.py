"""Presets, three to begin with, and the preset of a share."""

from typing import ClassVar

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models
from django.db.migrations.state import StateApps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


PRESETS = [
    {"name": "Public", "slug": "public", "help": "For anyone", "expiry_hours": 168, "max_expiry_hours": 168},
    {"name": "Temporary", "slug": "temporary", "help": "Gone in a day", "expiry_hours": 24, "max_expiry_hours": 24},
    {
        "name": "Confidential",
        "slug": "confidential",
        "help": "With a password, for one person",
        "expiry_hours": 2,
        "max_expiry_hours": 2,
        "max_downloads": 1,
        "password_required": True,
    },
]


def create_presets(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    presets = apps.get_model("shares", "Preset").objects
    presets.bulk_create([presets.model(position=position, **values) for position, values in enumerate(PRESETS, 1)])


class Migration(migrations.Migration):
    dependencies: ClassVar = [("shares", "0002_append_only_events")]
    operations: ClassVar = [
        migrations.CreateModel(
            name='Preset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, unique=True, verbose_name='name')),
                ('slug', models.SlugField(help_text='The value of “preset” in the API. Keep it once in use.', max_length=40, unique=True, verbose_name='API name')),
                ('help', models.CharField(blank=True, help_text='One short line for senders, shown beside the name.', max_length=120, verbose_name='help')),
                ('expiry_hours', models.PositiveIntegerField(help_text='Of a new share: 24 is a day, 168 a week.', validators=[django.core.validators.MinValueValidator(1)], verbose_name='expiry in hours')),
                ('max_expiry_hours', models.PositiveIntegerField(blank=True, help_text='How far away an expiry can be set. Empty: as far as this server allows.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='maximum expiry in hours')),
                ('max_downloads', models.PositiveIntegerField(blank=True, help_text='Of a new share; senders can lower it, but not raise it. Empty: no limit.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='download limit')),
                ('password_required', models.BooleanField(default=False, verbose_name='password required')),
                ('strict_required', models.BooleanField(default=False, help_text='Files are streamed through this server; no reusable URL leaves it.', verbose_name='strict')),
                ('reshare_requests_enabled', models.BooleanField(default=False, help_text='Of a new share; senders can change it.', verbose_name='can be requested again')),
                ('is_default', models.BooleanField(default=False, help_text='Selected for every new share until the sender selects another.', verbose_name='default')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Lower numbers come first.', verbose_name='order')),
            ],
            options={
                'verbose_name': 'preset',
                'verbose_name_plural': 'presets',
                'ordering': ['position', 'name'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('is_default',), name='preset_one_default', violation_error_message='Another preset is the default. Clear that box there first.'), models.CheckConstraint(condition=models.Q(('expiry_hours__gte', 1), models.Q(('max_expiry_hours__isnull', True), ('max_expiry_hours__gte', models.F('expiry_hours')), _connector='OR')), name='preset_expiry_within_maximum', violation_error_message="The expiry can't be longer than the maximum expiry."), models.CheckConstraint(condition=models.Q(('max_downloads__isnull', True), ('max_downloads__gte', 1), _connector='OR'), name='preset_cap_positive')],
            },
        ),
        migrations.AddField(
            model_name='share',
            name='preset',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='shares', to='shares.preset', verbose_name='preset'),
        ),
        migrations.RunPython(create_presets, migrations.RunPython.noop),
    ]
