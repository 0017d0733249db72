"""The operator's orders to a campaign: launch now or later, take back, pause, resume, cancel."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dialer import tasks
from dialer.admin import clock, columns
from dialer.admin.campaign_settings import settings_context
from dialer.admin.campaign_week import hours_context
from dialer.admin.doors import FORM, LOOK, ORDER, back_to, door, give, show
from dialer.admin.launch_approval import ApprovalDoors, approval_context
from dialer.admin.launch_sheet import mends, sheet_context
from dialer.admin.path import path_context
from dialer.admin.voice_file import voice_path
from dialer.flow import approvals, drafts, launch_sheet, lifecycle, money, routes
from dialer.flow.approvals import NeedsApproval
from dialer.flow.connect import check_lately
from dialer.flow.drafts import Step
from dialer.flow.hours import hours_of, zone_of
from dialer.flow.mistakes import DialerError
from dialer.flow.preflight import preflight
from dialer.models import Campaign
from dialer.models.preference import house_language

BEFORE_THE_LAUNCH = (Campaign.State.DRAFT, Campaign.State.SCHEDULED)


class StartAtForm(forms.Form):
    """A moment on the campaign's clock, whose zone the page names."""

    start_at = forms.DateTimeField(
        label=_("Start at"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": _("Choose day and time.")},
        validators=[clock.NOT_TOO_FAR],
    )

    def __init__(self, campaign: Campaign, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone_of(campaign)

    def full_clean(self) -> None:
        with timezone.override(self.zone):
            super().full_clean()

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> Any:
        moment = super().get_initial_for_field(field, field_name)
        return moment and timezone.localtime(moment, self.zone).replace(tzinfo=None)


class LaunchDoors(ApprovalDoors):
    """Each order needs the permission to launch; a dangerous one is said in numbers before it is given."""

    @door("view_campaign", methods=FORM)
    def launch_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        """The sheet, for whoever prepares or launches; the order, for whoever may launch."""
        can_launch = request.user.has_perm("dialer.launch_campaign")
        is_order = request.method == "POST"
        if not (can_launch or (request.user.has_perm("dialer.change_campaign") and not is_order)):
            raise PermissionDenied
        if is_order:
            return self._launch(request, campaign)
        if campaign.state not in BEFORE_THE_LAUNCH:
            return back_to(campaign)
        planned = drafts.planned_start(campaign, now=timezone.now())
        start = StartAtForm(campaign, label_suffix="", initial={"start_at": planned})
        return self._launch_page(request, campaign, start)

    def _launch_page(self: Any, request: HttpRequest, campaign: Campaign, start: StartAtForm) -> HttpResponseBase:
        can_launch = request.user.has_perm("dialer.launch_campaign")
        if can_launch:
            _ask_carriers(campaign)
        sheet, now = preflight(campaign), timezone.now()
        planned = start.initial.get("start_at")
        content = launch_sheet.content_of(campaign, sheet, now=now, start_at=planned)
        return show(
            self,
            request,
            "admin/dialer/campaign/launch.html",
            campaign,
            title=gettext("Launch"),
            sheet=sheet,
            problems=mends(campaign, sheet.problems),
            warnings=mends(campaign, sheet.warnings),
            voice_url=voice_path(campaign.voice_file) if campaign.voice_file else "",
            start=start,
            planned=clock.moment_in(planned, start.zone) if planned else "",
            is_draft=campaign.state == Campaign.State.DRAFT,
            can_launch=can_launch,
            zone=start.zone.key,
            **approval_context(request, campaign),
            needs_approval=approvals.is_needed(sheet),
            **sheet_context(campaign, content, is_live=True),
            **path_context(campaign, Step.CHECK),
            **settings_context(campaign),
            **hours_context(campaign, now=now),
        )

    @door("launch_campaign", methods=LOOK)
    def clock_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        """What that moment is for the people called; a fragment for the launch page."""
        form = StartAtForm(campaign, request.GET)
        at = form.cleaned_data["start_at"] if form.is_valid() else None
        context = {"clock": verdict_at(campaign, at) if at else ""}
        return TemplateResponse(request, "admin/dialer/campaign/clock.html", context)

    @door("launch_campaign", methods=ORDER)
    def schedule_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        start = StartAtForm(campaign, request.POST, label_suffix="")
        if not start.is_valid():
            return self._launch_page(request, campaign, start)
        at = start.cleaned_data["start_at"]
        done = lazy(_starts, str)(at, start.zone)
        try:
            lifecycle.schedule(campaign, start_at=at, by=request.user)
        except NeedsApproval:
            return self.ask_for_approval(request, campaign, start_at=at)
        except DialerError as error:
            messages.error(request, str(error))
            return self._back(campaign, is_done=False)
        self.log_change(request, campaign, done)
        messages.success(request, str(done))
        return self._back(campaign, is_done=True)

    @door("launch_campaign", methods=ORDER)
    def unschedule_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        done = _("Taken back: it is a draft again and does not start by itself.")
        give(self, request, campaign, lambda: lifecycle.unschedule(campaign), done)
        return back_to(campaign)

    def _back(self: Any, campaign: Campaign, *, is_done: bool) -> HttpResponseBase:
        """To the launch page if something stands against it, else to the campaign."""
        campaign.refresh_from_db()
        return back_to(campaign, "launch" if not is_done and campaign.state in BEFORE_THE_LAUNCH else "change")

    def _launch(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        try:
            sheet = lifecycle.launch(campaign, by=request.user)
        except NeedsApproval:
            return self.ask_for_approval(request, campaign)
        except DialerError as error:
            messages.error(request, str(error))
            return self._back(campaign, is_done=False)
        tasks.ring("dispatch")
        done = lazy(_launched, str)(sheet.callable_count)
        self.log_change(request, campaign, done)
        messages.success(request, str(done))
        return back_to(campaign)

    @door("launch_campaign", methods=ORDER)
    def pause_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        with house_language():
            because = gettext("Paused by %(name)s.") % {"name": request.user.get_username()}
        done = _("Paused. No further numbers leave; those at the carrier are still called.")
        give(self, request, campaign, lambda: lifecycle.pause(campaign, because=because), done)
        return back_to(campaign)

    @door("launch_campaign", methods=ORDER)
    def resume_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        if give(self, request, campaign, lambda: lifecycle.resume(campaign), _("Resumed.")):
            tasks.ring("dispatch")
        return back_to(campaign)

    @door("launch_campaign", methods=FORM)
    def cancel_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        if request.method == "POST":
            done = _("Cancelled. Nothing further leaves.")
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


def _ask_carriers(campaign: Campaign) -> None:
    """Credentials and balances are those of the last minute; what can't be asked is said on the sheet."""
    for route in routes.routes_of(campaign):
        check_lately(route.account)
        money.refresh(route.account)


def verdict_at(campaign: Campaign, at: datetime) -> str:
    """The moment on the callees' clock, and whether they may be called then; "" if no rules are known."""
    try:
        return hours_of(campaign, on=at.date()).explain(at)
    except DialerError:
        return ""


def _starts(at: datetime, zone: ZoneInfo) -> str:
    return gettext("It starts by itself on %(moment)s.") % {"moment": clock.moment_in(at, zone)}


def _launched(count: int) -> str:
    return ngettext("Launched: %(count)s person is called.", "Launched: %(count)s people are called.", count) % {
        "count": columns.count(count)
    }


def _at_the_carrier_in_words(count: int) -> str:
    if not count:
        return gettext("Nobody of this campaign is with the carrier now.")
    return ngettext(
        "%(count)s person is with the carrier already. That call can’t be called back and will still be made.",
        "%(count)s people are with the carrier already. They can’t be called back and will still be called.",
        count,
    ) % {"count": columns.count(count)}
