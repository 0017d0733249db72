"""Downloads: what somebody ordered as a spreadsheet, how far it is, and the file as long as it is kept."""

import logging
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from dialer import tasks
from dialer.admin import export_rows
from dialer.admin.base import CappedPaginator, ReadOnlyAdmin
from dialer.admin.doors import ORDER, door, has_list, list_address, routes
from dialer.admin.export_rows import PERMISSION
from dialer.admin.navigation import Place, Section
from dialer.file_responses import file_response
from dialer.flow import exports
from dialer.flow.mistakes import DialerError
from dialer.models import Export, LoggedExport
from dialer.terms import ExportForm, ExportKind

SHOWN = 50
CONTENT_TYPES = {
    ExportForm.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportForm.CSV: "text/csv; charset=utf-8",
}
ABOUT_PEOPLE = (ExportKind.CONTACTS, ExportKind.REJECTED)
OF_A_CAMPAIGN = "campaign__id__exact"  # a condition that each of the lists knows

logger = logging.getLogger(__name__)


class OrderForm(forms.Form):
    """What is to be in the file, and as what it is written."""

    kind = forms.ChoiceField(label=_("What"), widget=forms.RadioSelect)
    form = forms.ChoiceField(
        label=pgettext_lazy("kind of file", "As"),
        choices=ExportForm.choices,
        initial=ExportForm.XLSX,
        widget=forms.RadioSelect,
    )

    def __init__(self, kind: str, kinds: list[ExportKind], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["kind"].choices = [(one.value, capfirst(one.label)) for one in kinds]
        self.fields["kind"].initial = kind


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    """Everybody sees their own; a file can be fetched by whoever ordered it and still may have it."""

    navigation = Place(Section.OPERATE, 60, "download", _("Downloads"))

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("live/", view(self.live_view), name="dialer_export_live"),
            path("order/<slug:kind>/", view(self.order_view), name="dialer_export_order"),
            path("file/<str:key>/", view(self.file_view), name="dialer_export_file"),
            *routes(self, stop=self.stop_view, remove=self.remove_view),
            *super().get_urls(),
        ]

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm(PERMISSION)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Export]:
        return super().get_queryset(request).filter(owner=request.user.pk)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        context = self._shell(request, gettext("Downloads"), **self._live_context(request))
        return TemplateResponse(request, "admin/dialer/export/downloads.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """A download has no page of its own."""
        return HttpResponseRedirect(list_address(Export))

    def live_view(self, request: HttpRequest) -> HttpResponseBase:
        """The inner part alone, for the live refresh."""
        return TemplateResponse(request, "admin/dialer/export/live.html", self._live_context(request))

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def order_view(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """What would be exported, said with its numbers; by POST it is ordered."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if kind not in ExportKind.values:
            raise Http404
        conditions = export_rows.conditions_of(request)
        kinds = self._kinds(request, ExportKind(kind), conditions)
        form = OrderForm(kind, kinds, request.POST if request.method == "POST" else None)
        try:
            found = export_rows.list_for(request.user, kind, conditions)
            if request.method == "POST" and form.is_valid():
                about = export_rows.in_words(found)
                return self._order(request, conditions=conditions, about=about, **form.cleaned_data)
        except DialerError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(list_address(Export))
        counted = CappedPaginator(found.queryset, 1)
        context = self._shell(
            request,
            gettext("Export"),
            form=form,
            count=counted.count_in_words,
            is_empty=not counted.count,
            about=export_rows.in_words(found),
            names=capfirst(found.opts.verbose_name_plural),
            is_about_people=kind in ABOUT_PEOPLE,
            opts=self.opts,
            sees_full_numbers=self.sees_full_numbers(request),
            back_url=f"{list_address(export_rows.LISTS[kind])}?{conditions}",
        )
        return TemplateResponse(request, "admin/dialer/export/order.html", context)

    @method_decorator(require_safe)
    def file_view(self, request: HttpRequest, key: str) -> HttpResponseBase:
        """The file, for the one who ordered it, if they still may have what is in it. It is written down."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        export = get_object_or_404(self.get_queryset(request), key=key)
        if not has_list(self, export_rows.LISTS[export.kind], request):
            raise PermissionDenied(gettext("You may not export these rows. Ask your administrator."))
        if export.shows_full_numbers and not self.sees_full_numbers(request):
            raise PermissionDenied(gettext("You may not see full numbers any more; order it again."))
        file = exports.path_of(export)
        if export.state != Export.State.READY or not file.is_file():
            raise Http404(gettext("This file is not kept any more."))
        response = file_response(
            request,
            file,
            content_type=CONTENT_TYPES[ExportForm(export.form)],
            filename=_name(export),
            as_attachment=True,
        )
        response["Cache-Control"] = "private, no-store"
        if request.method == "GET":
            exports.note_fetch(export)
            self._log.log_change(request, _logged(export), lambda: gettext("Fetched it."))
        return response

    @door("export_contacts", methods=ORDER)
    def stop_view(self, request: HttpRequest, export: Export) -> HttpResponseBase:
        return self._give(request, lambda: exports.stop(export), gettext("Stopped."))

    @door("export_contacts", methods=ORDER)
    def remove_view(self, request: HttpRequest, export: Export) -> HttpResponseBase:
        return self._give(request, lambda: exports.remove(export), gettext("The file is removed."))

    @property
    def _log(self) -> Any:
        return self.admin_site.get_model_admin(LoggedExport)

    def _kinds(self, request: HttpRequest, kind: ExportKind, conditions: str) -> list[ExportKind]:
        """What can be exported under these conditions; those of a campaign are known to all lists."""
        if conditions.startswith(OF_A_CAMPAIGN) and "&" not in conditions:
            return [one for one in ExportKind if has_list(self, export_rows.LISTS[one], request)]
        return list(ABOUT_PEOPLE) if kind in ABOUT_PEOPLE else [kind]

    def _order(self, request: HttpRequest, **wishes: Any) -> HttpResponseBase:
        export = exports.order(owner=request.user, **wishes)
        tasks.ring("exports")
        self._log.log_addition(request, _logged(export), lambda: gettext("Ordered it."))
        messages.success(request, gettext("Ordered. It appears here as soon as it is written."))
        return HttpResponseRedirect(list_address(Export))

    def _give(self, request: HttpRequest, order: Any, done: str) -> HttpResponseBase:
        try:
            order()
        except DialerError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, done)
        return HttpResponseRedirect(list_address(Export))

    def _shell(self, request: HttpRequest, title: str, **context: Any) -> dict[str, Any]:
        request.current_app = self.admin_site.name
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "media": self.media,
        } | context

    def _live_context(self, request: HttpRequest) -> dict[str, Any]:
        if not self.has_view_permission(request):
            raise PermissionDenied
        mine = list(self.get_queryset(request)[:SHOWN])
        return {
            "exports": mine,
            "is_any_open": any(export.state in Export.OPEN for export in mine),
            "live_url": reverse("admin:dialer_export_live"),
        }


def order_address(kind: str, **conditions: Any) -> str:
    """Where rows of this kind are exported under these conditions, as a list's address would hold them."""
    return reverse("admin:dialer_export_order", args=[kind]) + (f"?{urlencode(conditions)}" if conditions else "")


def _name(export: Export) -> str:
    """What the browser calls the file: what it holds and when it was written, so that two of them differ."""
    at = timezone.localtime(export.ready_at or export.ordered_at)
    return f"{export} {at:%Y-%m-%d %H.%M}.{export.form}".replace(":", "")


def _logged(export: Export) -> LoggedExport:
    return LoggedExport.objects.get(pk=export.pk)
