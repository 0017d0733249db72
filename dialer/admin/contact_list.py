"""Contact lists: look at the beginning of an uploaded one, say which column holds the numbers, remove it."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dialer import phone, tasks
from dialer.admin import columns, countries, phone_numbers
from dialer.admin.base import ReadOnlyAdmin
from dialer.admin.doors import FORM, address, back_to, door, give, routes, show
from dialer.admin.navigation import Place, Section
from dialer.admin.path import path_context
from dialer.admin.row_texts import (
    TEXTS,
    chosen_columns,
    column_of,
    takes_texts,
    text_name,
    texts_form,
    warn_of_missing_texts,
)
from dialer.flow import intake
from dialer.flow.drafts import Step
from dialer.flow.mistakes import DialerError
from dialer.models import ContactList
from dialer.spreadsheet import Preview, Row

ENCODINGS = {
    "utf-8": _("Unicode (UTF-8)"),
    "cp1252": _("Western (Windows)"),
    "cp1250": _("Central European (Windows)"),
    "cp1251": _("Cyrillic (Windows)"),
    "cp874": _("Thai (Windows)"),
    "cp1258": _("Vietnamese (Windows)"),
    "gb18030": _("Chinese, simplified"),
    "big5": _("Chinese, traditional"),
    "shift_jis": _("Japanese"),
    "euc_kr": _("Korean"),
}
# Offered only to a file that shows them itself.
SHOWN_BY_FILES = {
    "utf-8-sig": _("Unicode (UTF-8)"),
    "utf-16": _("Unicode (UTF-16)"),
    "utf-16-le": _("Unicode (UTF-16)"),
    "utf-16-be": _("Unicode (UTF-16)"),
    "utf-32": _("Unicode (UTF-32)"),
    "cp949": _("Korean (Windows)"),
    "cp932": _("Japanese (Windows)"),
}
DELIMITERS = {",": _("comma"), ";": _("semicolon"), "\t": _("tab"), "|": _("bar"), ":": _("colon")}
HOW = ("sheet", "encoding", "delimiter", "header")  # the file is read
YES_OR_NO = [("yes", _("yes")), ("no", _("no"))]
LAST_COLUMN = 20_000


class LookForm(forms.Form):
    """How the file is to be read, with what was shown as its answers."""

    sheet = forms.ChoiceField(label=_("Sheet"), required=False)
    encoding = forms.ChoiceField(label=pgettext_lazy("of a text file", "Letters"), required=False)
    delimiter = forms.ChoiceField(label=_("Columns are parted by"), required=False)
    header = forms.ChoiceField(label=_("First row holds the headings"), required=False, choices=YES_OR_NO)
    column = forms.IntegerField(required=False, min_value=0, max_value=LAST_COLUMN, widget=forms.HiddenInput)

    def __init__(self, *, seen: Preview, **kwargs: Any) -> None:
        super().__init__(label_suffix="", **kwargs)
        is_text = bool(seen.encoding)
        self._offer("sheet", {name: name for name in seen.sheets})
        self._offer("encoding", _encodings(seen.encoding) if is_text else {})
        self._offer("delimiter", _with(DELIMITERS, seen.delimiter) if is_text else {})
        for number in TEXTS:  # so that they are not forgotten when the list is looked at again
            self.fields[text_name(number)] = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def _offer(self, name: str, choices: dict[str, Any]) -> None:
        """A question with one answer is not asked."""
        field = self.fields[name]
        field.choices = list(choices.items())
        if len(choices) < 2:
            field.widget = forms.HiddenInput()


class ConfirmForm(forms.Form):
    """What was looked at, and the column that was chosen in it."""

    sheet = forms.CharField(required=False, strip=False)
    encoding = forms.ChoiceField(required=False)
    delimiter = forms.ChoiceField(required=False)
    header = forms.ChoiceField(choices=YES_OR_NO)
    shown_column = forms.IntegerField(required=False)
    number_column = forms.IntegerField(min_value=0, max_value=LAST_COLUMN, required=False)

    def __init__(self, *args: Any, contact_list: ContactList, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["encoding"].choices = list(_encodings(contact_list.encoding).items())
        self.fields["delimiter"].choices = list(_with(DELIMITERS, contact_list.delimiter).items())
        for number in TEXTS:
            self.fields[text_name(number)] = forms.IntegerField(min_value=0, max_value=LAST_COLUMN, required=False)

    @property
    def text_columns(self) -> list[int | None]:
        """Of text 1, text 2, …"""
        return [self.cleaned_data[text_name(number)] for number in TEXTS]


@dataclass(frozen=True, kw_only=True)
class ShownRow:
    """A row of the preview with what its number will be, or why it has none."""

    number: int
    cells: list[tuple[str, bool]]  # text, is it in the chosen column
    verdict: str
    is_good: bool


@admin.register(ContactList)
class ContactListAdmin(ReadOnlyAdmin):
    navigation = Place(Section.NUMBERS, 20, "list")
    empty_help = _(
        "A list is a spreadsheet with the numbers of one campaign. It is uploaded in the third step of a new campaign."
    )
    actions = None

    list_display = ["original_name", "campaign", "status", "rows", "size", "uploaded"]
    list_filter = ["state"]
    list_select_related = ["campaign"]
    search_fields = ["original_name", "campaign__name"]

    def get_urls(self) -> list[Any]:
        return [*routes(self, columns=self.columns_view, remove=self.remove_view), *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A list is looked at beside the others of its campaign."""
        contact_list = self.get_object(request, object_id)
        if contact_list is None or not self.has_view_permission(request, contact_list):
            return super().change_view(request, object_id, *args, **kwargs)
        is_open = contact_list.state == ContactList.State.UPLOADED and contact_list.number_column is None
        if is_open and request.user.has_perm("dialer.change_campaign"):
            return back_to(contact_list, "columns")
        return back_to(contact_list.campaign, "numbers")

    @door("view_contactlist", methods=FORM)
    def columns_view(self, request: HttpRequest, contact_list: ContactList) -> HttpResponseBase:
        """The first rows with a verdict for each; what is confirmed is what was shown."""
        if not request.user.has_perm("dialer.change_campaign"):
            raise PermissionDenied
        if contact_list.number_column is not None or contact_list.state != ContactList.State.UPLOADED:
            return back_to(contact_list.campaign, "numbers")
        if request.method == "POST":
            return self._confirm(request, contact_list)
        return self._show_columns(request, contact_list, request.GET)

    def _confirm(self, request: HttpRequest, contact_list: ContactList) -> HttpResponseBase:
        form = ConfirmForm(request.POST, contact_list=contact_list)
        if not form.is_valid():
            return self._show_columns(request, contact_list, {}, complaint=gettext("Choose the column again."))
        said = form.cleaned_data
        chosen = said["number_column"]
        looked_at = {name: said[name] for name in (*HOW, *map(text_name, TEXTS))} | {"column": chosen}
        if chosen is None:
            complaint = gettext("Choose the column that holds the numbers.")
            return self._show_columns(request, contact_list, looked_at, complaint=complaint)
        if chosen != said["shown_column"]:
            complaint = gettext("You chose another column. Look at its numbers, then confirm.")
            return self._show_columns(request, contact_list, looked_at, complaint=complaint)
        choices = {name: said[name] for name in ("sheet", "encoding", "delimiter")}
        columns_of_texts = form.text_columns if takes_texts(contact_list.campaign) else []

        def confirm() -> None:
            has_header = said["header"] == "yes"
            intake.confirm(
                contact_list, number_column=chosen, has_header=has_header, text_columns=columns_of_texts, **choices
            )

        def done() -> str:
            return gettext("“%(list)s” is being read.") % {"list": contact_list}

        if give(self, request, contact_list, confirm, done):
            tasks.ring("intake")
            warn_of_missing_texts(request, contact_list)
        return back_to(contact_list.campaign, "numbers")

    def _show_columns(
        self, request: HttpRequest, contact_list: ContactList, said: Any, *, complaint: str = ""
    ) -> TemplateResponse:
        try:
            seen = intake.look(contact_list, **_choices(said, contact_list))
        except DialerError as error:
            complaint = str(error)
            seen = intake.look(contact_list, sheet=contact_list.sheet, encoding=contact_list.encoding)
            said = {}
        column = _column(said, seen)
        country = contact_list.campaign.account.country
        is_full = self.sees_full_numbers(request)
        rows = [_shown(row, seen, column, country, is_full=is_full) for row in seen.rows]
        headings = _headings(seen, column)
        chosen_texts = chosen_columns(said, seen.columns)
        return show(
            self,
            request,
            "admin/dialer/contactlist/columns.html",
            contact_list,
            title=gettext("Choose the column"),
            complaint=complaint,
            look=LookForm(seen=seen, initial={**_as_shown(seen), "column": column, **chosen_texts}),
            texts=texts_form(contact_list, headings, chosen_texts),
            shown=_as_shown(seen),
            column=column,
            headings=headings,
            rows=rows,
            good_count=sum(row.is_good for row in rows),
            row_count=seen.row_count,
            country=countries.name(country),
            numbers_url=address(contact_list.campaign, "numbers"),
            **path_context(contact_list.campaign, Step.NUMBERS),
        )

    @door("view_contactlist", methods=FORM)
    def remove_view(self, request: HttpRequest, contact_list: ContactList) -> HttpResponseBase:
        if not request.user.has_perm("dialer.change_campaign"):
            raise PermissionDenied
        campaign = contact_list.campaign
        page = self.admin_site.get_model_admin(type(campaign))
        if request.method == "POST":

            def done() -> str:
                return gettext("Removed the list “%(list)s”.") % {"list": contact_list}

            give(page, request, campaign, lambda: intake.remove(contact_list), done)
            return back_to(campaign, "numbers")
        is_read_now = contact_list.number_column is not None and contact_list.state in (
            ContactList.State.UPLOADED,
            ContactList.State.READING,
        )
        stops = [gettext("It is being read; that ends at once.")] if is_read_now else []
        return show(
            self,
            request,
            "admin/dialer/confirmation.html",
            contact_list,
            title=gettext("Remove list"),
            sentences=[
                *stops,
                ngettext(
                    "The list and its %(count)s row are removed from “%(campaign)s”. You can upload it again.",
                    "The list and its %(count)s rows are removed from “%(campaign)s”. You can upload it again.",
                    contact_list.rows_read,
                )
                % {"count": columns.count(contact_list.rows_read), "campaign": campaign},
            ],
            button=gettext("Stop and remove the list") if is_read_now else gettext("Remove the list"),
            back_url=address(campaign, "numbers"),
            is_dangerous=True,
        )

    @admin.display(description=_("state"), ordering="state")
    def status(self, contact_list: ContactList) -> SafeString:
        return columns.state_badge(contact_list.get_state_display(), contact_list.state)

    @admin.display(description=_("rows"), ordering="row_count")
    def rows(self, contact_list: ContactList) -> str:
        return columns.count(contact_list.row_count or 0)

    @admin.display(description=_("size"), ordering="size_bytes")
    def size(self, contact_list: ContactList) -> str:
        return columns.file_size(contact_list.size_bytes)

    @admin.display(description=_("uploaded"), ordering="uploaded_at")
    def uploaded(self, contact_list: ContactList) -> SafeString | str:
        return columns.when(contact_list.uploaded_at)


