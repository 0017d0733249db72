"""Extensions: what the agents' telephones do at this moment, and who was put through to them."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dialer.admin import columns, extension_board, phone_numbers
from dialer.admin.base import ReadOnlyAdmin
from dialer.admin.doors import has_list, list_address
from dialer.admin.filters import OfAccount, of_campaign, within_days
from dialer.admin.links import to_row
from dialer.admin.navigation import Attention, Place, Section, capped_count
from dialer.flow.extensions import untaken
from dialer.flow.visibility import visible_to
from dialer.models import Account, CallRecord, Campaign, Extension, Transfer

ATTENTION_FOR = timedelta(hours=1)


@admin.register(Extension)
class ExtensionAdmin(phone_numbers.NumbersShown, ReadOnlyAdmin):
    """The list is a board that keeps itself up to date."""

    navigation = Place(Section.OPERATE, 50, "extensions")
    fieldsets = [(None, {"fields": ["name", "account", "the_state", "since_when", "the_number", "call_uuid"]})]

    def get_urls(self) -> list[Any]:
        live = path("board/", self.admin_site.admin_view(self.board_view), name="dialer_extension_board")
        return [live, *super().get_urls()]

    def attention(self, request: HttpRequest) -> list[Attention]:
        if not has_list(self, Transfer, request):
            return []
        return [
            Attention(
                count=capped_count(visible_to(request.user, untaken(since=timezone.now() - ATTENTION_FOR))),
                text=gettext("People put through in the last hour and answered by nobody"),
                remedy=gettext(
                    "They wanted to talk to somebody. See that agents are at their telephones, pause the campaign "
                    "until they are, and call these people back."
                ),
            )
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        request.current_app = self.admin_site.name
        shell = self.admin_site.each_context(request)
        around = {"title": gettext("Extensions"), "media": self.media, **(extra_context or {})}
        return TemplateResponse(
            request, "admin/dialer/extension/board.html", {**shell, **around, **self._board_context(request)}
        )

    def board_view(self, request: HttpRequest) -> HttpResponseBase:
        """The inner part alone, for the live refresh."""
        return TemplateResponse(request, "admin/dialer/extension/live.html", self._board_context(request))

    def _board_context(self, request: HttpRequest) -> dict[str, Any]:
        if not self.has_view_permission(request):
            raise PermissionDenied
        sees_transfers = has_list(self, Transfer, request)
        board = extension_board.read(
            user=request.user,
            account=request.GET.get("account", ""),
            now=timezone.now(),
            sees_transfers=sees_transfers,
            sees_numbers=self.sees_full_numbers(request),
        )
        address = reverse("admin:dialer_extension_board", current_app=self.admin_site.name)
        return {
            "board": board,
            "live_url": f"{address}?account={board.chosen.pk}" if board.chosen else address,
            "transfers_url": list_address(Transfer) if sees_transfers else "",
            "sees_accounts": has_list(self, Account, request),
            "sees_calls": has_list(self, CallRecord, request),
            "sees_campaigns": has_list(self, Campaign, request),
        }

    @admin.display(description=_("state"))
    def the_state(self, row: Extension) -> SafeString:
        return columns.state_badge(row.get_state_display(), row.state)

    @admin.display(description=_("since"))
    def since_when(self, row: Extension) -> SafeString | str:
        return columns.when(row.since)

    @admin.display(description=pgettext_lazy("on the telephone", "with"))
    def the_number(self, row: Any) -> SafeString | str:
        return phone_numbers.shown(row.number, row)


@admin.register(Transfer)
class TransferAdmin(phone_numbers.NumbersShown, ReadOnlyAdmin):
    """All transfers; it is reached from the board."""

    empty_help = _(
        "Whoever is put through from a voice menu to an extension appears here. It needs a campaign of that kind, and "
        "the carrier told where to push what its extensions do: see the account’s page."
    )
    list_display = ["rang", "the_number", "the_campaign", "extension", "the_state", "waited", "account"]
    list_select_related = ["account", "campaign"]
    list_filter = [within_days("rang_at"), of_campaign("campaign"), OfAccount]
    sortable_by: list[str] = []
    empty_value_display = columns.NOTHING
    fieldsets = [
        (None, {"fields": ["the_number", "extension", "the_state", "rang", "answered", "ended", "waited"]}),
        (_("Where it belongs"), {"fields": ["the_campaign", "account", "reference", "call_uuid"]}),
    ]

    @admin.display(description=pgettext_lazy("moment", "rang"))
    def rang(self, row: Transfer) -> SafeString | str:
        return columns.when(row.rang_at)

    @admin.display(description=pgettext_lazy("moment", "answered"))
    def answered(self, row: Transfer) -> SafeString | str:
        return columns.when(row.answered_at)

    @admin.display(description=pgettext_lazy("moment", "ended"))
    def ended(self, row: Transfer) -> SafeString | str:
        return columns.when(row.ended_at)

    @admin.display(description=_("number"))
    def the_number(self, row: Any) -> SafeString | str:
        return phone_numbers.shown(row.number, row)

    @admin.display(description=_("campaign"))
    def the_campaign(self, row: Transfer) -> SafeString | str:
        return to_row(row.campaign)

    @admin.display(description=_("state"))
    def the_state(self, row: Transfer) -> SafeString:
        return extension_board.transfer_state(row, now=timezone.now())

    @admin.display(description=_("waited"))
    def waited(self, row: Transfer) -> str:
        return extension_board.waited(row)
