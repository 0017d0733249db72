"""Do-not-call lists: our own, and registers that are uploaded and grow old."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dialer.admin import columns, countries
from dialer.admin.base import ConsoleAdmin, ConsoleForm
from dialer.admin.links import to_list
from dialer.admin.lists import CarefulList
from dialer.admin.navigation import Attention, Place, Section
from dialer.models import DoNotCall, DoNotCallList
from dialer.models.do_not_call import HOUSE_LIST


def _countries() -> list[tuple[str, str]]:
    return [("", gettext("all countries")), *countries.choices()]


class DoNotCallListForm(ConsoleForm):
    country = forms.ChoiceField(label=_("Country"), choices=_countries, required=False)

    class Meta:
        widgets = {"refreshed_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def clean_refreshed_on(self) -> Any:
        day = self.cleaned_data["refreshed_on"]
        if day and day > timezone.localdate():
            raise forms.ValidationError(_("This day is still to come."))
        return day


def count_numbers(lists: list[Any]) -> None:
    """Note on each list how many numbers it has, with one query for all of them, which an index answers."""
    rows = DoNotCall.objects.filter(list__in=[row.pk for row in lists]).order_by().values_list("list")
    counts = dict(rows.annotate(count=Count("pk")))
    for row in lists:
        row.number_count = counts.get(row.pk, 0)


class CountedLists(CarefulList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        count_numbers(self.result_list)


class Freshness(admin.SimpleListFilter):
    """Registers that are older than they may be. There are few lists, so each is asked."""

    title = _("age")
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("stale", _("too old"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DoNotCallList]) -> QuerySet[DoNotCallList]:
        return queryset.filter(pk__in=[row.pk for row in stale_lists()]) if self.value() == "stale" else queryset


def stale_lists() -> list[DoNotCallList]:
    """The registers that need a fresh upload."""
    return [row for row in DoNotCallList.objects.filter(stale_after_days__isnull=False) if row.is_stale()]


@admin.register(DoNotCallList)
class DoNotCallListAdmin(ConsoleAdmin):
    """The house list holds for everybody and for good, so nothing of it can be changed."""

    navigation = Place(Section.NUMBERS, 40, "list")
    empty_help = _(
        "A list is our own, or a register that somebody else keeps and that is uploaded again and again. Add one, and "
        "say for which country and which kind of calls it holds."
    )
    form = DoNotCallListForm
    actions = None

    list_display = ["called", "for_kind", "for_country", "numbers", "refreshed", "age"]
    list_filter = [Freshness]
    sortable_by: list[str] = []
    readonly_fields = ["numbers", "age"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CarefulList]:
        return CountedLists

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> DoNotCallList | None:
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            count_numbers([row])
        return row

    def get_fieldsets(self, request: HttpRequest, obj: DoNotCallList | None = None) -> Any:
        fields = ["name", "purpose", "country", "stale_after_days", "refreshed_on"]
        return [(None, {"fields": fields if obj is None else [*fields, "age", "numbers"]})]

    def has_change_permission(self, request: HttpRequest, obj: DoNotCallList | None = None) -> bool:
        return super().has_change_permission(request, obj) and not _is_house_list(obj)

    def has_delete_permission(self, request: HttpRequest, obj: DoNotCallList | None = None) -> bool:
        """Only an empty one: its numbers would be called again."""
        is_needed = obj is not None and (_is_house_list(obj) or obj.numbers.exists())
        return super().has_delete_permission(request, obj) and not is_needed

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        context["show_save_and_add_another"] = False
        context["may_upload"] = request.user.has_perm("dialer.add_donotcall")
        return super().render_change_form(request, context, *args, **kwargs)

    def attention(self, request: HttpRequest) -> list[Attention]:
        stale = len(stale_lists())
        return [
            Attention(
                count=stale,
                text=ngettext("A do-not-call register is too old", "Do-not-call registers are too old", stale),
                remedy=gettext("People who registered since are still called. Upload the newest state of it."),
                query="age=stale",
            )
        ]

    @admin.display(description=_("name"))
    def called(self, row: DoNotCallList) -> str:
        return str(row)

    @admin.display(description=_("for campaigns"))
    def for_kind(self, row: DoNotCallList) -> str:
        return row.get_purpose_display() if row.purpose else gettext("all")

    @admin.display(description=_("for countries"))
    def for_country(self, row: DoNotCallList) -> str:
        return countries.name(row.country) if row.country else gettext("all")

    @admin.display(description=_("numbers"))
    def numbers(self, row: Any) -> SafeString:
        return to_list(DoNotCall, columns.count(row.number_count), list__id__exact=row.pk)

    @admin.display(description=_("as of"))
    def refreshed(self, row: DoNotCallList) -> str:
        return f"{row.refreshed_on:%Y-%m-%d}" if row.refreshed_on else columns.NOTHING

    @admin.display(description=_("age"))
    def age(self, row: DoNotCallList) -> SafeString | str:
        if row.stale_after_days is None:
            return gettext("does not grow old")
        if row.is_stale():
            return columns.state_badge(gettext("too old"), "warning")
        return columns.state_badge(gettext("fresh"), "good")


def _is_house_list(row: DoNotCallList | None) -> bool:
    return row is not None and row.name == HOUSE_LIST
