"""The nouns of calling rules: windows, holidays, caps, rules. Times of day are the callee's own."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from functools import cached_property
from typing import Final

from dialer.translation import gettext, gettext_noop

DAY_SECONDS: Final = 86_400

Span = tuple[int, int]  # seconds since midnight on the callee's clock, first included, last not


class Purpose(StrEnum):
    """Why somebody is called; the law knows the difference."""

    MARKETING = "marketing"
    SERVICE = "service"
    DEBT = "debt"

    @property
    def calls(self) -> str:
        """Such as "debt calls", in the language of whom we talk to."""
        return gettext(_CALLS[self])


_CALLS: Final = {
    Purpose.MARKETING: gettext_noop("marketing calls"),
    Purpose.SERVICE: gettext_noop("service calls"),
    Purpose.DEBT: gettext_noop("debt calls"),
}


class Basis(StrEnum):
    """Where a rule comes from: an act or regulator's order, or this house's own caution where there is none."""

    LAW = "law"
    HOUSE = "house"


class Confidence(StrEnum):
    """How sure the reading of the sources is. `low` means: ask a lawyer before the first call."""

    GOOD = "good"
    MEDIUM = "medium"
    LOW = "low"


class HolidayRule(StrEnum):
    """What a public holiday does to the hours."""

    OPEN = "open"  # nothing
    CLOSED = "closed"
    SHORTER = "shorter"  # `Rules.holiday_hours` instead of the weekday's


class NoRulesError(LookupError):
    """There are no rules for this country, purpose and day. The message is a sentence for the operator."""


@dataclass(frozen=True, kw_only=True)
class DayWindow:
    """Hours that begin on a weekday (Monday is 0). `closes` <= `opens` means across midnight, into the next day."""

    weekday: int
    opens: time
    closes: time

    def __post_init__(self) -> None:
        if not 0 <= self.weekday <= 6:
            raise ValueError("A weekday is 0 (Monday) to 6 (Sunday)")
        if any(moment.second or moment.microsecond or moment.tzinfo for moment in (self.opens, self.closes)):
            raise ValueError("Hours are whole minutes on the callee's clock")


@dataclass(frozen=True, kw_only=True)
class OwnWindows:
    """An operator's own hours in the callee's local time. No window at all means: never."""

    windows: tuple[DayWindow, ...]

    @classmethod
    def on(cls, weekdays: Iterable[int], *, opens: time, closes: time) -> "OwnWindows":
        """Return the same hours on each of `weekdays`. `closes` <= `opens` means across midnight."""
        return cls(windows=tuple(DayWindow(weekday=day, opens=opens, closes=closes) for day in weekdays))

    @cached_property
    def by_weekday(self) -> tuple[tuple[Span, ...], ...]:
        """The open spans of Monday to Sunday, sorted, apart from each other, none across midnight."""
        return spans_by_weekday(self.windows)


@dataclass(frozen=True, kw_only=True)
class Holiday:
    """A public holiday. `is_tentative` until the authority or the moon has spoken; it is kept all the same."""

    on: date
    name: str
    is_tentative: bool = False


@dataclass(frozen=True, kw_only=True)
class Caps:
    """The most calls to one number. None: the law names no figure."""

    per_day: int | None = None
    per_week: int | None = None


@dataclass(frozen=True, kw_only=True)
class Registry:
    """A register of numbers to be consulted before calling. `since` is None where the sources give no day."""

    name: str
    since: date | None = None


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What is allowed when calling one country for one purpose, on the days from `valid_from` to `valid_until`."""

    country: str  # ISO 3166, two letters
    country_name: str
    purpose: Purpose
    windows: tuple[DayWindow, ...]
    holiday_rule: HolidayRule
    holiday_basis: Basis
    holiday_hours: Span | None  # only with HolidayRule.SHORTER
    holidays: tuple[Holiday, ...]
    holiday_years: tuple[int, ...]  # whole years that `holidays` covers
    caps: Caps
    registries: tuple[Registry, ...]
    basis: Basis
    source: str  # the act or order, or why the house chose this
    source_urls: tuple[str, ...]
    confidence: Confidence
    remarks: tuple[str, ...]
    checked_on: date
    valid_from: date
    valid_until: date | None = None

    def holiday(self, day: date) -> Holiday | None:
        """Return the holiday that `day` is, or None."""
        return self._holiday_of.get(day)

    def spans(self, day: date) -> tuple[Span, ...]:
        """Return the legal spans of `day` on the callee's clock, sorted. A holiday begins and ends at midnight."""
        usual = self._by_weekday[day.weekday()]
        if self.holiday_rule is HolidayRule.OPEN or day not in self._holiday_of:
            return usual
        return (self.holiday_hours,) if self.holiday_hours else ()

    @cached_property
    def _by_weekday(self) -> tuple[tuple[Span, ...], ...]:
        return spans_by_weekday(self.windows)

    @cached_property
    def _holiday_of(self) -> dict[date, Holiday]:
        return {holiday.on: holiday for holiday in self.holidays}


def spans_by_weekday(windows: Iterable[DayWindow]) -> tuple[tuple[Span, ...], ...]:
    """Return the open spans of Monday to Sunday: cut at midnight, sorted, overlaps merged."""
    week: list[list[Span]] = [[] for _ in range(7)]
    for window in windows:
        opens, closes = seconds(window.opens), seconds(window.closes)
        if closes > opens:
            week[window.weekday].append((opens, closes))
            continue
        week[window.weekday].append((opens, DAY_SECONDS))
        if closes:
            week[(window.weekday + 1) % 7].append((0, closes))
    return tuple(tuple(_merged(day)) for day in week)


def seconds(moment: time) -> int:
    """Return the seconds from midnight to `moment`, whole ones."""
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