def _encodings(own: str) -> dict[str, Any]:
    """The encodings in words, the file's own among them and each word once."""
    if own in ENCODINGS:
        return ENCODINGS
    named = SHOWN_BY_FILES.get(own, gettext("Other (%(encoding)s)") % {"encoding": own})
    return {own: named, **{encoding: words for encoding, words in ENCODINGS.items() if words != named}}


def _with(choices: dict[str, Any], own: str) -> dict[str, Any]:
    """The choices with the file's own among them."""
    return choices if own in choices else {own: own or _("nothing: one column"), **choices}


def _choices(said: Any, contact_list: ContactList) -> dict[str, Any]:
    """What the operator chose among what is offered; the rest is guessed."""
    choices: dict[str, Any] = {}
    if (sheet := said.get("sheet")) and "\0" not in sheet:
        choices["sheet"] = sheet
    if said.get("encoding") in _encodings(contact_list.encoding):
        choices["encoding"] = said["encoding"]
    if said.get("delimiter") in _with(DELIMITERS, contact_list.delimiter):
        choices["delimiter"] = said["delimiter"]
    if said.get("header") in ("yes", "no"):
        choices["has_header"] = said["header"] == "yes"
    return choices


def _column(said: Any, seen: Preview) -> int | None:
    """The column chosen, else the one that looks like numbers."""
    column = column_of(said.get("column"), below=seen.columns)
    return seen.number_column if column is None else column


