"""Numbers as people write them in the language of whom we talk to: thousands apart, decimals, shares.

CLDR's forms through Babel, since Django's own group Chinese by ten thousands and Hindi not at all.
"""

from copy import copy
from decimal import ROUND_FLOOR, Decimal
from functools import cache

from babel import Locale
from babel.numbers import format_decimal, format_percent

from dialer import translation


def count(number: int) -> str:
    """A number of things with its thousands apart: 12,345."""
    return str(format_decimal(number, locale=locale()))


def amount(value: Decimal | float, *, places: int | None = None) -> str:
    """A value with its thousands apart. Without `places`, all its decimals, at least two: 1,234.50, 0.0375."""
    if places is None:
        places = max(2, -int(Decimal(str(value)).normalize().as_tuple().exponent))
    pattern = copy(locale().decimal_formats[None])
    pattern.frac_prec = (places, places)
    return str(pattern.apply(value, locale()))


def balance(value: Decimal) -> str:
    """What is left, with two decimals and never more than there is: 1,234.50."""
    return amount(value.quantize(Decimal("0.01"), ROUND_FLOOR), places=2)


def money(value: Decimal | float, currency: str) -> str:
    """An amount and its currency by the three letters that don't mix up dollars: 1,234.50 USD."""
    return f"{amount(value)} {currency}".strip()


def share(part: float, whole: float) -> str:
    """A percentage, rounded down so that 100% means all of it."""
    return str(format_percent(part * 100 // whole / 100, locale=locale()))


def locale() -> Locale:
    """CLDR's knowledge of the language in which we talk."""
    return _locale(translation.language())


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language.replace("zh-hans", "zh-Hans"), sep="-")
