"""Phone numbers on pages: shown as far as the one who looks may see them, and found in any spelling."""

import re
from typing import Any

from django.db.models import BooleanField, Q, QuerySet, Value
from django.http import HttpRequest

from dialer import phone
from dialer.admin import columns
from dialer.carriers.masking import Mask
from dialer.models import Account

SHORTEST_BEGINNING = 4  # digits after the plus; fewer would match half a country


class NumbersShown:
    """For a ConsoleAdmin: its rows say whether the one who looks may see numbers in full, and pages obey."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        is_allowed = Value(self.sees_full_numbers(request), BooleanField())
        return super().get_queryset(request).annotate(shows_full_numbers=is_allowed)


def shown(number: str, row: Any) -> Any:
    """A number of this row, in full or masked as the row says."""
    return columns.number(number, is_full=row.shows_full_numbers)


def readings(text: str) -> set[str]:
    """The E.164 numbers that somebody may mean by `text`, in the countries that the accounts call and its own."""
    found = set(Account.objects.order_by().values_list("country", flat=True).distinct())
    countries = {country for country in (*found, phone.region(text.strip())) if country}
    return {phone.read(text, country=country).number for country in countries} - {""}


def search(text: str, field: str, *, may_guess: bool) -> Q | None:
    """The condition on `field` under which a row is about the number that is meant; None if `text` is no number.

    Exact, or by a beginning such as "+62812" as a range, which an index answers. `may_guess` is for those who see
    numbers in full: digit by digit, beginnings would give a masked number away.
    """
    exact = readings(text)
    if exact:
        return Q(**{f"{field}__in": exact})
    beginning = re.sub(r"[\s().-]", "", text)
    if may_guess and re.fullmatch(rf"\+[0-9]{{{SHORTEST_BEGINNING},15}}", beginning):
        return Q(**{f"{field}__gte": beginning, f"{field}__lt": f"+{int(beginning) + 1}"})
    return None


def hidden(text: str) -> str:
    """A carrier's text with everything in it that looks like a phone number masked, as in the exchanges."""
    return Mask().text(text)
