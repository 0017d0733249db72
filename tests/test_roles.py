"""Roles that are ready made: what each may do, that they exist after a migration, and that nothing was forgotten."""

from importlib import import_module
from io import StringIO

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command

from dialer import roles
from dialer.management.commands.roles import roles_table
from dialer.models import GivenPermission
from tests.factories import make_user

pytestmark = pytest.mark.django_db

# Rows that only the machine writes, or that are a part of another row: no page and no operation asks for these.
WITHOUT_A_DOOR = {
    *("apianswer", "bell", "calltally", "campaignplan", "carrierfile", "carrierperiod", "callwindow", "heartbeat"),
    *(
        "batchtally",
        "callbackbacklog",
        "callbacknumber",
        "columnchoice",
        "noticecause",
        "savedfilter",
        "retryrule",
        "route",
        "seat",
        "testcall",
    ),
}
# Of rows that no person adds, changes or removes: what a page offers instead is a permission of its own.
MADE_BY_THE_MACHINE = {
    *("attempt", "batch", "callrecord", "carrierexchange", "contact", "contactlist", "extension", "launchsheet"),
    *("loggedexport", "transfer", "turnedaway"),
}
NEVER = {
    "dialer.delete_account",  # what was called with it stays evidence
    "dialer.delete_campaign",  # a draft is cancelled
    "dialer.add_callback",
    "dialer.delete_callback",
    "dialer.add_webhookdelivery",
    "dialer.delete_webhookdelivery",
    "recordings.add_recording",
    "recordings.delete_recording",
}


def permissions_that_count() -> set[str]:
    """All that something asks for."""
    found = set()
    for permission in Permission.objects.filter(content_type__app_label__in=["dialer", "recordings"]).select_related(
        "content_type"
    ):
        verb, _, noun = permission.codename.partition("_")
        is_usual = noun == permission.content_type.model and verb in {"add", "change", "delete", "view"}
        if is_usual and (noun in WITHOUT_A_DOOR or (noun in MADE_BY_THE_MACHINE and verb != "view")):
            continue
        found.add(f"{permission.content_type.app_label}.{permission.codename}")
    return found - NEVER


def somebody(role: str):
    user = make_user()
    user.groups.add(Group.objects.get(name=role))
    return user


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("roles", *arguments, stdout=out)
    return out.getvalue()


def test_every_permission_of_ours_is_in_some_role():
    in_roles = set().union(*(role.permissions for role in roles.ROLES))

    assert permissions_that_count() - in_roles == set()


def test_no_role_has_a_permission_that_nobody_asks_for():
    of_ours = {name for role in roles.ROLES for name in role.permissions if not name.startswith("auth.")}

    assert of_ours - permissions_that_count() == set()


def test_each_exception_is_still_one():
    names = {model._meta.model_name for model in apps.get_models()}

    assert names >= WITHOUT_A_DOOR | MADE_BY_THE_MACHINE


def test_after_a_migration_each_role_is_a_group_with_just_its_permissions():
    assert [difference.role.name for difference in roles.differences() if difference] == []


def migrated() -> None:
    """What happens after a migration."""
    roles.bring_up_to_date(app_config=list(apps.get_app_configs())[-1])


def test_a_migration_leaves_a_changed_role_alone_and_makes_one_that_is_missing():
    Group.objects.get(name="Viewer").permissions.clear()
    Group.objects.get(name="Auditor").delete()

    migrated()

    assert not Group.objects.get(name="Viewer").permissions.exists()
    assert somebody("Auditor").has_perm("dialer.view_carrierexchange")


def test_a_migration_gives_what_is_new_once_and_leaves_what_an_administrator_took_away():
    auditors = Group.objects.get(name="Auditor")
    new, taken = (Permission.objects.get(codename=name) for name in ("view_loggedexport", "view_apitoken"))
    auditors.permissions.remove(new, taken)
    GivenPermission.objects.filter(group=auditors, permission=new).delete()  # as if it had come with this version

    migrated()
    assert set(auditors.permissions.filter(pk__in=[new.pk, taken.pk])) == {new}
    auditors.permissions.remove(new)
    migrated()

    assert not auditors.permissions.filter(pk__in=[new.pk, taken.pk]).exists()


def test_a_role_of_an_older_version_gets_only_what_its_database_did_not_know():
    auditors = Group.objects.get(name="Auditor")
    Permission.objects.get(codename="view_loggedexport").delete()  # and with it what was given of it
    auditors.permissions.remove(Permission.objects.get(codename="view_apitoken"))
    GivenPermission.objects.all().delete()
    import_module("dialer.migrations.0040_remember_given_permissions").remember(apps, None)
    create_permissions(apps.get_app_config("dialer"), verbosity=0)

    migrated()

    assert [told.lacks for told in roles.differences() if told] == [("dialer.view_apitoken",)]


def test_the_right_to_launch_is_apart_from_the_right_to_edit():
    operator, launcher = somebody("Operator"), somebody("Launcher")

    assert operator.has_perm("dialer.change_campaign")
    assert not operator.has_perm("dialer.launch_campaign")
    assert launcher.has_perm("dialer.launch_campaign")
    assert not launcher.has_perm("dialer.change_campaign")


@pytest.mark.parametrize("role", ["Viewer", "Auditor"])
def test_who_only_looks_changes_nothing_and_sees_no_number_in_full(role):
    held = somebody(role).get_all_permissions()

    assert {name for name in held if not name.partition(".")[2].startswith("view_")} == set()


def test_only_the_administrator_gives_rights_and_sets_up_accounts():
    def holders(name: str) -> list[str]:
        return [role.name for role in roles.ROLES if name in role.permissions]

    assert holders("auth.change_user") == holders("auth.change_group") == holders("dialer.change_account")
    assert holders("dialer.change_account") == ["Administrator"]


def test_the_command_says_what_was_changed_and_takes_it_back():
    viewers = Group.objects.get(name="Viewer")
    viewers.permissions.remove(Permission.objects.get(codename="view_campaign"))
    viewers.permissions.add(Permission.objects.get(codename="launch_campaign"))
    person = somebody("Viewer")

    assert "Viewer: changed: lacks dialer.view_campaign; has besides dialer.launch_campaign." in told()
    assert "Viewer: as it shipped." in told("viewer", "--restore")
    assert person.groups.get() == viewers
    assert not roles.differences()[0]


def test_the_command_knows_no_other_roles():
    with pytest.raises(CommandError, match="There are these roles: Viewer, Operator"):
        told("king")


def test_the_table_in_the_documents_is_true():
    operations = (settings.BASE_DIR / "docs" / "operations.md").read_text(encoding="utf-8")

    assert roles_table() in operations
    for role in roles.ROLES:
        assert f"**{role.name}**: {role.sentence}" in " ".join(operations.split())
