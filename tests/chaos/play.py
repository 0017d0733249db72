"""Plays a schedule on a stage and gives the verdict."""

from pathlib import Path

from tests.chaos.nursery import Nursery
from tests.chaos.outcome import Played
from tests.chaos.schedule import Schedule
from tests.chaos.stage import opened, people_with
from tests.chaos.verdict import verdict


def play(schedule: Schedule, *, nursery: Nursery, folder: Path) -> Played:
    """Afterwards nothing of it runs. The database must be empty and MEDIA_ROOT must be `folder / "media"`."""
    people = people_with(schedule.endings)
    people += [people[0], "no number"]  # rows that are not called, so that reading again meets them too
    switches = {"callbacks": schedule.callbacks}
    with opened(
        nursery,
        folder,
        people,
        batch_size=schedule.batch_size,
        carriers=schedule.carriers,
        switches=switches,
    ) as stage:
        stage.start_carrier()
        for service, fates in schedule.fates.items():
            stage.tell("next", service=service, fates=fates)
        for wave in schedule.waves:
            stage.live(wave)
        stage.heal()
        return Played(
            seed=schedule.seed,
            kills=stage.kills,
            waves=stage.waves,
            deaths=tuple(stage.deaths()),
            verdict=verdict(stage),
        )
