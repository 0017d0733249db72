"""Batches: what was handed to the carrier, what it said, and who of it was billed."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dialer.admin import columns, phone_numbers
from dialer.admin.base import ReadOnlyAdmin
from dialer.admin.batch_task import TaskDoors, task_context
from dialer.admin.doors import address, routes
from dialer.admin.filters import OfAccount, of_campaign, within_days
from dialer.admin.links import to_list, to_row
from dialer.admin.lists import QuickList
from dialer.admin.navigation import Attention, Place, Section, capped_count
from dialer.admin.uncertain import VerdictDoors, exchanges_context
from dialer.flow.carrier_tasks import can_be_asked
from dialer.flow.visibility import visible_to
from dialer.models import Attempt, Batch, CallRecord

ASKED_ABOUT = (Batch.State.UNCERTAIN, Batch.State.ACCEPTED)
NEVER_LEFT = (Batch.State.WAITING, Batch.State.CANCELLED, Batch.State.REFUSED)


def count_people(batches: Iterable[Batch]) -> None:
    """Note on each batch how many of it are `billed`, `silent` and `open`, with one query for all of them."""
    batches = list(batches)
    found = (
        Attempt.objects.filter(batch__in=[batch.pk for batch in batches])
        .order_by()
        .values("batch")
        .annotate(
            billed=Count("pk", filter=Q(settled_at__isnull=False)),
            silent=Count("pk", filter=Q(silent_since__isnull=False)),
            people=Count("pk"),
        )
    )
    counts = {row["batch"]: row for row in found}
    for batch in batches:
        row = counts.get(batch.pk, {"billed": 0, "silent": 0, "people": 0})
        batch.billed = 0 if batch.state == Batch.State.REFUSED else row["billed"]
        batch.silent = row["silent"]
        batch.open = 0 if batch.state in NEVER_LEFT else row["people"] - row["billed"] - row["silent"]


def meant_by(text: str) -> list[int]:
    """The keys of the batches that have this reference, or in which somebody with this number is."""
    if found := phone_numbers.keys_about(text, Attempt.objects.all(), "contact__number", "batch_id"):
        return found
    return list(Batch.objects.filter(reference=text.strip().lower()).values_list("pk", flat=True))


class BatchList(QuickList):
    """A page of batches with its people counted at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        count_people(self.result_list)


