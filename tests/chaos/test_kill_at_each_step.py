"""SIGKILL at every named step, one after another: after a restart and one sweep nobody was called twice or lost."""

from collections.abc import Callable

import pytest

from tests.chaos import places
from tests.chaos.schedule import SEND, TASKS
from tests.chaos.stage import BOTH, LAAFFIC, Life, Stage, Wave
from tests.chaos.verdict import verdict

pytestmark = pytest.mark.cluster

MOST_WAVES = 6  # the first finds the step, the others do the rest


@pytest.mark.parametrize("place", places.WORK)
def test_a_worker_dies(place: str, open_stage: Callable[..., Stage]) -> None:
    stage = open_stage()

    _die_at(stage, place)

    assert verdict(stage).problems == ()


AT_THE_SECOND_CARRIER = [*(place for place in places.WORK if place not in places.OF_FORMS), *places.SIGNED]


@pytest.mark.parametrize("place", AT_THE_SECOND_CARRIER)
def test_a_worker_dies_at_the_second_carrier(place: str, open_stage: Callable[..., Stage]) -> None:
    stage = open_stage(carriers=LAAFFIC)

    _die_at(stage, place)

    found = verdict(stage)
    assert found.problems == ()
    assert found.uncertain == 0


@pytest.mark.parametrize("fate", ["drop_before_accept", "drop_after_accept"])
@pytest.mark.parametrize("place", places.REPEATS)
def test_a_worker_dies_while_it_clears_up_an_unclear_answer(
    place: str, fate: str, open_stage: Callable[..., Stage]
) -> None:
    stage = open_stage(carriers=LAAFFIC)
    stage.start_carrier()
    stage.tell("next", service=SEND, fates=[fate])
    if "repeat" in place:  # else the carrier's list tells that the batch is there
        stage.tell("next", service=TASKS, fates=["refuse:-22"])

    _die_at(stage, place)

    found = verdict(stage)
    assert found.problems == ()
    assert found.uncertain == 0


@pytest.mark.parametrize("place", places.PERILOUS[:7])
def test_a_worker_dies_while_two_carriers_share_the_people(place: str, open_stage: Callable[..., Stage]) -> None:
    stage = open_stage(carriers=BOTH, batch_size=2)

    stage.live(Wave(workers=[Life(place=place)]))
    stage.heal()

    assert verdict(stage).problems == ()


@pytest.mark.parametrize("place", places.WEB)
def test_the_web_dies(place: str, open_stage: Callable[..., Stage]) -> None:
    stage = open_stage()

    stage.live(Wave(web=Life(place=place)))
    stage.heal()

    assert stage.deaths() == [place], "the step was never reached"
    assert verdict(stage).problems == ()


@pytest.mark.parametrize("place", ["after the answer to the launch", "before the answer is noted"])
def test_a_batch_that_was_taken_is_proven_by_its_bills(place: str, open_stage: Callable[..., Stage]) -> None:
    stage = open_stage()

    stage.live(Wave(workers=[Life(place=place)]))
    stage.heal()

    assert verdict(stage).uncertain == 0


@pytest.mark.parametrize("place", ["after a batch is claimed", "before the launch is posted"])
def test_a_batch_that_may_have_left_is_shown_and_not_sent_again(place: str, open_stage: Callable[..., Stage]) -> None:
    stage = open_stage(batch_size=4)

    stage.live(Wave(workers=[Life(place=place)]))
    stage.heal()

    found = verdict(stage)
    assert found.problems == ()
    assert found.uncertain == 4
    assert stage.state()["numbers_dialled"] == len(stage.people) - 4


def test_both_workers_die_at_the_same_step(open_stage: Callable[..., Stage]) -> None:
    stage = open_stage()
    life = Life(place="before the answer is noted")

    stage.live(Wave(workers=[life, life]))
    stage.heal()

    assert verdict(stage).problems == ()


@pytest.mark.parametrize("fate", ["timeout_before_accept", "timeout_after_accept"])
def test_the_carrier_dies_while_it_thinks(fate: str, open_stage: Callable[..., Stage]) -> None:
    stage = open_stage(batch_size=4)
    stage.start_carrier()
    stage.tell("next", fates=[fate])

    stage.live(Wave(carrier_killed_after_seconds=0.6))
    stage.heal()

    found = verdict(stage)
    assert found.problems == ()
    assert found.uncertain in ({0, 4} if fate == "timeout_before_accept" else {0})


def _die_at(stage: Stage, place: str) -> None:
    """One worker died at the place, and then everybody had all the time and peace to heal it."""
    stage.live(Wave(workers=[Life(place=place)]))
    while stage.deaths() != [place] and stage.waves < MOST_WAVES:  # some steps come only with callbacks or bills
        stage.quiet_carrier()
        stage.live(Wave(workers=[Life(place=place)]))
    stage.heal()
    assert stage.deaths() == [place], "the step was never reached"
