"""Attempts: who was in which batch and round, and what became of it. Reached from a batch."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dialer.admin import columns, phone_numbers
from dialer.admin.base import ReadOnlyAdmin
from dialer.admin.links import to_list, to_row
from dialer.models import Attempt, CallRecord


class ByFate(admin.SimpleListFilter):
    """Billed, open or silent."""

    title = pgettext_lazy("of a call", "fate")
    parameter_name = "fate"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("billed", pgettext_lazy("fate of an attempt", "billed")),
            ("open", pgettext_lazy("without an outcome", "open")),
            ("silent", _("silent")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Attempt]) -> QuerySet[Attempt]:
        wanted = {
            "billed": Q(settled_at__isnull=False),
            "open": Q(settled_at__isnull=True, silent_since__isnull=True),
            "silent": Q(silent_since__isnull=False),
        }
        return queryset.filter(wanted.get(self.value() or "", Q()))


@admin.register(Attempt)
class AttemptAdmin(phone_numbers.NumbersShown, ReadOnlyAdmin):
    """Reached from a batch: who was in it."""

    empty_help = _(
        "Who is handed to the carrier, in which batch and round, is written down here before it leaves. Launch a "
        "campaign to see the first."
    )
    list_display = ["the_number", "row_number", "the_batch", "round", "outcome", "key", "settled", "silent"]
    list_select_related = ["contact", "batch__campaign"]
    list_filter = [ByFate, "disposition"]
    more_columns = ["next_round", "calls"]
    columns_with_links = ["the_number", "the_batch", "calls"]
    search_fields = ["contact__number__exact"]
    list_display_links = ["row_number"]
    sortable_by: list[str] = []
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "the_number",
                    "row_number",
                    "the_batch",
                    "round",
                    "outcome",
                    "key",
                    "settled",
                    "silent",
                    "next_round",
                    "calls",
                ]
            },
        )
    ]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "batch__id__exact" or super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Attempt], search_term: str
    ) -> tuple[QuerySet[Attempt], bool]:
        if not search_term.strip():
            return queryset, False
        found = phone_numbers.find(queryset, search_term, "contact__number", may_guess=self.sees_full_numbers(request))
        return (queryset.none() if found is None else found.rows), False

    @admin.display(description=_("number"))
    def the_number(self, row: Attempt) -> Any:
        return phone_numbers.shown(row.contact.number, row)

    @admin.display(description=_("row of the list"))
    def row_number(self, row: Attempt) -> str:
        return columns.count(row.contact.row_number)

    @admin.display(description=_("batch"))
    def the_batch(self, row: Attempt) -> SafeString | str:
        return to_row(row.batch)

    @admin.display(description=_("outcome"))
    def outcome(self, row: Attempt) -> SafeString | str:
        if not row.disposition:
            return columns.NOTHING
        return columns.state_badge(row.get_disposition_display(), row.disposition)

    @admin.display(description=pgettext_lazy("of a telephone", "key"))
    def key(self, row: Attempt) -> str:
        return row.keypress or columns.NOTHING

    @admin.display(description=pgettext_lazy("moment", "billed"))
    def settled(self, row: Attempt) -> SafeString | str:
        return columns.when(row.settled_at)

    @admin.display(description=_("silent since"))
    def silent(self, row: Attempt) -> SafeString | str:
        return columns.when(row.silent_since)

    @admin.display(description=_("look at"))
    def calls(self, row: Attempt) -> SafeString:
        return to_list(CallRecord, gettext("its call records"), attempt__id__exact=row.pk)

    @admin.display(description=_("next round at"))
    def next_round(self, row: Attempt) -> SafeString | str:
        return columns.when(row.retry_at)
