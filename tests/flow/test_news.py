"""What was last heard of a campaign: by callback, by pull, as an answer to a batch, from the telephone of an agent."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dialer.flow import news
from dialer.models import Batch, CallRecord, Campaign, Transfer
from tests.factories import make_batch, make_call_record, make_campaign, make_user

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def batch() -> Batch:
    """It left, and nothing was heard of it."""
    return make_batch(state=Batch.State.UNCERTAIN)


def told(batch: Batch, **fields: Any) -> Campaign:
    Batch.objects.filter(pk=batch.pk).update(**fields)
    return batch.campaign


def called(batch: Batch, **fields: Any) -> None:
    row = make_call_record(batch=batch)
    CallRecord.objects.filter(pk=row.pk).update(**{"by_callback_at": None, "created_at": NOON, **fields})


def test_nothing_was_heard_of_a_campaign_that_waits() -> None:
    assert news.newest(make_campaign()) is None


def test_what_others_heard_is_no_news_of_this_campaign(batch: Batch) -> None:
    called(make_batch(state=Batch.State.ACCEPTED), by_callback_at=NOON)

    assert news.newest(batch.campaign) is None


@pytest.mark.parametrize("way", ["by_callback_at", "by_pull_at"])
def test_a_call_is_news_by_either_way_also_when_the_other_told_of_it_before(batch: Batch, way: str) -> None:
    other = {"by_callback_at": "by_pull_at", "by_pull_at": "by_callback_at"}[way]
    called(batch, **{way: NOON + 2 * HOUR, other: NOON})
    called(batch, **{other: NOON + HOUR})  # a newer row, and older news

    assert news.newest(batch.campaign) == NOON + 2 * HOUR


@pytest.mark.parametrize("field", ["answered_at", "task_asked_at"])
def test_a_carriers_answer_to_a_batch_is_news(batch: Batch, field: str) -> None:
    called(batch, by_callback_at=NOON)

    assert news.newest(told(batch, **{field: NOON + HOUR})) == NOON + HOUR


def test_what_a_person_decides_is_not(batch: Batch) -> None:
    called(batch, by_callback_at=NOON)
    later = NOON + HOUR

    assert news.newest(told(batch, answered_at=later, decided_at=later, decided_by=make_user())) == NOON


def test_what_the_telephone_of_an_extension_does_is_news(batch: Batch) -> None:
    Transfer.objects.create(account=batch.account, campaign=batch.campaign, call_uuid="1", rang_at=NOON)

    assert news.newest(batch.campaign) == NOON


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan is read as SQLite writes it")
def test_the_newest_call_is_the_end_of_an_index(batch: Batch) -> None:
    called(batch)
    with CaptureQueriesContext(connection) as queries:
        news.newest(batch.campaign)
    (asked,) = [query["sql"] for query in queries if '"dialer_callrecord"' in query["sql"]]

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {asked}")
        plan = [step for *_, step in cursor.fetchall()]

    assert plan == ["SEARCH dialer_callrecord USING INDEX call_record_news_of_campaign (campaign_id=?)"]
