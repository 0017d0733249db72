"""Calling rules in words, for an operator's screen."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from babel.lists import format_list

from dialer import figures
from dialer.calling_rules.hours import SEARCH_DAYS, closes_at, next_open
from dialer.calling_rules.nouns import Basis, Confidence, HolidayRule, OwnWindows, Rules, Span
from dialer.calling_rules.places import city_in_words, country_in_words, weekday_in_words
from dialer.translation import gettext, gettext_noop

LONGEST_UNCHECKED: Final = timedelta(days=365)  # after that, somebody has to look whether the law still says so


def explain(at: datetime, *, rules: Rules, zones: Sequence[ZoneInfo], own: OwnWindows | None = None) -> str:
    """Return why a call is or isn't allowed at `at`: the rule, the callee's clock, and what comes next.

    "In Indonesia, debt calls are allowed Mon-Sat 08:00–20:00, not on public holidays. It is 21:10 on Sat in
    Jakarta. Opens Mon 08:00 in Jakarta." Times to come are on the clock of the first zone.
    """
    return f"{allowed(rules)} {explain_moment(at, rules=rules, zones=zones, own=own)}"


def explain_moment(at: datetime, *, rules: Rules, zones: Sequence[ZoneInfo], own: OwnWindows | None = None) -> str:
    """Return the same without the rule: the campaign's own hours, the callee's clock, and what comes next."""
    own_hours = _own_hours(own) if own else ""
    coming = _what_comes(at, rules, zones, own)
    return " ".join(filter(None, (own_hours, _clocks(at, zones), _holiday(at, rules, zones), coming)))


def allowed(rules: Rules) -> str:
    """Return the rule as one or two sentences, with a word where it is the house's and not the law's."""
    rule = gettext(_ALLOWED[rules.basis]) % {**_whose_calls(rules), "hours": legal_hours(rules)}
    return f"{rule} {gettext(_CAUTION)}" if rules.confidence is Confidence.LOW else rule


def legal_hours(rules: Rules) -> str:
    """Return "Mon-Sat 08:00–20:00, not on public holidays"."""
    hours = hours_in_words(_usual(rules))
    if rules.holiday_rule is HolidayRule.CLOSED:
        return gettext("%(hours)s, not on public holidays") % {"hours": hours}
    if rules.holiday_hours:
        sentence = gettext("%(hours)s, on public holidays %(holiday_hours)s")
        return sentence % {"hours": hours, "holiday_hours": _span(rules.holiday_hours)}
    return hours


def hours_in_words(by_weekday: tuple[tuple[Span, ...], ...]) -> str:
    """Return "Mon-Fri 08:00–20:00, Sat 08:00–18:00"; "never" if there are no hours at all."""
    groups = []
    for spans, days in groupby(range(7), key=lambda day: by_weekday[day]):
        if spans:
            groups.append(f"{_days(days)} {_all(spans)}")
    return ", ".join(groups) or gettext("never")


def widens(own: OwnWindows, rules: Rules) -> list[str]:
    """Return a sentence for each run of days on which the operator's hours go beyond the rules; none if they don't.

    Holidays are not looked at: what the rules say of them holds whatever the operator's hours are.
    """
    sentences = []
    usual = _usual(rules)
    for (mine, legal), days in groupby(range(7), key=lambda day: (own.by_weekday[day], usual[day])):
        beyond = [span for span in mine if not any(start <= span[0] and span[1] <= end for start, end in legal)]
        if beyond:
            hours = {"hours": f"{_days(days)} {_all(beyond)}", "limit": _all(legal) if legal else gettext("no calls")}
            sentences.append(gettext(_BEYOND[rules.basis]) % {**_whose_calls(rules), **hours})
    return sentences


def doubts(rules: Rules, *, on: date) -> list[str]:
    """Return what an operator should know before relying on `rules` around the day `on`; none if all is well."""
    found = []
    if rules.confidence is Confidence.LOW:
        found.append(gettext(_CAUTION))
    if on - rules.checked_on > LONGEST_UNCHECKED:
        sentence = gettext("These rules were last checked on %(date)s, more than a year ago.")
        found.append(sentence % {"date": rules.checked_on})
    if rules.holiday_rule is HolidayRule.OPEN:
        return found
    ahead = [on + timedelta(days=number) for number in range(SEARCH_DAYS)]
    for year in sorted({day.year for day in ahead} - set(rules.holiday_years)):
        sentence = gettext("The public holidays of %(country)s in %(year)s are not known here yet.")
        found.append(sentence % {**_whose_calls(rules), "year": year})
    for holiday in filter(None, map(rules.holiday, ahead)):
        if holiday.is_tentative:
            sentence = gettext("%(holiday)s on %(date)s is tentative: check the date.")
            found.append(sentence % {"holiday": holiday.name, "date": holiday.on})
    return found


# --- pieces ---------------------------------------------------------------------------------------------------

_CAUTION: Final = gettext_noop("The sources for this are weak: ask a lawyer first.")
_ALLOWED: Final = {
    Basis.LAW: gettext_noop("In %(country)s, %(calls)s are allowed %(hours)s."),
    Basis.HOUSE: gettext_noop("In %(country)s, %(calls)s are, by our own caution, %(hours)s."),
}
_BEYOND: Final = {
    Basis.LAW: gettext_noop("%(hours)s goes beyond the law's hours for %(calls)s in %(country)s: %(limit)s."),
    Basis.HOUSE: gettext_noop("%(hours)s goes beyond our careful hours for %(calls)s in %(country)s: %(limit)s."),
}


def _whose_calls(rules: Rules) -> dict[str, str]:
    return {"calls": rules.purpose.calls, "country": country_in_words(rules.country, rules.country_name)}


def _own_hours(own: OwnWindows) -> str:
    return gettext("This campaign calls %(hours)s.") % {"hours": hours_in_words(own.by_weekday)}


def _usual(rules: Rules) -> tuple[tuple[Span, ...], ...]:
    return OwnWindows(windows=rules.windows).by_weekday


def _days(days: Iterable[int]) -> str:
    names = [weekday_in_words(day) for day in days]
    return names[0] if len(names) == 1 else f"{names[0]}-{names[-1]}"


def _all(spans: Iterable[Span]) -> str:
    return str(format_list([_span(span) for span in spans], locale=figures.locale()))


def _span(span: Span) -> str:
    return "–".join(f"{moment // 3600:02}:{moment % 3600 // 60:02}" for moment in span)


def _clocks(at: datetime, zones: Sequence[ZoneInfo]) -> str:
    """The callee's time of day; the earliest and the latest if the zone is not known."""
    locals_ = sorted((at.astimezone(zone) for zone in zones), key=lambda local: local.replace(tzinfo=None))
    first, last = locals_[0], locals_[-1]
    if first.utcoffset() == last.utcoffset():
        return gettext("It is %(time)s on %(day)s in %(city)s.") % _clock(first)
    later = {f"last_{name}": word for name, word in _clock(last).items()}
    return gettext(
        "It is %(time)s on %(day)s in %(city)s and %(last_time)s on %(last_day)s in %(last_city)s; "
        "all zones must agree."
    ) % {**_clock(first), **later}


