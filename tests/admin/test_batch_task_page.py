"""A batch at the carrier: how far it is there, and the order to take it back, offered where the carrier has it."""

from collections.abc import Iterator

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from dialer.models import Batch
from dialer.terms import TaskState
from tests.admin.visits import list_of, page_of, text, visitor
from tests.carrier import TestCarrier, running_laaffic
from tests.factories import make_batch
from tests.handed_over import called, waiting

pytestmark = pytest.mark.django_db

LOOK, LAUNCH = "dialer.view_batch", "dialer.launch_campaign"
State = Batch.State


@pytest.fixture
def laaffic(db: None) -> Iterator[TestCarrier]:
    with running_laaffic() as running:
        yield running


def door(batch: Batch, name: str) -> str:
    return reverse(f"admin:dialer_batch_{name}", args=[batch.pk])


def test_a_question_puts_the_carriers_word_and_its_moment_on_the_page(laaffic: TestCarrier) -> None:
    batch = waiting(laaffic)
    somebody = visitor(LOOK, LAUNCH)
    assert "not asked yet" in text(somebody, page_of(batch))

    page = somebody.post(door(batch, "ask_task"), follow=True).content.decode()

    assert "By the carrier’s word: waiting to begin." in page
    assert "state-task-waiting" in page
    assert Batch.objects.get().task_state == TaskState.WAITING


def test_a_question_without_an_answer_says_so(laaffic: TestCarrier) -> None:
    batch = waiting(laaffic)
    laaffic.order_fates("*", "http_500_before_accept")

    page = visitor(LOOK, LAUNCH).post(door(batch, "ask_task"), follow=True).content.decode()

    assert "HTTP 500" in page
    assert "By the carrier’s word" not in page


def test_it_is_taken_back_after_a_look_at_how_many_people_that_are(laaffic: TestCarrier) -> None:
    batch = waiting(laaffic)
    somebody = visitor(LOOK, LAUNCH)
    assert "3 people in it are not called then" in text(somebody, door(batch, "take_back"))

    page = somebody.post(door(batch, "take_back"), follow=True).content.decode()

    assert "Taken back: 3 people are not called." in page
    assert "Taken back at the carrier before it began." in page
    assert Batch.objects.get().state == State.REFUSED
    assert LogEntry.objects.filter(object_id=str(batch.pk)).count() == 1
    assert door(batch, "take_back") not in text(somebody, page_of(batch))


def test_when_it_has_begun_it_is_not_possible_any_more(laaffic: TestCarrier) -> None:
    batch = called(laaffic)

    page = visitor(LOOK, LAUNCH).post(door(batch, "take_back"), follow=True).content.decode()

    assert "Not possible any more:" in page
    assert Batch.objects.get().state == State.ACCEPTED


def test_where_the_carrier_has_no_such_service_nothing_is_offered() -> None:
    batch = make_batch(state=State.ACCEPTED)
    somebody = visitor(LOOK, LAUNCH)

    page = text(somebody, page_of(batch))
    assert "Take back" not in page
    assert "Ask how far it is" not in page
    assert "At the carrier" not in page
    assert "can’t be taken back" in somebody.get(door(batch, "take_back"), follow=True).content.decode()


@pytest.mark.parametrize("name", ["ask_task", "take_back"])
def test_only_who_may_launch_may_ask_and_take_back(laaffic: TestCarrier, name: str) -> None:
    batch = waiting(laaffic)
    somebody = visitor(LOOK)

    assert door(batch, name) not in text(somebody, page_of(batch))
    assert somebody.post(door(batch, name)).status_code == 403
    assert Batch.objects.get().task_state == ""


def test_a_batch_that_is_sent_again_has_a_badge_of_its_own_and_its_people_are_open() -> None:
    make_batch(state=State.REPEATING)
    client = visitor(LOOK)

    assert "state-repeating" in text(client, list_of("dialer.batch"))
    assert client.get(list_of("dialer.batch")).context["cl"].result_list[0].open == 2
    assert "state__exact=repeating" in text(client, list_of("dialer.batch"))
