"""The page of users: roles chosen in words, and nobody raised above the one who edits."""

import re
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from dialer import roles
from dialer.admin import columns
from dialer.admin.user import permissions_of_pages
from tests import tongues
from tests.admin import visits
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def administrator(**fields):
    client = visits.visitor(**fields)
    person = User.objects.get(pk=client.session["_auth_user_id"])
    person.groups.add(Group.objects.get(name="Administrator"))
    return client


def sent(user, **more):
    return {"username": user.username, "is_active": "on", "is_staff": "on", **more}


def test_each_role_is_offered_with_its_sentence():
    page = visits.text(administrator(), visits.page_of(make_user()))

    assert "Launches, pauses, resumes and cancels what others prepared" in page
    assert "Several together allow what each of them allows." in page


def test_roles_are_given_and_taken():
    user = make_user()
    user.groups.add(Group.objects.get(name="Viewer"))
    operator = Group.objects.get(name="Operator")

    administrator().post(visits.page_of(user), sent(user, groups=[operator.pk]))

    assert list(user.groups.all()) == [operator]


def test_a_new_user_may_log_in_to_the_console_with_roles_from_the_start():
    passwords = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    viewer = Group.objects.get(name="Viewer")

    administrator().post(reverse("admin:auth_user_add"), {"username": "wayan", "groups": [viewer.pk], **passwords})

    user = User.objects.get(username="wayan")
    assert user.is_staff
    assert list(user.groups.all()) == [viewer]


def test_the_list_names_the_roles_in_a_fixed_number_of_queries():
    for role in ("Viewer", "Launcher"):
        make_user().groups.add(Group.objects.get(name=role))
    client = administrator()

    assert "Launcher" in visits.text(client, visits.list_of("auth.user"))
    few = visits.query_count(client, visits.list_of("auth.user"))
    for _ in range(5):
        make_user().groups.add(Group.objects.get(name="Operator"))
    assert visits.query_count(client, visits.list_of("auth.user")) == few


def test_an_administrator_makes_nobody_almighty():
    user = make_user()

    administrator().post(visits.page_of(user), sent(user, is_superuser="on"))

    user.refresh_from_db()
    assert not user.is_superuser


def test_an_administrator_does_not_change_the_password_of_somebody_almighty():
    almighty = make_user(is_superuser=True)
    before = almighty.password
    passwords = {"usable_password": "true", "password1": PASSWORD * 2, "password2": PASSWORD * 2}

    response = administrator().post(reverse("admin:auth_user_password_change", args=[almighty.pk]), passwords)

    almighty.refresh_from_db()
    assert response.status_code == 403
    assert almighty.password == before


def test_whoever_may_everything_sees_also_the_single_permissions():
    page = visits.text(administrator(is_superuser=True), visits.page_of(make_user()))

    assert 'name="is_superuser"' in page
    assert 'name="is_superuser"' not in visits.text(administrator(), visits.page_of(make_user()))


@pytest.mark.parametrize("page", ["auth_user_add", "auth_group_add", "auth_user_password_change"])
def test_labels_end_without_a_colon_as_everywhere_in_the_console(page):
    arguments = [make_user().pk] if page.endswith("change") else []

    form = visits.text(visits.visitor(is_superuser=True), reverse(f"admin:{page}", args=arguments))

    labels = re.findall(r"<label[^>]*>([^<]*)</label>", form)
    assert labels
    assert [label for label in labels if label.strip().endswith(":")] == []


def test_moments_are_written_as_on_every_other_page():
    login = datetime(2026, 3, 5, 7, 30, tzinfo=UTC)
    user = make_user(last_login=login, date_joined=login)
    client = visits.visitor(is_superuser=True)

    for page in (visits.list_of("auth.user"), visits.page_of(user)):
        assert columns.when(login) in visits.text(client, page)


def test_whoever_has_a_role_is_found_by_it():
    viewer = Group.objects.get(name="Viewer")
    user = make_user()
    user.groups.add(viewer)
    client = administrator()

    assert visits.found(client, visits.list_of("auth.user"), groups__id__exact=viewer.pk) == [user.pk]
    assert visits.found(client, visits.list_of("auth.user"), groups__id__exact="nobody") == []


def test_roles_and_permissions_are_named_in_the_language_of_whoever_looks(settings, tmp_path):
    tongues.teach(settings, tmp_path, {"Viewer": "Observador", "Can add %(model)s": "Puede añadir %(model)s"})
    user = make_user()
    user.groups.add(Group.objects.get(name="Viewer"))
    client = visits.visitor(is_superuser=True)
    client.post("/language/", {"language": "es", "next": "/"})

    assert visits.text(client, visits.list_of("auth.user")).count("Observador") == 2  # in the row and in the filter
    assert "Observador" in visits.text(client, visits.list_of("auth.group"))
    assert "Puede añadir" in visits.text(client, reverse("admin:auth_group_add"))


def test_whoever_is_shut_out_is_seen_in_the_list_in_words():
    make_user(is_active=False)

    page = visits.text(administrator(), visits.list_of("auth.user"))

    assert "Shut out" in page
    assert 'alt="True"' not in page


def test_before_a_role_is_deleted_nothing_is_told_of_rows_without_a_name():
    group = Group.objects.get(name="Viewer")
    make_user().groups.add(group)
    client = visits.visitor(is_superuser=True)

    page = visits.text(client, reverse("admin:auth_group_delete", args=[group.pk]))

    assert "relationship" not in page
    assert "_permissions object" not in page
    client.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"})
    assert not Group.objects.filter(pk=group.pk).exists()


def test_a_role_is_made_of_permissions_for_what_stands_on_a_page():
    offered = {f"{one.content_type.app_label}.{one.codename}" for one in permissions_of_pages()}

    assert {"dialer.launch_campaign", "recordings.listen_recording", "auth.view_user"} <= offered
    assert all(role.permissions <= offered for role in roles.ROLES)
    assert not {"dialer.add_bell", "sessions.view_session", "django_q.add_schedule"} & offered
