"""What the first page shows: how today goes, what runs, whether the queues live, and where to begin.

Bounded: QUERY_LIMIT queries of its own, however much there is. A user sees only what stands on pages they may see.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dialer.admin import charts, clock, columns, first_run, overview_health
from dialer.admin.addresses import address_for, list_for
from dialer.admin.charts import Chart
from dialer.admin.first_run import Step
from dialer.admin.navigation import Figure, Text
from dialer.admin.overview_health import AccountLine, QueuePulse, Sign, spent
from dialer.flow import sums
from dialer.flow.hours import zone_of
from dialer.flow.summaries import QUERY_COUNT, Summary, summaries
from dialer.flow.sums import Calls
from dialer.flow.visibility import visible_to
from dialer.models import CallRecord, Campaign
from dialer.terms import Disposition

QUERY_LIMIT = 1 + 4 + QUERY_COUNT + overview_health.QUERY_LIMIT  # the first asks for the teams of the user
CAMPAIGNS_SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class CampaignLine:
    """A campaign under way and how far it is."""

    campaign: Campaign
    url: str
    calls_url: str
    summary: Summary

    @property
    def answered_share(self) -> str:
        return columns.share(self.summary.answered, self.summary.calls)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """So many of the calls of today, and the list of them."""

    label: Text
    kind: str  # an outcome, or "key"
    count: int
    whole: int
    url: str

    @property
    def share(self) -> str:
        return columns.share(self.count, self.whole)


@dataclass(frozen=True, kw_only=True)
class Coming:
    """A campaign that starts by itself, and when that is for the people called."""

    campaign: Campaign
    url: str
    local: str


@dataclass(frozen=True, kw_only=True)
class Overview:
    """Everything on the first page that the console itself knows."""

    figures: list[Figure]
    charts: list[Chart]
    outcomes: list[Bar]
    keypresses: list[Bar]
    campaigns: list[CampaignLine]
    coming: list[Coming]
    accounts: list[AccountLine]
    pulses: list[QueuePulse]
    signs: list[Sign]
    steps: list[Step]  # empty as soon as something was launched

    @property
    def next_step(self) -> Step | None:
        return next((step for step in self.steps if not step.is_done), None)


def read(site: AdminSite, request: HttpRequest, *, now: datetime | None = None) -> Overview:
    """Look at the tables as they stand. Costs at most QUERY_LIMIT queries."""
    now = now or timezone.now()
    steps = first_run.steps(site, request)
    day = timezone.localdate(now)
    today, tomorrow = clock.midnight(day), clock.midnight(day + timedelta(days=1))
    sees_calls = bool(address_for(site, request, CallRecord, "changelist"))
    calls = sums.between(today, tomorrow, user=request.user) if not steps else sums.NO_CALLS
    shown = calls if sees_calls else sums.NO_CALLS
    since = _("since midnight, %(zone)s") % {"zone": today.tzname()}

    def rows(filters: dict[str, str]) -> str:
        return list_for(site, request, CallRecord, **filters)

    return Overview(
        figures=[] if steps else list(_figures(site, request, calls, since)),
        charts=charts.drawn(shown, until=now, rows=rows),
        outcomes=_bars(site, request, shown.dispositions(), "disposition__exact"),
        keypresses=_bars(site, request, shown.keypresses(), "keypress"),
        campaigns=[] if steps else _campaigns(site, request),
        coming=[] if steps else _coming(site, request),
        accounts=overview_health.accounts(site, request, calls, now),
        pulses=overview_health.pulses(now),
        signs=overview_health.signs(site, request, now),
        steps=steps,
    )


def _figures(site: AdminSite, request: HttpRequest, calls: Calls, since: str) -> Iterator[Figure]:
    url = list_for(site, request, CallRecord, days=1)
    if not url:
        return
    made, answered, keyed = calls.made, calls.answered, calls.keyed
    yield Figure(label=_("Calls today"), value=columns.count(made), note=since, url=url)
    yield Figure(
        label=_("Answered today"),
        value=columns.share(answered, made),
        note=_("%(answered)s of %(made)s") % {"answered": columns.count(answered), "made": columns.count(made)},
        url=f"{url}&disposition__exact={Disposition.ANSWERED}",
    )
    talked = f"{url}&disposition__exact={Disposition.ANSWERED}"
    yield Figure(label=_("Minutes talked today"), value=columns.count(calls.talk_seconds // 60), url=talked)
    if keyed:
        yield Figure(
            label=_("Keys pressed today"),
            value=columns.count(keyed),
            note=_("%(share)s of those who answered") % {"share": columns.share(keyed, answered)},
            url=f"{url}&keypress=any",
        )
    for amount in spent(calls):
        yield Figure(label=_("Spent today"), value=amount, note=_("as far as carriers told it"), url=url)


def _bars(site: AdminSite, request: HttpRequest, counts: dict[Any, int], parameter: str) -> list[Bar]:
    """A bar for each count, with the calls of today behind it."""
    whole = sum(counts.values())
    return [
        Bar(
            label=getattr(one, "label", one),
            kind=str(one) if isinstance(one, Disposition) else "key",
            count=count,
            whole=whole,
            url=list_for(site, request, CallRecord, days=1, **{parameter: str(one)}),
        )
        for one, count in counts.items()
    ]


def _coming(site: AdminSite, request: HttpRequest) -> list[Coming]:
    """The next campaigns that start by themselves."""
    if not address_for(site, request, Campaign, "changelist"):
        return []
    waiting = visible_to(
        request.user, Campaign.objects.filter(state=Campaign.State.SCHEDULED, start_at__isnull=False, asks_because="")
    )
    return [
        Coming(campaign=campaign, url=_page_of(site, request, campaign), local=in_its_zone(campaign))
        for campaign in waiting.select_related("account").order_by("start_at")[:CAMPAIGNS_SHOWN]
    ]


def in_its_zone(campaign: Campaign) -> str:
    """The start of a scheduled campaign on the clock of the people called; "" for one without a start."""
    return clock.short_moment_in(campaign.start_at, zone_of(campaign)) if campaign.start_at else ""


def _campaigns(site: AdminSite, request: HttpRequest) -> list[CampaignLine]:
    if not address_for(site, request, Campaign, "changelist"):
        return []
    under_way = list(
        visible_to(request.user, Campaign.objects.filter(state__in=(Campaign.State.RUNNING, Campaign.State.PAUSED)))
        .select_related("account")
        .order_by("-state", "-launched_at")[:CAMPAIGNS_SHOWN]  # "running" before "paused"
    )
    found = summaries(under_way)
    return [
        CampaignLine(
            campaign=campaign,
            url=_page_of(site, request, campaign),
            calls_url=list_for(site, request, CallRecord, campaign__id__exact=campaign.pk),
            summary=found[campaign.pk],
        )
        for campaign in under_way
    ]


def _page_of(site: AdminSite, request: HttpRequest, campaign: Campaign) -> str:
    return address_for(site, request, Campaign, "change", campaign.pk)
