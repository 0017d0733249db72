"""Campaigns: made, looked at, launched, paused, resumed, cancelled."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.text import camel_case_to_spaces
from django.utils.translation import gettext
from ninja import Query, Router, Status

from dialer import tasks
from dialer.api import drafts, shapes, wishes
from dialer.api.doors import found, guard, repeatable, visible
from dialer.api.shapes import Id, Page
from dialer.flow import approvals, history, lifecycle
from dialer.flow.approvals import NeedsApproval
from dialer.flow.preflight import Finding, Preflight, preflight
from dialer.flow.reports import progress
from dialer.models import Campaign
from dialer.models.preference import house_language
from dialer.terms import Scope

router = Router(tags=["Campaigns"])

LOOK = guard(Scope.READ, "dialer.view_campaign")
MAKE = guard(Scope.WRITE, "dialer.add_campaign")
CHANGE = guard(Scope.WRITE, "dialer.change_campaign")
ORDER = guard(Scope.LAUNCH, "dialer.launch_campaign")


@router.post("", response={201: wishes.CampaignOut}, summary="Make a draft", **MAKE)
@repeatable()
def make_campaign(request: HttpRequest, document: wishes.CampaignIn) -> Any:
    """A draft with everything that the console's form knows; what is left out is as for a new campaign there. What
    the account's carrier can't do is told at its field. Numbers come next."""
    return Status(201, _shown(drafts.make(document, by=request.user)))


class CampaignsAsked(shapes.Reading):
    state: shapes.one_of(*Campaign.State.values) = ""  # type: ignore[valid-type]


@router.get("", response=Page[wishes.CampaignOut], summary="List campaigns", **LOOK)
def list_campaigns(request: HttpRequest, document: Query[CampaignsAsked]) -> Any:
    rows = visible(request, Campaign.objects.filter(pk__gt=document.after).order_by("pk"))
    rows = rows.filter(state=document.state) if document.state else rows
    rows = rows.prefetch_related(*wishes.RELATED.values())
    return shapes.page(request, rows, document, shown=lambda part: [wishes.written(row) for row in part])


@router.get("/{campaign_id}", response=wishes.CampaignOut, summary="Look at a campaign", **LOOK)
def get_campaign(request: HttpRequest, campaign_id: Id) -> Any:
    return _shown(_campaign(request, campaign_id))


@router.patch("/{campaign_id}", response=wishes.CampaignOut, summary="Change a draft", **CHANGE)
@repeatable()
def change_campaign(request: HttpRequest, campaign_id: Id, document: wishes.CampaignChange) -> Any:
    """What is said is changed, all else stays. Rows that are said take the place of all rows of their kind; null is as
    for a new campaign. A scheduled campaign is unscheduled first."""
    with transaction.atomic():
        rows = Campaign.objects.select_related("account").select_for_update(of=("self",))
        campaign = found(request, rows, campaign_id)
        drafts.change(campaign, document, by=request.user, program=request.auth)  # type: ignore[attr-defined]
    return _shown(_campaign(request, campaign_id))


@router.get("/{campaign_id}/status", response=shapes.Status, summary="How far it is", **LOOK)
def get_status(request: HttpRequest, campaign_id: Id) -> Any:
    campaign = _campaign(request, campaign_id)
    seen = progress(campaign)
    return shapes.Status(
        state=campaign.state,
        paused_because=campaign.paused_because,
        asks_because=campaign.asks_because,
        waiting=seen.waiting,
        at_the_carrier=seen.at_the_carrier,
        settled=seen.settled,
        silent=seen.silent,
        not_called=seen.not_called,
        uncertain=seen.uncertain,
        callable_count=seen.callable_count,
        skipped=_skipped(seen.skipped),
        dispositions={disposition.value: count for disposition, count in seen.dispositions.items()},
        keypresses=seen.keypresses,
        batches=seen.batches,
    )


@router.get("/{campaign_id}/preflight", response=shapes.Sheet, summary="What a launch would do", **LOOK)
def get_preflight(request: HttpRequest, campaign_id: Id) -> Any:
    """The sheet that people confirm in the console. It changes nothing."""
    return _sheet(preflight(_campaign(request, campaign_id)))


@router.post("/{campaign_id}/launch", response={200: shapes.Sheet, 202: shapes.Sheet}, summary="Launch now", **ORDER)
@repeatable()
def launch(request: HttpRequest, campaign_id: Id) -> Any:
    """It runs from now on. What stands against it is told in sentences, and nothing happens then. 202: it waits until a
    second person approves it in the console."""
    campaign = _campaign(request, campaign_id)
    try:
        sheet = lifecycle.launch(campaign, by=request.user)
    except NeedsApproval:
        return _waits(request, campaign)
    _note(request, campaign, lambda: gettext("Launched by a program."))
    tasks.ring("dispatch")
    return _sheet(sheet)


@router.post(
    "/{campaign_id}/schedule", response={200: shapes.Sheet, 202: shapes.Sheet}, summary="Launch later", **ORDER
)
@repeatable()
def schedule(request: HttpRequest, campaign_id: Id, document: shapes.Start) -> Any:
    """It starts by itself at that moment. 202: it waits until a second person approves it in the console."""
    campaign = _campaign(request, campaign_id)
    try:
        sheet = lifecycle.schedule(campaign, start_at=document.start_at, by=request.user)
    except NeedsApproval:
        return _waits(request, campaign, start_at=document.start_at)
    _note(request, campaign, lambda: gettext("Scheduled by a program."))
    return _sheet(sheet)


@router.post("/{campaign_id}/unschedule", response=wishes.CampaignOut, summary="Take a schedule back", **ORDER)
@repeatable()
def unschedule(request: HttpRequest, campaign_id: Id) -> Any:
    """It is a draft again."""
    campaign = _campaign(request, campaign_id)
    lifecycle.unschedule(campaign)
    _note(request, campaign, lambda: gettext("Schedule taken back by a program."))
    return _shown(_campaign(request, campaign_id))


@router.post("/{campaign_id}/pause", response=wishes.CampaignOut, summary="Pause", **ORDER)
@repeatable()
def pause(request: HttpRequest, campaign_id: Id, document: shapes.Because) -> Any:
    """No further numbers leave; those at the carrier are still called."""
    campaign = _campaign(request, campaign_id)
    with house_language():
        usual = gettext("Paused by a program of %(person)s.") % {"person": request.user.get_username()}
    lifecycle.pause(campaign, because=document.because or usual)
    _note(request, campaign, lambda: gettext("Paused by a program."))
    tasks.ring("webhooks")
    return _shown(_campaign(request, campaign_id))


@router.post("/{campaign_id}/resume", response=wishes.CampaignOut, summary="Resume", **ORDER)
@repeatable()
def resume(request: HttpRequest, campaign_id: Id) -> Any:
    campaign = _campaign(request, campaign_id)
    lifecycle.resume(campaign)
    _note(request, campaign, lambda: gettext("Resumed by a program."))
    tasks.ring("dispatch")
    return _shown(_campaign(request, campaign_id))


@router.post("/{campaign_id}/cancel", response=shapes.Cancelled, summary="Cancel for good", **ORDER)
@repeatable()
def cancel(request: HttpRequest, campaign_id: Id) -> Any:
    """Nothing further leaves, ever. The answer says how many people are at the carrier and can't be called back."""
    campaign = _campaign(request, campaign_id)
    count = lifecycle.cancel(campaign)
    _note(request, campaign, lambda: gettext("Cancelled by a program."))
    tasks.ring("webhooks")
    return shapes.Cancelled(at_the_carrier=count)


