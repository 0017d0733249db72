"""Charts as tables that static/dialer/chart.js draws: without it, and for whoever wants numbers, the table is there.

A chart counts calls in steps of an hour, or of a day when they reach over more than HOURS_SHOWN, of the console's zone.
Each number leads to the calls that it counts.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.admin import clock, columns
from dialer.admin.call_figure_filters import BESIDES, within
from dialer.admin.navigation import Text
from dialer.flow.sums import Calls
from dialer.models.tally import NO_QUARTER, quarter_of, start_of
from dialer.terms import Disposition

HOURS_SHOWN = 36
DAYS_SHOWN = 92
KEYS_SHOWN = 8
HOUR = timedelta(hours=1)

Rows = Callable[[dict[str, str]], str]  # the address of the calls that these filters leave; "" for who may not see them


@dataclass(frozen=True, kw_only=True)
class Series:
    """One column of the table: what it counts, the name of its colour (chart.css), and the filters for its calls."""

    label: Text
    tone: str
    filters: dict[str, str] = field(default_factory=dict)
    is_share: bool = False  # per cent, drawn as a line with a scale of its own


@dataclass(frozen=True, kw_only=True)
class Point:
    """One number of the table; None where there is nothing to say."""

    value: int | None
    shown: str
    url: str = ""


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


def drawn(calls: Calls, *, until: datetime, rows: Rows) -> list[Chart]:
    """Those that have something to show. The calls are put into the steps of all of them once."""
    in_steps = _in_steps(calls, until)
    found = [chart(in_steps, until=until, rows=rows) for chart in (answers, outcomes, keypresses)]
    return [chart for chart in found if chart]


def answers(calls: Calls, *, until: datetime, rows: Rows) -> Chart | None:
    """Calls, those of them that were answered, and their share; None without calls."""
    answered = {"disposition__exact": Disposition.ANSWERED.value}
    return _chart(
        "chart-answers",
        (_("Calls and answer rate by hour"), _("Calls and answer rate by day")),
        calls,
        until,
        rows,
        series=[
            Series(label=_("Calls"), tone="calls"),
            Series(label=_("Answered"), tone="answered", filters=answered),
            Series(label=_("Answer rate"), tone="share", filters=answered, is_share=True),
        ],
        of=lambda part: [_number(part.made), _number(part.answered), _share(part.answered, part.made)],
    )


def outcomes(calls: Calls, *, until: datetime, rows: Rows) -> Chart | None:
    """How the calls ended; None without calls."""
    shown = list(calls.dispositions())

    def of(part: Calls) -> list[Point]:
        found = part.dispositions()
        return [_number(found.get(one, 0)) for one in shown]

    return _chart(
        "chart-outcomes",
        (_("Outcomes by hour"), _("Outcomes by day")),
        calls,
        until,
        rows,
        series=[
            Series(
                label=capfirst(str(one.label)),
                tone=one.value.replace("_", "-"),
                filters={"disposition__exact": one.value},
            )
            for one in shown
        ],
        of=of,
        is_stacked=True,
    )


def keypresses(calls: Calls, *, until: datetime, rows: Rows) -> Chart | None:
    """Which keys were pressed; None if none was. The most pressed ones, and the others together."""
    pressed = calls.keypresses()
    shown = sorted(sorted(pressed, key=lambda key: -pressed[key])[:KEYS_SHOWN])
    has_others = len(pressed) > len(shown)
    series = [
        Series(label=gettext("Key %(key)s") % {"key": key}, tone=f"key-{place}", filters={"keypress": key})
        for place, key in enumerate(shown)
    ]
    if has_others:
        series.append(Series(label=_("Other keys"), tone="unknown", filters={BESIDES: ",".join(shown)}))

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
        rows,
        series=series,
        of=of,
        is_stacked=True,
    )


def _chart(
    name: str,
    titles: tuple[Text, Text],
    calls: Calls,
    until: datetime,
    rows: Rows,
    *,
    series: list[Series],
    of: Callable[[Calls], list[Point]],
    is_stacked: bool = False,
) -> Chart | None:
    """`titles` for hours and for days; `of` makes a row of the table from the calls of one step."""
    quarters = calls.quarters
    if not quarters:
        return None
    first, last = start_of(quarters[0]), max(until, start_of(quarters[-1]))
    is_by_day = _is_by_day(quarters, until)
    begin = _step_of(is_by_day=is_by_day)
    parts = calls.by(lambda cell: begin(cell.quarter))
    begins = _begins(first, last, is_by_day=is_by_day)
    is_one_day = not is_by_day and len({timezone.localdate(moment) for moment in begins}) == 1

    def step(moment: datetime) -> Step:
        points = of(parts.get(moment, Calls(())))
        here = within(moment, _next(moment, is_by_day=is_by_day))
        return Step(
            label=_label(moment, is_by_day=is_by_day, is_one_day=is_one_day),
            tick=clock.short_day(moment) if is_by_day else clock.time(moment),
            points=[
                replace(point, url=rows({**here, **one.filters})) if point.value else point
                for one, point in zip(series, points, strict=True)
            ],
        )

    return Chart(
        name=name,
        title=titles[is_by_day],
        step_label=_("Day") if is_by_day else _("Hour"),
        series=series,
        steps=[step(moment) for moment in begins],
        is_stacked=is_stacked,
    )


def _in_steps(calls: Calls, until: datetime) -> Calls:
    """The same calls, each at the first quarter of its hour or day."""
    quarters = calls.quarters
    if not quarters:
        return calls
    begin = _step_of(is_by_day=_is_by_day(quarters, until))
    first_of = cache(lambda quarter: NO_QUARTER if quarter == NO_QUARTER else quarter_of(begin(quarter)))
    return calls.merged(first_of)


def _is_by_day(quarters: list[int], until: datetime) -> bool:
    return max(until, start_of(quarters[-1])) - start_of(quarters[0]) > timedelta(hours=HOURS_SHOWN)


def _step_of(*, is_by_day: bool) -> Callable[[int], datetime]:
    """In which step a quarter lies, by its beginning."""
    begin = _day_of if is_by_day else _hour_of
    return cache(lambda quarter: begin(start_of(quarter)))


def _day_of(moment: datetime) -> datetime:
    """When the day of the moment began here. In UTC, where an hour that comes twice is two hours."""
    return clock.midnight(timezone.localdate(moment)).astimezone(UTC)


def _hour_of(moment: datetime) -> datetime:
    """When the hour of the moment began here, in UTC."""
    return timezone.localtime(moment).replace(minute=0, second=0, microsecond=0).astimezone(UTC)


def _next(begin: datetime, *, is_by_day: bool) -> datetime:
    """When the step after the one that begins then begins."""
    if is_by_day:
        return clock.midnight(timezone.localdate(begin) + timedelta(days=1)).astimezone(UTC)
    after = _hour_of(begin + HOUR)
    return after if after > begin else _hour_of(begin + 2 * HOUR)  # clocks went back by less than an hour


def _begins(first: datetime, last: datetime, *, is_by_day: bool) -> list[datetime]:
    """Each hour or day from the first to the last one, also those without calls."""
    most = DAYS_SHOWN if is_by_day else HOURS_SHOWN + 1
    return list(_paces(first, last, is_by_day=is_by_day))[-most:]


def _paces(first: datetime, last: datetime, *, is_by_day: bool) -> Iterator[datetime]:
    moment = _day_of(first) if is_by_day else _hour_of(first)
    while moment <= last:
        yield moment
        moment = _next(moment, is_by_day=is_by_day)


def _label(moment: datetime, *, is_by_day: bool, is_one_day: bool) -> str:
    if is_by_day:
        return clock.weekday(moment)
    return clock.time(moment) if is_one_day else clock.short_moment(moment)


def _number(value: int) -> Point:
    return Point(value=value, shown=columns.count(value))


def _share(part: int, whole: int) -> Point:
    return Point(value=part * 100 // whole if whole else None, shown=columns.share(part, whole))
