"""Calling rules in words, for an operator's screen."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from dialer.calling_rules.hours import SEARCH_DAYS, closes_at, next_open
from dialer.calling_rules.nouns import Basis, Confidence, HolidayRule, OwnWindows, Rules, Span
from dialer.calling_rules.reading import WEEKDAYS

LONGEST_UNCHECKED: Final = timedelta(days=365)  # after that, somebody has to look whether the law still says so


def explain(at: datetime, *, rules: Rules, zones: Sequence[ZoneInfo], own: OwnWindows | None = None) -> str:
    """Return why a call is or isn't allowed at `at`: the rule, the callee's clock, and what comes next.

    "In Indonesia, debt calls are allowed Mon-Sat 08:00–20:00, not on public holidays. It is 21:10 on Sat in
    Jakarta. Opens Mon 08:00 in Jakarta." Times to come are on the clock of the first zone.
    """
    return f"{allowed(rules)} {explain_moment(at, rules=rules, zones=zones, own=own)}"


def explain_moment(at: datetime, *, rules: Rules, zones: Sequence[ZoneInfo], own: OwnWindows | None = None) -> str:
    """Return the same without the rule: the campaign's own hours, the callee's clock, and what comes next."""
    own_hours = f"This campaign calls {hours_in_words(own.by_weekday)}." if own else ""
    coming = _what_comes(at, rules, zones, own)
    return " ".join(filter(None, (own_hours, _clocks(at, zones), _holiday(at, rules, zones), coming)))


def allowed(rules: Rules) -> str:
    """Return the rule as one or two sentences, with a word where it is the house's and not the law's."""
    verb = "are allowed" if rules.basis is Basis.LAW else "are, by our own caution,"
    rule = f"In {rules.country_name}, {rules.purpose} calls {verb} {legal_hours(rules)}."
    return f"{rule} {_CAUTION}" if rules.confidence is Confidence.LOW else rule


def legal_hours(rules: Rules) -> str:
    """Return "Mon-Sat 08:00–20:00, not on public holidays"."""
    return hours_in_words(_usual(rules)) + _HOLIDAY_WORDS[rules.holiday_rule].format(
        hours=_span(rules.holiday_hours) if rules.holiday_hours else ""
    )


def hours_in_words(by_weekday: tuple[tuple[Span, ...], ...]) -> str:
    """Return "Mon-Fri 08:00–20:00, Sat 08:00–18:00"; "never" if there are no hours at all."""
    groups = []
    for spans, days in groupby(range(7), key=lambda day: by_weekday[day]):
        if spans:
            groups.append(f"{_days(days)} {_all(spans)}")
    return ", ".join(groups) or "never"


def widens(own: OwnWindows, rules: Rules) -> list[str]:
    """Return a sentence for each run of days on which the operator's hours go beyond the rules; none if they don't.

    Holidays are not looked at: what the rules say of them holds whatever the operator's hours are.
    """
    sentences = []
    usual = _usual(rules)
    for (mine, legal), days in groupby(range(7), key=lambda day: (own.by_weekday[day], usual[day])):
        beyond = [span for span in mine if not any(start <= span[0] and span[1] <= end for start, end in legal)]
        if beyond:
            limit = _all(legal) if legal else "no calls"
            sentences.append(
                f"{_days(days)} {_all(beyond)} goes beyond {_WHOSE[rules.basis]} hours for {rules.purpose} calls "
                f"in {rules.country_name}: {limit}."
            )
    return sentences


def doubts(rules: Rules, *, on: date) -> list[str]:
    """Return what an operator should know before relying on `rules` around the day `on`; none if all is well."""
    found = []
    if rules.confidence is Confidence.LOW:
        found.append(_CAUTION)
    if on - rules.checked_on > LONGEST_UNCHECKED:
        found.append(f"These rules were last checked on {rules.checked_on}, more than a year ago.")
    if rules.holiday_rule is HolidayRule.OPEN:
        return found
    ahead = [on + timedelta(days=number) for number in range(SEARCH_DAYS)]
    for year in sorted({day.year for day in ahead} - set(rules.holiday_years)):
        found.append(f"The public holidays of {rules.country_name} in {year} are not known here yet.")
    for holiday in filter(None, map(rules.holiday, ahead)):
        if holiday.is_tentative:
            found.append(f"{holiday.name} on {holiday.on} is tentative: check the date.")
    return found


# --- pieces ---------------------------------------------------------------------------------------------------

_CAUTION: Final = "The sources for this are weak: ask a lawyer first."
_WHOSE: Final = {Basis.LAW: "the law's", Basis.HOUSE: "our careful"}
_HOLIDAY_WORDS: Final = {
    HolidayRule.OPEN: "",
    HolidayRule.CLOSED: ", not on public holidays",
    HolidayRule.SHORTER: ", on public holidays {hours}",
}


def _usual(rules: Rules) -> tuple[tuple[Span, ...], ...]:
    return OwnWindows(windows=rules.windows).by_weekday


def _days(days: Iterable[int]) -> str:
    names = [WEEKDAYS[day] for day in days]
    return names[0] if len(names) == 1 else f"{names[0]}-{names[-1]}"


def _all(spans: Iterable[Span]) -> str:
    return " and ".join(map(_span, spans))


def _span(span: Span) -> str:
    return "–".join(f"{moment // 3600:02}:{moment % 3600 // 60:02}" for moment in span)


def _clocks(at: datetime, zones: Sequence[ZoneInfo]) -> str:
    """The callee's time of day; the earliest and the latest if the zone is not known."""
    locals_ = sorted((at.astimezone(zone) for zone in zones), key=lambda local: local.replace(tzinfo=None))
    first, last = locals_[0], locals_[-1]
    clock = f"It is {_clock(first)} in {_city(first)}"
    if first.utcoffset() == last.utcoffset():
        return f"{clock}."
    return f"{clock} and {_clock(last)} in {_city(last)}; all zones must agree."


def _holiday(at: datetime, rules: Rules, zones: Sequence[ZoneInfo]) -> str:
    if rules.holiday_rule is HolidayRule.OPEN:
        return ""
    names = {holiday.name for zone in zones if (holiday := rules.holiday(at.astimezone(zone).date()))}
    return f"Public holiday: {', '.join(sorted(names))}." if names else ""


def _what_comes(at: datetime, rules: Rules, zones: Sequence[ZoneInfo], own: OwnWindows | None) -> str:
    opens = next_open(at, rules=rules, zones=zones, own=own)
    if opens is None:
        return f"There is no opening within {SEARCH_DAYS} days."
    if opens > at:
        return f"Opens {_moment(opens, zones[0])}."
    closes = closes_at(at, rules=rules, zones=zones, own=own)
    return f"Open until {_moment(closes, zones[0])}." if closes else "Open around the clock."


def _moment(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{WEEKDAYS[local.weekday()]} {local:%H:%M} in {_city(local)}"


def _clock(local: datetime) -> str:
    return f"{local:%H:%M} on {WEEKDAYS[local.weekday()]}"


def _city(local: datetime) -> str:
    return str(local.tzinfo).rpartition("/")[2].replace("_", " ")