@admin.register(Batch)
class BatchAdmin(VerdictDoors, TaskDoors, ReadOnlyAdmin):
    navigation = Place(Section.BEHIND_THE_SCENES, 10, "batches")
    empty_help = _(
        "A campaign’s people are handed to the carrier in batches, one request each. They appear here as soon as a "
        "campaign runs."
    )
    list_display = [
        "name",
        "the_state",
        "people",
        "billed_count",
        "open_count",
        "silent_count",
        "sent",
        "answered_after",
        "next_question",
        "said",
    ]
    more_columns = ["account", "the_reference", "settled", "next_try", "tries", "last_question", "task_id"]
    needs_of_columns = {"account": "account"}
    columns_with_links = ["the_reference", "task_id"]
    list_select_related = ["campaign"]
    list_filter = [within_days("sent_at"), of_campaign("campaign"), OfAccount, "state"]
    list_per_page = 25
    search_fields = ["reference__exact"]
    search_help_text = _("A whole number in any spelling, or the reference of a batch")
    sortable_by: list[str] = []
    fieldsets = [
        (_("The batch"), {"fields": ["campaign_link", "account", "sequence", "the_state", "said", "the_reference"]}),
        (_("Its people"), {"fields": ["people", "billed_bar", "open_count", "silent_count", "lists"]}),
        (_("What happened when"), {"fields": ["sent", "answered", "settled", "next_try", "tries"]}),
        (_("Questions about it"), {"fields": ["ask_count", "last_question", "next_question"]}),
    ]
    task = (_("At the carrier"), {"fields": ["task_id", "starts", "the_task_state", "task_asked"]})
    decision = (_("Decided by hand"), {"fields": ["decided", "decided_by", "decided_because"]})

    def get_urls(self) -> list[Any]:
        views = {
            "decide": self.decide_view,
            "was_sent": self.was_sent_view,
            "was_not_sent": self.was_not_sent_view,
            "ask": self.ask_view,
            "ask_task": self.ask_task_view,
            "take_back": self.take_back_view,
        }
        return [*routes(self, **views), *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: Batch | None = None) -> Any:
        has_task = obj is not None and (obj.carrier_task_id or obj.starts_at or can_be_asked(obj))
        was_decided = obj is not None and obj.decided_at is not None
        return [*self.fieldsets, *([self.task] if has_task else []), *([self.decision] if was_decided else [])]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BatchList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Batch | None:
        batch = super().get_object(request, object_id, from_field)
        if batch is not None:
            count_people([batch])
        return batch

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        batch = self.get_object(request, object_id)
        if batch is None:
            return super().change_view(request, object_id, form_url, extra_context)
        context = {
            **exchanges_context(request, batch.pk),
            **task_context(request, batch),
            "may_decide": request.user.has_perm("dialer.decide_uncertain"),
        }
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Batch], search_term: str
    ) -> tuple[QuerySet[Batch], bool]:
        return (queryset.filter(pk__in=meant_by(search_term)) if search_term.strip() else queryset), False

    def attention(self, request: HttpRequest) -> list[Attention]:
        seen = visible_to(request.user, Batch.objects.all())
        uncertain = seen.filter(state=Batch.State.UNCERTAIN)
        refused = seen.filter(state=Batch.State.REFUSED, attempts__settled_at=None).distinct()
        first = uncertain.first()
        count = capped_count(uncertain) if first else 0
        may_decide = request.user.has_perm("dialer.decide_uncertain")
        return [
            Attention(
                count=count,
                text=gettext("Batches whose fate is not known"),
                remedy=gettext(
                    "The carrier gave no clear answer, so they are not sent again. A bill proves that a batch was "
                    "taken; if none comes, ask the carrier with the batch’s reference and decide."
                ),
                url=address(first, "decide") if first and count == 1 and may_decide else "",
                query=f"state__exact={Batch.State.UNCERTAIN}",
                is_alarm=True,
            ),
            Attention(
                count=capped_count(refused),
                text=gettext("Batches that the carrier refused"),
                remedy=gettext(
                    "Nobody in them was called. Read what the carrier said, mend it and resume the campaign: its "
                    "people get a new batch."
                ),
                query=f"state__exact={Batch.State.REFUSED}",
            ),
        ]

    @admin.display(description=_("batch"))
    def name(self, row: Batch) -> str:
        return str(row)

    @admin.display(description=_("state"))
    def the_state(self, row: Batch) -> SafeString:
        return columns.state_badge(row.get_state_display(), row.state)

    @admin.display(description=_("people"))
    def people(self, row: Batch) -> str:
        return columns.count(row.contact_count)

    @admin.display(description=pgettext_lazy("how many people", "billed"))
    def billed_bar(self, row: Any) -> SafeString | str:
        if row.state in NEVER_LEFT:
            return columns.NOTHING
        return columns.progress_bar(row.billed, row.contact_count)

    @admin.display(description=pgettext_lazy("how many people", "billed"))
    def billed_count(self, row: Any) -> str:
        return columns.NOTHING if row.state in NEVER_LEFT else columns.count(row.billed)

    @admin.display(description=pgettext_lazy("without an outcome", "open"))
    def open_count(self, row: Any) -> str:
        return columns.count(row.open) if row.open else columns.NOTHING

    @admin.display(description=_("silent"))
    def silent_count(self, row: Any) -> str:
        return columns.count(row.silent) if row.silent else columns.NOTHING

    @admin.display(description=_("sent"))
    def sent(self, row: Batch) -> SafeString | str:
        return columns.when(row.sent_at)

    @admin.display(description=pgettext_lazy("what the carrier did", "answered"))
    def answered(self, row: Batch) -> SafeString | str:
        return columns.when(row.answered_at)

    @admin.display(description=pgettext_lazy("what the carrier did", "answered after"))
    def answered_after(self, row: Batch) -> str:
        """Seconds tell how the carrier is; the moment itself stands on the batch's page."""
        if row.sent_at is None or row.answered_at is None:
            return columns.NOTHING
        return columns.duration((row.answered_at - row.sent_at).total_seconds())

    @admin.display(description=_("everybody billed"))
    def settled(self, row: Batch) -> SafeString | str:
        return columns.when(row.settled_at)

    @admin.display(description=_("next try"))
    def next_try(self, row: Batch) -> SafeString | str:
        return columns.when(row.due_at if row.state == Batch.State.WAITING else None)

    @admin.display(description=_("last asked"))
    def last_question(self, row: Batch) -> SafeString | str:
        return columns.when(row.asked_at)

    @admin.display(description=_("asked next"))
    def next_question(self, row: Batch) -> SafeString | str:
        """When the carrier is asked for bills with its reference."""
        return columns.when(row.ask_at if row.state in ASKED_ABOUT else None)

    @admin.display(description=_("decided"))
    def decided(self, row: Batch) -> SafeString | str:
        return columns.when(row.decided_at)

    @admin.display(description=_("carrier said"))
    def said(self, row: Batch) -> str:
        code = f"({row.carrier_code})" if row.carrier_code else ""
        return " ".join(part for part in (row.message, code) if part) or columns.NOTHING

    @admin.display(description=_("reference"))
    def the_reference(self, row: Batch) -> SafeString | str:
        return columns.copyable(row.reference)

    @admin.display(description=_("task at the carrier"))
    def task_id(self, row: Batch) -> SafeString | str:
        return columns.copyable(row.carrier_task_id)

    @admin.display(description=_("begins"))
    def starts(self, row: Batch) -> SafeString | str:
        return columns.when(row.starts_at) if row.starts_at else gettext("at once")

    @admin.display(description=_("by its word"))
    def the_task_state(self, row: Batch) -> SafeString | str:
        if not row.task_state:
            return gettext("not asked yet") if can_be_asked(row) else columns.NOTHING
        return columns.state_badge(row.get_task_state_display(), f"task-{row.task_state}")

    @admin.display(description=_("asked"))
    def task_asked(self, row: Batch) -> SafeString | str:
        return columns.when(row.task_asked_at)

    @admin.display(description=_("campaign"))
    def campaign_link(self, row: Batch) -> SafeString | str:
        return to_row(row.campaign)

    @admin.display(description=_("look at"))
    def lists(self, row: Batch) -> SafeString:
        people = to_list(Attempt, gettext("each of its people"), batch__id__exact=row.pk)
        return format_html("{} · {}", people, to_list(CallRecord, gettext("its calls"), batch__id__exact=row.pk))
