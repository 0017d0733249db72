"""An uncertain batch: what is known of it, one more question, and a person's word with a reason."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from dialer.admin.uncertain import what_is_known
from dialer.models import Batch, Bell
from tests import factories
from tests.admin.visits import page_of, text, visitor

pytestmark = pytest.mark.django_db

LOOK, DECIDE = "dialer.view_batch", "dialer.decide_uncertain"
State = Batch.State
REASON = "The carrier’s support looked for the reference."


def door(batch: Batch, name: str) -> str:
    return reverse(f"admin:dialer_batch_{name}", args=[batch.pk])


def uncertain(people: int = 2, **fields) -> Batch:
    return factories.make_batch(
        contacts=factories.make_contacts(people),
        **{"state": State.UNCERTAIN, "message": "No answer in 30 s.", "ask_at": timezone.now(), **fields},
    )


def test_what_is_known_is_told_in_sentences(settings):
    now = timezone.now().replace(hour=10, minute=27, second=0, microsecond=0)
    sent_at = now - timedelta(minutes=25)
    batch = uncertain(3, sent_at=sent_at, asked_at=now - timedelta(minutes=1), ask_at=now + timedelta(minutes=14))

    sent, said, bills, questions = what_is_known(batch, now=now)

    assert sent.startswith("Sent at 10:02:00")
    assert said == "No answer in 30 s."
    assert bills.replace("\xa0", " ").startswith("No bill for 3 numbers in 25 minutes.")
    assert "last asked at 10:26:00" in questions
    assert "Next question at 10:41:00" in questions


def test_the_page_shows_the_exchanges_and_what_each_word_would_do():
    batch = uncertain()
    exchange = factories.make_exchange(account=batch.account, batch=batch, purpose="place a batch")

    page = text(visitor(LOOK, DECIDE, "dialer.view_carrierexchange"), door(batch, "decide"))

    assert page_of(exchange) in page
    assert "are called twice" in page
    assert f'data-copy="{batch.reference}"' in page


@pytest.mark.django_db(transaction=True)
def test_the_carrier_is_asked_now_and_rung_for():
    batch = uncertain(ask_at=timezone.now() + timedelta(hours=4))

    visitor(LOOK, DECIDE).post(door(batch, "ask"))

    batch.refresh_from_db()
    assert batch.ask_at <= timezone.now()
    assert Bell.objects.get(kind="questions").is_ringing


def test_it_was_sent_is_written_down_with_who_and_why():
    batch, client = uncertain(), visitor(LOOK, DECIDE, username="ana")

    client.post(door(batch, "was_sent"), {"sent-because": REASON})

    batch.refresh_from_db()
    assert (batch.state, batch.decided_by.username, batch.decided_because) == (State.ACCEPTED, "ana", REASON)
    assert REASON in LogEntry.objects.get().get_change_message()
    assert REASON in text(client, page_of(batch))


def test_it_was_not_sent_makes_its_people_due_again():
    batch = uncertain(2)

    answer = visitor(LOOK, DECIDE).post(door(batch, "was_not_sent"), {"not_sent-because": REASON}, follow=True)

    batch.refresh_from_db()
    assert batch.state == State.REFUSED
    assert "2 people are due again" in answer.content.decode()
    assert batch.attempts.filter(retry_at__isnull=False).count() == 2


def test_a_double_click_decides_once():
    batch, client = uncertain(), visitor(LOOK, DECIDE)

    client.post(door(batch, "was_not_sent"), {"not_sent-because": REASON})
    answer = client.post(door(batch, "was_sent"), {"sent-because": REASON}, follow=True)

    assert "not uncertain any more" in answer.content.decode()
    batch.refresh_from_db()
    assert batch.state == State.REFUSED
    assert LogEntry.objects.count() == 1


@pytest.mark.parametrize(("name", "field"), [("was_sent", "sent"), ("was_not_sent", "not_sent")])
@pytest.mark.parametrize("because", ["", "no"])
def test_without_a_reason_nothing_is_decided(name: str, field: str, because: str):
    batch = uncertain()

    answer = visitor(LOOK, DECIDE).post(door(batch, name), {f"{field}-because": because})

    assert answer.context[field].errors["because"]
    batch.refresh_from_db()
    assert batch.state == State.UNCERTAIN


@pytest.mark.parametrize("name", ["was_sent", "was_not_sent", "ask"])
def test_a_word_takes_a_permission_of_its_own_and_is_not_given_by_a_link(name: str):
    batch = uncertain()

    assert visitor(LOOK, "dialer.launch_campaign").post(door(batch, name)).status_code == 403
    assert visitor(LOOK, DECIDE).get(door(batch, name)).status_code == 405


def test_the_way_leads_there_from_the_overview_the_campaign_and_the_batch():
    batch = uncertain()
    batch.campaign.state = "running"
    batch.campaign.save()
    boss = visitor(is_superuser=True)

    assert door(batch, "decide") in text(boss, "/")
    assert page_of(batch) in text(boss, page_of(batch.campaign))
    assert door(batch, "decide") in text(boss, page_of(batch))
    assert door(batch, "decide") not in text(visitor(LOOK), page_of(batch))


def test_of_several_the_overview_leads_to_the_list():
    first = uncertain()
    uncertain()

    page = text(visitor(is_superuser=True), "/")

    assert door(first, "decide") not in page
    assert "state__exact=uncertain" in page


def test_a_batch_whose_fate_is_known_asks_for_no_decision():
    batch = uncertain(state=State.ACCEPTED)

    answer = visitor(LOOK, DECIDE).get(door(batch, "decide"))

    assert answer.url == page_of(batch)