def _as_shown(seen: Preview) -> dict[str, str]:
    header = "yes" if seen.has_header else "no"
    return {"sheet": seen.sheet, "encoding": seen.encoding, "delimiter": seen.delimiter, "header": header}


def _headings(seen: Preview, column: int | None) -> list[tuple[int, str, bool]]:
    """Index, heading and whether it is the chosen one; columns without a heading have their letter."""
    names = [seen.header[index].strip() if index < len(seen.header) else "" for index in range(seen.columns)]
    return [(index, name or _letter(index), index == column) for index, name in enumerate(names)]


def _letter(index: int) -> str:
    """The column as spreadsheet programs call it: A … Z, AA …"""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _shown(row: Row, seen: Preview, column: int | None, country: str, *, is_full: bool) -> ShownRow:
    texts = [row.cell(index) for index in range(seen.columns)]
    cells = [(text if is_full else phone_numbers.hidden(text), index == column) for index, text in enumerate(texts)]
    if column is None:
        return ShownRow(number=row.number, cells=cells, verdict="", is_good=False)
    raw = row.cell(column)
    verdict = phone.read(raw, country=country)
    if verdict.problem is None:
        number = phone.display(verdict.number) if is_full else phone.masked(verdict.number)
        return ShownRow(number=row.number, cells=cells, verdict=number, is_good=True)
    sentence = phone.explain(verdict.problem, raw, country)
    return ShownRow(number=row.number, cells=cells, verdict=sentence, is_good=False)
