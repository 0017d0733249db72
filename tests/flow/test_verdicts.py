"""An operator decides about an uncertain batch where no evidence comes: once, with a reason that is kept."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone, translation

from dialer.flow import batching, dispatch, ledger, lifecycle, rounds, verdicts, withdrawal
from dialer.flow.mistakes import DialerError
from dialer.models import Attempt, Batch, Campaign
from dialer.terms import Disposition
from tests.carrier import TestCarrier, placed, stored
from tests.factories import make_batch, make_call_record, make_campaign, make_contacts, make_user
from tests.tongues import teach

pytestmark = pytest.mark.django_db

State = Batch.State
REASON = "The carrier's console does not show the batch."


def uncertain(people: int = 2, **fields: Any) -> Batch:
    campaign = make_campaign(**{"state": Campaign.State.RUNNING, "is_planned": True, **fields})
    return make_batch(contacts=make_contacts(people, campaign=campaign), state=State.UNCERTAIN)


def fresh(batch: Batch) -> Batch:
    return Batch.objects.get(pk=batch.pk)


def test_a_batch_that_was_sent_waits_for_its_bills() -> None:
    batch, user = uncertain(), make_user()

    verdicts.was_sent(batch, by=user, because=f" {REASON} ")

    batch = fresh(batch)
    assert (batch.state, batch.decided_by, batch.decided_because) == (State.ACCEPTED, user, REASON)
    assert batch.decided_at is not None
    assert not batch.attempts.exclude(settled_at=None).exists()
    entry = LogEntry.objects.get(object_id=str(batch.pk))
    assert entry.user == user
    assert entry.change_message == f"Decided that it was sent: {REASON}"


def test_a_batch_that_was_not_sent_is_refused_and_its_people_leave_under_a_new_reference(carrier: TestCarrier) -> None:
    batch = uncertain(3, **placed(carrier))

    assert verdicts.was_not_sent(batch, by=make_user(), because=REASON) == 3

    assert fresh(batch).state == State.REFUSED
    assert dispatch.send_next()
    again = batch.campaign.batches.latest("pk")
    assert (again.state, again.contact_count) == (State.ACCEPTED, 3)
    assert again.reference != batch.reference
    assert set(again.attempts.values_list("round", flat=True)) == {2}
    assert len(carrier.sandbox.memory.calls) == 3
    assert REASON in LogEntry.objects.get(object_id=str(batch.pk)).change_message


@pytest.mark.parametrize("verdict", [verdicts.was_sent, verdicts.was_not_sent])
@pytest.mark.parametrize("because", ["", "   ", "so what"])
def test_there_is_no_verdict_without_a_written_reason(verdict: Any, because: str) -> None:
    batch = uncertain()

    with pytest.raises(DialerError, match="why"):
        verdict(batch, by=make_user(), because=because)

    assert fresh(batch).state == State.UNCERTAIN
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("verdict", [verdicts.was_sent, verdicts.was_not_sent])
@pytest.mark.parametrize("state", [state for state in State if state != State.UNCERTAIN])
def test_only_uncertain_batches_are_decided(verdict: Any, state: str) -> None:
    batch = uncertain()
    Batch.objects.update(state=state)

    for seen in (batch, fresh(batch)):  # a page that is old, and one that is not
        with pytest.raises(DialerError, match="not uncertain any more"):
            verdict(seen, by=make_user(), because=REASON)

    assert fresh(batch).state == state
    assert not LogEntry.objects.exists()
    assert not Attempt.objects.exclude(settled_at=None).exists()


def test_a_bill_that_comes_first_beats_the_operator() -> None:
    batch = uncertain()
    make_call_record(attempt=batch.attempts.first())
    lifecycle.settle_next()

    with pytest.raises(DialerError):
        verdicts.was_not_sent(batch, by=make_user(), because=REASON)

    assert fresh(batch).state == State.ACCEPTED
    assert batching.fill(batch.campaign) is None


def test_a_cancelled_campaign_calls_nobody_again_whatever_is_decided() -> None:
    batch = uncertain(state=Campaign.State.CANCELLED)

    verdicts.was_not_sent(batch, by=make_user(), because=REASON)

    assert not Attempt.objects.exclude(retry_at=None).exists()
    rounds.judge()
    assert not Attempt.objects.exclude(retry_at=None).exists()
    assert set(batch.attempts.values_list("disposition", flat=True)) == {Disposition.FAILED}


def test_a_batch_of_a_killed_sender_that_counts_as_sent_becomes_silent_in_the_end(settings: Any) -> None:
    batch = uncertain()
    long_ago = timezone.now() - timedelta(days=2)
    Campaign.objects.update(drops_undialled_today=False)
    Batch.objects.update(state=State.SENDING, claim_token="of the dead", lease_until=long_ago, sent_at=None)
    dispatch.expire_claims()

    verdicts.was_sent(fresh(batch), by=make_user(), because=REASON)
    Batch.objects.update(asked_at=timezone.now())
    while lifecycle.settle_next():
        pass

    assert batch.attempts.filter(silent_since__isnull=False).count() == 2
    assert Campaign.objects.get().state == Campaign.State.FINISHED


def test_nobody_says_that_it_was_not_sent_while_the_request_may_still_be_on_its_way() -> None:
    batch = make_batch(state=Batch.State.UNCERTAIN, sent_at=timezone.now() - timedelta(seconds=60))

    with pytest.raises(DialerError, match="too early"):
        verdicts.was_not_sent(batch, by=make_user(), because="the carrier's console shows nothing")

    batch.refresh_from_db()
    assert batch.state == Batch.State.UNCERTAIN


def test_a_bill_after_it_was_not_sent_keeps_everybody_of_the_batch_from_a_second_call(carrier: TestCarrier) -> None:
    campaign = make_campaign(state=Campaign.State.RUNNING, **placed(carrier))
    people = make_contacts(3, campaign=campaign)
    batch = make_batch(contacts=people, state=Batch.State.UNCERTAIN)
    verdicts.was_not_sent(batch, by=make_user(), because="the carrier's console shows nothing")
    again = batching.fill(campaign)
    assert again is not None

    carrier.dial(batch)
    [first, *_] = carrier.callbacks()
    ledger.apply(stored(carrier.account, first))

    assert fresh(batch).state == Batch.State.ACCEPTED
    assert not again.attempts.exists()
    assert not Attempt.objects.filter(retry_at__isnull=False).exists()
    assert batch.attempts.filter(settled_at__isnull=True).count() == 2
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.PAUSED
    assert "proves that the carrier took it" in campaign.paused_because


@pytest.mark.parametrize(
    ("house", "message", "note"),
    [
        ("en", "Decided by {user}: it was sent.", "Decided that it was sent: {reason}"),
        ("es", "Decidido por {user}: se envió.", "Se decidió que se envió: {reason}"),
    ],
)
def test_what_stays_of_a_verdict_is_in_the_language_of_the_installation(
    settings: Any, tmp_path: Path, house: str, message: str, note: str
) -> None:
    spanish = {
        "Decided by %(person)s: it was sent.": "Decidido por %(person)s: se envió.",
        "Decided that it was sent: %(because)s": "Se decidió que se envió: %(because)s",
    }
    teach(settings, tmp_path, spanish)
    settings.LANGUAGE_CODE = house
    batch, user = uncertain(), make_user()

    with translation.override("en" if house == "es" else "es"):
        verdicts.was_sent(batch, by=user, because=REASON)

    assert fresh(batch).message == message.format(user=user)
    assert LogEntry.objects.get(object_id=str(batch.pk)).change_message == note.format(reason=REASON)


def test_a_callback_that_contradicts_a_refusal_speaks_the_language_of_the_installation(
    carrier: TestCarrier, settings: Any, tmp_path: Path
) -> None:
    teach(settings, tmp_path, {withdrawal.CONTRADICTED: "Una factura prueba que la operadora lo aceptó."})
    campaign = make_campaign(state=Campaign.State.RUNNING, **placed(carrier))
    batch = make_batch(contacts=make_contacts(1, campaign=campaign), state=Batch.State.UNCERTAIN)
    verdicts.was_not_sent(batch, by=make_user(), because=REASON)
    carrier.dial(batch)

    with translation.override("es"):  # as of a carrier whose request asks for it
        ledger.apply(stored(carrier.account, carrier.callbacks()[0]))

    assert fresh(batch).message == withdrawal.CONTRADICTED
    campaign.refresh_from_db()
    assert campaign.paused_because == f"Batch {batch.sequence}: {withdrawal.CONTRADICTED}"
