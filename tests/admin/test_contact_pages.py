"""The contacts of campaigns: found by number and fate, masked for whoever may not see numbers."""

import pytest

from dialer.models import Contact, ContactList
from dialer.terms import SkipReason
from tests.admin.campaign_forms import (
    half_done_campaign,
)
from tests.admin.visits import page_of, query_count, text, visitor
from tests.factories import (
    make_contact,
    make_skipped_contact,
)

pytestmark = pytest.mark.django_db


def found(client, **query: object) -> set[int]:
    response = client.get("/dialer/contact/", query)
    return {contact.pk for contact in response.context["cl"].result_list}


def test_a_contact_is_found_by_its_number_in_any_spelling_and_by_its_beginning():
    somebody = make_contact(number="+6281298765432")
    make_contact(number="+6281311112222")
    client = visitor("dialer.view_contact", "dialer.see_full_numbers")

    for typed in ("+62 812-9876-5432", "081298765432", "6281298765432", "+62812987"):
        assert found(client, q=typed) == {somebody.pk}
    assert found(client, q="nonsense") == set()


def test_masked_numbers_stay_masked_in_the_list_on_the_page_and_in_the_search():
    somebody = make_contact(number="+6281298765432", raw="0812-9876-5432")
    client = visitor("dialer.view_contact")

    for address in ("/dialer/contact/", page_of(somebody)):
        page = text(client, address)
        assert "98765432" not in page.replace("-", "").replace(" ", "")
        assert "•" in page
    assert found(client, q="+62812987") == set()


def test_contacts_are_filtered_by_fate():
    campaign = half_done_campaign()
    skipped = make_skipped_contact(SkipReason.INVALID_NUMBER, contact_list=ContactList.objects.get(), raw="12345")
    client = visitor("dialer.view_contact")
    here = {"campaign__id__exact": campaign.pk}

    assert found(client, **here, skip_reason__exact="invalid_number") == {skipped.pk}
    assert len(found(client, **here, skip_reason__exact="")) == 9
    assert len(found(client, **here, call="answered")) == 2
    assert len(found(client, **here, call="silent")) == 1
    assert len(found(client, **here, call="open")) == 5
    assert len(found(client, contact_list__id__exact=skipped.contact_list_id)) == 10


def test_a_rejected_row_tells_its_row_number_its_cell_and_why():
    make_skipped_contact(SkipReason.INVALID_NUMBER, raw="12345", row_number=4711)

    page = text(visitor("dialer.view_contact", "dialer.see_full_numbers"), "/dialer/contact/")

    assert "4711" in page
    assert "12345" in page
    assert "This number is too short" in page


def test_contacts_are_listed_with_a_fixed_number_of_queries():
    client = visitor("dialer.view_contact")
    half_done_campaign()
    few = query_count(client, "/dialer/contact/")
    half_done_campaign()

    assert query_count(client, "/dialer/contact/") == few
    assert Contact.objects.count() == 18
