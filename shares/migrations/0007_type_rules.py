"""Rules by the type of files."""

from typing import ClassVar

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("shares", "0006_longer_object_keys")]
    operations: ClassVar = [
        migrations.CreateModel(
            name='TypeRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(choices=[('allow', 'Allow'), ('deny', 'Deny')], default='allow', max_length=5, verbose_name='action')),
                ('extensions', models.CharField(blank=True, help_text='Separated by spaces, without dots: pdf docx xlsx', max_length=1000, validators=[django.core.validators.RegexValidator('\\A[\\w ]*\\Z', 'Separate extensions by spaces, and leave out the dots.')], verbose_name='extensions')),
                ('media_types', models.CharField(blank=True, help_text='Separated by spaces: application/pdf image/*', max_length=1000, validators=[django.core.validators.RegexValidator('\\A(?:\\s*[a-z]+/(?:\\*|[a-z0-9!#$&^_.+-]+))*\\s*\\Z', 'Separate media types by spaces, such as application/pdf or image/*.')], verbose_name='media types')),
                ('max_bytes', models.BigIntegerField(blank=True, help_text='Of a file that this rule allows. Empty: as large as this server allows.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='largest size in bytes')),
            ],
            options={
                'verbose_name': 'type rule',
                'verbose_name_plural': 'type rules',
                'ordering': ['action', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('action', 'allow'), models.Q(('max_bytes__isnull', True), models.Q(('extensions', ''), ('media_types', ''), _negated=True)), _connector='OR'), name='type_rule_denies_a_type', violation_error_message='A rule that denies needs extensions or media types, and has no largest size.'), models.CheckConstraint(condition=models.Q(('max_bytes__isnull', True), ('max_bytes__gte', 1), _connector='OR'), name='type_rule_size_positive')],
            },
        ),
    ]
