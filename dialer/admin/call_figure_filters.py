"""Filters behind the figures of charts: calls that began within a step, and those with a key that is not drawn apart.

Nobody types them, so they show only where an address says them.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dialer.admin import clock
from dialer.admin.filters import AskingFilter
from dialer.models import CallRecord

SINCE, BEFORE = "since", "before"
BESIDES = "keys_besides"


def within(since: datetime, before: datetime) -> dict[str, str]:
    """What an address says for the calls from one moment on and before the other."""
    return {SINCE: since.isoformat(), BEFORE: before.isoformat()}


class _Said(AskingFilter):
    template = "admin/filter.html"

    def has_output(self) -> bool:
        return any(self.said(name) for name in self.parameters)

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        yield self.choice(changelist, _("All"), is_chosen=False)
        said = {name: self.said(name) for name in self.parameters}
        yield self.choice(changelist, self.in_words(), is_chosen=True, **said)

    def in_words(self) -> str:
        raise NotImplementedError


class BetweenMoments(_Said):
    """The calls that began from one moment on and before another; nothing where an address says no moment."""

    title = _("time")
    parameters = (SINCE, BEFORE)

    def queryset(self, request: HttpRequest, queryset: QuerySet[CallRecord]) -> QuerySet[CallRecord]:
        if not self.has_output():
            return queryset
        since, before = (_moment(self.said(name)) for name in self.parameters)
        if since is None or before is None:
            return queryset.none()
        return queryset.filter(started_at__gte=since, started_at__lt=before)

    def in_words(self) -> str:
        since, before = (_moment(self.said(name)) for name in self.parameters)
        return f"{clock.moment(since)} – {clock.moment(before)}" if since and before else gettext("no time")


class OtherKeys(_Said):
    """The calls in which a key was pressed, but none of these."""

    title = pgettext_lazy("of a telephone", "key")
    parameters = (BESIDES,)

    def queryset(self, request: HttpRequest, queryset: QuerySet[CallRecord]) -> QuerySet[CallRecord]:
        if not self.has_output():
            return queryset
        return queryset.exclude(keypress="").exclude(keypress__in=self.said(BESIDES).split(","))

    def in_words(self) -> str:
        return gettext("none of %(keys)s") % {"keys": self.said(BESIDES).replace(",", ", ")}


def _moment(said: str) -> datetime | None:
    try:
        found = parse_datetime(said)
    except ValueError:
        return None  # such as the 30th of February
    return found if found is None or timezone.is_aware(found) else None
