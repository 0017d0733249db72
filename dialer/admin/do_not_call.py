"""Do-not-call numbers: one by hand, many from a file, and the question whether a number is among them."""

from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import BooleanField, QuerySet, Value
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.admin import columns, countries, phone_numbers, uploads
from dialer.admin.base import ConsoleAdmin, ConsoleForm
from dialer.admin.filters import within_days
from dialer.admin.links import to_row
from dialer.admin.navigation import Place, Section
from dialer.flow import suppression
from dialer.flow.mistakes import DialerError
from dialer.flow.visibility import accounts_of
from dialer.models import Account, DoNotCall, DoNotCallList
from dialer.models.do_not_call import house_list
from dialer.terms import UploadPurpose

UNREADABLE_SHOWN = 200


def _usual_country() -> str | None:
    """The one that most of the work is about, as far as one can tell: that of the oldest account."""
    return Account.objects.order_by("pk").values_list("country", flat=True).first()


def _list_field(help_text: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        DoNotCallList.objects.all(), label=_("List"), initial=house_list, empty_label=None, help_text=help_text
    )


def _country_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Country"),
        choices=countries.choices,
        initial=_usual_country,
        help_text=_("In which a number without a country code is meant."),
    )


class DoNotCallForm(ConsoleForm):
    """A number in any spelling; what is stored is E.164."""

    number = forms.CharField(
        label=_("Number"),
        max_length=80,
        help_text=_("In any spelling."),
    )
    country = _country_field()
    list = _list_field(_("The house list holds for all campaigns."))

    class Meta:
        error_messages = {NON_FIELD_ERRORS: {"unique_together": _("This number is on the list already.")}}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("number") and cleaned.get("country"):
            try:
                cleaned["number"] = suppression.read(cleaned["number"], country=cleaned["country"])
            except DialerError as error:
                self.add_error("number", str(error))
        return cleaned


