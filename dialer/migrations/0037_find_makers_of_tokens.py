from django.db import migrations


def find_makers(apps, schema_editor):
    """Of tokens that are there already the history tells who made them."""
    ApiToken = apps.get_model("dialer", "ApiToken")
    LogEntry = apps.get_model("admin", "LogEntry")
    made = LogEntry.objects.filter(
        content_type__app_label="dialer", content_type__model="apitoken", action_flag=1  # an addition
    )
    for token, person in made.values_list("object_id", "user"):
        ApiToken.objects.filter(pk=token).update(made_by=person)


class Migration(migrations.Migration):
    """Tokens that are there already have the maker whom the history tells."""

    dependencies = [
        ('admin', '0003_logentry_add_action_flag_choices'),
        ('dialer', '0036_makers_of_tokens'),
    ]

    operations = [migrations.RunPython(find_makers, migrations.RunPython.noop, elidable=True)]
