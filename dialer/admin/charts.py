"""Charts as tables that static/dialer/chart.js draws: without it, and for whoever wants numbers, the table is there.

A chart counts calls in steps of an hour, or of a day when they reach over more than HOURS_SHOWN.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.admin import clock, columns
from dialer.admin.navigation import Text
from dialer.flow.sums import Calls
from dialer.models.tally import start_of

HOURS_SHOWN = 36
DAYS_SHOWN = 92
KEYS_SHOWN = 8


@dataclass(frozen=True, kw_only=True)
class Series:
    """One column of the table: what it counts, and the name of its colour (chart.css)."""

    label: Text
    tone: str
    is_share: bool = False  # per cent, drawn as a line with a scale of its own


@dataclass(frozen=True, kw_only=True)
class Point:
    """One number of the table; None where there is nothing to say."""

    value: int | None
    shown: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """One row of the table: an hour or a day, in full and as short as the axis needs it."""

    label: str
    tick: str
    points: list[Point]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Series over steps. Stacked, the numbers add up; otherwise each bar stands before the one of the series before."""

    name: str  # also the id on the page
    title: Text
    step_label: Text
    series: list[Series]
    steps: list[Step]
    is_stacked: bool = False


def answers(calls: Calls, *, until: datetime) -> Chart | None:
    """Calls, those of them that were answered, and their share; None without calls."""
    return _chart(
        "chart-answers",
        (_("Calls and answer rate by hour"), _("Calls and answer rate by day")),
        calls,
        until,
        series=[
            Series(label=_("Calls"), tone="calls"),
            Series(label=_("Answered"), tone="answered"),
            Series(label=_("Answer rate"), tone="share", is_share=True),
        ],
        of=lambda part: [_number(part.made), _number(part.answered), _share(part.answered, part.made)],
    )


def outcomes(calls: Calls, *, until: datetime) -> Chart | None:
    """How the calls ended; None without calls."""
    shown = list(calls.dispositions())
    return _chart(
        "chart-outcomes",
        (_("Outcomes by hour"), _("Outcomes by day")),
        calls,
        until,
        series=[Series(label=capfirst(str(one.label)), tone=one.value.replace("_", "-")) for one in shown],
        of=lambda part: [_number(part.dispositions().get(one, 0)) for one in shown],
        is_stacked=True,
    )


def keypresses(calls: Calls, *, until: datetime) -> Chart | None:
    """Which keys were pressed; None if none was. The most pressed ones, and the others together."""
    pressed = calls.keypresses()
    shown = sorted(sorted(pressed, key=lambda key: -pressed[key])[:KEYS_SHOWN])
    has_others = len(pressed) > len(shown)
    series = [
        Series(label=gettext("Key %(key)s") % {"key": key}, tone=f"key-{place}") for place, key in enumerate(shown)
    ]
    if has_others:
        series.append(Series(label=_("Other keys"), tone="unknown"))

    def of(part: Calls) -> list[Point]:
        found = part.keypresses()
        points = [_number(found.pop(key, 0)) for key in shown]
        return [*points, _number(sum(found.values()))] if has_others else points

    if not pressed:
        return None
    return _chart(
        "chart-keys",
        (_("Key presses by hour"), _("Key presses by day")),
        calls,
        until,
        series=series,
        of=of,
        is_stacked=True,
    )


def _chart(
    name: str,
    titles: tuple[Text, Text],
    calls: Calls,
    until: datetime,
    *,
    series: list[Series],
    of: Callable[[Calls], list[Point]],
    is_stacked: bool = False,
) -> Chart | None:
    """`titles` for hours and for days; `of` makes a row of the table from the calls of one step."""
    hours = calls.hours
    if not hours:
        return None
    is_by_day = _span(hours, until) > timedelta(hours=HOURS_SHOWN)
    parts = calls.by(lambda cell: _step_of(start_of(cell.hour), is_by_day=is_by_day))
    moments = _moments(start_of(hours[0]), max(until, start_of(hours[-1])), is_by_day=is_by_day)
    is_one_day = not is_by_day and len({moment.date() for moment in moments}) == 1
    steps = [
        Step(
            label=_label(moment, is_by_day=is_by_day, is_one_day=is_one_day),
            tick=clock.short_day(moment) if is_by_day else clock.time(moment),
            points=of(parts.get(moment, Calls(()))),
        )
        for moment in moments
    ]
    return Chart(
        name=name,
        title=titles[is_by_day],
        step_label=_("Day") if is_by_day else _("Hour"),
        series=series,
        steps=steps,
        is_stacked=is_stacked,
    )


def _span(hours: list[int], until: datetime) -> timedelta:
    return max(until, start_of(hours[-1])) - start_of(hours[0])


def _step_of(moment: datetime, *, is_by_day: bool) -> datetime:
    local = timezone.localtime(moment)
    return local.replace(hour=0, minute=0) if is_by_day else local


def _moments(first: datetime, last: datetime, *, is_by_day: bool) -> list[datetime]:
    """Each hour or day from the first to the last one, also those without calls."""
    pace = timedelta(days=1) if is_by_day else timedelta(hours=1)
    most = DAYS_SHOWN if is_by_day else HOURS_SHOWN + 1
    return list(_paces(first, last, pace, is_by_day=is_by_day))[-most:]


def _paces(first: datetime, last: datetime, pace: timedelta, *, is_by_day: bool) -> Iterator[datetime]:
    moment = _step_of(first, is_by_day=is_by_day)
    while moment <= last:
        yield moment
        # A day later on the clock of the wall, an hour later on every clock.
        moment = moment + pace if is_by_day else timezone.localtime((moment + pace).astimezone(first.tzinfo))


def _label(moment: datetime, *, is_by_day: bool, is_one_day: bool) -> str:
    if is_by_day:
        return clock.weekday(moment)
    return clock.time(moment) if is_one_day else clock.short_moment(moment)


def _number(value: int) -> Point:
    return Point(value=value, shown=columns.count(value))


def _share(part: int, whole: int) -> Point:
    return Point(value=part * 100 // whole if whole else None, shown=columns.share(part, whole))
