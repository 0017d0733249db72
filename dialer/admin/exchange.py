"""Exchanges: what was said to carriers and what they answered, without secrets."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dialer.admin import columns, raw
from dialer.admin.base import ReadOnlyAdmin
from dialer.admin.batch import meant_by
from dialer.admin.filters import CAMPAIGN, OfAccountInTime, OfCampaign, unaided, within_days
from dialer.admin.links import to_row
from dialer.admin.lists import COUNT_CAP
from dialer.admin.navigation import Place, Section
from dialer.flow.visibility import FEW
from dialer.models import Batch, CarrierExchange


class ByAnswer(admin.SimpleListFilter):
    """How it went on the wire."""

    title = _("answer")
    parameter_name = "answer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("good", _("good")), ("complaint", _("with a complaint")), ("none", _("none came"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CarrierExchange]) -> QuerySet[CarrierExchange]:
        if self.value() == "good":
            return queryset.filter(complaint="", status__lt=400)
        if self.value() == "complaint":
            return queryset.exclude(complaint="")
        return queryset.filter(status__isnull=True) if self.value() == "none" else queryset


class ExchangesOfCampaign(OfCampaign):
    """Those about the campaign's batches; whatever else is said to a carrier is about no campaign."""

    field = "batch__campaign"

    def queryset(self, request: HttpRequest, queryset: QuerySet[CarrierExchange]) -> QuerySet[CarrierExchange]:
        """Few are found by their batches and sorted; of many those of others are passed over in the order of time."""
        if not self.said(CAMPAIGN):
            return queryset
        batches = list(Batch.objects.filter(campaign=self.chosen).order_by().values_list("pk", flat=True))
        if not batches:
            return queryset.none()
        few = CarrierExchange.objects.filter(batch__in=batches).order_by().values("pk")[: FEW + 1].count() <= FEW
        return queryset.filter(batch__in=batches) if few else unaided(queryset, "batch", *batches)


@admin.register(CarrierExchange)
class ExchangeAdmin(ReadOnlyAdmin):
    navigation = Place(Section.BEHIND_THE_SCENES, 30, "exchanges")
    empty_help = _(
        "Every request to a carrier and its answer is kept here for a while, without keys, tokens and full numbers. "
        "Test the connection of an account to see the first."
    )
    list_display = ["time", "the_purpose", "account", "answer", "elapsed", "complaint"]
    list_select_related = ["account"]
    list_filter = [within_days("at"), ExchangesOfCampaign, OfAccountInTime, ByAnswer]
    more_columns = ["address", "batch_link"]
    needs_of_columns = {"batch_link": "batch__campaign"}
    columns_with_links = ["batch_link"]
    search_fields = ["batch__reference__exact"]
    search_help_text = _("A whole number in any spelling, or the reference of a batch")
    ordering = ["-at", "-pk"]
    sortable_by: list[str] = []
    empty_value_display = columns.NOTHING
    long_fields = ("request", "response")
    fieldsets = [
        (
            None,
            {"fields": ["time", "account", "batch_link", "the_purpose", "address", "answer", "elapsed", "complaint"]},
        ),
        (_("What we said"), {"fields": ["said"]}),
        (_("What the carrier answered"), {"fields": ["answered"]}),
    ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CarrierExchange], search_term: str
    ) -> tuple[QuerySet[CarrierExchange], bool]:
        """Those of the batches that are meant: an exchange itself holds no full number."""
        if not search_term.strip():
            return queryset, False
        of_batches = CarrierExchange.objects.filter(batch__in=meant_by(search_term)).order_by("-pk")
        return queryset.filter(pk__in=list(of_batches.values_list("pk", flat=True)[: COUNT_CAP + 1])), False

    @admin.display(description=_("time"))
    def time(self, row: CarrierExchange) -> SafeString | str:
        return columns.when(row.at)

    @admin.display(description=_("purpose"))
    def the_purpose(self, row: CarrierExchange) -> str:
        return columns.purpose(row.purpose)

    @admin.display(description=_("HTTP status"))
    def answer(self, row: CarrierExchange) -> SafeString:
        """Green only if nothing was wrong with what it said, either."""
        if row.status is None:
            return columns.state_badge(gettext("no answer"), "alarm")
        is_good = row.status < 400 and not row.complaint
        return columns.state_badge(row.status, "good" if is_good else "warning" if row.status < 400 else "alarm")

    @admin.display(description=pgettext_lazy("for how long", "took"))
    def elapsed(self, row: CarrierExchange) -> str:
        return gettext("%(count)s ms") % {"count": columns.count(row.elapsed_milliseconds)}

    @admin.display(description=_("address"))
    def address(self, row: CarrierExchange) -> str:
        return row.url

    @admin.display(description=_("batch"))
    def batch_link(self, row: CarrierExchange) -> SafeString | str:
        return to_row(row.batch)

    @admin.display(description=_("request"))
    def said(self, row: CarrierExchange) -> SafeString | str:
        return raw.block(raw.laid_out_if_json(row.request), is_full=True)  # masked before it was stored

    @admin.display(description=_("answer"))
    def answered(self, row: CarrierExchange) -> SafeString | str:
        return raw.block(raw.laid_out_if_json(row.response), is_full=True)
