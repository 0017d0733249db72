"""A campaign like an old one, or for those whom it did not reach. Both lead into the middle of the guided path."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext, ngettext

from dialer import tasks
from dialer.admin import columns
from dialer.admin.doors import FORM, ORDER, back_to, door, show
from dialer.flow import copies
from dialer.flow.mistakes import DialerError
from dialer.models import Campaign


class CopyDoors:
    """Whoever may add campaigns may copy those that they see."""

    @door("add_campaign", methods=ORDER)
    def copy_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        _needs_view(request)
        try:
            new = copies.copy(campaign, by=request.user)
        except DialerError as error:
            messages.error(request, str(error))
            return back_to(campaign)
        messages.success(
            request, gettext("“%(campaign)s” is a draft with the same settings. Add the numbers.") % {"campaign": new}
        )
        return back_to(new, "numbers")

    @door("add_campaign", methods=FORM)
    def unanswered_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        _needs_view(request)
        if request.method == "POST":
            return _make(request, campaign)
        count = copies.unanswered(campaign).count() if campaign.state in copies.OVER else 0
        return show(
            self,
            request,
            "admin/dialer/confirmation.html",
            campaign,
            title=gettext("Call the unanswered"),
            sentences=_sentences(campaign, count),
            button=gettext("Make a draft for them") if count else "",
        )


def _make(request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
    try:
        new = copies.from_unanswered(campaign, by=request.user)
    except DialerError as error:
        messages.error(request, str(error))
        return back_to(campaign)
    tasks.ring("intake")
    messages.success(request, gettext("“%(campaign)s” is a draft. Its list is being read.") % {"campaign": new})
    return back_to(new, "numbers")


def _sentences(campaign: Campaign, count: int) -> list[str]:
    if campaign.state not in copies.OVER:
        return [gettext("It is not over yet, and may still call these people. Wait for its end, or cancel it first.")]
    if not count:
        return [gettext("Nobody is left to be called: all were reached, or may not be called any more.")]
    people = ngettext(
        "%(count)s person was not reached and may be called. A new draft with the same settings is made for them.",
        "%(count)s people were not reached and may be called. A new draft with the same settings is made for them.",
        count,
    ) % {"count": columns.count(count)}
    return [
        people,
        gettext("Not among them: whoever is still with the carrier, uncertain or silent, or asked not to be called."),
        gettext("Nobody is called by this. You launch it after the check."),
    ]


def _needs_view(request: HttpRequest) -> None:
    if not request.user.has_perm("dialer.view_campaign"):
        raise PermissionDenied
