"""A campaign like an old one, and one for those whom the old one did not reach: nobody twice, nobody lost."""

import csv
from datetime import time

import pytest
from django.utils import timezone

from dialer.flow import copies, drafts, intake
from dialer.flow.drafts import Step
from dialer.flow.mistakes import DialerError
from dialer.models import Attempt, Batch, Campaign, CarrierPeriod, Contact, ContactList, RetryRule, Route
from dialer.terms import Disposition, SkipReason
from tests.factories import (
    make_account,
    make_batch,
    make_campaign,
    make_contact,
    make_contact_list,
    make_contacts,
    make_do_not_call,
    make_skipped_contact,
    make_user,
    settle,
)

pytestmark = pytest.mark.django_db


def over(**fields: object) -> Campaign:
    return make_campaign(**{"state": Campaign.State.FINISHED, **fields})


def called(campaign: Campaign, disposition: Disposition, count: int = 1, **fields: object) -> list[Contact]:
    contact_list = campaign.contact_lists.first() or make_contact_list(campaign=campaign)
    people = make_contacts(count, contact_list=contact_list, **fields)
    settle(make_batch(contacts=people, state=Batch.State.SETTLED).attempts.all(), disposition)
    return people


def numbers(people: list[Contact]) -> list[str]:
    return sorted(contact.number for contact in people)


def read(campaign: Campaign) -> None:
    while intake.read_next():
        pass
    assert campaign.contact_lists.get().state == ContactList.State.READY


# --- A copy -------------------------------------------------------------------------------------------------------


def test_a_copy_wishes_the_same_and_has_nobody_to_call() -> None:
    campaign = over(wants_keypress=True, opt_out_key="9", ring_seconds=33, sms_text="Hello", numbers_per_minute=7)
    RetryRule.objects.create(campaign=campaign, disposition=Disposition.BUSY, pause_minutes=5)
    Route.objects.create(campaign=campaign, account=make_account(), share=3, closed_because="It failed.")
    CarrierPeriod.objects.create(campaign=campaign, opens=time(9), closes=time(12))
    make_contacts(2, campaign=campaign)
    user = make_user()

    new = copies.copy(campaign, by=user)

    assert (new.state, new.created_by, new.contacts.count()) == (Campaign.State.DRAFT, user, 0)
    assert (new.opt_out_key, new.ring_seconds, new.sms_text, new.numbers_per_minute) == ("9", 33, "Hello", 7)
    assert new.voice_file == campaign.voice_file
    assert new.call_windows.count() == campaign.call_windows.count()
    assert str(new.retry_rules.get()) == str(campaign.retry_rules.get())
    assert str(new.carrier_periods.get()) == "09:00–12:00"
    assert (new.routes.get().share, new.routes.get().closed_because) == (3, "")


def test_a_copy_starts_in_the_middle_of_the_path() -> None:
    new = copies.copy(over())

    assert drafts.standing(new).next_step == Step.NUMBERS
    make_contacts(1, campaign=new)
    assert drafts.standing(new).next_step == Step.CHECK


def test_neither_widening_nor_start_nor_progress_is_copied() -> None:
    moment = timezone.now()
    campaign = over(
        start_at=moment,
        carrier_start_at=moment,
        is_canary_passed=True,
        planned_through=5,
        is_planned=True,
        ended_at=moment,
    )

    new = copies.copy(campaign)

    assert (new.widened_because, new.widened_by, new.widened_at) == ("", None, None)
    assert (new.start_at, new.carrier_start_at, new.launched_at, new.ended_at) == (None, None, None, None)
    assert (new.is_canary_passed, new.planned_through, new.is_planned) == (False, 0, False)


def test_every_field_of_a_campaign_is_copied_or_named_as_not() -> None:
    names = {field.name for field in Campaign._meta.concrete_fields}

    assert names >= copies.NOT_COPIED


def test_names_are_free_and_fit() -> None:
    campaign = over(name="R" * 64)

    names = [copies.copy(campaign).name for _ in range(3)]

    assert [name[-8:] for name in names] == ["R (copy)", "(copy 2)", "(copy 3)"]
    assert all(len(name) <= 64 for name in names)


