"""Countries by their names in the reader's language, as CLDR has them, for the choices of a form."""

from collections.abc import Iterable

from dialer import figures

CODES = ("CO", "ID", "IN", "MX", "PH", "TH", "VN")  # ISO 3166, two letters


def name(country: str) -> str:
    """The name of a country (ISO 3166, two letters); the letters themselves if nobody has a name for it."""
    return str(figures.locale().territories.get(country, country))


def choices(of: Iterable[str] = CODES) -> list[tuple[str, str]]:
    """For a form's field, by name."""
    return sorted(((country, name(country)) for country in of), key=lambda choice: choice[1])
