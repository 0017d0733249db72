"""The status of a campaign says why nobody is called, what is still to come, and what happened."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from dialer.admin import campaign_now
from dialer.admin.campaign_now import standstill
from dialer.flow import chronicle
from dialer.models import Account, Attempt, Batch, Campaign, Contact, Route
from dialer.terms import Disposition
from tests.admin.visits import page_of, query_count, text, visitor
from tests.factories import make_account, make_batch, make_campaign, make_contacts, make_user, settle

pytestmark = pytest.mark.django_db

VIEW = "dialer.view_campaign"
MONDAY_NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)  # in Jakarta
SUNDAY_NOON = MONDAY_NOON - timedelta(days=1)


def running(people: int = 4, **fields: object) -> Campaign:
    campaign = make_campaign(**{"state": Campaign.State.RUNNING, "widened_because": "", **fields})
    make_contacts(people, campaign=campaign)
    return campaign


def test_nobody_asks_why_while_numbers_leave():
    assert standstill(running(), now=MONDAY_NOON) == ""


@pytest.mark.parametrize("state", [Campaign.State.DRAFT, Campaign.State.PAUSED, Campaign.State.FINISHED])
def test_nobody_asks_why_of_a_campaign_that_does_not_run(state: Campaign.State):
    assert standstill(running(state=state), now=SUNDAY_NOON) == ""


def test_closed_hours_are_the_reason_with_the_next_opening():
    sentence = standstill(running(), now=SUNDAY_NOON)

    assert sentence.startswith("Nobody is called at this hour.")
    assert "Opens Mon 09:00" in sentence


def test_a_stopped_account_is_the_reason():
    campaign = running(account=make_account(stopped_because="The key is wrong."))
    assert "The key is wrong." in standstill(campaign, now=MONDAY_NOON)

    Account.objects.update(stopped_because="", is_enabled=False)
    assert "not in use" in standstill(Campaign.objects.get(), now=MONDAY_NOON)


def test_a_limit_is_the_reason():
    campaign = running(at_carrier_limit=2)
    make_batch(contacts=list(campaign.contacts.all()[:2]), state=Batch.State.ACCEPTED)

    assert "limit at the carrier" in standstill(campaign, now=MONDAY_NOON)


def test_a_batch_that_waits_says_until_when_and_why():
    campaign = running()
    due_at = MONDAY_NOON + timedelta(minutes=15)
    make_batch(contacts=list(campaign.contacts.all()[:2]), due_at=due_at, message="The carrier is not reachable.")

    sentence = standstill(campaign, now=MONDAY_NOON)

    assert sentence == "Batch 1 waits until 23 Nov, 05:15. The carrier is not reachable."


def test_a_country_without_rules_is_the_reason():
    assert standstill(running(account=make_account(country="DE")), now=MONDAY_NOON) != ""


def test_everybody_due_may_have_been_handed_over():
    campaign = running(is_planned=True)
    assert standstill(campaign, now=MONDAY_NOON) == "Everybody who is due has been handed over."

    Contact.objects.filter(pk=campaign.contacts.first().pk).update(postponed_until=MONDAY_NOON)
    assert standstill(campaign, now=MONDAY_NOON) == ""


def eventful() -> Campaign:
    """Six people: one dropped, one to be called again, one silent, one postponed, two not looked at."""
    campaign = running(6)
    people = list(campaign.contacts.all())
    dropped, again, silent = make_batch(contacts=people[:3], state=Batch.State.ACCEPTED).attempts.all()
    settle([dropped], Disposition.NOT_CALLED)
    settle([again], Disposition.NO_ANSWER)
    Attempt.objects.filter(pk=again.pk).update(retry_at=timezone.now() + timedelta(hours=1))
    Attempt.objects.filter(pk=silent.pk).update(silent_since=timezone.now())
    Contact.objects.filter(pk=people[3].pk).update(postponed_until=timezone.now() + timedelta(hours=9))
    return campaign


def test_the_status_counts_who_is_still_to_come_or_to_be_asked():
    context = visitor(VIEW).get(page_of(eventful())).context

    assert {str(row.label): row.count for row in context["pending"]} == {
        "Silent": 1,
        "Dropped at the end of the day": 1,
        "Next round planned": 1,
        "Postponed": 1,
    }
    assert all("<time" in row.note for row in context["pending"] if str(row.label) != "Dropped at the end of the day")


def test_what_happened_stands_there_the_newest_first():
    campaign, boss = eventful(), visitor(is_superuser=True, username="ana")
    boss.post(f"/dialer/campaign/{campaign.pk}/pause/")

    events = boss.get(page_of(campaign)).context["events"]

    assert (events[0].what.split(".")[0], events[0].who) == ("Paused", "ana")
    assert "Batch 1 sent: 3 people." in [event.what for event in events]
    assert [event.at for event in events] == sorted((event.at for event in events), reverse=True)


def test_the_status_costs_the_same_with_many_events():
    campaign, client = eventful(), visitor(VIEW)
    few = query_count(client, page_of(campaign))
    contact_list = campaign.contact_lists.get()
    for _ in range(5):
        contacts = make_contacts(2, contact_list=contact_list)
        make_batch(contacts=contacts, state=Batch.State.REFUSED, decided_at=timezone.now())

    assert query_count(client, page_of(campaign)) == few


# --- One person -----------------------------------------------------------------------------------------------------


def test_a_contact_shows_every_round_with_its_outcome():
    campaign = running(1)
    [person] = campaign.contacts.all()
    first = make_batch(contacts=[person], state=Batch.State.SETTLED)
    settle(first.attempts.all(), Disposition.NO_ANSWER)
    second = make_batch(contacts=[person], state=Batch.State.SETTLED, round=2)
    settle(second.attempts.all(), Disposition.ANSWERED, keypress="1")

    client = visitor("dialer.view_contact")
    rounds = client.get(page_of(person)).context["rounds"]

    assert [(attempt.round, attempt.disposition) for attempt in rounds] == [(2, "answered"), (1, "no_answer")]
    assert page_of(first) in text(client, page_of(person))


def test_a_contact_says_until_when_it_is_postponed_and_when_it_is_called_again():
    campaign = eventful()
    client = visitor("dialer.view_contact")
    postponed = campaign.contacts.get(postponed_until__isnull=False)
    again = campaign.contacts.get(attempts__retry_at__isnull=False)

    assert "until" in text(client, page_of(postponed))
    assert "called again from" in text(client, page_of(again))


def test_contacts_without_any_rounds_show_none():
    [person] = make_contacts(1)

    assert "Every call to this person" not in text(visitor("dialer.view_contact"), page_of(person))


# --- The timeline ---------------------------------------------------------------------------------------------------


def test_the_timeline_tells_what_the_campaign_did_itself_and_what_the_carrier_said_with_its_code():
    campaign = eventful()
    chronicle.note(campaign.pk, lambda: "Paused by itself: 40 % of the newest calls failed.")
    contacts = make_contacts(2, contact_list=campaign.contact_lists.get())
    refused = {"answered_at": timezone.now(), "message": "No such voice file.", "carrier_code": "607"}
    make_batch(contacts=contacts[:1], state=Batch.State.REFUSED, **refused)
    make_batch(contacts=contacts[1:], state=Batch.State.UNCERTAIN, message="No answer in 40 seconds.")

    told = [event.what for event in visitor(VIEW).get(page_of(campaign)).context["events"]]

    assert "Paused by itself: 40 % of the newest calls failed." in told
    assert any(what.endswith("refused: No such voice file. (607)") for what in told)
    assert any(what.endswith("is uncertain: No answer in 40 seconds.") for what in told)


def test_a_campaign_that_ends_with_its_last_batch_is_told_to_end_after_it():
    at = timezone.now()
    campaign = make_campaign(state=Campaign.State.FINISHED, ended_at=at)
    make_batch(campaign=campaign, state=Batch.State.SETTLED, settled_at=at)

    told = [event.what for event in visitor(VIEW).get(page_of(campaign)).context["events"] if event.at == at]

    assert told == ["Finished.", "Batch 1 is settled."]


def test_a_launch_that_left_no_line_in_the_history_is_told_with_its_person():
    ana = make_user(username="ana")
    campaign = make_campaign(state=Campaign.State.RUNNING, launched_by=ana)

    events = visitor(VIEW).get(page_of(campaign)).context["events"]

    assert [(event.what, event.who) for event in events if event.at == campaign.launched_at] == [("Launched.", "ana")]


def test_many_batches_hide_neither_the_launch_nor_a_pause_nor_a_refusal():
    ana = make_user(username="ana")
    campaign = running(1, launched_by=ana, launched_at=timezone.now() - timedelta(days=1))
    chronicle.note(campaign.pk, lambda: "Paused by itself.")
    contact_list = campaign.contact_lists.get()
    earlier = {"answered_at": timezone.now() - timedelta(hours=2), "message": "No such voice file."}
    make_batch(contacts=make_contacts(1, contact_list=contact_list), state=Batch.State.REFUSED, **earlier)
    for _ in range(campaign_now.EVENTS_SHOWN + 1):
        contacts = make_contacts(1, contact_list=contact_list)
        make_batch(contacts=contacts, state=Batch.State.SETTLED, settled_at=timezone.now())

    events = visitor(VIEW).get(page_of(campaign)).context["events"]

    told = [event.what for event in events]
    assert [event.who for event in events if event.what == "Launched."] == ["ana"]
    assert "Paused by itself." in told
    assert "Batch 1 refused: No such voice file." in told
    assert len(told) == len(set(events))


def test_old_events_unfold():
    campaign = eventful()
    for number in range(campaign_now.EVENTS_AT_ONCE):
        chronicle.note(campaign.pk, f"Something {number}.".format)

    page = text(visitor(VIEW), page_of(campaign))

    shown, older = page.split('id="older-events"')
    assert "Something 9." in shown
    assert "Drafted." not in shown
    assert "Drafted." in older


def test_parts_lead_to_the_rows_behind_them():
    campaign = eventful()
    (attempt, *_) = Attempt.objects.filter(batch__campaign=campaign)
    settle([attempt], Disposition.BUSY)

    parts = {part.kind: part.url for part in visitor(is_superuser=True).get(page_of(campaign)).context["parts"]}

    assert parts["settled"] == f"/dialer/contact/?campaign__id__exact={campaign.pk}&call=billed"
    assert parts["waiting"] == f"/dialer/contact/?campaign__id__exact={campaign.pk}&call=waiting"
    assert {part.url for part in visitor(VIEW).get(page_of(campaign)).context["parts"]} == {""}


def test_batches_name_their_account_if_the_campaign_has_several():
    campaign, second = running(), make_account(name="Second account")
    batch = make_batch(contacts=list(campaign.contacts.all()[:2]), state=Batch.State.ACCEPTED)
    assert ">Second account<" not in text(visitor(VIEW), page_of(campaign))

    Batch.objects.filter(pk=batch.pk).update(account=second)
    Route.objects.create(campaign=campaign, account=second)

    assert '<td data-label="Account">Second account</td>' in text(visitor(VIEW), page_of(campaign))
