"""The numbers of a campaign: upload a list, see what became of each list."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.admin import uploads
from dialer.admin.doors import FORM, LOOK, address, back_to, door, list_address, show
from dialer.admin.path import path_context
from dialer.admin.row_texts import texts_in_words
from dialer.flow import intake
from dialer.flow.drafts import Step
from dialer.flow.mistakes import DialerError
from dialer.models import Campaign, Contact, ContactList
from dialer.terms import SkipReason, UploadPurpose

SPREADSHEETS = ".xlsx,.xls,.xlsb,.ods,.csv,.txt"


class NumbersForm(forms.Form):
    file = forms.FileField(
        label=_("Spreadsheet"),
        allow_empty_file=True,  # the flow says what is wrong with it and what to do
        widget=forms.FileInput(attrs={"accept": SPREADSHEETS}),
        help_text=_("xlsx, xls, ods, csv or txt. One column holds the numbers; you choose it in the next step."),
        error_messages={"required": _("Choose a file first.")},
    )


class NumbersDoors:
    """Upload and lists on one page, and the lists alone for the live refresh."""

    @door("view_campaign", methods=FORM)
    def numbers_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        can_change = request.user.has_perm("dialer.change_campaign")
        if request.method == "POST" and not can_change:
            raise PermissionDenied
        is_upload = request.method == "POST"
        uploads.bring(request, UploadPurpose.CONTACT_LIST, campaign=campaign, is_spent_later=True)
        form = NumbersForm(request.POST, request.FILES) if is_upload else NumbersForm()
        if is_upload and form.is_valid():
            contact_list = self._upload(request, campaign, form)
            if contact_list is not None:
                return back_to(contact_list, "columns")
        return show(
            self,
            request,
            "admin/dialer/campaign/numbers.html",
            campaign,
            title=gettext("Numbers"),
            form=form,
            can_change=can_change,
            can_launch=request.user.has_perm("dialer.launch_campaign"),
            **numbers_context(campaign),
            **uploads.pieces_of(request, UploadPurpose.CONTACT_LIST, campaign=campaign),
            **path_context(campaign, Step.NUMBERS),
        )

    @door("view_campaign", methods=LOOK)
    def numbers_live_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        can_change = request.user.has_perm("dialer.change_campaign")
        context = {"original": campaign, "can_change": can_change, **numbers_context(campaign)}
        return TemplateResponse(request, "admin/dialer/campaign/lists.html", context)

    def _upload(self: Any, request: HttpRequest, campaign: Campaign, form: NumbersForm) -> ContactList | None:
        """The new list, or None with the reason in the form."""
        file = form.cleaned_data["file"]
        try:
            contact_list = intake.upload(campaign, file, by=request.user)
        except DialerError as error:
            form.add_error("file", str(error))
            uploads.forget(file)
            return None
        self.log_change(request, campaign, lambda: gettext("Uploaded “%(list)s”.") % {"list": contact_list})
        done = gettext("“%(list)s” is uploaded. Check the column with the numbers.") % {"list": contact_list}
        messages.success(request, done)
        return contact_list


def numbers_context(campaign: Campaign) -> dict[str, Any]:
    """The lists with what was found in them, and whether one is still being read."""
    lists = list(campaign.contact_lists.order_by("pk"))
    found = _found(lists)
    return {
        "lists": [
            {
                "list": contact_list,
                "is_read_now": _is_under_way(contact_list),
                "texts": texts_in_words(contact_list),
                "to_call": found.get(contact_list.pk, {}).get("", 0),
                "skipped": _skipped(contact_list, found.get(contact_list.pk, {})),
                "contacts_url": list_address(Contact, contact_list__id__exact=contact_list.pk),
            }
            for contact_list in lists
        ],
        "callable_count": sum(counts.get("", 0) for counts in found.values()),
        "is_read": not any(_is_under_way(contact_list) for contact_list in lists),
        "is_draft": campaign.state == Campaign.State.DRAFT,
        "lists_url": address(campaign, "numbers_live"),
        "contacts_url": list_address(Contact, campaign__id__exact=campaign.pk),
    }


def _found(lists: list[ContactList]) -> dict[int, dict[str, int]]:
    """Rows of each list that was read to its end, by skip reason; "" are those to be called."""
    ready = [contact_list.pk for contact_list in lists if contact_list.state == ContactList.State.READY]
    rows = Contact.objects.filter(contact_list__in=ready).order_by().values_list("contact_list", "skip_reason")
    found: dict[int, dict[str, int]] = {}
    for pk, reason, count in rows.annotate(count=Count("pk")):
        found.setdefault(pk, {})[reason] = count
    return found


def _skipped(contact_list: ContactList, counts: dict[str, int]) -> list[tuple[str, int, str]]:
    return [
        (
            str(reason.label),
            counts[reason],
            list_address(Contact, contact_list__id__exact=contact_list.pk, skip_reason__exact=reason.value),
        )
        for reason in SkipReason
        if reason in counts
    ]


def _is_under_way(contact_list: ContactList) -> bool:
    """Will it change by itself?"""
    is_confirmed = contact_list.number_column is not None
    return is_confirmed and contact_list.state in {ContactList.State.UPLOADED, ContactList.State.READING}
