"""When a batch may be dialled: a start, and periods of the day on the carriers' clock."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta, timezone

CARRIER_ZONE = timezone(timedelta(hours=8))  # both carriers write local times of UTC+8
CLOCK = "%H:%M"


def opens_at(now: float, *, starts_at: float, periods: tuple[tuple[str, str], ...]) -> float:
    """The first moment, `now` or later, that is not before `starts_at` and within a period, if there are any.

    Epoch seconds. The end of a period is no longer within it.
    """
    moment = max(now, starts_at)
    return min(_openings(moment, periods)) if periods else moment


def _openings(moment: float, periods: tuple[tuple[str, str], ...]) -> Iterator[float]:
    today = datetime.fromtimestamp(moment, tz=CARRIER_ZONE).date()
    for day in (today, today + timedelta(days=1)):
        for start, end in periods:
            opening, closing = (datetime.combine(day, clock_time(text), CARRIER_ZONE) for text in (start, end))
            if moment < closing.timestamp():
                yield max(moment, opening.timestamp())


def clock_time(text: str) -> time:
    """Read HH:MM. Raises ValueError."""
    if len(text) != 5:
        raise ValueError(f"is not of the form HH:MM: {text!r}")
    return datetime.strptime(text, CLOCK).time()  # noqa: DTZ007  # a time of the day; the caller adds the zone
