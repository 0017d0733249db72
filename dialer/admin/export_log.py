"""The log of exports: who exported what and when, for whoever audits it. It gives no file to anybody."""

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.admin import columns
from dialer.admin.base import ReadOnlyAdmin
from dialer.admin.filters import within_days
from dialer.admin.navigation import Place, Section
from dialer.models import LoggedExport


@admin.register(LoggedExport)
class LoggedExportAdmin(ReadOnlyAdmin):
    """Its history keeps each order and each fetch, with the person and the moment."""

    navigation = Place(Section.BEHIND_THE_SCENES, 50, "history")
    empty_help = _(
        "Whatever somebody exports is written down here: who, what and when, whether with full numbers, and how often "
        "the file was fetched."
    )
    list_display = ["ordered", "owner", "what", "chosen", "rows", "numbers", "the_state", "fetches", "last_fetch"]
    list_select_related = ["owner"]
    list_filter = [within_days("ordered_at"), "kind"]
    search_fields = ["owner__username"]
    search_help_text = _("A user name")
    sortable_by: list[str] = []
    fieldsets = [
        (None, {"fields": ["owner", "what", "chosen", "numbers", "form", "the_state", "rows"]}),
        (_("What happened when"), {"fields": ["ordered", "ready", "fetches", "last_fetch"]}),
    ]

    @admin.display(description=_("ordered"))
    def ordered(self, row: LoggedExport) -> SafeString | str:
        return columns.when(row.ordered_at)

    @admin.display(description=_("ready"))
    def ready(self, row: LoggedExport) -> SafeString | str:
        return columns.when(row.ready_at)

    @admin.display(description=_("what"))
    def what(self, row: LoggedExport) -> str:
        return capfirst(row.get_kind_display())

    @admin.display(description=_("which of them"))
    def chosen(self, row: LoggedExport) -> str:
        return row.about or gettext("all")

    @admin.display(description=_("rows"))
    def rows(self, row: Any) -> str:
        return columns.count(row.rows_written)

    @admin.display(description=_("numbers"))
    def numbers(self, row: LoggedExport) -> SafeString:
        if row.shows_full_numbers:
            return columns.state_badge(gettext("in full"), "warning")
        return columns.state_badge(gettext("masked"), "good")

    @admin.display(description=_("state"))
    def the_state(self, row: LoggedExport) -> SafeString:
        return columns.state_badge(row.get_state_display(), row.state)

    @admin.display(description=_("times fetched"))
    def fetches(self, row: LoggedExport) -> str:
        return columns.count(row.fetch_count)

    @admin.display(description=_("last fetched"))
    def last_fetch(self, row: LoggedExport) -> SafeString | str:
        return columns.when(row.fetched_at)
