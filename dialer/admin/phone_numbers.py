"""Phone numbers on pages: shown as far as the one who looks may see them, and found in any spelling."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Q, QuerySet, Value
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext

from dialer import phone
from dialer.admin import columns
from dialer.admin.lists import COUNT_CAP
from dialer.carriers.masking import Mask
from dialer.models import Account, Attempt, CallRecord, Contact, DoNotCall, TestCall, Transfer

SHORTEST_BEGINNING = 4  # digits after the plus; fewer would match half a country

# A number's page is reached by a row that holds the number, so that the number itself stands in no address.
KINDS: dict[str, type[Any]] = {
    "contact": Contact,
    "call": CallRecord,
    "entry": DoNotCall,
    "test": TestCall,
    "transfer": Transfer,
}
# Whoever may see one of these lists may see the page.
PERMISSIONS = ("dialer.view_contact", "dialer.view_callrecord")


class NumbersShown:
    """For a ConsoleAdmin: its rows say whether the one who looks may see numbers in full, and pages obey."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                shows_full_numbers=Value(self.sees_full_numbers(request), BooleanField()),
                links_numbers=Value(may_see_past(request), BooleanField()),
            )
        )

    def get_search_help(self, request: HttpRequest) -> Any:
        """What the search box takes; beginnings only for those who get an answer."""
        if not self.search_fields or self.search_help_text:
            return self.search_help_text
        if self.sees_full_numbers(request):
            return gettext("A number in any spelling, or its beginning")
        return gettext("A whole number in any spelling")


def may_see_past(request: HttpRequest) -> bool:
    return any(request.user.has_perm(name) for name in PERMISSIONS)


def shown(number: str, row: Any, *, about: Any = None) -> Any:
    """A number of this row, in full or masked as the row says; with a link to everything about it.

    `about` is the row that holds the number, if it is another one.
    """
    text = columns.number(number, is_full=row.shows_full_numbers)
    return past_link(row, text, about=about) if is_whole(number) else text


def past_link(row: Any, text: Any, *, about: Any = None) -> Any:
    """The text as a link to everything about the row's number, for whoever may see that."""
    address = past_address(about or row) if getattr(row, "links_numbers", False) else ""
    return format_html('<a class="past" href="{}">{}</a>', address, text) if address else text


def past_address(row: Any) -> str:
    """Where the page about the number of this row stands; "" if such rows lead to none."""
    if isinstance(row, Attempt):
        return reverse("admin:dialer_contact_past", args=["contact", row.contact_id])
    kind = next((name for name, model in KINDS.items() if isinstance(row, model)), "")
    return reverse("admin:dialer_contact_past", args=[kind, row.pk]) if kind else ""


def is_whole(number: str) -> bool:
    """Is it a number, or what a carrier wrote in the place of one?"""
    return re.fullmatch(r"\+[0-9]{5,15}", number) is not None


def readings(text: str) -> set[str]:
    """The E.164 numbers that somebody may mean by `text`, in the countries that the accounts call and its own."""
    countries = {*_countries(), phone.region(text.strip())} - {""}
    return {phone.read(text, country=country).number for country in countries} - {""}


@dataclass(frozen=True, kw_only=True)
class Found:
    """Rows about a number, or about the numbers of a beginning."""

    rows: QuerySet[Any]
    is_cut: bool = False  # there are so many that they are in the order of their numbers


def find(queryset: QuerySet[Any], text: str, field: str, *, may_guess: bool) -> Found | None:
    """The rows whose `field` is the number that is meant, or begins with what is typed; None if `text` is neither.

    The keys are asked first, by the index of the numbers alone: beside other filters a database that does not know how
    rare a number is would rather read half of the table. `may_guess` is for those who see numbers in full: digit by
    digit, beginnings would give a masked number away.
    """
    exact = readings(text)
    wanted = Q(**{f"{field}__in": exact}) if exact else _beginning(queryset, text, field) if may_guess else None
    if wanted is None:
        return None
    rows = queryset.model._default_manager.filter(wanted).order_by(field)
    keys = list(rows.values_list("pk", flat=True)[: COUNT_CAP + 1])
    if len(keys) > COUNT_CAP:
        return Found(rows=queryset.filter(wanted).order_by(field, "pk"), is_cut=True)
    return Found(rows=queryset.filter(pk__in=keys))


def keys_about(text: str, rows: QuerySet[Any], field: str, key: str) -> list[int]:
    """Of the rows whose `field` is the number that is meant by `text`: what stands in their field `key`, newest first.

    Only of whole numbers: a beginning is that of so many people that nearly every key would do.
    """
    found = rows.filter(**{f"{field}__in": readings(text)}).order_by(f"-{key}")
    return list(found.values_list(key, flat=True).distinct()[: COUNT_CAP + 1])


def hidden(text: str) -> str:
    """A carrier's text with everything in it that looks like a phone number masked, as in the exchanges."""
    return Mask().text(text)


def _beginning(queryset: QuerySet[Any], text: str, field: str) -> Q | None:
    """Ranges for what is typed, those in which there is somebody; None if it is no beginning."""
    ranges = [Q(**{f"{field}__gte": one, f"{field}__lt": f"+{int(one) + 1}"}) for one in sorted(beginnings(text))]
    if not ranges:
        return None
    rows = queryset.model._default_manager.order_by()
    used = [one for one in ranges if rows.filter(one).exists()]
    wanted = Q()
    for one in used or ranges[:1]:
        wanted |= one
    return wanted


def beginnings(text: str) -> set[str]:
    """The E.164 beginnings that somebody may mean by "+62 812", "0062812", "62812", "0812" or "812"."""
    digits = re.sub(r"[\s().-]", "", text)
    if not re.fullmatch(r"\+?[0-9]{1,15}", digits):
        return set()
    if digits.startswith("+"):
        found = {digits}
    elif digits.startswith("00"):
        found = {f"+{digits[2:]}"}
    else:
        codes = {phone.calling_code(country) for country in _countries()} - {""}
        found = set(_with_codes(digits, codes))
    return {one for one in found if len(one) > SHORTEST_BEGINNING}


def _with_codes(digits: str, codes: set[str]) -> Iterator[str]:
    """With a country's code it is a number of that country, else one at home in any of them."""
    if digits.startswith("0"):
        yield from (f"+{code}{digits[1:]}" for code in codes)
    elif own := [code for code in codes if digits.startswith(code)]:
        yield from (f"+{digits}" for _code in own)
    else:
        yield from (f"+{code}{digits}" for code in codes)


def _countries() -> set[str]:
    return set(Account.objects.order_by().values_list("country", flat=True).distinct())
