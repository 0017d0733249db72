"""The rules of all countries as Markdown: `python -m dialer.calling_rules` prints what docs/calling-rules.md holds."""

from collections.abc import Iterator

from dialer.calling_rules.nouns import Basis, Caps, HolidayRule, Registry, Rules
from dialer.calling_rules.reading import Country, countries, country
from dialer.calling_rules.sentences import legal_hours


def markdown() -> str:
    """Return a table of all rules, then for each country its zones, sources, remarks and holidays."""
    places = [country(code) for code in countries()]
    lines = [*_table(places), *(line for place in places for line in _chapter(place))]
    return "\n".join(lines) + "\n"


def _table(places: list[Country]) -> Iterator[str]:
    yield "| country | purpose | hours | basis | most calls | register | since | confidence |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for place in places:
        for rule in place.rules:
            cells = (
                _title(place.name),
                rule.purpose,
                legal_hours(rule),
                _basis(rule),
                _caps(rule.caps),
                "; ".join(map(_registry, rule.registries)) or "none found",
                _validity(rule),
                rule.confidence,
            )
            yield f"| {' | '.join(cells)} |"


def _chapter(place: Country) -> Iterator[str]:
    yield f"\n### {_title(place.name)}\n"
    yield f"Zones: {', '.join(zone.key for zone in place.zones)}.\n"
    for rule in place.rules:
        yield f"**{rule.purpose.capitalize()}** (checked on {rule.checked_on}). {rule.source.removesuffix('.')}.\n"
        yield from (f"* {remark}" for remark in rule.remarks)
        yield from (f"* Source: <{url}>" for url in rule.source_urls)
        yield ""
    yield "Holidays (~ tentative):\n"
    for year in place.holiday_years:
        days = ", ".join(
            f"{'~' if holiday.is_tentative else ''}{holiday.on:%m-%d} {holiday.name}"
            for holiday in place.holidays
            if holiday.on.year == year
        )
        yield f"* {year}: {days}."
    yield from (f"* Source: {source}" for source in place.holiday_sources)


def _title(name: str) -> str:
    return name[0].upper() + name[1:]


def _basis(rule: Rules) -> str:
    if rule.holiday_rule is HolidayRule.OPEN or rule.holiday_basis is rule.basis:
        return rule.basis
    return f"{rule.basis}; holidays: {rule.holiday_basis}" if rule.basis is Basis.LAW else rule.basis


def _caps(caps: Caps) -> str:
    named = ((caps.per_day, "day"), (caps.per_week, "week"))
    return ", ".join(f"{number} a {period}" for number, period in named if number) or "no figure"


def _registry(registry: Registry) -> str:
    return f"{registry.name} (since {registry.since})" if registry.since else registry.name


def _validity(rule: Rules) -> str:
    return f"{rule.valid_from} to {rule.valid_until}" if rule.valid_until else f"{rule.valid_from}"