def _campaign(request: HttpRequest, pk: int) -> Campaign:
    return found(request, Campaign.objects.select_related("account", "voice_file"), pk)


def _shown(campaign: Campaign) -> Any:
    return wishes.CampaignOut(**wishes.written(campaign))


def _sheet(sheet: Preflight) -> shapes.Sheet:
    return shapes.Sheet(
        row_count=sheet.row_count,
        callable_count=sheet.callable_count,
        skipped=_skipped(sheet.skipped),
        batch_size=sheet.batch_size,
        batch_count=sheet.batch_count,
        problems=[_finding(problem) for problem in sheet.problems],
        warnings=[_finding(warning) for warning in sheet.warnings],
    )


def _finding(finding: Finding) -> shapes.Finding:
    kind = camel_case_to_spaces(type(finding.row).__name__).replace(" ", "_")
    row = shapes.FoundRow(kind=kind, id=finding.row.pk) if finding.row else None
    return shapes.Finding(sentence=finding.sentence, place=finding.place.value, row=row)


def _waits(request: HttpRequest, campaign: Campaign, start_at: datetime | None = None) -> Any:
    """It is asked for, and nobody is called."""
    approvals.ask(campaign, by=request.user, start_at=start_at, token=request.auth)  # type: ignore[attr-defined]
    return Status(202, _sheet(preflight(campaign)))


def _skipped(counts: dict[Any, int]) -> list[shapes.Skipped]:
    return [shapes.Skipped(reason=reason.value, count=count) for reason, count in counts.items()]


def _note(request: HttpRequest, campaign: Campaign, sentence: Callable[[], str]) -> None:
    token = request.auth  # type: ignore[attr-defined]
    history.note(campaign, lambda: f"{sentence()} ({token})", by=request.user)