# --- The unanswered -----------------------------------------------------------------------------------------------


def test_whoever_was_not_reached_comes_along_and_nobody_else() -> None:
    campaign = over()
    called(campaign, Disposition.ANSWERED)
    missed = [*called(campaign, Disposition.NO_ANSWER), *called(campaign, Disposition.BUSY)]
    never = make_contacts(1, contact_list=campaign.contact_lists.get())  # the campaign was cancelled before
    make_skipped_contact(SkipReason.INVALID_NUMBER, contact_list=campaign.contact_lists.get())
    [opted_out] = called(campaign, Disposition.NO_ANSWER)
    make_do_not_call(number=opted_out.number)

    new = copies.from_unanswered(campaign, by=make_user())
    read(new)

    assert numbers(list(new.contacts.filter(skip_reason=""))) == numbers([*missed, *never])


def test_who_answered_in_any_round_does_not_come_along() -> None:
    campaign = over()
    [person] = called(campaign, Disposition.NO_ANSWER)
    settle(make_batch(contacts=[person], round=2, state=Batch.State.SETTLED).attempts.all(), Disposition.ANSWERED)

    with pytest.raises(DialerError, match="Nobody is left"):
        copies.from_unanswered(campaign)

    assert Campaign.objects.count() == 1


@pytest.mark.parametrize(
    "state", [Batch.State.ACCEPTED, Batch.State.UNCERTAIN, Batch.State.SENDING, Batch.State.REPEATING]
)
def test_whose_call_may_still_come_or_have_been_does_not_come_along(state: str) -> None:
    campaign = over()
    make_batch(contacts=make_contacts(2, campaign=campaign), state=state)

    assert not copies.unanswered(campaign).exists()


def test_the_silent_do_not_come_along() -> None:
    campaign = over()
    make_batch(contacts=make_contacts(1, campaign=campaign), state=Batch.State.SETTLED)
    Attempt.objects.update(silent_since=timezone.now())

    assert not copies.unanswered(campaign).exists()


@pytest.mark.parametrize("state", [Batch.State.REFUSED, Batch.State.CANCELLED])
def test_whose_batch_never_left_comes_along(state: str) -> None:
    campaign = over()
    people = make_contacts(2, campaign=campaign)
    make_batch(contacts=people, state=state)

    assert numbers(list(copies.unanswered(campaign))) == numbers(people)


@pytest.mark.parametrize("state", [Campaign.State.RUNNING, Campaign.State.PAUSED, Campaign.State.DRAFT])
def test_a_campaign_that_may_still_call_them_is_waited_for(state: str) -> None:
    campaign = make_campaign(state=state)
    make_contacts(1, campaign=campaign)

    with pytest.raises(DialerError, match="not over yet"):
        copies.from_unanswered(campaign)


def test_the_list_is_a_kept_file_that_says_where_each_row_came_from() -> None:
    campaign = over()
    [person] = called(campaign, Disposition.BUSY)

    row = copies.from_unanswered(campaign, by=make_user()).contact_lists.get()

    with row.file.open("r") as file:
        lines = list(csv.reader(file))
    assert lines == [["number", "list", "row"], [person.number, "people.csv", str(person.row_number)]]
    assert (row.original_name, len(row.sha256)) == (f"unanswered of {campaign}.csv", 64)


def test_texts_of_rows_come_along_with_their_headings() -> None:
    campaign = over()
    contact_list = make_contact_list(campaign=campaign, text_columns=[2, None, 3], text_headings=["name", None, "sum"])
    make_contact(contact_list=contact_list, texts=["Adi, the first", "", '5"'])
    make_contact(contact_list=contact_list, texts=None)

    new = copies.from_unanswered(campaign)
    read(new)

    first, second = new.contacts.order_by("pk")
    assert first.texts == ["Adi, the first", "", '5"']
    assert second.texts == ["", "", ""]
    assert new.contact_lists.get().text_headings == ["name", "text 2", "sum"]


def test_the_draft_waits_for_the_check_once_its_list_is_read() -> None:
    campaign = over()
    called(campaign, Disposition.BUSY)

    new = copies.from_unanswered(campaign)

    read(new)
    assert drafts.standing(new).next_step == Step.CHECK
