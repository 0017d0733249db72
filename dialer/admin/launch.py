"""The operator's orders to a campaign: launch, pause, resume, cancel."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext, ngettext

from dialer import tasks
from dialer.admin import columns, countries
from dialer.admin.doors import FORM, ORDER, back_to, door, give, list_address, show
from dialer.admin.voice_file import voice_path
from dialer.flow import lifecycle
from dialer.flow.mistakes import DialerError
from dialer.flow.preflight import preflight
from dialer.models import Campaign, Contact


class LaunchDoors:
    """Each order needs the permission to launch; a dangerous one is said in numbers before it is given."""

    @door("launch_campaign", methods=FORM)
    def launch_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        if request.method == "POST":
            return self._launch(request, campaign)
        if campaign.state != Campaign.State.DRAFT:
            return back_to(campaign)
        sheet = preflight(campaign)
        return show(
            self,
            request,
            "admin/dialer/campaign/launch.html",
            campaign,
            title=gettext("Launch"),
            sheet=sheet,
            skipped=[
                (reason.label, count, list_address(Contact, campaign__id__exact=campaign.pk, skip_reason__exact=reason))
                for reason, count in sheet.skipped.items()
            ],
            country=countries.name(campaign.account.country),
            voice_url=voice_path(campaign.voice_file),
            voice_length=columns.duration(campaign.voice_file.seconds),
        )

    def _launch(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        try:
            sheet = lifecycle.launch(campaign, by=request.user)
        except DialerError as error:
            messages.error(request, str(error))
            campaign.refresh_from_db()
            return back_to(campaign, "launch" if campaign.state == Campaign.State.DRAFT else "change")
        tasks.ring("dispatch")
        done = ngettext(
            "Launched: %(count)s person is called.", "Launched: %(count)s people are called.", sheet.callable_count
        ) % {"count": columns.count(sheet.callable_count)}
        self.log_change(request, campaign, done)
        messages.success(request, done)
        return back_to(campaign)

    @door("launch_campaign", methods=ORDER)
    def pause_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        because = gettext("Paused by %s.") % request.user.get_username()
        done = gettext("Paused. No further numbers leave; those at the carrier are still called.")
        give(self, request, campaign, lambda: lifecycle.pause(campaign, because=because), done)
        return back_to(campaign)

    @door("launch_campaign", methods=ORDER)
    def resume_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        if give(self, request, campaign, lambda: lifecycle.resume(campaign), gettext("Resumed.")):
            tasks.ring("dispatch")
        return back_to(campaign)

    @door("launch_campaign", methods=FORM)
    def cancel_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        if request.method == "POST":
            done = gettext("Cancelled. Nothing further leaves.")
            give(self, request, campaign, lambda: lifecycle.cancel(campaign), done)
            return back_to(campaign)
        if not campaign.MOVES[Campaign.State(campaign.state)]:
            return back_to(campaign)
        return show(
            self,
            request,
            "admin/dialer/confirmation.html",
            campaign,
            title=gettext("Cancel"),
            sentences=[
                _at_the_carrier_in_words(lifecycle.at_the_carrier(campaign).count()),
                gettext("Nobody else of this campaign will be called. A cancelled campaign can’t be resumed."),
            ],
            button=gettext("Cancel the campaign"),
            is_dangerous=True,
        )


def _at_the_carrier_in_words(count: int) -> str:
    if not count:
        return gettext("Nobody of this campaign is with the carrier now.")
    return ngettext(
        "%(count)s person is with the carrier already. That call can’t be called back and will still be made.",
        "%(count)s people are with the carrier already. They can’t be called back and will still be called.",
        count,
    ) % {"count": columns.count(count)}
