"""Texts of each row: their columns are chosen where a carrier makes something of them, and kept with their headings."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dialer.flow import intake
from dialer.models import ContactList, Route
from tests.admin.test_upload_pages import PEOPLE, WORK, as_confirmed, door, numbers_page, uploaded
from tests.admin.visits import text, visitor
from tests.factories import make_campaign, make_laaffic_account

pytestmark = pytest.mark.django_db


def uploaded_where_texts_are_used(**fields: Any) -> ContactList:
    campaign = make_campaign(account=make_laaffic_account(), **fields)
    return intake.upload(campaign, SimpleUploadedFile("people.csv", PEOPLE))


def test_columns_for_texts_are_chosen_where_a_carrier_makes_something_of_them():
    plain, rich = uploaded(), uploaded_where_texts_are_used()
    by_route = uploaded()
    Route.objects.create(campaign=by_route.campaign, account=make_laaffic_account())
    client = visitor(*WORK)

    assert "Texts of each row" not in text(client, door(plain, "columns"))
    assert "Texts of each row" in text(client, door(by_route, "columns"))
    response = client.get(door(rich, "columns"))
    assert [field.value() for field in response.context["texts"]] == [None] * 10  # none is proposed
    assert not response.context["texts"].needs_others


def test_the_chosen_texts_are_kept_with_their_headings():
    contact_list = uploaded_where_texts_are_used()
    client = visitor(*WORK)
    shown = client.get(door(contact_list, "columns"))

    client.post(door(contact_list, "columns"), as_confirmed(shown, text_1=0, text_3=2))

    contact_list.refresh_from_db()
    assert contact_list.text_columns == [0, None, 2]
    assert contact_list.text_headings == ["Name", None, "Office"]
    intake.read_next()
    page = text(client, numbers_page(contact_list.campaign))
    assert "Text 1: Name, text 3: Office" in page


def test_the_chosen_texts_are_not_forgotten_when_another_column_is_looked_at():
    contact_list = uploaded_where_texts_are_used()
    client = visitor(*WORK)
    shown = client.get(door(contact_list, "columns"))

    response = client.post(door(contact_list, "columns"), as_confirmed(shown, number_column=2, text_1=0, text_5=1))

    assert "You chose another column." in response.content.decode()
    assert response.context["texts"]["text_1"].value() == 0
    assert response.context["look"]["text_5"].value() == 1
    assert response.context["texts"].needs_others


def test_a_text_that_the_campaign_uses_is_marked_and_its_lack_is_told():
    contact_list = uploaded_where_texts_are_used(sms_text="${text1} ${text4}", sms_on_failure=True)
    client = visitor(*WORK)
    shown = client.get(door(contact_list, "columns"))
    assert [field.name for field in shown.context["texts"] if field.help_text] == ["text_1", "text_4"]
    assert shown.context["texts"].needs_others

    page = client.post(door(contact_list, "columns"), as_confirmed(shown, text_1=0), follow=True).content.decode()

    assert "The campaign uses text 4, which no column of this list brings." in page


@pytest.mark.parametrize("column", ["-1", "x", "99", "20001", "²"])
def test_nonsense_for_a_text_confirms_nothing(column: str):
    contact_list = uploaded_where_texts_are_used()
    client = visitor(*WORK)
    shown = client.get(door(contact_list, "columns"))

    client.post(door(contact_list, "columns"), as_confirmed(shown, text_1=column))

    contact_list.refresh_from_db()
    assert contact_list.number_column is None


def test_texts_are_not_kept_where_no_carrier_makes_anything_of_them():
    contact_list = uploaded()
    client = visitor(*WORK)
    shown = client.get(door(contact_list, "columns"))

    client.post(door(contact_list, "columns"), as_confirmed(shown, text_1=0))

    contact_list.refresh_from_db()
    assert contact_list.number_column == 1
    assert contact_list.text_columns == []
