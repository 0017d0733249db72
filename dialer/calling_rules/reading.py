"""Reading the countries' files: text a lawyer can check in, rules out. Whatever is wrong in a file is refused.

A file holds the country's zones, its holidays and one `[[rules]]` for each purpose and time of validity. Hours are
written "Mon-Fri 08:00-20:00".
"""

import re
import tomllib
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import phonenumbers
import phonenumbers.timezone
from phonenumbers import PhoneNumberType

from dialer.calling_rules.nouns import (
    DAY_SECONDS,
    Basis,
    Caps,
    Confidence,
    DayWindow,
    Holiday,
    HolidayRule,
    NoRulesError,
    Purpose,
    Registry,
    Rules,
    Span,
    seconds,
)
from dialer.calling_rules.places import country_in_words
from dialer.translation import gettext

DATA: Final = Path(__file__).parent / "data"
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, kw_only=True)
class Country:
    """One country's file."""

    code: str  # ISO 3166, two letters
    name: str
    zones: tuple[ZoneInfo, ...]  # that of the capital first
    holidays: tuple[Holiday, ...]
    holiday_years: tuple[int, ...]
    holiday_sources: tuple[str, ...]
    rules: tuple[Rules, ...]


def countries() -> tuple[str, ...]:
    """Return the codes of all countries that have rules, sorted."""
    return tuple(sorted(path.stem for path in DATA.glob("*.toml")))


@lru_cache
def country(code: str) -> Country:
    """Return one country's zones, holidays and rules. Raises NoRulesError for a country without a file."""
    if code not in countries():
        sentence = gettext("There are no calling rules for the country %(country)s. Add them before calling there.")
        raise NoRulesError(sentence % {"country": code})
    return parsed((DATA / f"{code}.toml").read_text(encoding="utf-8"))


def rules(country_code: str, purpose: Purpose, *, on: date) -> Rules:
    """Return the rules that hold for `purpose` in a country on the day `on`.

    Raises NoRulesError, with a sentence for the operator, if there are none.
    """
    place = country(country_code)
    for found in place.rules:
        if found.purpose is purpose and found.valid_from <= on <= (found.valid_until or on):
            return found
    sentence = gettext("There are no rules for %(calls)s in %(country)s on %(date)s.")
    told = {"calls": purpose.calls, "country": country_in_words(place.code, place.name), "date": on}
    raise NoRulesError(sentence % told)


def zones(country_code: str, number: str = "") -> tuple[ZoneInfo, ...]:
    """Return the zones in which the owner of `number` (E.164) may be; the country's zones if that can't be told.

    Only a landline tells its place. A mobile number doesn't, nor does one that may be either, nor one of another
    country. Raises NoRulesError for a country without a file.
    """
    place = country(country_code)
    keys = _keys_of_landline(number)
    return tuple(zone for zone in place.zones if zone.key in keys) or place.zones


def _keys_of_landline(number: str) -> frozenset[str]:
    try:
        parsed_number = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return frozenset()
    if phonenumbers.number_type(parsed_number) != PhoneNumberType.FIXED_LINE:
        return frozenset()
    return frozenset(phonenumbers.timezone.time_zones_for_number(parsed_number))


# --- one file -------------------------------------------------------------------------------------------------


def parsed(text: str) -> Country:
    """Return what the text of a country's file says.

    Raises ValueError or KeyError if it is not TOML, lacks something, holds a word or an hour that means nothing,
    has two rules for one purpose and day, or a holiday twice.
    """
    file = tomllib.loads(text)
    holidays = tuple(Holiday(**entry) for entry in file["holidays"]["days"])
    if len({holiday.on for holiday in holidays}) < len(holidays):
        raise ValueError(f"{file['name']} has a holiday twice")
    found = tuple(_rules(entry, file, holidays) for entry in file["rules"])
    _refuse_overlaps(found)
    return Country(
        code=file["country"],
        name=file["name"],
        zones=tuple(ZoneInfo(key) for key in file["zones"]),
        holidays=holidays,
        holiday_years=tuple(file["holidays"]["years"]),
        holiday_sources=tuple(file["holidays"]["sources"]),
        rules=found,
    )


def _rules(entry: dict[str, Any], file: dict[str, Any], holidays: tuple[Holiday, ...]) -> Rules:
    rule, hours = _holiday_rule(entry["holidays"])
    return Rules(
        country=file["country"],
        country_name=file["name"],
        purpose=Purpose(entry["purpose"]),
        windows=tuple(window for line in entry["hours"] for window in _windows(line)),
        holiday_rule=rule,
        holiday_basis=Basis(entry["holidays_basis"]),
        holiday_hours=hours,
        holidays=holidays,
        holiday_years=tuple(file["holidays"]["years"]),
        caps=Caps(**entry.get("caps", {})),
        registries=tuple(Registry(**registry) for registry in entry.get("registries", ())),
        basis=Basis(entry["basis"]),
        source=entry["source"],
        source_urls=tuple(entry["source_urls"]),
        confidence=Confidence(entry["confidence"]),
        remarks=tuple(entry["remarks"]),
        checked_on=entry["checked_on"],
        valid_from=entry["valid_from"],
        valid_until=entry.get("valid_until"),
    )


_DAYS: Final = re.compile(r"([A-Z][a-z]{2})(?:-([A-Z][a-z]{2}))? (\S+)")
_HOURS: Final = re.compile(r"([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])")


def _windows(line: str) -> list[DayWindow]:
    """Read "Mon-Fri 08:00-20:00" or "Sun 09:00-12:00". 24:00 is the midnight that ends the day."""
    if not (match := _DAYS.fullmatch(line)):
        raise ValueError(f"{line!r} is not of the form Mon-Fri 08:00-20:00")
    first, last, hours = match[1], match[2] or match[1], match[3]
    opens, closes = _hours(hours)
    weekdays = range(WEEKDAYS.index(first), WEEKDAYS.index(last) + 1)
    if not weekdays:
        raise ValueError(f"{line!r}: the days go from Monday to Sunday")
    return [DayWindow(weekday=day, opens=opens, closes=closes) for day in weekdays]


def _hours(text: str) -> tuple[time, time]:
    if not (match := _HOURS.fullmatch(text)):
        raise ValueError(f"{text!r} is not of the form 08:00-20:00")
    hours = [int(part) for part in match.groups()]
    closes = time() if hours[2:] == [24, 0] else time(hours[2], hours[3])
    return time(hours[0], hours[1]), closes


def _holiday_rule(word: str) -> tuple[HolidayRule, Span | None]:
    """Read "open", "closed", or the shorter hours themselves."""
    if word in (HolidayRule.OPEN, HolidayRule.CLOSED):
        return HolidayRule(word), None
    opens, closes = _hours(word)
    span = seconds(opens), seconds(closes) or DAY_SECONDS
    if span[0] >= span[1]:
        raise ValueError(f"{word!r}: the hours of a holiday end on the same day")
    return HolidayRule.SHORTER, span


def _refuse_overlaps(found: tuple[Rules, ...]) -> None:
    ordered = sorted(found, key=lambda each: (each.purpose, each.valid_from))
    for earlier, later in pairwise(ordered):
        if earlier.purpose is later.purpose and (earlier.valid_until or date.max) >= later.valid_from:
            raise ValueError(f"{later.country_name} has two rules for {later.purpose} calls on {later.valid_from}")
