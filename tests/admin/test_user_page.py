"""The page of users: roles chosen in words, and nobody raised above the one who edits."""

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

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
