"""What settled batches came to is counted once, and everybody still is in exactly the place where a full count says."""

import threading
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialer.flow import batch_tallies, ledger, outcome, reports
from dialer.models import Attempt, Batch, BatchTally, CallRecord, Campaign
from dialer.terms import Disposition, SkipReason, Via
from tests.factories import make_account, make_batch, make_call_record, make_campaign, make_contacts
from tests.flow.test_tallies import call

pytestmark = pytest.mark.django_db

PEOPLE = 6
State = Batch.State


def in_full(campaign: Campaign) -> dict[str, Any]:
    """The places of everybody as each single attempt tells them, with nothing remembered."""
    remembered = list(Batch.objects.filter(is_tallied=True).values_list("pk", flat=True))
    Batch.objects.update(is_tallied=False)
    found = asdict(reports.progress(campaign))
    Batch.objects.filter(pk__in=remembered).update(is_tallied=True)
    return found


def tally_all() -> None:
    while batch_tallies.tally_next():
        pass


def settled_batch(campaign: Campaign, *, people: int = 2) -> Batch:
    """Everybody in it was busy."""
    batch = make_batch(contacts=make_contacts(people, campaign=campaign), state=State.ACCEPTED)
    for attempt in batch.attempts.all():
        make_call_record(attempt=attempt, disposition=Disposition.BUSY, talk_seconds=0)
    with transaction.atomic():
        outcome.settle(list(batch.attempts.values_list("pk", flat=True)), now=timezone.now())
    Batch.objects.filter(pk=batch.pk).update(state=State.SETTLED, settled_at=timezone.now())
    return batch


def test_a_settled_batch_is_counted_once_and_then_not_read_again() -> None:
    campaign = make_campaign(state=Campaign.State.RUNNING)
    settled_batch(campaign)
    make_batch(contacts=make_contacts(3, campaign=campaign), state=State.ACCEPTED)

    assert batch_tallies.tally_next()
    assert not batch_tallies.tally_next()

    tally = BatchTally.objects.get()
    assert (tally.disposition, tally.attempts, tally.is_settled, tally.is_silent) == (Disposition.BUSY, 2, True, False)
    found = reports.progress(campaign)
    assert (found.settled, found.at_the_carrier, found.dispositions) == (2, 3, {Disposition.BUSY: 2})


def test_a_late_bill_of_a_tallied_batch_counts_at_once() -> None:
    campaign = make_campaign(state=Campaign.State.RUNNING)
    batch = settled_batch(campaign)
    tally_all()
    record = CallRecord.objects.filter(batch=batch).first()
    assert record is not None

    answered = call(carrier_call_id=record.carrier_call_id, disposition=Disposition.ANSWERED, talk_seconds=9)
    ledger.record(batch.account, [answered], via=Via.PULL)

    assert reports.progress(campaign).dispositions == {Disposition.ANSWERED: 1, Disposition.BUSY: 1}
    tally_all()
    assert reports.progress(campaign).dispositions == {Disposition.ANSWERED: 1, Disposition.BUSY: 1}


def test_a_batch_that_is_not_settled_is_not_tallied() -> None:
    batch = make_batch(state=State.ACCEPTED)

    batch_tallies.tally(batch.pk)

    assert not BatchTally.objects.exists()
    assert not Batch.objects.get(pk=batch.pk).is_tallied


def test_no_attempt_of_a_tallied_batch_is_counted_for_the_page() -> None:
    campaign = make_campaign(state=Campaign.State.RUNNING)
    settled_batch(campaign)
    tally_all()

    with CaptureQueriesContext(connection) as queries:
        reports.progress(campaign)

    assert len(queries) <= 7
    open_ones = [query["sql"] for query in queries if 'FROM "dialer_attempt"' in query["sql"]]
    assert all("is_tallied" in sql or '"retry_at" IS NOT NULL' in sql or '"round" > 1' in sql for sql in open_ones), (
        open_ones
    )


