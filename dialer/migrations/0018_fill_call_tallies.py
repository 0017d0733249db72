"""Count the call records that are there, one campaign at a time, so that a full database needs no long transaction.

What an older version of the program records meanwhile is put right by `manage.py tallies --fill`.
"""

from collections import defaultdict

from django.db import migrations, transaction

FACTS = ("account_id", "started_at", "disposition", "keypress", "currency", "talk_seconds", "cost")


def fill(apps, schema_editor):
    campaigns = apps.get_model("dialer", "Campaign").objects.order_by("pk").values_list("pk", flat=True)
    for campaign in [*campaigns, None]:
        with transaction.atomic():
            fill_one(apps, campaign)


def fill_one(apps, campaign):
    tallies = apps.get_model("dialer", "CallTally").objects
    records = apps.get_model("dialer", "CallRecord").objects.filter(campaign=campaign).order_by()
    sums: dict = defaultdict(lambda: [0, 0, 0])
    for account, start, disposition, keypress, currency, seconds, cost in records.values_list(*FACTS).iterator():
        hour = 0 if start is None else max(0, int(start.timestamp()) // 3600)
        found = sums[account, hour, disposition, keypress, currency]
        found[0] += 1
        found[1] += seconds
        found[2] += round((cost or 0) * 1_000_000)
    tallies.filter(campaign=campaign).delete()
    tallies.bulk_create(
        (
            tallies.model(
                campaign_id=campaign,
                account_id=account,
                hour=hour,
                disposition=disposition,
                keypress=keypress,
                currency=currency,
                calls=calls,
                talk_seconds=seconds,
                cost_millionths=cost,
            )
            for (account, hour, disposition, keypress, currency), (calls, seconds, cost) in sums.items()
        ),
        batch_size=500,
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("dialer", "0017_call_tallies"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
