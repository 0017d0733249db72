"""Callbacks: what carriers pushed, what was understood of it, and who was turned away."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dialer import tasks
from dialer.admin import clock, columns, phone_numbers, raw
from dialer.admin.base import ReadOnlyAdmin
from dialer.admin.doors import ORDER, back_to, door, routes
from dialer.admin.filters import CAMPAIGN, OfAccount, OfCampaign, key_of, within_days
from dialer.admin.lists import COUNT_CAP
from dialer.admin.navigation import Attention, Place, Section, capped_count
from dialer.carriers.contract import Call, ExtensionEvent
from dialer.flow import ledger
from dialer.flow.connect import carrier_of
from dialer.flow.visibility import visible_to
from dialer.models import Callback, CallbackNumber, CallRecord, TurnedAway
from dialer.terms import Disposition

CALLS_SHOWN = 50


Received = within_days("received_at")


class CallbacksOfCampaign(OfCampaign):
    """Those that told of a call of the campaign, in the order in which they came."""

    field = "numbers__campaign"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Callback]) -> QuerySet[Callback]:
        """The newest of them, as many as a list shows, by an index that holds day and account, too.

        These must be asked together: of the newest of the campaign alone none may be of the day that is wanted.
        """
        if not self.said(CAMPAIGN):
            return queryset
        days = Received(request, dict(request.GET.lists()), Callback, None)
        rows = days.queryset(request, CallbackNumber.objects.filter(campaign=self.chosen))
        if account := key_of(request.GET.get(OfAccount.parameter_name, "")):
            rows = rows.filter(account=account)
        rows = rows.order_by("-received_at", "-callback_id").distinct()
        return queryset.filter(pk__in=list(rows.values_list("callback_id", flat=True)[: COUNT_CAP + 1]))


@admin.register(Callback)
class CallbackAdmin(phone_numbers.NumbersShown, ReadOnlyAdmin):
    navigation = Place(Section.BEHIND_THE_SCENES, 20, "callbacks")
    empty_help = _(
        "What a carrier pushes to us is kept here word for word before it is understood. Give the carrier the callback "
        "address on the account’s page."
    )
    list_display = ["received", "account", "the_state", "times_received", "source", "complaint"]
    more_columns = ["kind", "applied", "last_received", "how_read"]
    list_select_related = ["account"]
    list_filter = [Received, CallbacksOfCampaign, OfAccount, "state"]
    ordering = ["-received_at", "-pk"]
    search_fields = ["numbers__number"]
    search_help_text = _("A whole number in any spelling")
    sortable_by: list[str] = []
    empty_value_display = columns.NOTHING
    long_fields = ("body",)
    actions = ["apply_again"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "account",
                    "the_state",
                    "complaint",
                    "received",
                    "applied",
                    "times_received",
                    "last_received",
                ]
            },
        ),
        (_("As it came"), {"fields": ["source", "content_type", "how_read", "the_body"]}),
    ]

    def get_urls(self) -> list[Any]:
        return [*routes(self, apply_again=self.apply_again_view), *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Callback], search_term: str
    ) -> tuple[QuerySet[Callback], bool]:
        """Those that told of the number; what could not be applied told of none."""
        if not search_term.strip():
            return queryset, False
        found = phone_numbers.keys_about(search_term, CallbackNumber.objects.all(), "number", "callback_id")
        return queryset.filter(pk__in=found), False

    def has_order_permission(self, request: HttpRequest) -> bool:
        """Nobody edits what a carrier wrote; whoever might may have it read once more."""
        return request.user.has_perm("dialer.change_callback")

    def attention(self, request: HttpRequest) -> list[Attention]:
        return [
            Attention(
                count=capped_count(visible_to(request.user, Callback.objects.filter(state=Callback.State.UNREADABLE))),
                text=gettext("Callbacks that could not be understood"),
                remedy=gettext(
                    "Their calls are missing until the bills are read. Open one to see why; after the cause is mended, "
                    "apply it again."
                ),
                query=f"state__exact={Callback.State.UNREADABLE}",
            )
        ]

    @admin.action(description=_("Apply again"), permissions=["order"])
    def apply_again(self, request: HttpRequest, queryset: QuerySet[Callback]) -> None:
        given = 0
        for callback in queryset.filter(state=Callback.State.UNREADABLE):
            if ledger.apply_again(callback):
                given += 1
                self.log_change(request, callback, lambda: gettext("Ordered it to be applied again."))
        if not given:
            messages.warning(request, gettext("None of them is unreadable, so there is nothing to apply again."))
            return
        tasks.ring("callbacks")
        done = ngettext("%(count)d callback is applied again.", "%(count)d callbacks are applied again.", given)
        messages.success(request, done % {"count": given})

    @door("change_callback", methods=ORDER)
    def apply_again_view(self, request: HttpRequest, callback: Callback) -> HttpResponseBase:
        self.apply_again(request, Callback.objects.filter(pk=callback.pk))
        return back_to(callback)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        callback = self.get_object(request, object_id)
        more: dict[str, Any] = {}
        if callback is not None:
            reading = carrier_of(callback.account).read_callback(bytes(callback.body), kind=callback.kind)
            more["calls"] = self._understood(callback, reading.calls[:CALLS_SHOWN])
            more["events"] = [self._event_line(event, callback) for event in reading.extension_events[:CALLS_SHOWN]]
            is_unreadable = callback.state == Callback.State.UNREADABLE
            more["may_apply_again"] = is_unreadable and self.has_order_permission(request)
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def _understood(self, callback: Callback, calls: Sequence[Call]) -> list[dict[str, Any]]:
        """What the carrier's dialect reads in it now, with the call record that came of each call."""
        ids = [call.carrier_call_id for call in calls]
        rows = CallRecord.objects.filter(account=callback.account_id, carrier_call_id__in=ids)
        records = {row.carrier_call_id: row for row in rows.only("pk", "carrier_call_id")}
        return [self._line(call, records.get(call.carrier_call_id), callback) for call in calls]

    def _line(self, call: Call, record: CallRecord | None, callback: Any) -> dict[str, Any]:
        return {
            "number": phone_numbers.shown(call.number_on_wire, callback),
            "outcome": columns.state_badge(Disposition(call.disposition).label, call.disposition),
            "talk": columns.duration(call.talk_seconds),
            "key": call.keypress or columns.NOTHING,
            "record": record,
        }

    def _event_line(self, event: ExtensionEvent, callback: Any) -> dict[str, Any]:
        return {
            "extension": event.extension,
            "side": gettext("person called") if event.is_customer_side else gettext("agent"),
            "state": columns.state_badge(event.state.label, event.state),
            "number": phone_numbers.shown(event.number_on_wire, callback),
            "at": columns.when(event.at),
        }

    @admin.display(description=_("received"))
    def received(self, row: Callback) -> SafeString | str:
        return columns.when(row.received_at)

    @admin.display(description=_("last received"))
    def last_received(self, row: Callback) -> SafeString | str:
        return columns.when(row.last_received_at)

    @admin.display(description=_("applied"))
    def applied(self, row: Callback) -> SafeString | str:
        return columns.when(row.applied_at)

    @admin.display(description=_("state"))
    def the_state(self, row: Callback) -> SafeString:
        return columns.state_badge(row.get_state_display(), row.state)

    @admin.display(description=pgettext_lazy("how something was read", "read"))
    def how_read(self, row: Callback) -> str:
        if row.state != Callback.State.APPLIED:
            return columns.NOTHING
        return gettext("with slips of its writing mended") if row.was_repaired else gettext("as it is written")

    @admin.display(description=_("body"))
    def the_body(self, row: Any) -> SafeString | str:
        return raw.block(raw.decoded(bytes(row.body)), is_full=row.shows_full_numbers)


@admin.register(TurnedAway)
class TurnedAwayAdmin(ReadOnlyAdmin):
    navigation = Place(Section.BEHIND_THE_SCENES, 40, "lock")
    empty_help = _(
        "Whoever pushes to a wrong callback address, or from a place that is not allowed, is counted here by day and "
        "source. A carrier that appears here was given a wrong address, or its own is missing on the account’s page."
    )
    list_display = ["last", "source", "the_reason", "count"]
    list_filter = [within_days("last_at"), "reason"]
    sortable_by: list[str] = []
    fieldsets = [(None, {"fields": ["day", "source", "the_reason", "count", "last"]})]

    @admin.display(description=_("day"))
    def day(self, row: TurnedAway) -> str:
        return clock.day(row.on)

    @admin.display(description=_("last time"))
    def last(self, row: TurnedAway) -> SafeString | str:
        return columns.when(row.last_at)

    @admin.display(description=_("reason"))
    def the_reason(self, row: TurnedAway) -> str:
        return row.get_reason_display()
