"""A random schedule: from one seed, who is called, what the carrier does to requests, and who is killed when."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.chaos import places
from tests.chaos.stage import CARRIERS, Life, Wave

PLAY_VOICE = "App.Sip_Call.PlayVoice"
LOGIN = "App.Sip_Auth.Login"
BILLS = "App.Sip_Cdr.GetBill"
LINK = "App.Sip_Cdr.GetRecodeFile"
DOWNLOAD = "recording"
SEND = "voice/group/call/send"
TASKS = "voice/group/call/query"
RECORDS = "voice/recordGroupQuery"
SIGNED_LINK = "voice/getRecordingFileUrl"

SENT_REFUSED = ("refuse:-10", "refuse:-37", "refuse:-18", "refuse:-16")

BROKEN = (
    "drop_before_accept",
    "drop_after_accept",
    "http_500_before_accept",
    "http_500_after_accept",
    "html_before_accept",
    "html_after_accept",
)
SLOW = ("timeout_before_accept", "timeout_after_accept")  # each costs the whole time of a request
LONGEST_LIFE_SECONDS = 0.8  # a worker that is left alone is done by then


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """All that is decided before it begins; only the machine's own pace is not."""

    seed: int
    endings: Sequence[int]  # last two digits of everybody's number
    batch_size: int
    carriers: str
    callbacks: str
    fates: dict[str, list[str]] = field(default_factory=dict)
    waves: Sequence[Wave]


def random_schedule(seed: int) -> Schedule:
    """The same seed gives the same schedule."""
    dice = random.Random(seed)
    return Schedule(
        seed=seed,
        endings=[dice.randrange(100) for _ in range(dice.randint(4, 14))],
        batch_size=dice.randint(2, 7),
        carriers=dice.choice(CARRIERS),
        callbacks=dice.choice(("normal", "normal", "lost", "doubled", "shuffled")),
        fates=_fates(dice),
        waves=[_wave(dice) for _ in range(dice.randint(2, 5))],
    )


def _fates(dice: random.Random) -> dict[str, list[str]]:
    launches = [*BROKEN, "fail:1003", "callback_before_answer", "slow:0.2"]
    fates = {
        PLAY_VOICE: dice.choices(launches, k=dice.choice((0, 0, 1, 2))),
        LOGIN: dice.choices(BROKEN, k=dice.choice((0, 0, 0, 1))),
        BILLS: dice.choices([*BROKEN, "invalidate_tokens"], k=dice.choice((0, 0, 1, 2))),
        LINK: dice.choices([*BROKEN, "invalidate_tokens"], k=dice.choice((0, 0, 1))),
        DOWNLOAD: dice.choices([*BROKEN, "refuse:404"], k=dice.choice((0, 0, 1))),
        SEND: dice.choices([*launches[:-3], *SENT_REFUSED, *launches[-2:]], k=dice.choice((0, 1, 1, 2))),
        TASKS: dice.choices([*BROKEN, "refuse:-22"], k=dice.choice((0, 0, 1, 2))),
        RECORDS: dice.choices([*BROKEN, "refuse:-18"], k=dice.choice((0, 0, 1, 2))),
        SIGNED_LINK: dice.choices(BROKEN, k=dice.choice((0, 0, 1))),
    }
    if dice.random() < 0.1:
        fates[dice.choice((PLAY_VOICE, SEND))].insert(0, dice.choice(SLOW))
    return {service: names for service, names in fates.items() if names}


def _wave(dice: random.Random) -> Wave:
    return Wave(
        workers=[_worker(dice) for _ in range(dice.choice((1, 1, 2)))],
        web=_web(dice) if dice.random() < 0.3 else Life(),
        carrier_killed_after_seconds=dice.uniform(0, LONGEST_LIFE_SECONDS) if dice.random() < 0.2 else None,
        lasts_seconds=6,
    )


def _worker(dice: random.Random) -> Life:
    way = dice.random()
    if way < 0.25:
        return Life(place=dice.choice(places.PERILOUS), nth=dice.choice((1, 1, 2, 3)))
    if way < 0.5:
        return Life(place=dice.choice(list(places.WORK)), nth=dice.choice((1, 1, 1, 2, 3)))
    if way < 0.8:
        name = dice.choice(list(places.ANYWHERE))
        return Life(place=name, nth=dice.randint(1, 400 if name.endswith("statement") else 30))
    if way < 0.95:
        return Life(killed_after_seconds=dice.uniform(0, LONGEST_LIFE_SECONDS))
    return Life()


def _web(dice: random.Random) -> Life:
    if dice.random() < 0.5:
        return Life(killed_after_seconds=dice.uniform(0, LONGEST_LIFE_SECONDS))
    return Life(place=dice.choice([*places.WEB, "before a statement", "after a statement"]), nth=dice.randint(1, 12))
