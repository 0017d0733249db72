"""The arithmetic of call windows: open now, opens next, closes, the week.

Hours are read off the callee's own clock, so they follow every change of daylight saving time: an hour that is
skipped is never open, an hour that comes twice is open twice. Where the callee's zone is not known, all zones of
the country must agree.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from itertools import pairwise
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from dialer.calling_rules.nouns import OwnWindows, Rules, Span, seconds

Interval = tuple[datetime, datetime]  # aware, UTC, first included, last not

SEARCH_DAYS: Final = 14  # longer than any run of holidays; beyond it nobody waits for a window
_DAY: Final = timedelta(days=1)
_Moment = TypeVar("_Moment", int, datetime)


def is_open(at: datetime, *, rules: Rules, zones: Sequence[ZoneInfo], own: OwnWindows | None = None) -> bool:
    """Tell whether a call may be placed at `at` (aware): in every one of `zones`, and within `own` if given.

    Raises ValueError for a naive `at` and for no zones.
    """
    _check(at, zones)
    return all(_is_open_on_the_clock(at.astimezone(zone), rules, own) for zone in zones)


def next_open(
    at: datetime, *, rules: Rules, zones: Sequence[ZoneInfo], own: OwnWindows | None = None
) -> datetime | None:
    """Return the first moment from `at` on (UTC) at which `is_open` holds; `at` itself if it holds already.

    None if there is none within 14 days. Raises like `is_open`.
    """
    _check(at, zones)
    return next((start for start, _ in _days_of_openings(at, rules, zones, own)), None)


def closes_at(
    at: datetime, *, rules: Rules, zones: Sequence[ZoneInfo], own: OwnWindows | None = None
) -> datetime | None:
    """Return the first moment after `at` (UTC) at which `is_open` holds no more.

    None if it does not hold at `at`, and None if it holds for 14 days on end. Raises like `is_open`.
    """
    _check(at, zones)
    now = end = at.astimezone(UTC)
    for start, until in _days_of_openings(at, rules, zones, own):
        if start > end:
            break
        end = until
    return end if now < end < now + SEARCH_DAYS * _DAY else None


def week(*, rules: Rules, zones: Sequence[ZoneInfo], own: OwnWindows | None = None, starting: date) -> list[Interval]:
    """Return the openings (UTC, sorted, apart) of the seven local days from `starting` on.

    They begin with the first zone's midnight and end with the last zone's. Raises ValueError for no zones.
    """
    midnights = [datetime.combine(starting, time_of_day(), zone) for zone in zones]
    last_midnights = [datetime.combine(starting + 7 * _DAY, time_of_day(), zone) for zone in zones]
    start = min(midnight.astimezone(UTC) for midnight in midnights)
    end = max(midnight.astimezone(UTC) for midnight in last_midnights)
    return _openings(start, end, rules, zones, own)


# --- on one clock ---------------------------------------------------------------------------------------------


def _is_open_on_the_clock(local: datetime, rules: Rules, own: OwnWindows | None) -> bool:
    now = seconds(local.time())
    return any(start <= now < end for start, end in _spans(local.date(), rules, own))


def _spans(day: date, rules: Rules, own: OwnWindows | None) -> Sequence[Span]:
    """The spans of `day` on which law and operator agree."""
    legal = rules.spans(day)
    return legal if own is None else _overlap(legal, own.by_weekday[day.weekday()])


# --- on all clocks --------------------------------------------------------------------------------------------


def _days_of_openings(
    at: datetime, rules: Rules, zones: Sequence[ZoneInfo], own: OwnWindows | None
) -> Iterator[Interval]:
    """The openings of the 14 days from `at` on, worked out a day at a time. One that runs on comes in pieces."""
    start = at.astimezone(UTC)
    for number in range(SEARCH_DAYS):
        yield from _openings(start + number * _DAY, start + (number + 1) * _DAY, rules, zones, own)


def _openings(
    start: datetime, end: datetime, rules: Rules, zones: Sequence[ZoneInfo], own: OwnWindows | None
) -> list[Interval]:
    """What is open in all zones between `start` and `end` (UTC)."""
    common: list[Interval] = [(start, end)]
    for zone in zones:
        common = _overlap(common, _openings_in(zone, start, end, rules, own))
        if not common:
            break
    return common


def _openings_in(
    zone: ZoneInfo, start: datetime, end: datetime, rules: Rules, own: OwnWindows | None
) -> list[Interval]:
    """What is open in one zone, in stretches between which the zone does not change its clocks."""
    found: list[Interval] = []
    for since, until in _stretches(zone, start, end):
        offset = since.astimezone(zone).utcoffset() or timedelta()
        day = (since + offset).date()
        while (midnight := datetime(day.year, day.month, day.day, tzinfo=UTC) - offset) < until:
            for opens, closes in _spans(day, rules, own):
                opening = max(since, midnight + timedelta(seconds=opens))
                closing = min(until, midnight + timedelta(seconds=closes))
                if opening < closing:
                    _append(found, opening, closing)
            day += _DAY
    return found


def _overlap(
    these: Sequence[tuple[_Moment, _Moment]], those: Sequence[tuple[_Moment, _Moment]]
) -> list[tuple[_Moment, _Moment]]:
    """What two sorted rows of openings have in common."""
    common = []
    for start, end in these:
        for opens, closes in those:
            if max(start, opens) < min(end, closes):
                common.append((max(start, opens), min(end, closes)))
    return common


def _append(intervals: list[Interval], start: datetime, end: datetime) -> None:
    """Add an opening behind the others; one that begins where the last one ends is the same opening."""
    if intervals and intervals[-1][1] == start:
        start = intervals.pop()[0]
    intervals.append((start, end))


def _stretches(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[Interval]:
    """Cut `start` to `end` where the zone moves its clocks (at most once a day, everywhere, ever since 1970)."""
    edges = [start]
    while edges[-1] < end:
        until = min(edges[-1] + _DAY, end)
        edges.append(_change(zone, edges[-1], until) or until)
    yield from pairwise(edges)


def _change(zone: ZoneInfo, start: datetime, end: datetime) -> datetime | None:
    """The moment (UTC, whole second) between two moments from which the zone has another offset, or None."""
    before = start.astimezone(zone).utcoffset()
    if end.astimezone(zone).utcoffset() == before:
        return None
    early, late = int(start.timestamp()), int(end.timestamp())
    while late - early > 1:
        middle = (early + late) // 2
        if datetime.fromtimestamp(middle, UTC).astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    changed = datetime.fromtimestamp(late, UTC)
    return changed if changed < end else None


def _check(at: datetime, zones: Sequence[ZoneInfo]) -> None:
    if at.utcoffset() is None:
        raise ValueError("A moment needs a zone")
    if not zones:
        raise ValueError("A call needs the zones of the person called")
