"""Every promise of a recording becomes one Recording with a deadline, once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dialer.models import CallRecord
from recordings import archive
from recordings.models import Recording
from recordings.reports import kept
from tests.factories import make_batch, make_call_record, make_campaign, make_contacts

pytestmark = pytest.mark.django_db

State = Recording.State


def promise(**fields: object) -> CallRecord:
    return make_call_record(**{"recording_name": "r.mp3", "awaits_archive": True, **fields})


def test_a_promise_is_enrolled_once() -> None:
    record = promise()

    assert archive.enrol() == 1
    assert archive.enrol() == 0

    recording = Recording.objects.get()
    assert (recording.call_record, recording.state) == (record, State.DUE)
    assert recording.due_at <= timezone.now()


def test_a_promise_made_again_stays_one_recording() -> None:
    record = promise()
    archive.enrol()
    Recording.objects.update(state=State.STORED)
    CallRecord.objects.filter(pk=record.pk).update(awaits_archive=True)

    archive.enrol()

    assert Recording.objects.get().state == State.STORED


def test_a_call_without_a_recording_is_not_enrolled() -> None:
    make_call_record()

    assert archive.enrol() == 0


def test_the_deadline_is_three_months_after_the_call() -> None:
    started_at = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    promise(started_at=started_at)

    archive.enrol()

    assert Recording.objects.get().deadline_at == started_at + timedelta(days=89)


def test_without_a_start_the_deadline_counts_from_the_end() -> None:
    ended_at = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    promise(started_at=None, ended_at=ended_at)

    archive.enrol()

    assert Recording.objects.get().deadline_at == ended_at + timedelta(days=89)


@pytest.mark.parametrize("started_at", [None, datetime(2099, 12, 31, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)])
def test_without_a_time_or_with_one_that_is_nonsense_it_counts_from_when_we_heard(started_at: datetime | None) -> None:
    record = promise(started_at=None)
    CallRecord.objects.update(started_at=started_at, ended_at=None)

    archive.enrol()

    assert Recording.objects.get().deadline_at == record.created_at + timedelta(days=89)


def test_many_are_enrolled_with_few_queries() -> None:
    def cost(size: int) -> int:
        for _ in range(size):
            promise()
        with CaptureQueriesContext(connection) as queries:
            assert archive.enrol() == size
        return len(queries)

    assert cost(2) == cost(20)


def test_more_than_one_turn_holds_are_enrolled_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "ENROL_AT_A_TIME", 2)
    for _ in range(5):
        promise()

    assert archive.enrol() == 5


def test_promises_and_what_became_of_them_add_up() -> None:
    campaign = make_campaign()
    batch = make_batch(contacts=make_contacts(7, campaign=campaign))
    for attempt in batch.attempts.all():
        promise(attempt=attempt)
    archive.enrol()
    states = [State.DUE, State.FETCHING, State.STORED, State.STORED, State.GONE, State.LOST, State.DUE]
    for recording, state in zip(Recording.objects.all(), states, strict=True):
        Recording.objects.filter(pk=recording.pk).update(state=state)
    CallRecord.objects.filter(recording__isnull=False).update(awaits_archive=False)
    promise(batch=batch)  # not enrolled yet
    make_call_record(batch=batch)  # promises nothing

    found = kept(campaign)

    assert (found.promised, found.stored, found.open, found.lost) == (8, 2, 4, 2)
    assert found.adds_up


def test_a_forgotten_promise_does_not_add_up() -> None:
    campaign = make_campaign()
    batch = make_batch(contacts=make_contacts(1, campaign=campaign))
    promise(batch=batch, awaits_archive=False)

    assert not kept(campaign).adds_up
