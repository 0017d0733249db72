"""Countries, cities and weekdays as they are called in the language of whom we talk to."""

from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location

from dialer import figures, translation


def country_in_words(code: str, english: str) -> str:
    """CLDR's name of a country (ISO 3166, two letters). In English `english`, which has its article."""
    return english if translation.language() == "en" else str(figures.locale().territories[code])


def city_in_words(zone: ZoneInfo) -> str:
    """The city after which a zone is named: Mexico City."""
    return str(get_timezone_location(zone, locale=figures.locale(), return_city=True))


def weekday_in_words(weekday: int) -> str:
    """A weekday in short; Monday is 0."""
    return str(figures.locale().days["format"]["abbreviated"][weekday])
