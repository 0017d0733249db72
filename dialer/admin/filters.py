"""Filters that stay fast on millions of rows: ranges and exact values.

No DISTINCT, no function on a column, no choices that have to be counted first. Each says itself in the address.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.contrib.admin import ListFilter, SimpleListFilter
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.db import connections
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.admin import clock
from dialer.flow.visibility import visible_to
from dialer.models import Account, Campaign

CAMPAIGNS_OFFERED = 30
MOST_DIGITS = 18  # fits in the database's integers
# As links from other pages write it, on each page: Django refuses the name of a field behind another row.
CAMPAIGN = "campaign__id__exact"
CAMPAIGN_TYPED = "campaign"


class AskingFilter(ListFilter):
    """A filter with something to type in: its drop-down holds a form, which keeps the rest of the address."""

    parameters: tuple[str, ...]

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.opts = model._meta
        self.user = request.user
        for name in self.parameters:
            if name in params and self.understands(name, said := params.pop(name)[-1]):
                self.used_parameters[name] = said
        self.kept = [
            (name, value)
            for name, values in request.GET.lists()
            for value in values
            if name not in (*self.parameters, PAGE_VAR)
        ]

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str]:
        return list(self.parameters)

    def understands(self, name: str, said: str) -> bool:
        """Whether this says something; what does not is passed over, and filters nothing."""
        return True

    def said(self, name: str) -> str:
        """What the address says under this name; "" for nothing."""
        return str(self.used_parameters.get(name, ""))

    def choice(self, changelist: ChangeList, text: Any, *, is_chosen: bool, **said: str) -> dict[str, Any]:
        left = [name for name in self.parameters if name not in said]
        return {
            "selected": is_chosen,
            "query_string": changelist.get_query_string(said, left),
            "display": text,
        }


class WithinDays(AskingFilter):
    """A day, some days back, or days of one's own, as a range on `moment`.

    Days begin at midnight of the console's time zone, also when the clocks are changed.
    """

    title = _("day")
    template = "admin/filters/days.html"
    parameters = ("days", "from", "until")
    moment: str

    OFFERED = (
        ("1", _("Today")),
        ("yesterday", _("Yesterday")),
        ("7", _("The last 7 days")),
        ("30", _("The last 30 days")),
    )

    def understands(self, name: str, said: str) -> bool:
        return said in dict(self.OFFERED) if name == "days" else _day(said) is not None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = self.days()
        if first:
            queryset = queryset.filter(**{f"{self.moment}__gte": clock.midnight(first)})
        if last:
            queryset = queryset.filter(**{f"{self.moment}__lt": clock.midnight(last + timedelta(days=1))})
        return queryset

    def days(self) -> tuple[date | None, date | None]:
        """The first and the last day that are wanted; None where there is no bound."""
        today = timezone.localdate()
        match self.said("days"):
            case "yesterday":
                return today - timedelta(days=1), today - timedelta(days=1)
            case "1" | "7" | "30" as count:
                return today - timedelta(days=int(count) - 1), None
        return _day(self.said("from")), _day(self.said("until"))

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        days = self.said("days")
        is_known = days in dict(self.OFFERED)
        own = "" if is_known else self.own_days()
        yield self.choice(changelist, _("All"), is_chosen=not is_known and not own)
        for name, text in self.OFFERED:
            yield self.choice(changelist, text, is_chosen=days == name, days=name)
        if own:
            said = {name: self.said(name) for name in ("from", "until") if self.said(name)}
            yield self.choice(changelist, own, is_chosen=True, **said)

    def own_days(self) -> str:
        """The typed days in words; "" for none."""
        first, last = _day(self.said("from")), _day(self.said("until"))
        if first and last:
            return f"{clock.day(first)} – {clock.day(last)}" if first != last else clock.day(first)
        if first:
            return gettext("from %(day)s") % {"day": clock.day(first)}
        return gettext("until %(day)s") % {"day": clock.day(last)} if last else ""


def within_days(moment: str) -> type[WithinDays]:
    """The filter for this field."""
    return type("WithinDays", (WithinDays,), {"moment": moment})


class OfCampaign(AskingFilter):
    """The newest campaigns, or those whose name holds what is typed; one that is chosen by an address stays chosen."""

    title = _("campaign")
    template = "admin/filters/campaign.html"
    parameters = (CAMPAIGN, CAMPAIGN_TYPED)
    field: str

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.said(CAMPAIGN):
            return queryset
        chosen = self.chosen
        return queryset.filter(**{self.field: chosen}) if chosen else queryset.none()

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        yield self.choice(changelist, _("All"), is_chosen=not self.said(CAMPAIGN))
        for key, name in self._offered():
            yield self.choice(changelist, name, is_chosen=key == self.chosen, **{CAMPAIGN: str(key)})

    @property
    def choices_url(self) -> str:
        """Where the names are asked for while somebody types; each list of the console has it."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_campaigns")

    @property
    def typed(self) -> str:
        return self.said(CAMPAIGN_TYPED).strip()

    @property
    def chosen(self) -> int:
        return key_of(self.said(CAMPAIGN))

    def _offered(self) -> list[tuple[int, str]]:
        found = named_campaigns(self.typed, user=self.user)
        if self.chosen and self.chosen not in dict(found):
            found += visible_to(self.user, Campaign.objects.filter(pk=self.chosen)).values_list("pk", "name")
        return found


def of_campaign(field: str) -> type[OfCampaign]:
    """The filter for a campaign that is reached by this field."""
    return type("OfCampaign", (OfCampaign,), {"field": field})


class OfAccount(SimpleListFilter):
    """One of the accounts, of which there are few."""

    title = _("account")
    parameter_name = "account__id__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            (str(pk), name) for pk, name in visible_to(request.user, Account.objects.all()).values_list("pk", "name")
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        return queryset.filter(account=self.chosen) if self.chosen else queryset.none()

    @property
    def chosen(self) -> int:
        return key_of(self.value() or "")


class OfAccountInTime(OfAccount):
    """For a list in the order of time whose index of time holds the account."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() is None else unaided(queryset, "account", self.chosen)


def unaided(rows: QuerySet[Any], field: str, *values: Any) -> QuerySet[Any]:
    """The rows whose `field` is one of the values, without the help of an index that begins with the field.

    A database that does not know how many rows have which value takes such an index for the best one: and then reads
    and sorts half of the table, where the index of the list's order has passed over what does not fit. Others know.
    """
    if connections[rows.db].vendor != "sqlite":
        return rows.filter(**{f"{field}__in": values})
    nothing, its = Value(0 if isinstance(values[0], int) else ""), f"its_{field.replace('__', '_')}"
    return rows.alias(**{its: Coalesce(field, nothing)}).filter(**{f"{its}__in": values})


def named_campaigns(text: str, *, user: Any) -> list[tuple[int, str]]:
    """Key and name of the newest campaigns that the user sees whose name holds `text`, CAMPAIGNS_OFFERED at most."""
    wanted = Q(name__icontains=text) if text else Q()
    rows = visible_to(user, Campaign.objects.filter(wanted)).order_by("-pk")
    return list(rows.values_list("pk", "name")[:CAMPAIGNS_OFFERED])


def key_of(said: str) -> int:
    """0 for what can't be a row's number, which no database must be asked for."""
    return int(said) if said.isascii() and said.isdecimal() and len(said) <= MOST_DIGITS else 0


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None  # such as the 30th of February
