"""What the first page shows: how today goes, what runs, whether the queues live, and where to begin.

Bounded: QUERY_LIMIT queries of its own, however much there is. A user sees only what stands on pages they may see.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.admin import AdminSite
from django.db.models import Model, Q, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dialer.admin import columns
from dialer.admin.navigation import Figure, Text
from dialer.flow.summaries import QUERY_COUNT, Summary, summaries
from dialer.health import heartbeat_ages
from dialer.models import Account, CallRecord, CallTally, Campaign, VoiceFile
from dialer.models.tally import hour_of
from dialer.terms import Disposition

QUERY_LIMIT = 4 + QUERY_COUNT
CAMPAIGNS_SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the way to the first campaign."""

    title: Text
    help: Text
    url: str  # "" if this user may not take it
    is_done: bool


@dataclass(frozen=True, kw_only=True)
class CampaignLine:
    """A campaign under way and how far it is."""

    campaign: Campaign
    url: str
    summary: Summary

    @property
    def answered_share(self) -> str:
        return columns.share(self.summary.answered, self.summary.calls)


@dataclass(frozen=True, kw_only=True)
class QueuePulse:
    """When a task last went the whole way through a queue."""

    queue: str
    at: datetime | None
    is_late: bool


@dataclass(frozen=True, kw_only=True)
class Overview:
    """Everything on the first page that the console itself knows."""

    figures: list[Figure]
    campaigns: list[CampaignLine]
    pulses: list[QueuePulse]
    steps: list[Step]  # empty as soon as there is a campaign

    @property
    def next_step(self) -> Step | None:
        return next((step for step in self.steps if not step.is_done), None)


def read(site: AdminSite, request: HttpRequest, *, now: datetime | None = None) -> Overview:
    """Look at the tables as they stand. Costs at most QUERY_LIMIT queries."""
    now = now or timezone.now()
    steps = _steps(site, request)
    return Overview(
        figures=[] if steps else list(_figures(site, request, now)),
        campaigns=[] if steps else _campaigns(site, request),
        pulses=_pulses(now),
        steps=steps,
    )


def _steps(site: AdminSite, request: HttpRequest) -> list[Step]:
    if Campaign.objects.exists():
        return []
    return [
        Step(
            title=_("Add an account"),
            help=_("The credentials that the carrier gave you."),
            url=_address(site, request, Account, "add"),
            is_done=Account.objects.exists(),
        ),
        Step(
            title=_("Upload a voice file"),
            help=_("The message that is played. Any sound file will do; it is converted for the carrier."),
            url=_address(site, request, VoiceFile, "add"),
            is_done=VoiceFile.objects.exists(),
        ),
        Step(
            title=_("Make a campaign"),
            help=_("It brings an account, a voice file and a list of numbers together."),
            url=_address(site, request, Campaign, "add"),
            is_done=False,
        ),
    ]


def _figures(site: AdminSite, request: HttpRequest, now: datetime) -> Iterator[Figure]:
    url = _address(site, request, CallRecord, "changelist")
    if not url:
        return
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    calls = CallTally.objects.filter(hour__gte=hour_of(today), hour__lt=hour_of(today + timedelta(days=1))).aggregate(
        made=Sum("calls", default=0),
        answered=Sum("calls", filter=Q(disposition=Disposition.ANSWERED), default=0),
        talked=Sum("talk_seconds", default=0),
    )
    since = _("since midnight, %(zone)s") % {"zone": today.tzname()}
    yield Figure(label=_("Calls today"), value=columns.count(calls["made"]), note=since, url=url)
    yield Figure(
        label=_("Answered today"),
        value=columns.share(calls["answered"], calls["made"]),
        note=_("%(answered)s of %(made)s")
        % {"answered": columns.count(calls["answered"]), "made": columns.count(calls["made"])},
        url=f"{url}?disposition__exact={Disposition.ANSWERED}",
    )
    yield Figure(label=_("Minutes talked today"), value=columns.count(calls["talked"] // 60), url=url)


def _campaigns(site: AdminSite, request: HttpRequest) -> list[CampaignLine]:
    if not _address(site, request, Campaign, "changelist"):
        return []
    under_way = list(
        Campaign.objects.filter(state__in=(Campaign.State.RUNNING, Campaign.State.PAUSED))
        .select_related("account")
        .order_by("-state", "-launched_at")[:CAMPAIGNS_SHOWN]  # "running" before "paused"
    )
    found = summaries(under_way)
    return [
        CampaignLine(
            campaign=campaign,
            url=_address(site, request, Campaign, "change", campaign.pk),
            summary=found[campaign.pk],
        )
        for campaign in under_way
    ]


def _pulses(now: datetime) -> list[QueuePulse]:
    late = timedelta(seconds=settings.HEARTBEAT_LATE_SECONDS)
    return [
        QueuePulse(queue=queue, at=None if age is None else now - age, is_late=age is None or age > late)
        for queue, age in heartbeat_ages().items()
    ]


def _address(site: AdminSite, request: HttpRequest, model: type[Model], page: str, *args: object) -> str:
    """The address of a page of this model, or "" if there is none for this user."""
    model_admin = site._registry.get(model)
    if model_admin is None:
        return ""
    may = model_admin.has_add_permission if page == "add" else model_admin.has_view_permission
    if not may(request):
        return ""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args, current_app=site.name)
