from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dialer', '0009_routes'),
    ]

    operations = [
        migrations.AddField(
            model_name='batch',
            name='starts_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='batch',
            name='task_asked_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='batch',
            name='task_state',
            field=models.CharField(blank=True, choices=[('waiting', 'waiting to begin'), ('calling', 'calling'), ('finished', 'finished'), ('failed', 'failed at the carrier'), ('cancelled', 'cancelled at the carrier'), ('suspended', 'suspended by the carrier'), ('unknown', 'unknown')], max_length=20),
        ),
        migrations.AddField(
            model_name='callrecord',
            name='billing_period',
            field=models.CharField(blank=True, default='', max_length=20),
        ),
        migrations.AddField(
            model_name='callrecord',
            name='carrier_task_id',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
        migrations.AddField(
            model_name='callrecord',
            name='charged_seconds',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='callrecord',
            name='cost',
            field=models.DecimalField(decimal_places=6, max_digits=14, null=True),
        ),
        migrations.AddField(
            model_name='callrecord',
            name='currency',
            field=models.CharField(blank=True, default='', max_length=10),
        ),
        migrations.AddField(
            model_name='callrecord',
            name='rate',
            field=models.DecimalField(decimal_places=6, max_digits=14, null=True, verbose_name='price of a period'),
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(condition=models.Q(('carrier_task_id', ''), _negated=True), fields=['account', 'carrier_task_id'], name='batch_by_task'),
        ),
        migrations.AddIndex(
            model_name='callrecord',
            index=models.Index(condition=models.Q(('batch__isnull', True)), fields=['account', 'carrier_task_id'], name='call_record_of_unknown_batch'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='state',
            field=models.CharField(choices=[('waiting', 'Waiting'), ('sending', 'Sending'), ('accepted', 'Accepted'), ('settled', 'Settled'), ('refused', 'Refused'), ('uncertain', 'Uncertain'), ('repeating', 'Repeating'), ('cancelled', 'Cancelled')], default='waiting', max_length=20),
        ),
    ]