class UploadForm(forms.Form):
    """A file of numbers, all with one reason and source."""

    file = forms.FileField(
        label=_("File"), help_text=_("Excel, OpenDocument, csv or txt, with the numbers in a column of their own.")
    )
    country = _country_field()
    list = _list_field(_("The house list holds for all campaigns."))
    as_of = forms.DateField(
        label=_("Register as of"),
        required=False,
        initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The day whose state of the register the file is. Empty: it only adds some numbers."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
    source = forms.CharField(
        label=_("Source"), max_length=200, required=False, help_text=_("Where the wishes came from.")
    )

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_MAX_BYTES:
            most = settings.UPLOAD_MAX_BYTES // 1024**2
            raise forms.ValidationError(_("The file is larger than %(most)s MB. Split it.") % {"most": most})
        return file


def source_of(row: DoNotCall, *, names_campaigns: bool) -> str:
    """Where the wish came from; of one that was heard in a call the campaign's name is for those who see all."""
    return row.source if names_campaigns or not row.call_record_id else gettext("a call")


def _shows_source(request: HttpRequest, row: DoNotCall) -> bool:
    return accounts_of(request.user) is None or not row.call_record_id


@admin.register(DoNotCall)
class DoNotCallAdmin(phone_numbers.NumbersShown, ConsoleAdmin):
    """Whoever may not see numbers in full may add some and ask for one, but open and remove none."""

    navigation = Place(Section.NUMBERS, 30, "do-not-call")
    empty_help = _(
        "Numbers on this list are never called: lists are compared with it when they are read, campaigns when they "
        "are launched, and each batch in the moment before it leaves."
    )
    form = DoNotCallForm
    list_display = ["the_number", "list", "reason", "where_from", "proof", "added_by", "added", "its_past"]
    list_select_related = ["added_by", "list", "call_record"]
    list_filter = ["list", within_days("added_at")]
    search_fields = ["number__exact"]
    search_help_text = _("Is this number on it?")
    sortable_by: list[str] = []
    empty_value_display = columns.NOTHING
    ordering = ["-pk"]  # in the order of their coming, which the key knows without a sort

    def get_queryset(self, request: HttpRequest) -> QuerySet[DoNotCall]:
        names = Value(accounts_of(request.user) is None, BooleanField())
        return super().get_queryset(request).annotate(names_campaigns=names)

    def get_urls(self) -> list[Any]:
        upload = path("upload/", self.admin_site.admin_view(self.upload_view), name="dialer_donotcall_upload")
        return [upload, *super().get_urls()]

    def has_view_permission(self, request: HttpRequest, obj: DoNotCall | None = None) -> bool:
        return super().has_view_permission(request, obj) and self._may_open(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: DoNotCall | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_open(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: DoNotCall | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self.sees_full_numbers(request)

    def _may_open(self, request: HttpRequest, obj: DoNotCall | None) -> bool:
        """A row's own page, its history and its removal name the number."""
        return obj is None or self.sees_full_numbers(request)

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        return ["the_number"] if self.sees_full_numbers(request) else None

    def get_fieldsets(self, request: HttpRequest, obj: DoNotCall | None = None) -> Any:
        who = ["number", "country", "list"] if obj is None else ["the_number", "list"]
        when = [] if obj is None else ["proof", "added", "added_by", "its_past"]
        source = "source" if obj is None or _shows_source(request, obj) else "where_from"
        return [(None, {"fields": [*who, "reason", source, *when]})]

    def get_readonly_fields(self, request: HttpRequest, obj: DoNotCall | None = None) -> list[str]:
        return [] if obj is None else ["the_number", "list", "where_from", "proof", "added", "added_by", "its_past"]

    def get_form(self, request: HttpRequest, obj: DoNotCall | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The number is what a row is: it can be added and removed, not changed."""
        return super().get_form(request, obj, change, **({"form": ConsoleForm} if obj else {}), **kwargs)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[DoNotCall], search_term: str
    ) -> tuple[QuerySet[DoNotCall], bool]:
        if not search_term.strip():
            return queryset, False
        found = phone_numbers.find(queryset, search_term, "number", may_guess=self.sees_full_numbers(request))
        return (queryset.none() if found is None else found.rows), False

    def save_model(self, request: HttpRequest, obj: DoNotCall, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=[name for name in ("reason", "source") if name in form.fields])
            return
        added = suppression.add(
            obj.number,
            country=form.cleaned_data["country"],
            to=obj.list,
            reason=obj.reason,
            source=obj.source,
            by=request.user,
        )
        obj.pk, obj.added_at, obj.added_by = added.pk, added.added_at, added.added_by

    def upload_view(self, request: HttpRequest) -> HttpResponseBase:
        """A file's numbers are on the list, and the page says what became of each row."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        uploads.bring(request, UploadPurpose.DO_NOT_CALL)
        wanted = {"list": request.GET["list"]} if "list" in request.GET else None
        form = UploadForm(request.POST or None, request.FILES or None, initial=wanted, label_suffix="")
        result = self._take(request, form) if request.method == "POST" and form.is_valid() else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Upload do-not-call numbers"),
            **uploads.pieces_of(request, UploadPurpose.DO_NOT_CALL),
            "form": form,
            "result": result,
            "unreadable": result.unreadable[:UNREADABLE_SHOWN] if result else (),
        }
        return TemplateResponse(request, "admin/dialer/donotcall/upload.html", context)

    def _take(self, request: HttpRequest, form: UploadForm) -> suppression.Added | None:
        file = form.cleaned_data["file"]
        wishes = {name: form.cleaned_data[name] for name in ("country", "reason", "source", "as_of")}
        with NamedTemporaryFile(suffix=Path(file.name).suffix[:8].lower()) as copy:
            for chunk in file.chunks():
                copy.write(chunk)
            copy.flush()
            try:
                return suppression.add_file(Path(copy.name), to=form.cleaned_data["list"], by=request.user, **wishes)
            except DialerError as error:
                form.add_error("file", str(error))
                return None

    @admin.display(description=_("number"))
    def the_number(self, row: DoNotCall) -> Any:
        """Leads to the row itself, so not to what happened with the number."""
        return columns.number(row.number, is_full=row.shows_full_numbers)

    @admin.display(description=_("what happened"))
    def its_past(self, row: Any) -> SafeString | str:
        return phone_numbers.past_link(row, gettext("its calls"))

    @admin.display(description=_("source"))
    def where_from(self, row: Any) -> str:
        return source_of(row, names_campaigns=row.names_campaigns) or columns.NOTHING

    @admin.display(description=_("proof"))
    def proof(self, row: Any) -> SafeString | str:
        """The call in which the key was pressed."""
        return to_row(row.call_record, gettext("the call")) if row.names_campaigns else columns.NOTHING

    @admin.display(description=_("added"))
    def added(self, row: DoNotCall) -> SafeString | str:
        return columns.when(row.added_at)
