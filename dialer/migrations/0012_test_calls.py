import dialer.models.batch
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dialer', '0011_files_by_interface'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TestCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=16)),
                ('reference', models.CharField(default=dialer.models.batch.new_reference, max_length=32, unique=True)),
                ('state', models.CharField(choices=[('sending', 'Sending'), ('accepted', 'Accepted'), ('refused', 'Refused'), ('uncertain', 'Uncertain')], default='sending', max_length=20)),
                ('carrier_task_id', models.CharField(blank=True, max_length=64)),
                ('message', models.TextField(blank=True)),
                ('called_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.AddField(
            model_name='testcall',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='test_calls', to='dialer.account'),
        ),
        migrations.AddField(
            model_name='testcall',
            name='called_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='testcall',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='test_calls', to='dialer.campaign'),
        ),
    ]