def _holiday(at: datetime, rules: Rules, zones: Sequence[ZoneInfo]) -> str:
    if rules.holiday_rule is HolidayRule.OPEN:
        return ""
    names = {holiday.name for zone in zones if (holiday := rules.holiday(at.astimezone(zone).date()))}
    return gettext("Public holiday: %(names)s.") % {"names": ", ".join(sorted(names))} if names else ""


def _what_comes(at: datetime, rules: Rules, zones: Sequence[ZoneInfo], own: OwnWindows | None) -> str:
    opens = next_open(at, rules=rules, zones=zones, own=own)
    if opens is None:
        return gettext("There is no opening within %(days)s days.") % {"days": SEARCH_DAYS}
    if opens > at:
        return gettext("Opens %(day)s %(time)s in %(city)s.") % _clock(opens.astimezone(zones[0]))
    closes = closes_at(at, rules=rules, zones=zones, own=own)
    if closes is None:
        return gettext("Open around the clock.")
    return gettext("Open until %(day)s %(time)s in %(city)s.") % _clock(closes.astimezone(zones[0]))


def _clock(local: datetime) -> dict[str, str]:
    assert isinstance(local.tzinfo, ZoneInfo)  # noqa: S101 (for the type checker: all our zones are)
    weekday = weekday_in_words(local.weekday())
    return {"time": f"{local:%H:%M}", "day": weekday, "city": city_in_words(local.tzinfo)}
