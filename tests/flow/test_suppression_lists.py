"""Several do-not-call lists: for all, for a kind of campaign, for a country; compared at three moments."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from dialer.flow import batching, dispatch, intake, lifecycle, suppression
from dialer.flow.preflight import preflight
from dialer.flow.suppression import OptOut
from dialer.models import Batch, Campaign, ContactList, DoNotCall, DoNotCallList
from dialer.terms import Purpose, SkipReason
from tests.carrier import TestCarrier, placed
from tests.factories import (
    fresh_number,
    make_batch,
    make_campaign,
    make_contact,
    make_contact_list,
    make_contacts,
    make_do_not_call,
)

pytestmark = pytest.mark.django_db


def make_list(**fields: Any) -> DoNotCallList:
    return DoNotCallList.objects.create(**{"name": "Register", **fields})


def holds_for(entries: DoNotCallList, **fields: Any) -> bool:
    """Whether a number of the list is forbidden to such a campaign of Indonesia."""
    number = fresh_number()
    make_do_not_call(number=number, list_id=entries.pk)
    return suppression.forbidden(make_campaign(**fields)).filter(number=number).exists()


def test_a_list_without_limits_holds_for_every_campaign() -> None:
    entries = make_list()

    assert all(holds_for(entries, purpose=purpose) for purpose in Purpose)


def test_a_list_for_one_kind_of_campaign_holds_for_that_kind() -> None:
    entries = make_list(purpose=Purpose.MARKETING)

    assert holds_for(entries, purpose=Purpose.MARKETING)
    assert not holds_for(entries, purpose=Purpose.DEBT)


@pytest.mark.parametrize(("country", "holds"), [("ID", True), ("IN", False)])
def test_a_list_of_one_country_holds_there(country: str, holds: bool) -> None:
    assert holds_for(make_list(country=country)) == holds


def test_a_number_may_stand_on_several_lists() -> None:
    register = make_list()
    suppression.add("081234567890", country="ID")
    suppression.add("081234567890", country="ID", to=register)

    assert DoNotCall.objects.count() == 2


def test_a_list_is_compared_when_a_spreadsheet_is_read() -> None:
    campaign = make_campaign(purpose=Purpose.MARKETING)
    for purpose, digits in ((Purpose.MARKETING, "01"), (Purpose.DEBT, "02")):
        suppression.add(f"0812345678{digits}", country="ID", to=make_list(name=purpose, purpose=purpose))
    make_contact_list(
        campaign=campaign,
        file=ContentFile(b"phone\n081234567801\n081234567802\n", name="people.csv"),
        state=ContactList.State.UPLOADED,
        number_column=0,
        read_at=None,
    )

    assert intake.read_next()

    fates = campaign.contacts.order_by("row_number").values_list("skip_reason", flat=True)
    assert list(fates) == [SkipReason.DO_NOT_CALL, ""]


def test_a_list_is_compared_at_the_launch() -> None:
    campaign = make_campaign(purpose=Purpose.MARKETING)
    here, elsewhere, _ = make_contacts(3, campaign=campaign)
    make_do_not_call(number=here.number, list_id=make_list(purpose=Purpose.MARKETING).pk)
    make_do_not_call(number=elsewhere.number, list_id=make_list(name="Debtors", purpose=Purpose.DEBT).pk)

    assert lifecycle.launch(campaign).skipped == {SkipReason.DO_NOT_CALL: 1}


def test_a_list_is_compared_when_a_batch_is_made() -> None:
    campaign = make_campaign(state=Campaign.State.RUNNING, purpose=Purpose.MARKETING)
    forbidden, free = make_contacts(2, campaign=campaign)
    make_do_not_call(number=forbidden.number, list_id=make_list(purpose=Purpose.MARKETING).pk)

    batch = batching.fill(campaign)

    assert batch is not None
    assert [attempt.contact for attempt in batch.attempts.all()] == [free]
    forbidden.refresh_from_db()
    assert forbidden.skip_reason == SkipReason.DO_NOT_CALL


def test_a_list_is_compared_right_before_a_batch_leaves(carrier: TestCarrier) -> None:
    campaign = make_campaign(state=Campaign.State.RUNNING, purpose=Purpose.MARKETING, **placed(carrier))
    batch = make_batch(contacts=make_contacts(3, campaign=campaign))
    first, second, third = (attempt.contact for attempt in batch.attempts.all())
    make_do_not_call(number=first.number, list_id=make_list(purpose=Purpose.MARKETING).pk)
    make_do_not_call(number=second.number, list_id=make_list(name="Debtors", purpose=Purpose.DEBT).pk)

    dispatch.send(batch)

    batch.refresh_from_db()
    assert (batch.state, batch.contact_count) == (Batch.State.ACCEPTED, 2)
    assert {call.number for call in carrier.sandbox.memory.calls.values()} == {
        contact.number.removeprefix("+62") for contact in (second, third)
    }


def test_many_opt_outs_take_few_queries(django_assert_max_num_queries: Any) -> None:
    campaign = make_campaign()
    people = make_contacts(50, campaign=campaign)
    wishes = [OptOut(number=contact.number, reason="pressed 9", source="", call_record=None) for contact in people]

    with django_assert_max_num_queries(8):
        suppression.obey_opt_outs([*wishes, *wishes])

    assert DoNotCall.objects.count() == 50
    assert not campaign.contacts.filter(skip_reason="").exists()


def test_an_opt_out_of_somebody_who_is_on_the_list_keeps_the_first_reason() -> None:
    contact = make_contact()
    make_do_not_call(number=contact.number, reason="by letter")

    suppression.obey_opt_outs([OptOut(number=contact.number, reason="pressed 9", source="", call_record=None)])

    assert DoNotCall.objects.get().reason == "by letter"


# --- age ------------------------------------------------------------------------------------------------------


TODAY = date(2026, 10, 14)


@pytest.mark.parametrize(
    ("fields", "is_stale"),
    [
        ({}, False),
        ({"stale_after_days": 30, "refreshed_on": TODAY - timedelta(days=30)}, False),
        ({"stale_after_days": 30, "refreshed_on": TODAY - timedelta(days=31)}, True),
        ({"stale_after_days": 30}, True),  # nobody knows how old it is
        ({"refreshed_on": date(1999, 1, 1)}, False),
    ],
)
def test_a_register_grows_old(fields: dict[str, Any], is_stale: bool) -> None:
    assert make_list(**fields).is_stale(on=TODAY) == is_stale


def test_an_old_register_is_warned_of_where_it_matters() -> None:
    make_list(purpose=Purpose.MARKETING, stale_after_days=30, refreshed_on=timezone.localdate() - timedelta(days=40))

    assert any("“Register” is older than 30 days" in str(found) for found in preflight(marketing()).warnings)
    assert not any("Register" in str(found) for found in preflight(make_campaign(purpose=Purpose.SERVICE)).warnings)


def test_an_uploaded_register_is_as_fresh_as_its_day(tmp_path: Path) -> None:
    register = make_list(stale_after_days=30)
    path = tmp_path / "register.csv"
    path.write_text("phone\n081234567801\n081234567802\n")

    suppression.add_file(path, country="ID", to=register)
    register.refresh_from_db()
    assert register.refreshed_on is None  # a few wishes in a file are no register

    done = suppression.add_file(path, country="ID", to=register, as_of=TODAY)
    register.refresh_from_db()
    assert (done.added, done.already_there, register.refreshed_on) == (0, 2, TODAY)
    assert not register.is_stale(on=TODAY)


def marketing() -> Campaign:
    return make_campaign(purpose=Purpose.MARKETING)
