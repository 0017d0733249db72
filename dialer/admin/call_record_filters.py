"""Filters of call records. Each is answered by an index that holds all the columns they ask for."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dialer.admin.filters import OfAccount, OfCampaign, unaided
from dialer.models import CallRecord
from dialer.terms import Disposition

KEYS = "1234567890*#"
RECORDING = "recording"


def exactly(calls: QuerySet[CallRecord], request: HttpRequest, field: str, value: Any) -> QuerySet[CallRecord]:
    """The calls whose `field` is `value`; among those with a recording by their own index, which holds the field."""
    return unaided(calls, field, value) if RECORDING in request.GET else calls.filter(**{field: value})


class CallsOfCampaign(OfCampaign):
    def queryset(self, request: HttpRequest, queryset: QuerySet[CallRecord]) -> QuerySet[CallRecord]:
        if not self.said(self.parameters[0]):
            return queryset
        return exactly(queryset, request, "campaign", self.chosen) if self.chosen else queryset.none()


class CallsOfAccount(OfAccount):
    def queryset(self, request: HttpRequest, queryset: QuerySet[CallRecord]) -> QuerySet[CallRecord]:
        if self.value() is None:
            return queryset
        return exactly(queryset, request, "account", self.chosen) if self.chosen else queryset.none()


class ByOutcome(admin.SimpleListFilter):
    """How the calls ended."""

    title = _("disposition")
    parameter_name = "disposition__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Disposition.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[CallRecord]) -> QuerySet[CallRecord]:
        return exactly(queryset, request, "disposition", self.value()) if self.value() else queryset


class ByKeypress(admin.SimpleListFilter):
    """The key that was pressed; what keys there were is not asked, for that would read the whole table."""

    title = pgettext_lazy("of a telephone", "key")
    parameter_name = "keypress"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("any", _("any key")), *((key, key) for key in KEYS)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CallRecord]) -> QuerySet[CallRecord]:
        if not self.value():
            return queryset
        pressed = queryset.exclude(keypress="")  # said of one key, too: so the index of calls with a key is taken
        return pressed if self.value() == "any" else pressed.filter(keypress=self.value())


class WithRecording(admin.SimpleListFilter):
    """Did the carrier promise a recording? Calls without are not offered: where most have one, none is found fast."""

    title = _("recording")
    parameter_name = RECORDING

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("promised"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CallRecord]) -> QuerySet[CallRecord]:
        return queryset.exclude(recording_name="") if self.value() == "yes" else queryset
