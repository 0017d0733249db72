"""Indexes with which lists answer each of their filters, newest first, over a million rows.

Every one is built once, in half a second to five for a million rows; while that goes on, nothing is written. They add no
column and rewrite no table.
"""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dialer', '0021_exports'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='callrecord',
            name='call_record_by_disposition',
        ),
        migrations.RemoveIndex(
            model_name='callrecord',
            name='call_record_by_start',
        ),
        migrations.RemoveIndex(
            model_name='carrierexchange',
            name='exchange_by_time',
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(fields=['disposition', 'contact'], name='attempt_by_disposition'),
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(condition=models.Q(('silent_since__isnull', False)), fields=['contact'], name='attempt_silent'),
        ),
        migrations.AddIndex(
            model_name='callback',
            index=models.Index(fields=['received_at', 'state', 'account'], name='callback_by_time'),
        ),
        migrations.AddIndex(
            model_name='callback',
            index=models.Index(fields=['state', 'received_at', 'account'], name='callback_of_state'),
        ),
        migrations.AddIndex(
            model_name='callback',
            index=models.Index(fields=['account', 'received_at', 'state'], name='callback_of_account'),
        ),
        migrations.AddIndex(
            model_name='callrecord',
            index=models.Index(fields=['started_at', 'disposition', 'keypress', 'account', 'campaign'], name='call_record_by_time'),
        ),
        migrations.AddIndex(
            model_name='callrecord',
            index=models.Index(fields=['campaign', 'started_at', 'disposition', 'keypress', 'account'], name='call_record_of_campaign'),
        ),
        migrations.AddIndex(
            model_name='callrecord',
            index=models.Index(fields=['campaign', 'disposition', 'started_at', 'keypress', 'account'], name='call_record_by_outcome'),
        ),
        migrations.AddIndex(
            model_name='callrecord',
            index=models.Index(fields=['disposition', 'started_at', 'keypress', 'account', 'campaign'], name='call_record_of_outcome'),
        ),
        migrations.AddIndex(
            model_name='callrecord',
            index=models.Index(fields=['account', 'started_at', 'disposition', 'keypress', 'campaign'], name='call_record_of_account'),
        ),
        migrations.AddIndex(
            model_name='callrecord',
            index=models.Index(condition=models.Q(('keypress', ''), _negated=True), fields=['started_at', 'disposition', 'keypress', 'account', 'campaign'], name='call_record_with_key'),
        ),
        migrations.AddIndex(
            model_name='callrecord',
            index=models.Index(condition=models.Q(('recording_name', ''), _negated=True), fields=['started_at', 'disposition', 'keypress', 'account', 'campaign'], name='call_record_with_sound'),
        ),
        migrations.AddIndex(
            model_name='carrierexchange',
            index=models.Index(fields=['at', 'account'], name='exchange_in_time'),
        ),
        migrations.AddIndex(
            model_name='carrierexchange',
            index=models.Index(condition=models.Q(('status__isnull', True)), fields=['at'], name='exchange_unanswered'),
        ),
        migrations.AddIndex(
            model_name='carrierexchange',
            index=models.Index(condition=models.Q(('complaint', ''), _negated=True), fields=['at'], name='exchange_complained'),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(condition=models.Q(('skip_reason', ''), _negated=True), fields=['skip_reason', 'id', 'campaign'], name='contact_skipped'),
        ),
        migrations.AddIndex(
            model_name='donotcall',
            index=models.Index(fields=['added_at'], name='do_not_call_by_time'),
        ),
        migrations.AddIndex(
            model_name='testcall',
            index=models.Index(fields=['number'], name='test_call_by_number'),
        ),
        migrations.AddIndex(
            model_name='transfer',
            index=models.Index(fields=['number'], name='transfer_by_number'),
        ),
    ]
