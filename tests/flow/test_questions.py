"""Uncertain batches are asked about by their reference, again and again, and a bill decides."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dialer.flow import dispatch, evidence, ledger, lifecycle
from dialer.flow.seat import hold
from dialer.models import Account, Batch, CallRecord, Campaign, CarrierExchange
from tests.carrier import TestCarrier, placed
from tests.factories import NOWHERE, make_account, make_batch, make_campaign, make_contacts

pytestmark = pytest.mark.django_db

State = Batch.State
BILLS = "App.Sip_Cdr.GetBill"


def fresh(batch: Batch) -> Batch:
    return Batch.objects.get(pk=batch.pk)


def due(batch: Batch) -> Batch:
    """The moment to ask about it has come."""
    Batch.objects.filter(pk=batch.pk).update(ask_at=timezone.now())
    return fresh(batch)


@pytest.mark.parametrize("fate", ["timeout_after_accept", "drop_after_accept", "http_500_after_accept"])
def test_a_batch_whose_answer_was_lost_is_proven_by_the_bills_alone(
    carrier: TestCarrier, fate: str, settings: Any
) -> None:
    settings.HTTP_TOTAL_SECONDS = 1
    campaign = make_campaign(state=Campaign.State.RUNNING, **placed(carrier))
    make_contacts(3, campaign=campaign)
    carrier.switch(callbacks="lost")
    carrier.order_fates("App.Sip_Call.PlayVoice", fate)
    dispatch.send_next()
    batch = Batch.objects.get()
    assert batch.state == State.UNCERTAIN
    assert batch.ask_at is not None
    settings.HTTP_TOTAL_SECONDS = 10
    carrier.wait()

    assert ledger.ask_next()

    batch = fresh(batch)
    assert batch.state == State.ACCEPTED
    assert not batch.attempts.filter(settled_at=None).exists()
    assert carrier.requests("App.Sip_Call.PlayVoice") == 1


def test_a_person_may_have_a_question_asked_at_once_while_a_batch_is_uncertain(carrier: TestCarrier) -> None:
    later = timezone.now() + timedelta(hours=4)
    uncertain, accepted = (carrier.call(0, state=state, ask_at=later) for state in (State.UNCERTAIN, State.ACCEPTED))

    assert ledger.ask_about(uncertain)
    assert not ledger.ask_about(accepted)

    assert fresh(uncertain).ask_at <= timezone.now()
    assert fresh(accepted).ask_at == later


def test_exactly_that_reference_is_asked_for(carrier: TestCarrier) -> None:
    asked, other = carrier.call(0, 60, state=State.UNCERTAIN), carrier.call(0, state=State.UNCERTAIN)
    due(asked)

    assert ledger.ask_next()
    assert not ledger.ask_next()

    assert set(CallRecord.objects.values_list("batch", flat=True)) == {asked.pk}
    assert fresh(other).state == State.UNCERTAIN
    request = CarrierExchange.objects.filter(batch=asked).latest("pk").request
    assert asked.reference in request


def test_without_evidence_it_stays_uncertain_and_the_pauses_grow(carrier: TestCarrier) -> None:
    batch = carrier.batch(0, 60, state=State.UNCERTAIN)  # of which the carrier has never heard

    pauses = []
    for _ in range(9):
        due(batch)
        before = timezone.now()
        assert ledger.ask_next()
        pauses.append((fresh(batch).ask_at - before).total_seconds())
        lifecycle.settle_next()

    for pause, expected in zip(pauses, [*evidence.ASK_PAUSES_SECONDS, 4 * 3600, 4 * 3600], strict=True):
        assert pause == pytest.approx(expected, abs=5)
    batch = fresh(batch)
    assert (batch.state, batch.ask_count) == (State.UNCERTAIN, 9)
    assert batch.asked_at is not None
    assert not ledger.ask_next()


def test_a_question_that_failed_was_not_asked_and_is_asked_again(carrier: TestCarrier) -> None:
    batch = due(carrier.call(0, state=State.UNCERTAIN))
    carrier.order_fates(BILLS, "http_500_before_accept")

    assert ledger.ask_next()
    assert (fresh(batch).asked_at, fresh(batch).state) == (None, State.UNCERTAIN)

    due(batch)
    assert ledger.ask_next()
    assert fresh(batch).state == State.ACCEPTED


def test_an_account_that_can_not_be_reached_does_not_hold_up_the_others(carrier: TestCarrier) -> None:
    broken = make_account(token_url=NOWHERE)
    unreachable = make_batch(contacts=make_contacts(1, campaign=make_campaign(account=broken)), state=State.UNCERTAIN)
    Batch.objects.filter(pk=unreachable.pk).update(ask_at=timezone.now() - timedelta(days=1))
    batch = due(carrier.call(0, state=State.UNCERTAIN))

    while ledger.ask_next():
        pass

    assert fresh(batch).state == State.ACCEPTED
    assert fresh(unreachable).state == State.UNCERTAIN
    assert Account.objects.get(pk=broken.pk).pull_complaint


def test_while_another_process_pulls_from_the_account_nobody_asks(carrier: TestCarrier) -> None:
    due(carrier.call(0, state=State.UNCERTAIN))

    with hold(f"bills:{carrier.account.pk}", seconds=60):
        assert not ledger.ask_next()

    assert ledger.ask_next()


def test_an_account_that_is_not_in_use_is_not_asked(carrier: TestCarrier) -> None:
    due(carrier.call(0, state=State.UNCERTAIN))
    Account.objects.update(is_enabled=False)

    assert not ledger.ask_next()


def test_a_sender_that_was_killed_leaves_a_batch_that_is_asked_about_from_when_it_may_have_left(
    carrier: TestCarrier,
) -> None:
    batch = carrier.call(0, state=State.UNCERTAIN)
    Batch.objects.update(
        state=State.SENDING, claim_token="of the dead", lease_until=timezone.now() - timedelta(hours=1), sent_at=None
    )

    dispatch.expire_claims()
    assert fresh(batch).sent_at is not None
    assert ledger.ask_next()

    assert fresh(batch).state == State.ACCEPTED


# --- accepted and never billed --------------------------------------------------------------------------------


def test_who_is_never_billed_is_asked_for_and_then_silent_and_the_campaign_ends(
    carrier: TestCarrier, settings: Any
) -> None:
    settings.SILENT_AFTER_SECONDS = 3600
    carrier.switch(silent_endings=True, callbacks="lost")
    batch = carrier.call(0, 99, sent_at=timezone.now())
    Campaign.objects.update(state=Campaign.State.RUNNING, is_planned=True)
    in_an_hour = timezone.now() + timedelta(seconds=3700)
    Batch.objects.update(ask_at=timezone.now() + timedelta(seconds=3600))

    lifecycle.settle_next(now=in_an_hour)
    assert not batch.attempts.exclude(silent_since=None).exists()  # not before somebody asked
    assert not ledger.ask_next()
    assert ledger.ask_next(now=in_an_hour)
    while lifecycle.settle_next(now=in_an_hour):
        pass

    assert fresh(batch).state == State.SETTLED
    assert batch.attempts.filter(silent_since__isnull=False).count() == 1
    assert batch.attempts.filter(settled_at__isnull=False).count() == 1
    assert Campaign.objects.get().state == Campaign.State.FINISHED
    assert not ledger.ask_next(now=in_an_hour + timedelta(days=1))


def test_an_accepted_batch_is_asked_about_after_the_day_or_after_the_silence(settings: Any) -> None:
    settings.SILENT_AFTER_SECONDS = 86_400
    batch = make_batch(state=State.ACCEPTED)
    assert evidence.ask_at(batch) <= batch.sent_at + timedelta(days=1)
    batch.campaign.drops_undialled_today = False
    assert evidence.ask_at(batch) == batch.sent_at + timedelta(days=1)
