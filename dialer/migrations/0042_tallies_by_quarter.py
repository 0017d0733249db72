"""Tallies of quarters of an hour take the place of those of hours, so that days and hours of every zone are sums of them.

The database counts its call records itself, in the transaction that makes the table: whoever looks before it is done
finds the tallies of before, and afterwards the whole count. Call records are only read.
"""

import django.db.models.deletion
import django.db.models.functions.comparison
from django.db import migrations, models

SECONDS = {
    "sqlite": "CAST(strftime('%%s', substr(started_at, 1, 19)) AS bigint)",
    "postgresql": "FLOOR(EXTRACT(EPOCH FROM started_at))::bigint",
}
COUNT = """
    INSERT INTO dialer_calltally (
        campaign_id, account_id, {unit}, disposition, keypress, currency, calls, talk_seconds, cost_millionths
    )
    SELECT
        campaign_id, account_id, begun, disposition, keypress, currency,
        COUNT(*), SUM(talk_seconds), SUM(CAST(ROUND(COALESCE(cost, 0) * 1000000) AS bigint))
    FROM (
        SELECT
            *, CASE WHEN {seconds} > 0 THEN {seconds} / {length} ELSE 0 END AS begun
        FROM dialer_callrecord
    ) AS calls
    GROUP BY campaign_id, account_id, begun, disposition, keypress, currency
"""


def count_by_quarter(apps, schema_editor):
    count(schema_editor, unit="quarter", length=900)


def count_by_hour(apps, schema_editor):
    count(schema_editor, unit="hour", length=3600)


def count(schema_editor, *, unit, length):
    seconds = SECONDS[schema_editor.connection.vendor]
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(COUNT.format(unit=unit, length=length, seconds=seconds), [])


class Migration(migrations.Migration):

    dependencies = [
        ("dialer", "0041_numbers_of_callbacks"),
    ]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, count_by_hour),
        migrations.DeleteModel(name="CallTally"),
        migrations.CreateModel(
            name="CallTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quarter", models.PositiveIntegerField()),
                ("disposition", models.CharField(choices=[("answered", "answered"), ("no_answer", "no answer"), ("busy", "busy"), ("rejected", "rejected"), ("unreachable", "unreachable"), ("cancelled", "cancelled"), ("not_called", "dropped by the carrier at the end of the day"), ("failed", "failed"), ("unknown", "unknown")], max_length=20)),
                ("keypress", models.CharField(blank=True, max_length=20)),
                ("currency", models.CharField(blank=True, max_length=10)),
                ("calls", models.BigIntegerField(default=0)),
                ("talk_seconds", models.BigIntegerField(default=0)),
                ("cost_millionths", models.BigIntegerField(default=0)),
                ("account", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="call_tallies", to="dialer.account")),
                ("campaign", models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="call_tallies", to="dialer.campaign")),
            ],
            options={
                "indexes": [models.Index(fields=["campaign", "quarter"], name="call_tally_by_campaign"), models.Index(fields=["quarter", "account"], name="call_tally_by_quarter"), models.Index(fields=["account", "quarter"], name="call_tally_by_account")],
                "constraints": [models.UniqueConstraint(django.db.models.functions.comparison.Coalesce("campaign", 0), models.F("account"), models.F("quarter"), models.F("disposition"), models.F("keypress"), models.F("currency"), name="one_call_tally_of_a_kind")],
            },
        ),
        migrations.RunPython(count_by_quarter, migrations.RunPython.noop),
    ]
