import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A draft is made step by step: it may lack its voice, and remembers how far somebody was."""

    dependencies = [
        ("dialer", "0018_fill_call_tallies"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="campaign", name="campaign_has_a_voice"),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("voice_file__isnull", False),
                    ("voice_delivery", "spoken_text"),
                    ("state__in", ["draft", "cancelled"]),
                    _connector="OR",
                ),
                name="campaign_has_a_voice",
            ),
        ),
        migrations.CreateModel(
            name="CampaignPlan",
            fields=[
                (
                    "campaign",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="plan",
                        serialize=False,
                        to="dialer.campaign",
                    ),
                ),
                ("is_timed", models.BooleanField(default=False)),
                ("start_at", models.DateTimeField(null=True)),
                (
                    "made_from",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="dialer.campaign",
                    ),
                ),
            ],
        ),
    ]
