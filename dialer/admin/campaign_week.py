"""A week of calling hours, drawn: what the law allows and what the campaign keeps to, on the callees' clocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext

from dialer import calling_rules
from dialer.admin import clock
from dialer.calling_rules import HolidayRule, NoRulesError, OwnWindows, Rules
from dialer.flow.hours import legal_rules, own_windows
from dialer.models import CallWindow, Campaign

Span = tuple[int, int]  # seconds since midnight on the callee's clock

HOLIDAYS_AHEAD = timedelta(days=14)
EACH_HOUR_MARKED = 6


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A stretch of one day, in minutes since midnight. `kind`: law, calls, or beyond (the law's hours)."""

    kind: str
    start: int
    width: int


@dataclass(frozen=True, kw_only=True)
class Day:
    """A weekday: its bars, those behind first, and the hours in which people are called, in words."""

    name: str
    bars: list[Bar]
    words: str


def hours_context(campaign: Campaign, *, now: datetime) -> dict[str, Any]:
    """The law in words, the week drawn, and what of the operator's hours goes beyond the law."""
    try:
        law = legal_rules(campaign, on=now.date())
    except NoRulesError as error:
        return {"hours_problem": str(error)}
    own = own_windows(campaign)
    is_widened = bool(campaign.widened_because) and own is not None
    zone_count = len(calling_rules.zones(campaign.account.country))
    return {
        "law": law,
        "law_in_words": calling_rules.allowed(law),
        "week": week(law, own, is_widened=is_widened),
        "hour_marks": range(0, 25, EACH_HOUR_MARKED),
        "beyond": calling_rules.widens(own, law) if own else [],
        "has_own_hours": own is not None,
        "is_widened": is_widened,
        "zone_count": zone_count if zone_count > 1 else 0,
        "holidays": _holidays(law, now=now),
    }


def week(law: Rules, own: OwnWindows | None, *, is_widened: bool) -> list[Day]:
    """Monday to Sunday. Widened hours are the operator's alone; without any of their own, the law's hold."""
    legal = OwnWindows(windows=law.windows).by_weekday
    mine = own.by_weekday if own is not None else legal
    return [_day(number, legal[number], mine[number], is_widened=is_widened) for number in range(7)]


def _day(number: int, legal: Sequence[Span], mine: Sequence[Span], *, is_widened: bool) -> Day:
    within = _overlap(legal, mine)
    called = list(mine) if is_widened else within
    bars = [*_bars("law", legal), *_bars("beyond", mine), *_bars("calls", within)]
    words = ", ".join(f"{_clock(start)}–{_clock(end)}" for start, end in called)
    return Day(name=str(CallWindow.Weekday(number).label), bars=bars, words=words or gettext("no calls"))


def _overlap(these: Sequence[Span], those: Sequence[Span]) -> list[Span]:
    both = [(max(a, c), min(b, d)) for a, b in these for c, d in those]
    return [(start, end) for start, end in both if start < end]


def _bars(kind: str, spans: Sequence[Span]) -> list[Bar]:
    return [Bar(kind=kind, start=start // 60, width=(end - start) // 60) for start, end in spans]


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds % 3600 // 60:02}"


def _holidays(law: Rules, *, now: datetime) -> list[str]:
    """Those of the next two weeks that change the hours."""
    if law.holiday_rule is HolidayRule.OPEN:
        return []
    today = now.date()
    return [
        f"{clock.short_day(holiday.on)} {gettext(holiday.name)}"
        for holiday in law.holidays
        if today <= holiday.on <= today + HOLIDAYS_AHEAD
    ]
