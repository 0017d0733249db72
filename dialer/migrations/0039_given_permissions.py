import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """What was given to a role is remembered, so that an update can give what is new."""

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('dialer', '0038_address_a_batch_was_sent_to'),
    ]

    operations = [
        migrations.CreateModel(
            name='GivenPermission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='given_permissions', to='auth.group')),
                ('permission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='auth.permission')),
            ],
            options={
                'verbose_name': 'given permission',
                'verbose_name_plural': 'given permissions',
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('group', 'permission'), name='a_permission_is_given_once')],
            },
        ),
    ]
