"""Filters of contacts by their calls: the day, the key, the account.

Only within a chosen campaign: its index of call records holds all three in the order of time, so that calls that do not
fit are passed over without being read. Over all campaigns a rare key on a day long ago would have the whole table read.
"""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dialer.admin.call_record_filters import KEYS
from dialer.admin.filters import CAMPAIGN, OfAccount, WithinDays, key_of, unaided
from dialer.admin.lists import COUNT_CAP
from dialer.models import CallRecord, Contact
from dialer.terms import Disposition

KEY, FATE = "keypress", "call"
ANY = "any"


def _campaign(request: HttpRequest) -> int:
    return key_of(request.GET.get(CAMPAIGN, ""))


def is_by_call(request: HttpRequest) -> bool:
    """Are only those asked for who had some call?"""
    names = (*ByCall.parameters, KEY, OfAccount.parameter_name)
    return bool(_campaign(request)) and any(request.GET.get(name) for name in names)


class ByCall(WithinDays):
    """Who was called in these days, with this key and through this account: one call that fits all of it.

    The other two filters only offer their choices.
    """

    title = _("day of a call")
    moment = "started_at"

    def has_output(self) -> bool:
        return bool(_campaign(self.request))

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.request = request

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        wanted = {name: request.GET.get(name, "") for name in (KEY, OfAccount.parameter_name)}
        if not _campaign(request) or not (any(self.days()) or any(wanted.values())):
            return queryset
        calls = super().queryset(request, CallRecord.objects.order_by())
        if key := wanted[KEY]:
            calls = calls.exclude(keypress="") if key == ANY else unaided(calls, KEY, key)
        if account := wanted[OfAccount.parameter_name]:
            calls = unaided(calls, "account", key_of(account))
        fate = request.GET.get(FATE, "")
        if fate in Disposition.values:
            calls = unaided(calls, "disposition", fate)
        # Among those whom another filter or a search finds, the newest of all would not do.
        is_cut_elsewhere = fate not in ("", *Disposition.values) or request.GET.get(SEARCH_VAR)
        if is_cut_elsewhere or getattr(request, "wants_every_row", False):
            return queryset.filter(Exists(calls.filter(attempt__contact=OuterRef("pk"))))
        newest = calls.filter(campaign=_campaign(request), attempt__isnull=False).order_by("-started_at")
        return queryset.filter(pk__in=list(newest.values_list("attempt__contact_id", flat=True)[: COUNT_CAP + 1]))


class ByKey(admin.SimpleListFilter):
    title = pgettext_lazy("of a telephone", "key")
    parameter_name = KEY

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(ANY, _("any key")), *((key, key) for key in KEYS)] if _campaign(request) else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        return queryset


class ByAccount(OfAccount):
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return super().lookups(request, model_admin) if _campaign(request) else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        return queryset
