import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dialer', '0007_texts_of_rows'),
    ]

    operations = [
        migrations.CreateModel(
            name='CarrierPeriod',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('opens', models.TimeField()),
                ('closes', models.TimeField()),
            ],
            options={
                'ordering': ['opens'],
            },
        ),
        migrations.AddField(
            model_name='campaign',
            name='carrier_start_at',
            field=models.DateTimeField(blank=True, help_text='Batches are handed over before, and the carrier waits with them. Empty: it begins at once.', null=True, verbose_name='the carrier begins at'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='hangup_delay_seconds',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='wait before hanging up (seconds)'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='kind',
            field=models.CharField(choices=[('message', 'message: many people in one batch'), ('voice_menu', 'voice menu: one by one, then over to an extension')], default='message', max_length=20),
        ),
        migrations.AddField(
            model_name='campaign',
            name='play_count',
            field=models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1)], verbose_name='play the message (times)'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='play_delay_seconds',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='wait before playing (seconds)'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='sms_after_answer_seconds',
            field=models.PositiveIntegerField(blank=True, help_text='Empty: not because of an answer.', null=True, verbose_name='to those who answer, after (seconds)'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='sms_on_failure',
            field=models.BooleanField(default=False, verbose_name='to those who were not reached'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='sms_on_key',
            field=models.CharField(blank=True, help_text='One key, 0 to 9.', max_length=1, validators=[django.core.validators.RegexValidator('^[0-9]$', 'One key: 0 to 9.')], verbose_name='to those who press'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='sms_on_ringing',
            field=models.BooleanField(default=False, verbose_name='to those whose telephone rang'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='sms_sender_id',
            field=models.CharField(blank=True, max_length=64, verbose_name='sender'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='sms_text',
            field=models.TextField(blank=True, help_text='Empty: no SMS. ${text1} to ${text10} stand for the texts of the row.', verbose_name='SMS text'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='speech_accent',
            field=models.CharField(blank=True, help_text="The carrier's own code, such as 91. Empty: the usual.", max_length=20, verbose_name='accent'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='speech_language',
            field=models.CharField(blank=True, max_length=10, verbose_name='language'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='speech_speed',
            field=models.FloatField(blank=True, help_text='1 is the usual speed, 0.5 half of it. Empty: the usual.', null=True, verbose_name='speed'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='speech_text',
            field=models.TextField(blank=True, verbose_name='text to speak'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='speech_voice',
            field=models.CharField(blank=True, choices=[('female', 'a woman’s voice'), ('male', 'a man’s voice')], help_text='Empty: the carrier chooses.', max_length=10, verbose_name='voice'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='transfer_delay_seconds',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Empty: at once.', null=True, verbose_name='transfer after (seconds)'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='transfer_group',
            field=models.CharField(blank=True, help_text='As the carrier calls it. Empty: nobody is transferred.', max_length=64, verbose_name='group of agents'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='transfer_key',
            field=models.CharField(blank=True, help_text='Who presses it is transferred. Empty: everybody, when the message ends.', max_length=1, validators=[django.core.validators.RegexValidator('^[0-9]$', 'One key: 0 to 9.')], verbose_name='by the key'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='transfer_rate',
            field=models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='calls for each free agent'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='voice_delivery',
            field=models.CharField(choices=[('carrier_file', 'a file that lies at the carrier, by its name there'), ('our_address', 'the carrier fetches it from our address'), ('sent_along', 'it is sent along with each batch'), ('spoken_text', 'no file: the carrier speaks a text')], default='carrier_file', max_length=20, verbose_name='voice file reaches the carrier'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='voice_file',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='dialer.voicefile'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(('voice_file__isnull', False), ('voice_delivery', 'spoken_text'), _connector='OR'), name='campaign_has_a_voice'),
        ),
        migrations.AddField(
            model_name='carrierperiod',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='carrier_periods', to='dialer.campaign'),
        ),
        migrations.AddConstraint(
            model_name='carrierperiod',
            constraint=models.UniqueConstraint(fields=('campaign', 'opens'), name='one_carrier_period_per_opening'),
        ),
        migrations.AddConstraint(
            model_name='carrierperiod',
            constraint=models.CheckConstraint(condition=models.Q(('closes__gt', models.F('opens'))), name='carrier_period_has_length'),
        ),
    ]
