"""A text of a campaign as one of its people gets it, while it is being written."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext

from dialer import phone
from dialer.admin import phone_numbers
from dialer.admin.doors import address
from dialer.flow import texts
from dialer.models import Campaign, Contact

LONGEST_TEMPLATE = 5_000  # characters that are looked at; carriers take 1,000


@dataclass(frozen=True, kw_only=True)
class ShownText:
    """Text 1, 2, … of the lists with its heading, to be put into the template."""

    name: str
    heading: str


class PreviewDoors:
    """A fragment, asked for again whenever somebody stops typing. It changes nothing."""

    def preview_routes(self: Any) -> list[URLPattern]:
        """For a new campaign and for one that exists."""
        view = self.admin_site.admin_view(self.preview_view)
        return [
            path("preview/", view, name="dialer_campaign_preview_new"),
            path("<int:pk>/preview/", view, name="dialer_campaign_preview"),
        ]

    def preview_view(self: Any, request: HttpRequest, pk: int | None = None) -> HttpResponseBase:
        if not request.user.has_perm("dialer.view_campaign"):
            raise PermissionDenied
        if request.method != "POST":  # a long text has no place in an address
            return HttpResponseNotAllowed(("POST",))
        campaign = self.get_queryset(request).filter(pk=pk).first() if pk else None
        if pk and campaign is None:
            raise Http404
        part = request.POST.get("part", "")
        template = texts.tidy(request.POST.get("text", "").replace("\0", ""))[:LONGEST_TEMPLATE]
        context = _context(campaign, template, is_full=self.sees_full_numbers(request))
        context["is_sms"] = part == "sms_text"
        return TemplateResponse(request, "admin/dialer/campaign/preview.html", context)


def preview_of(campaign: Campaign | None) -> dict[str, str]:
    """For the browser: where the fragment stands, and what it is."""
    here = address(campaign, "preview") if campaign else reverse("admin:dialer_campaign_preview_new")
    return {"preview": here, "previewLabel": gettext("As people get it")}


def _context(campaign: Campaign | None, template: str, *, is_full: bool) -> dict[str, Any]:
    contact = _somebody(campaign)
    row = list(contact.texts or ()) if contact else []
    shown = row if is_full else [phone_numbers.hidden(text or "") for text in row]
    numbers = texts.used(template)
    return {
        "template": template,
        "contact": contact,
        "number": _number(contact, is_full=is_full) if contact else "",
        "pieces": texts.pieces(template, shown),
        "length": texts.sms_length(texts.fill(template, row)),
        "numbers": sorted(numbers),
        "unknown": texts.unknown(template),
        "lacking_count": texts.lacking(campaign, numbers).count() if campaign and contact else 0,
        "long_count": texts.too_long_count(campaign, numbers) if campaign and contact else 0,
        "longest": texts.CARRIER_CHARACTERS,
        "names": _names(contact),
    }


def _somebody(campaign: Campaign | None) -> Contact | None:
    """The first one to be called, if there are numbers already."""
    if campaign is None:
        return None
    people = campaign.contacts.filter(skip_reason="").select_related("contact_list")
    return people.order_by("pk").first()


def _number(contact: Contact, *, is_full: bool) -> str:
    return phone.display(contact.number) if is_full else phone.masked(contact.number)


def _names(contact: Contact | None) -> list[ShownText]:
    """The texts that the list of this row brings."""
    headings = contact.contact_list.text_headings if contact else []
    return [
        ShownText(name=f"${{text{number}}}", heading=heading)
        for number, heading in enumerate(headings, 1)
        if heading is not None
    ]
