"""Filters of contacts: why one is skipped, and what became of the others.

What became of somebody stands in the attempts. Asked of each contact that would be a question for a million rows; so
the attempts are asked, by their indexes, and only within the campaign that is chosen.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dialer.admin.contact_calls import is_by_call
from dialer.admin.filters import CAMPAIGN, key_of, unaided
from dialer.admin.lists import COUNT_CAP
from dialer.flow import forecast
from dialer.flow.reports import OVER, newest
from dialer.flow.visibility import visible_to
from dialer.models import Attempt, Batch, CallRecord, Campaign, Contact
from dialer.terms import Disposition, SkipReason


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
    """What became of a contact that is not skipped, as the page of a campaign counts them.

    An outcome is that of the last call, of whom is not to be called again.
    """

    title = pgettext_lazy("what became of somebody", "call")
    parameter_name = "call"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("waiting", _("waiting here")),
            ("again", _("to be called again")),
            ("postponed", _("postponed")),
            ("silent", _("silent")),
            ("uncalled", _("refused, dropped or cancelled")),
            ("open", _("no outcome yet")),
            ("billed", pgettext_lazy("fate of an attempt", "billed")),
            *Disposition.choices,
        ]

    def queryset(self, request: HttpRequest, contacts: QuerySet[Contact]) -> QuerySet[Contact]:
        fate = self.value()
        if fate is None:
            return contacts
        if fate == "postponed":
            return _postponed(contacts)
        place = PLACES.get(fate)
        if place is None:
            return contacts.none()
        # Among few found by a search or by their calls, and for an export, the first of all would not do.
        is_of_few = request.GET.get(SEARCH_VAR) or (fate in Disposition.values and is_by_call(request))
        if is_of_few or getattr(request, "wants_every_row", False):
            return contacts.filter(place.everybody(), skip_reason="")
        return contacts.filter(pk__in=_first(place, key_of(request.GET.get(CAMPAIGN, "")), most=COUNT_CAP + 1))


class CalledToday(admin.SimpleListFilter):
    """Whom any campaign called today, as the sheet before a launch counts them: on the clock of a campaign's people."""

    title = _("called today")
    parameter_name = "called"
    TODAY = "today"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(self.TODAY, _("by any campaign"))] if _chosen_campaign(request) else []

    def queryset(self, request: HttpRequest, contacts: QuerySet[Contact]) -> QuerySet[Contact]:
        campaign = _chosen_campaign(request)
        if self.value() != self.TODAY or campaign is None:
            return contacts
        return forecast.called_today(contacts, campaign, now=timezone.now())


