"""A launch that waits for a second person: asked for, approved or declined on the launch page."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer import tasks
from dialer.admin.doors import ORDER, address, back_to, door, give
from dialer.admin.navigation import Attention, capped_count
from dialer.flow import approvals, lifecycle
from dialer.flow.mistakes import DialerError
from dialer.flow.visibility import visible_to
from dialer.models import Campaign, LaunchApproval

WAITING = LaunchApproval.State.WAITING


class DeclineForm(forms.Form):
    """Why it is not launched."""

    because = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("A few words; they are kept as evidence."),
    )


class WaitsForApproval(SimpleListFilter):
    """Campaigns whose launch waits for a second person."""

    title = _("approval")
    parameter_name = "approval"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waits", _("waits for a second person"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> QuerySet[Campaign]:
        if self.value() != "waits":
            return queryset
        return queryset.filter(pk__in=LaunchApproval.objects.filter(state=WAITING).values("campaign"))


class ApprovalDoors:
    """Whoever may launch may approve what others asked for."""

    @door("launch_campaign", methods=ORDER)
    def approve_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        approval = _named(request, campaign)
        if approval is None:
            messages.error(request, gettext("It was decided or asked for anew meanwhile. Look at the sheet again."))
            return back_to(campaign, "launch")
        done = _("Approved. It is launched as it was asked for.")
        if give(self, request, campaign, lambda: lifecycle.approve(approval, by=request.user), done):
            tasks.ring("dispatch")
            return back_to(campaign)
        return back_to(campaign, "launch")

    @door("launch_campaign", methods=ORDER)
    def decline_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        approval = _named(request, campaign)
        if approval is None:
            messages.error(request, gettext("It was decided or asked for anew meanwhile. Look at the sheet again."))
            return back_to(campaign, "launch")
        because = request.POST.get("because", "")
        done = _("Declined. Nobody is called.")
        give(self, request, campaign, lambda: approvals.decline(approval, by=request.user, because=because), done)
        return back_to(campaign, "launch")

    def ask_for_approval(
        self: Any, request: HttpRequest, campaign: Campaign, *, start_at: datetime | None = None
    ) -> HttpResponseBase:
        """The launch waits; the page says for whom."""
        try:
            approvals.ask(campaign, by=request.user, start_at=start_at)
        except DialerError as error:
            messages.error(request, str(error))
        else:
            sentence = gettext("It waits for a second person, who approves it on this page. Nobody is called before.")
            messages.warning(request, sentence)
        return back_to(campaign, "launch")


def approval_context(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    """What waits, whether this user may decide it, and whether it is still what was asked for."""
    approval = approvals.waiting(campaign)
    if approval is None:
        declined = campaign.launch_approvals.first()
        is_declined = declined is not None and declined.state == LaunchApproval.State.DECLINED
        return {"declined": declined if is_declined else None}
    return {
        "approval": approval,
        "is_own": approval.is_asked_by(request.user),
        "is_unchanged": approvals.is_unchanged(approval, campaign),
        "decline_form": DeclineForm(label_suffix=""),
    }


def approvals_wanted(request: HttpRequest) -> Attention:
    """Launches that this user may approve."""
    rows = LaunchApproval.objects.filter(state=WAITING)
    may = request.user.has_perm("dialer.launch_campaign")
    wanted = visible_to(request.user, rows).exclude(pk__in=_own(request)) if may else rows.none()
    count = capped_count(wanted)
    only = wanted.select_related("campaign").first() if count == 1 else None
    return Attention(
        count=count,
        text=gettext("Launches that wait for a second person"),
        remedy=gettext("Read the sheet, then approve or decline. Nobody is called before."),
        query="approval=waits",
        url=address(only.campaign, "launch") if only else "",
    )


def _own(request: HttpRequest) -> QuerySet[Any]:
    """What this user asked for, also by a token made for somebody else."""
    own = Q(asked_by=request.user.pk) | Q(token_made_by=request.user.pk)
    return LaunchApproval.objects.filter(own).values("pk")


def _named(request: HttpRequest, campaign: Campaign) -> LaunchApproval | None:
    """The one that was on the page: what waits by now may be another."""
    approval = approvals.waiting(campaign)
    return approval if approval and str(approval.pk) == request.POST.get("approval") else None
