"""Filters that stay fast on millions of rows: ranges and exact values.

No DISTINCT, no function on a column, no choices that have to be counted first.
"""

from datetime import timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dialer.models import Campaign

CAMPAIGNS_OFFERED = 30
MOST_DIGITS = 18  # fits in the database's integers


class WithinDays(SimpleListFilter):
    """Today, or so many days back, as a range on `moment`; days begin at midnight of the console's time zone."""

    title = _("day")
    parameter_name = "days"
    moment: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("Today")), ("7", _("The last 7 days")), ("30", _("The last 30 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"1", "7", "30"}:
            return queryset
        today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        return queryset.filter(**{f"{self.moment}__gte": today - timedelta(days=int(self.value() or 1) - 1)})


def within_days(moment: str) -> type[WithinDays]:
    """The filter for this field."""
    return type("WithinDays", (WithinDays,), {"moment": moment})


class OfCampaign(SimpleListFilter):
    """The newest campaigns; an older one stays chosen when its address is followed."""

    title = _("campaign")
    # As links from other pages write it, on each page: Django refuses the name of a field behind another row.
    parameter_name = "campaign__id__exact"
    field: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        newest = [(str(pk), name) for pk, name in Campaign.objects.values_list("pk", "name")[:CAMPAIGNS_OFFERED]]
        chosen = self._chosen()
        if chosen and str(chosen) not in dict(newest):
            older = Campaign.objects.filter(pk=chosen).values_list("pk", "name")
            newest += [(str(pk), name) for pk, name in older]
        return newest

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        chosen = self._chosen()
        return queryset.filter(**{self.field: chosen}) if chosen else queryset.none()

    def _chosen(self) -> int:
        """0 for what can't be a campaign's number, which no database must be asked for."""
        said = self.value() or ""
        return int(said) if said.isdecimal() and len(said) <= MOST_DIGITS else 0


def of_campaign(field: str) -> type[OfCampaign]:
    """The filter for a campaign that is reached by this field."""
    return type("OfCampaign", (OfCampaign,), {"field": field})
