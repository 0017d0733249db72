"""Filters of contacts: why one is skipped, and what became of the others.

What became of somebody stands in the attempts. Asked of each contact that would be a question for a million rows; so
the attempts are asked, by their indexes, and only within the campaign that is chosen.
"""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dialer.admin.filters import CAMPAIGN, key_of
from dialer.admin.lists import COUNT_CAP
from dialer.models import Attempt, Campaign, Contact
from dialer.terms import Disposition, SkipReason

OVER = (Campaign.State.FINISHED, Campaign.State.CANCELLED)


class WhySkipped(admin.SimpleListFilter):
    """Why a row is not called, or that it is."""

    title = _("skip reason")
    parameter_name = "skip_reason__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("", _("not skipped")), *SkipReason.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        match self.value():
            case None:
                return queryset
            case "":
                return queryset.filter(skip_reason="")
            case reason:  # said twice, so that the index of the few who are skipped is taken
                return queryset.exclude(skip_reason="").filter(skip_reason=reason)


class ByFate(admin.SimpleListFilter):
    """What became of a contact that is not skipped."""

    title = pgettext_lazy("what became of somebody", "call")
    parameter_name = "call"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("no outcome yet")), ("silent", _("silent")), *Disposition.choices]

    def queryset(self, request: HttpRequest, contacts: QuerySet[Contact]) -> QuerySet[Contact]:
        fate = self.value()
        if fate is None:
            return contacts
        campaign = key_of(request.GET.get(CAMPAIGN, ""))
        # Among few found by a search, and for an export, the first of all would not do.
        if fate == "open" and (request.GET.get(SEARCH_VAR) or getattr(request, "wants_every_row", False)):
            closed = Q(settled_at__isnull=False) | Q(silent_since__isnull=False)
            return contacts.filter(~Exists(Attempt.objects.filter(closed, contact=OuterRef("pk"))), skip_reason="")
        if fate == "open":
            return contacts.filter(pk__in=_without_outcome(campaign, most=COUNT_CAP + 1))
        attempts = _attempts_of(campaign)
        wanted = Q(silent_since__isnull=False) if fate == "silent" else Q(disposition=fate)
        found = attempts.filter(wanted)
        return contacts.filter(pk__in=found.values("contact"))


def _attempts_of(campaign: int) -> QuerySet[Attempt]:
    """All attempts, or about those of the campaign: its contacts came in few pieces, so their keys lie close."""
    attempts = Attempt.objects.order_by()
    if not campaign:
        return attempts
    keys = Contact.objects.filter(campaign=campaign).order_by("pk").values_list("pk", flat=True)
    first, last = keys.first(), keys.last()
    return attempts.filter(contact__gte=first or 0, contact__lte=last or 0)


def _without_outcome(campaign: int, *, most: int) -> list[int]:
    """Who is handed over or still waits in a campaign that is not over: the first so many by their keys."""
    attempts = _attempts_of(campaign).filter(settled_at__isnull=True, silent_since__isnull=True)
    handed_over = attempts.filter(contact__skip_reason="").order_by("contact").values_list("contact", flat=True)
    found = {*handed_over[:most]}
    wanted = Q(campaign=campaign) if campaign else Q()
    waiting = Contact.objects.filter(wanted, ~Exists(Attempt.objects.filter(contact=OuterRef("pk"))), skip_reason="")
    postponed = waiting.filter(postponed_until__isnull=False)
    # Everybody up to `planned_through` has been handed over, postponed or skipped.
    unplanned = Campaign.objects.filter(Q(pk=campaign) if campaign else Q(), is_planned=False).exclude(state__in=OVER)
    ahead = waiting.filter(campaign__in=list(unplanned.values_list("pk", flat=True)))
    ahead = ahead.filter(pk__gt=F("campaign__planned_through"))
    for rows in (postponed, ahead):
        found.update(rows.order_by("pk").values_list("pk", flat=True)[:most])
    return sorted(found)[:most]
