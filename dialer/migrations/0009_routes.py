import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dialer', '0008_campaign_wishes'),
    ]

    operations = [
        migrations.CreateModel(
            name='Route',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('share', models.PositiveSmallIntegerField(default=1, help_text='An account with share 2 gets twice as many people as one with share 1.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)])),
                ('voice_delivery', models.CharField(blank=True, choices=[('carrier_file', 'a file that lies at the carrier, by its name there'), ('our_address', 'the carrier fetches it from our address'), ('sent_along', 'it is sent along with each batch'), ('spoken_text', 'no file: the carrier speaks a text')], help_text='Empty: as the campaign says.', max_length=20, verbose_name='voice file reaches this carrier')),
                ('closed_because', models.TextField(blank=True, editable=False)),
                ('closed_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.AddField(
            model_name='route',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='routes', to='dialer.account'),
        ),
        migrations.AddField(
            model_name='route',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='routes', to='dialer.campaign'),
        ),
        migrations.AddConstraint(
            model_name='route',
            constraint=models.UniqueConstraint(fields=('campaign', 'account'), name='one_route_per_account'),
        ),
    ]