def _chosen_campaign(request: HttpRequest) -> Campaign | None:
    rows = visible_to(request.user, Campaign.objects.select_related("account"))
    return rows.filter(pk=key_of(request.GET.get(CAMPAIGN, ""))).first()


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where somebody may be: by one of their attempts, or without any in a campaign of some state.

    Of attempts that may be many the functions give the first ones by contact, which an index finds.
    """

    attempts: Sequence[Callable[[QuerySet[Attempt]], QuerySet[Attempt]]]
    campaigns: Q | None  # those of whose people without an attempt it is the place; None: of nobody

    def everybody(self) -> Q:
        """The condition on contacts, however long it takes to be answered."""
        attempts = Attempt.objects.filter(contact=OuterRef("pk"))
        found = Q(pk__in=())
        for some in self.attempts:
            found |= Q(Exists(some(attempts)))
        if self.campaigns is None:
            return found
        return found | Q(~Exists(attempts), campaign__in=Campaign.objects.filter(self.campaigns))


def _open(attempts: QuerySet[Attempt]) -> QuerySet[Attempt]:
    rows = attempts.filter(settled_at__isnull=True, silent_since__isnull=True, contact__skip_reason="")
    return rows.order_by("contact")


def _again(attempts: QuerySet[Attempt]) -> QuerySet[Attempt]:
    rows = newest(attempts.filter(retry_at__isnull=False)).exclude(batch__campaign__state__in=OVER)
    return rows.order_by("contact")


def _in_waiting_batches(attempts: QuerySet[Attempt]) -> QuerySet[Attempt]:
    return newest(_open(attempts).filter(batch__state=Batch.State.WAITING)).order_by()  # few batches wait at a time


def _refused(attempts: QuerySet[Attempt]) -> QuerySet[Attempt]:
    """Few: a campaign pauses when it is refused."""
    return newest(attempts.filter(NOT_AGAIN, REFUSED)).order_by()


def _billed(attempts: QuerySet[Attempt]) -> QuerySet[Attempt]:
    rows = attempts.filter(NOT_AGAIN, ~REFUSED, settled_at__isnull=False).exclude(disposition=Disposition.NOT_CALLED)
    return newest(rows).order_by("contact")


def _silent(attempts: QuerySet[Attempt]) -> QuerySet[Attempt]:
    rows = attempts.filter(NOT_AGAIN, ~REFUSED, silent_since__isnull=False, settled_at__isnull=True)
    return newest(rows).order_by("contact")


def _ended(disposition: Disposition) -> Callable[[QuerySet[Attempt]], QuerySet[Attempt]]:
    return lambda attempts: newest(attempts.filter(NOT_AGAIN, ~REFUSED, disposition=disposition)).order_by("contact")


def _cancelled(attempts: QuerySet[Attempt]) -> QuerySet[Attempt]:
    """Of people who were in nothing but batches that never left; few, as those that wait at a time."""
    others = Attempt.objects.filter(contact=OuterRef("contact")).exclude(batch__state=Batch.State.CANCELLED)
    return attempts.filter(~Exists(others), batch__state=Batch.State.CANCELLED, contact__skip_reason="")


NOT_AGAIN = Q(retry_at__isnull=True) | Q(batch__campaign__state__in=OVER)
# By the carrier, and nobody was called all the same.
REFUSED = Q(~Exists(CallRecord.objects.filter(attempt=OuterRef("pk"))), batch__state=Batch.State.REFUSED)
PLACES = {
    "open": Place(attempts=[_open], campaigns=~Q(state__in=OVER)),
    "waiting": Place(attempts=[_again, _in_waiting_batches], campaigns=~Q(state__in=OVER)),
    "again": Place(attempts=[_again], campaigns=None),
    "silent": Place(attempts=[_silent], campaigns=None),
    "billed": Place(attempts=[_billed], campaigns=None),
    **{one.value: Place(attempts=[_ended(one)], campaigns=None) for one in Disposition},
    "uncalled": Place(
        attempts=[_ended(Disposition.NOT_CALLED), _refused, _cancelled],
        campaigns=Q(state=Campaign.State.CANCELLED),
    ),
}


def _attempts_of(campaign: int) -> QuerySet[Attempt]:
    """All attempts, or about those of the campaign: its contacts came in few pieces, so their keys lie close."""
    attempts = Attempt.objects.order_by()
    if not campaign:
        return attempts
    keys = Contact.objects.filter(campaign=campaign).order_by("pk").values_list("pk", flat=True)
    first, last = keys.first(), keys.last()
    return attempts.filter(contact__gte=first or 0, contact__lte=last or 0)


def _first(place: Place, campaign: int, *, most: int) -> list[int]:
    """Who is there: the first so many by their keys."""
    found: list[int] = []
    for key, rows in _rows_of(place, campaign):
        nearer = {f"{key}__lt": found[-1]} if len(found) == most else {}
        keys = rows.filter(**nearer).values_list(key, flat=True)[:most]
        found = sorted({*found, *keys})[:most]
    return found


def _rows_of(place: Place, campaign: int) -> Iterator[tuple[str, QuerySet[Any]]]:
    """The rows that tell who is there, in order, each with the field of the person's key."""
    yield from (("contact", some(_attempts_of(campaign))) for some in place.attempts)
    if place.campaigns is not None:
        yield from (("pk", rows.order_by("pk")) for rows in _without_attempt(campaign, place.campaigns))


def _without_attempt(campaign: int, state: Q) -> Iterator[QuerySet[Contact]]:
    """Who was never in a batch, in campaigns of this state: the postponed, and whom nobody looked at yet."""
    campaigns = Campaign.objects.filter(state, Q(pk=campaign) if campaign else Q())
    waiting = Contact.objects.filter(~Exists(Attempt.objects.filter(contact=OuterRef("pk"))))
    yield _postponed(waiting.filter(campaign__in=list(campaigns.values_list("pk", flat=True))))
    # Everybody up to `planned_through` has been handed over, postponed or skipped.
    unplanned = dict(campaigns.filter(is_planned=False).values_list("pk", "planned_through"))
    # The least of these bounds says to a database with statistics that few are left, however many there were.
    left = waiting.filter(pk__gt=min(unplanned.values(), default=0), skip_reason="")
    yield left.filter(campaign__in=list(unplanned), pk__gt=F("campaign__planned_through"))


def _postponed(contacts: QuerySet[Contact]) -> QuerySet[Contact]:
    """By the indexes of those who are, which are fewer than those who are not skipped."""
    return unaided(contacts.filter(postponed_until__isnull=False), "skip_reason", "")
