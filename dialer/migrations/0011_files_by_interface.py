from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dialer', '0010_tasks_and_costs'),
    ]

    operations = [
        migrations.AddField(
            model_name='carrierfile',
            name='uploaded_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