STATES = [*State, State.SETTLED, State.SETTLED, State.SETTLED]  # which is what is tallied
fates = st.sampled_from(["answered", "busy", "silent", "dropped", "again", "skipped"])
deeds = st.lists(
    st.one_of(
        st.tuples(st.just("batch"), st.integers(0, PEOPLE - 1), st.integers(1, 4), st.sampled_from(STATES)),
        st.tuples(st.just("fate"), st.integers(0, 20), fates),
        st.tuples(st.just("settle"), st.integers(0, 5)),
        st.tuples(st.just("cancel"), st.integers(0, 5)),
        st.tuples(st.just("tally")),
        st.tuples(st.just("over")),
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=deeds)
def test_whatever_happened_everybody_is_where_a_full_count_says(six: "Six", story: list[tuple[Any, ...]]) -> None:
    six.begin_again()
    for deed, *details in story:
        getattr(six, deed)(*details)
        assert asdict(reports.progress(six.campaign)) == in_full(six.campaign)


class Six:
    """A campaign with six people, to whom things happen as the flow makes them happen."""

    def __init__(self) -> None:
        self.campaign = make_campaign(state=Campaign.State.RUNNING)
        self.people = make_contacts(PEOPLE, campaign=self.campaign)

    def begin_again(self) -> None:
        Attempt.objects.all().delete()
        Batch.objects.all().delete()
        self.campaign.contacts.update(skip_reason="")
        self.campaign.state = Campaign.State.RUNNING

    def batch(self, first: int, size: int, state: str) -> None:
        """A batch of those of them who have no open attempt, each in the next round."""
        chosen = self.people[first : first + size]
        free = [one for one in chosen if not one.attempts.filter(settled_at=None).exists()]
        rounds = {one.pk: one.attempts.count() + 1 for one in free}
        for round_number in set(rounds.values()):
            people = [one for one in free if rounds[one.pk] == round_number]
            batch = make_batch(contacts=people, state=state, round=round_number)
            if state == State.SETTLED:
                batch.attempts.update(disposition=Disposition.BUSY, settled_at=timezone.now())
            Attempt.objects.filter(contact__in=people, round__lt=round_number).update(retry_at=None)  # as batching does

    def fate(self, index: int, fate: str) -> None:
        attempt = Attempt.objects.select_related("batch").order_by("pk")[index : index + 1].first()
        if attempt is None:
            return
        this = Attempt.objects.filter(pk=attempt.pk)
        if fate in ("answered", "busy"):  # a bill, however late
            this.update(disposition=fate, settled_at=timezone.now(), silent_since=None)
            batch_tallies.forget({attempt.batch_id})
        elif fate == "skipped":
            self.campaign.contacts.filter(pk=attempt.contact_id).update(skip_reason=SkipReason.DO_NOT_CALL)
        elif fate == "again" and attempt.settled_at:
            this.update(retry_at=timezone.now() + timedelta(hours=1))
        elif attempt.batch.state == State.ACCEPTED and not attempt.settled_at:
            dropped = {"disposition": Disposition.NOT_CALLED, "settled_at": timezone.now()}
            this.update(**dropped if fate == "dropped" else {"silent_since": timezone.now()})

    def settle(self, index: int) -> None:
        batch = Batch.objects.filter(state=State.ACCEPTED).order_by("pk")[index : index + 1].first()
        if batch is not None:
            batch.attempts.filter(settled_at=None).update(silent_since=timezone.now())
            Batch.objects.filter(pk=batch.pk).update(state=State.SETTLED)

    def cancel(self, index: int) -> None:
        batch = Batch.objects.filter(state=State.WAITING).order_by("pk")[index : index + 1].first()
        if batch is not None:
            Batch.objects.filter(pk=batch.pk).update(state=State.CANCELLED)

    def tally(self) -> None:
        tally_all()

    def over(self) -> None:
        self.campaign.state = Campaign.State.FINISHED


@pytest.fixture
def six() -> Six:
    return Six()


@pytest.mark.django_db(transaction=True)
def test_a_bill_that_is_being_written_is_waited_for() -> None:
    account = make_account()
    campaign = make_campaign(account=account, state=Campaign.State.RUNNING)
    batch = settled_batch(campaign, people=6)
    keys = list(CallRecord.objects.filter(batch=batch).order_by("pk").values_list("carrier_call_id", flat=True))

    def tally() -> None:
        try:
            batch_tallies.tally(batch.pk)
        finally:
            connection.close()

    other = threading.Thread(target=tally)
    with transaction.atomic():
        ledger.record(account, [call(carrier_call_id=keys[0], keypress="7")], via=Via.PULL)
        other.start()
        other.join(timeout=1)  # it must wait for us; without that it would be done by now
        assert other.is_alive()
    other.join()

    assert asdict(reports.progress(campaign)) == in_full(campaign)
    assert reports.progress(campaign).keypresses == {"7": 1}
