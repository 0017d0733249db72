from django.db import migrations

# The roles as they were when this was written.
RESULTS = """
dialer.view_account dialer.view_attempt dialer.view_batch dialer.view_callrecord dialer.view_campaign
dialer.view_contact dialer.view_contactlist dialer.view_donotcall dialer.view_donotcalllist
dialer.view_extension dialer.view_transfer dialer.view_voicefile recordings.view_recording
"""
EVIDENCE = """
auth.view_group auth.view_user dialer.view_apitoken dialer.view_callback dialer.view_carrierexchange
dialer.view_launchsheet dialer.view_loggedexport dialer.view_team dialer.view_turnedaway dialer.view_webhook
dialer.view_webhookdelivery
"""
PREPARING = """
dialer.add_campaign dialer.add_donotcall dialer.add_voicefile dialer.change_campaign dialer.change_voicefile
dialer.see_full_numbers
"""
LAUNCHING = "dialer.launch_campaign "
ANSWERING_FOR = """
dialer.add_donotcalllist dialer.change_callback dialer.change_donotcall dialer.change_donotcalllist
dialer.decide_uncertain dialer.delete_donotcall dialer.delete_donotcalllist dialer.delete_voicefile
dialer.export_contacts dialer.share_savedfilter dialer.view_callback dialer.view_carrierexchange
dialer.view_launchsheet dialer.view_turnedaway dialer.widen_hours recordings.change_recording
recordings.listen_recording
"""
ADMINISTERING = """
auth.add_group auth.add_user auth.change_group auth.change_user auth.delete_group auth.delete_user
dialer.add_account dialer.add_apitoken dialer.add_team dialer.add_webhook dialer.change_account
dialer.change_apitoken dialer.change_team dialer.change_webhook dialer.change_webhookdelivery
dialer.delete_apitoken dialer.delete_team dialer.delete_webhook
"""
ROLES = {
    "Viewer": RESULTS,
    "Operator": RESULTS + PREPARING,
    "Launcher": RESULTS + LAUNCHING,
    "Supervisor": RESULTS + PREPARING + LAUNCHING + ANSWERING_FOR,
    "Auditor": RESULTS + EVIDENCE,
    "Administrator": RESULTS + EVIDENCE + PREPARING + LAUNCHING + ANSWERING_FOR + ADMINISTERING,
}


def remember(apps, schema_editor):
    """Each role was given what it consists of, as far as the database knows that yet: permissions that are new come
    after the migrations, and are given then."""
    Given = apps.get_model("dialer", "GivenPermission")
    permissions = {
        f"{permission.content_type.app_label}.{permission.codename}": permission.pk
        for permission in apps.get_model("auth", "Permission").objects.select_related("content_type")
    }
    for group in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
        given = [permissions[name] for name in ROLES[group.name].split() if name in permissions]
        Given.objects.bulk_create(
            [Given(group_id=group.pk, permission_id=permission) for permission in given], ignore_conflicts=True
        )


class Migration(migrations.Migration):
    """Roles of before have been given what they consisted of."""

    dependencies = [('dialer', '0039_given_permissions')]

    operations = [migrations.RunPython(remember, migrations.RunPython.noop, elidable=True)]
