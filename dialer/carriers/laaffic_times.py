"""Times as Laaffic writes and wants them: on the clock of the account, in three spellings."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from dialer.carriers.order import Period
from dialer.carriers.values import PLAUSIBLE_YEARS, text, whole

LAST_MINUTE: Final = "23:59"  # of a day; the page knows no 24:00
DAY: Final = timedelta(days=1)
LEAST_MILLISECONDS: Final = 10**11  # a smaller number since 1970 is one of seconds: as milliseconds it would be 1973

Span = tuple[str, str]


def local_time(moment: datetime, zone: ZoneInfo) -> str:
    """Such as 2024-06-21 00:00:00, on the account's clock. Raises ValueError for a time without a zone."""
    return _on_the_clock(moment, zone).strftime("%Y-%m-%d %H:%M:%S")


def iso_time(moment: datetime, zone: ZoneInfo) -> str:
    """Such as 2022-01-01T00:00:00+08:00. Raises ValueError for a time without a zone."""
    return _on_the_clock(moment, zone).isoformat(timespec="seconds")


def clock_spans(periods: Iterable[Period], zone: ZoneInfo) -> list[Span]:
    """The periods as parts of the account's day, HH:MM, in order; none reaches beyond a period.

    One that crosses midnight there becomes two; those that overlap or touch become one. Seconds are cut off inwards.
    """
    merged: list[tuple[time, time]] = []
    for opens, closes in sorted(span for period in periods for span in _parts(period, zone)):
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
        else:
            merged.append((opens, closes))
    return [(f"{opens:%H:%M}", f"{closes:%H:%M}") for opens, closes in merged]


def windows(start: datetime, end: datetime, *, days: int) -> Iterator[tuple[datetime, datetime]]:
    """[start, end] in parts of at most so many days, each ending on a whole second; none if it is empty."""
    ends = end.replace(microsecond=0) + timedelta(seconds=1) if end.microsecond else end
    while start <= ends:
        until = min(start + timedelta(days=days), ends)
        yield start, until
        if until == ends:
            return
        start = until


def moment(value: Any, zone: ZoneInfo) -> datetime | None:
    """Milliseconds or seconds since 1970, or ISO 8601 with or without an offset; None for nothing or nonsense.

    Whole seconds: pushes tell milliseconds and records do not, and both are to tell the same.
    """
    number = whole(value)
    try:
        found = _since_1970(number) if number is not None else _written(text(value), zone)
    except (ValueError, OverflowError):
        return None
    return found.replace(microsecond=0) if found is not None and found.year in PLAUSIBLE_YEARS else None


def _since_1970(number: int) -> datetime | None:
    if number <= 0:
        return None
    milliseconds = number if number >= LEAST_MILLISECONDS else number * 1000
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def _written(words: str, zone: ZoneInfo) -> datetime | None:
    if len(words) < len("2022-01-01 00:00"):  # a date alone is no time of a call
        return None
    found = datetime.fromisoformat(words)
    aware = found if found.tzinfo is not None else found.replace(tzinfo=zone)
    return aware.astimezone(UTC)


def _on_the_clock(moment: datetime, zone: ZoneInfo) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("A time without a zone can't be told to the carrier.")
    return moment.astimezone(zone)


def _parts(period: Period, zone: ZoneInfo) -> Iterator[tuple[time, time]]:
    opens = _next_minute(_on_the_clock(period.opens, zone))
    closes = _on_the_clock(period.closes, zone).replace(second=0, microsecond=0)
    last = time.fromisoformat(LAST_MINUTE)
    if closes - opens >= DAY:
        yield time(0), last
        return
    if opens >= closes:
        return
    if closes.date() == opens.date():
        yield opens.time(), closes.time()
        return
    if opens.time() < last:
        yield opens.time(), last
    if closes.time() > time(0):
        yield time(0), closes.time()


def _next_minute(moment: datetime) -> datetime:
    whole_minute = moment.replace(second=0, microsecond=0)
    return whole_minute if whole_minute == moment else whole_minute + timedelta(minutes=1)
