"""Do-not-call lists: our own that never changes, and registers that grow old."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone

from dialer.models import DoNotCall, DoNotCallList
from dialer.models.do_not_call import HOUSE_LIST, house_list
from tests import factories
from tests.admin.visits import found, list_of, page_of, query_count, text, visitor

pytestmark = pytest.mark.django_db

LIST = list_of("dialer.donotcalllist")
LOOK, ADD, CHANGE, DELETE = (f"dialer.{verb}_donotcalllist" for verb in ("view", "add", "change", "delete"))
UPLOAD = reverse("admin:dialer_donotcall_upload")


def register(name: str = "National register", **fields) -> DoNotCallList:
    return DoNotCallList.objects.create(**{"name": name, "stale_after_days": 30, **fields})


def old(**fields) -> DoNotCallList:
    return register(**{"refreshed_on": timezone.localdate() - timedelta(days=31), **fields})


def upload(client, to: int, **fields):
    file = BytesIO(b"phone\n081234567801\n")
    file.name = "register.csv"
    return client.post(UPLOAD, {"file": file, "country": "ID", "list": to, "reason": "", "source": "", **fields})


def test_a_register_is_added_with_whom_it_holds_for():
    visitor(LOOK, ADD).post(
        f"{LIST}add/",
        {"name": "DND", "purpose": "marketing", "country": "IN", "stale_after_days": "30", "refreshed_on": ""},
    )

    row = DoNotCallList.objects.get(name="DND")
    assert (row.purpose, row.country, row.stale_after_days) == ("marketing", "IN", 30)


def test_the_list_says_how_many_numbers_and_how_old():
    row = old()
    factories.make_do_not_call(list_id=row.pk)

    page = text(visitor(LOOK), LIST)

    assert "Too old" in page
    assert f"list__id__exact={row.pk}" in page


def test_an_old_register_needs_a_person_and_a_fresh_one_does_not():
    register("Fresh", refreshed_on=timezone.localdate())
    row = old()
    boss = visitor(is_superuser=True)

    assert "A do-not-call register is too old" in text(boss, "/")
    assert found(boss, LIST, age="stale") == [row.pk]


def test_an_upload_makes_the_register_as_of_today():
    row = old()

    answer = upload(visitor("dialer.add_donotcall"), row.pk, as_of=f"{timezone.localdate():%Y-%m-%d}")

    assert answer.context["result"].added == 1
    row.refresh_from_db()
    assert not row.is_stale()
    assert DoNotCall.objects.get().list == row


def test_an_upload_that_only_adds_leaves_the_register_as_old_as_it_is():
    row = old()

    upload(visitor("dialer.add_donotcall"), row.pk, as_of="")

    row.refresh_from_db()
    assert row.is_stale()


def test_the_upload_proposes_the_list_it_was_opened_from_and_else_our_own():
    row = register()
    client = visitor("dialer.add_donotcall")

    assert f'<option value="{row.pk}" selected>' in text(client, UPLOAD, list=row.pk)
    assert f'<option value="{house_list()}" selected>' in text(client, UPLOAD)


def test_the_house_list_can_not_be_changed_or_removed():
    row = DoNotCallList.objects.get(pk=house_list())
    boss = visitor(is_superuser=True)

    boss.post(page_of(row), {"name": "Other", "purpose": "marketing", "country": "ID"})
    boss.post(page_of(row).replace("/change/", "/delete/"), {"post": "yes"})

    row.refresh_from_db()
    assert (row.name, row.purpose, row.country) == (HOUSE_LIST, "", "")


def test_a_list_with_numbers_is_not_removed_and_an_empty_one_is():
    row = register()
    number = factories.make_do_not_call(list_id=row.pk)
    client, address = visitor(LOOK, DELETE), page_of(row).replace("/change/", "/delete/")

    assert client.post(address, {"post": "yes"}).status_code == 403
    number.delete()
    assert client.post(address, {"post": "yes"}).status_code == 302
    assert not DoNotCallList.objects.filter(pk=row.pk).exists()


def test_the_list_costs_the_same_for_one_and_for_many():
    client = visitor(LOOK)
    register("First")
    few = query_count(client, LIST)
    for number in range(5):
        register(f"Register {number}")

    assert query_count(client, LIST) == few


def test_a_number_shows_the_call_in_which_the_key_was_pressed():
    record = factories.make_call_record()
    factories.make_do_not_call(call_record=record)

    assert page_of(record) in text(visitor("dialer.view_donotcall"), list_of("dialer.donotcall"))
