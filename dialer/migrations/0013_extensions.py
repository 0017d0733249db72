import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dialer', '0012_test_calls'),
    ]

    operations = [
        migrations.CreateModel(
            name='Extension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=32)),
                ('state', models.CharField(choices=[('ringing', 'ringing'), ('talking', 'talking'), ('free', 'free')], max_length=20)),
                ('since', models.DateTimeField()),
                ('call_uuid', models.CharField(blank=True, max_length=64)),
                ('number', models.CharField(blank=True, max_length=32)),
            ],
            options={
                'ordering': ['account', 'name'],
            },
        ),
        migrations.CreateModel(
            name='Transfer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('call_uuid', models.CharField(max_length=64)),
                ('reference', models.CharField(blank=True, max_length=64)),
                ('number', models.CharField(blank=True, max_length=32)),
                ('extension', models.CharField(blank=True, max_length=32)),
                ('rang_at', models.DateTimeField(null=True)),
                ('answered_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.AddField(
            model_name='extension',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='extensions', to='dialer.account'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='transfers', to='dialer.account'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='campaign',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='transfers', to='dialer.campaign'),
        ),
        migrations.AddConstraint(
            model_name='extension',
            constraint=models.UniqueConstraint(fields=('account', 'name'), name='one_extension_per_account'),
        ),
        migrations.AddIndex(
            model_name='transfer',
            index=models.Index(fields=['rang_at'], name='transfer_by_ringing'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.UniqueConstraint(fields=('account', 'call_uuid'), name='one_transfer_per_call'),
        ),
    ]
