from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dialer', '0006_second_carrier_account'),
    ]

    operations = [
        migrations.AddField(
            model_name='contact',
            name='texts',
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='contactlist',
            name='text_columns',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='contactlist',
            name='text_headings',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AlterField(
            model_name='contact',
            name='skip_reason',
            field=models.CharField(blank=True, choices=[('blank', 'no number'), ('invalid_number', 'not a phone number'), ('several_numbers', 'more than one number in the cell'), ('shortened_by_excel', 'digits lost in the spreadsheet'), ('wrong_country', 'number of another country'), ('duplicate', 'same number as an earlier row'), ('do_not_call', 'on the do-not-call list'), ('text_missing', 'lacks a text that the campaign uses')], default='', max_length=20),
        ),
    ]
