import dialer.models.secret
import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dialer', '0005_account_test'),
    ]

    operations = [
        migrations.AddField(
            model_name='account',
            name='balance',
            field=models.DecimalField(decimal_places=4, editable=False, max_digits=16, null=True),
        ),
        migrations.AddField(
            model_name='account',
            name='balance_asked_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='account',
            name='balance_credit',
            field=models.DecimalField(decimal_places=4, editable=False, max_digits=16, null=True),
        ),
        migrations.AddField(
            model_name='account',
            name='balance_gift',
            field=models.DecimalField(decimal_places=4, editable=False, max_digits=16, null=True),
        ),
        migrations.AddField(
            model_name='account',
            name='balance_warning',
            field=models.DecimalField(blank=True, decimal_places=2, help_text='Of the balance, in the currency of the account. Empty: warn only when nothing is left.', max_digits=16, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='warn below'),
        ),
        migrations.AddField(
            model_name='account',
            name='paths',
            field=models.TextField(blank=True, help_text='Only if the carrier told you that one of its services has another path: name = /path, one a line.', verbose_name='other paths'),
        ),
        migrations.AddField(
            model_name='account',
            name='secret',
            field=dialer.models.secret.EncryptedTextField(blank=True, default='', help_text='As the carrier gave it to you.'),
        ),
        migrations.AddField(
            model_name='account',
            name='sms_app_id',
            field=models.CharField(blank=True, help_text='Of the SMS application that the carrier set up for you. Needed for SMS after calls only.', max_length=32, verbose_name='app id for SMS'),
        ),
        migrations.AlterField(
            model_name='account',
            name='batch_url',
            field=models.URLField(verbose_name='address for batches'),
        ),
        migrations.AlterField(
            model_name='account',
            name='token_url',
            field=models.URLField(blank=True, verbose_name='address for bills and recordings'),
        ),
    ]
