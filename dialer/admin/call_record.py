"""Call records: what became of every call, as the carrier billed it."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dialer import figures
from dialer.admin import columns, phone_numbers, raw
from dialer.admin.base import ReadOnlyAdmin
from dialer.admin.call_figure_filters import BetweenMoments, OtherKeys
from dialer.admin.call_record_filters import ByKeypress, ByOutcome, CallsOfAccount, CallsOfCampaign, WithRecording
from dialer.admin.filters import within_days
from dialer.admin.links import to_row
from dialer.admin.navigation import Place, Section
from dialer.models import Account, Batch, CallRecord

# Fields of the page, and the column without which they say nothing.
COSTS = {"the_cost": "cost", "the_rate": "rate", "billing": "billing_period", "charged": "charged_seconds"}


@admin.register(CallRecord)
class CallRecordAdmin(phone_numbers.NumbersShown, ReadOnlyAdmin):
    """An app that keeps something of a call may derive from this page and register itself in its place."""

    navigation = Place(Section.OPERATE, 30, "calls")
    empty_help = _(
        "Each call that the carrier bills appears here, by callback within moments or when its bills are read. "
        "Launch a campaign to have people called."
    )
    list_display = [
        "started",
        "the_number",
        "the_campaign",
        "outcome",
        "ring",
        "talk",
        "key",
        "known_by",
    ]
    list_select_related = ["campaign"]
    more_columns = ["account", "the_batch", "the_caller_id", "hung_up", "answered", "ended", "the_cost", "call_id"]
    needs_of_columns = {"account": "account", "the_batch": "batch__campaign"}
    columns_with_links = ["the_number", "the_batch", "play", "call_id"]
    list_filter = [
        within_days("started_at"),
        CallsOfCampaign,
        CallsOfAccount,
        ByOutcome,
        ByKeypress,
        WithRecording,
        BetweenMoments,
        OtherKeys,
    ]
    search_fields = ["number__exact"]
    ordering = ["-started_at", "-pk"]
    sortable_by = ["started"]
    empty_value_display = columns.NOTHING
    long_fields = ("raw_callback", "raw_bill")
    fieldsets = [
        (
            _("The call"),
            {
                "fields": [
                    "the_number",
                    "the_caller_id",
                    "outcome",
                    "hung_up",
                    "key",
                    "started",
                    "answered",
                    "ended",
                    "ring",
                    "talk",
                ]
            },
        ),
        (_("What it cost"), {"fields": ["the_cost", "the_rate", "billing", "charged"]}),
        (
            _("Where it belongs"),
            {"fields": ["campaign_link", "batch_link", "account", "the_reference", "call_id", "call_uuid"]},
        ),
        (_("How we know"), {"fields": ["by_callback", "by_pull", "the_recording_name"]}),
        (_("As the callback said it"), {"fields": ["callback_text"], "classes": ["collapse"]}),
        (_("As the bill said it"), {"fields": ["bill_text"], "classes": ["collapse"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: CallRecord | None = None) -> Any:
        """What the carrier does not tell about this call's cost is left out."""
        unknown = {name for name, known in COSTS.items() if obj is not None and getattr(obj, known) in (None, "")}
        parts = super().get_fieldsets(request, obj)
        left = [(title, part, [name for name in part["fields"] if name not in unknown]) for title, part in parts]
        return [(title, {**part, "fields": fields}) for title, part, fields in left if fields]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CallRecord], search_term: str
    ) -> tuple[QuerySet[CallRecord], bool]:
        """Whatever is typed is looked up in an index: the carrier's call id, a number, or one of our references."""
        text = search_term.strip()
        if not text:
            return queryset, False
        # With its account, since only the pair is indexed.
        accounts = list(Account.objects.values_list("pk", flat=True))
        by_call_id = CallRecord.objects.order_by().filter(account__in=accounts, carrier_call_id=text)
        if keys := list(by_call_id.values_list("pk", flat=True)):
            numbers = phone_numbers.readings(text)
            return queryset.filter(Q(pk__in=keys) | Q(number__in=numbers)), False
        found = phone_numbers.find(queryset, text, "number", may_guess=self.sees_full_numbers(request))
        if found is not None:
            return found.rows, False
        batches = list(Batch.objects.filter(reference=text.lower()).values_list("pk", flat=True))
        return queryset.filter(batch__in=batches), False

    def sound_of(self, row: CallRecord) -> SafeString | str:
        """What there is to hear of a call, on pages that tell of several."""
        return gettext("recording promised") if row.recording_name else ""

    @admin.display(description=_("time"), ordering="started_at")
    def started(self, row: CallRecord) -> SafeString | str:
        return columns.when(row.started_at)

    @admin.display(description=_("number"))
    def the_number(self, row: CallRecord) -> Any:
        return phone_numbers.shown(row.number, row)

    @admin.display(description=_("number shown to the person"))
    def the_caller_id(self, row: CallRecord) -> str:
        return row.caller_id or columns.NOTHING

    @admin.display(description=_("outcome"))
    def outcome(self, row: CallRecord) -> SafeString:
        return columns.state_badge(row.get_disposition_display(), row.disposition)

    @admin.display(description=_("hung up"))
    def hung_up(self, row: CallRecord) -> str:
        told = {"who": row.get_hung_up_by_display(), "meaning": gettext(row.hangup_meaning)}
        words = gettext("%(meaning)s, by %(who)s") if row.hangup_meaning else gettext("by %(who)s")
        return words % told + (f" ({row.hangup_code})" if row.hangup_code else "")

    @admin.display(description=pgettext_lazy("for how long", "rang"))
    def ring(self, row: CallRecord) -> str:
        return columns.duration(row.ring_seconds)

    @admin.display(description=_("talked"))
    def talk(self, row: CallRecord) -> str:
        return columns.duration(row.talk_seconds)

    @admin.display(description=pgettext_lazy("of a telephone", "key"))
    def key(self, row: CallRecord) -> str:
        return row.keypress or columns.NOTHING

    @admin.display(description=_("how we know"))
    def known_by(self, row: CallRecord) -> str:
        if row.by_callback_at and row.by_pull_at:
            return pgettext("how we know of a call", "both")
        return gettext("callback") if row.by_callback_at else pgettext("how we know of a call", "pull")

    @admin.display(description=_("cost"))
    def the_cost(self, row: CallRecord) -> str:
        return _price(row.cost, row.currency)

    @admin.display(description=_("price of a period"))
    def the_rate(self, row: CallRecord) -> str:
        return _price(row.rate, row.currency)

    @admin.display(description=_("billing period"))
    def billing(self, row: CallRecord) -> str:
        """Seconds of the first period and of the others, as the carrier writes it."""
        first, plus, others = row.billing_period.partition("+")
        if not (plus and first.strip().isdigit() and others.strip().isdigit()):
            return row.billing_period or columns.NOTHING
        return gettext("%(first)s s, then each %(others)s s") % {"first": first.strip(), "others": others.strip()}

    @admin.display(description=_("charged"))
    def charged(self, row: CallRecord) -> str:
        return columns.duration(row.charged_seconds)

    @admin.display(description=pgettext_lazy("moment", "answered"))
    def answered(self, row: CallRecord) -> SafeString | str:
        return columns.when(row.answered_at)

    @admin.display(description=pgettext_lazy("moment", "ended"))
    def ended(self, row: CallRecord) -> SafeString | str:
        return columns.when(row.ended_at)

    @admin.display(description=_("campaign"))
    def the_campaign(self, row: CallRecord) -> SafeString | str:
        return columns.cut(row.campaign) if row.campaign else columns.NOTHING

    @admin.display(description=_("campaign"))
    def campaign_link(self, row: CallRecord) -> SafeString | str:
        return to_row(row.campaign)

    @admin.display(description=_("batch"))
    def the_batch(self, row: CallRecord) -> SafeString | str:
        return to_row(row.batch)

    @admin.display(description=_("batch"))
    def batch_link(self, row: CallRecord) -> SafeString | str:
        return to_row(row.batch)

    @admin.display(description=_("reference"))
    def the_reference(self, row: CallRecord) -> SafeString | str:
        return columns.copyable(row.reference)

    @admin.display(description=_("carrier’s call id"))
    def call_id(self, row: CallRecord) -> SafeString | str:
        return columns.copyable(row.carrier_call_id)

    @admin.display(description=_("carrier’s long call id"))
    def call_uuid(self, row: CallRecord) -> SafeString | str:
        return columns.copyable(row.carrier_call_uuid)

    @admin.display(description=_("by callback since"))
    def by_callback(self, row: CallRecord) -> SafeString | str:
        return columns.when(row.by_callback_at)

    @admin.display(description=_("by the bills read since"))
    def by_pull(self, row: CallRecord) -> SafeString | str:
        return columns.when(row.by_pull_at)

    @admin.display(description=_("recording promised as"))
    def the_recording_name(self, row: Any) -> str:
        """Carriers write the number into the name."""
        name = row.recording_name if row.shows_full_numbers else phone_numbers.hidden(row.recording_name)
        return name or columns.NOTHING

    @admin.display(description=_("callback"))
    def callback_text(self, row: Any) -> SafeString | str:
        return raw.block(raw.laid_out(row.raw_callback), is_full=row.shows_full_numbers)

    @admin.display(description=_("bill"))
    def bill_text(self, row: Any) -> SafeString | str:
        return raw.block(raw.laid_out(row.raw_bill), is_full=row.shows_full_numbers)


def _price(amount: Decimal | None, currency: str) -> str:
    return figures.money(amount, currency) if amount is not None else columns.NOTHING
