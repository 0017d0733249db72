"""Every number that is not to be called stands on the house list; open batches are asked about.

Calls that were billed before there were rules for a next round need no judgement.
"""

from django.db import migrations
from django.utils import timezone


def fill(apps, schema_editor):
    numbers = apps.get_model("dialer", "DoNotCall").objects.filter(list__isnull=True)
    if numbers.exists():
        house_list, _ = apps.get_model("dialer", "DoNotCallList").objects.get_or_create(name="House list")
        numbers.update(list=house_list)
    open_batches = apps.get_model("dialer", "Batch").objects.filter(state__in=["uncertain", "accepted"])
    open_batches.update(ask_at=timezone.now())
    apps.get_model("dialer", "Attempt").objects.filter(settled_at__isnull=False).update(is_judged=True)


class Migration(migrations.Migration):
    dependencies = [("dialer", "0002_hours_rounds_and_limits")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
