"""Campaigns as the tests of their pages make them, and their forms as a browser sends them."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from dialer.models import Attempt, Batch, Campaign
from dialer.terms import Disposition
from tests.admin.visits import visitor
from tests.factories import (
    make_account,
    make_batch,
    make_call_record,
    make_campaign,
    make_contacts,
    make_voice_file,
    settle,
)

VIEW, ADD, CHANGE, LAUNCH = (f"dialer.{verb}_campaign" for verb in ("view", "add", "change", "launch"))
LIST = "/dialer/campaign/"


def door(campaign: Campaign, name: str) -> str:
    return reverse(f"admin:dialer_campaign_{name}", args=[campaign.pk])


PACE = {
    "batch_size": "",
    "numbers_per_minute": "",
    "at_carrier_limit": "",
    "canary_size": "50",
    "silence_limit_minutes": "30",
    "failure_limit_percent": "60",
    "line_failure_limit_percent": "30",
    "opt_out_limit_percent": "20",
}


def rows(prefix: str, *new: dict[str, object]) -> dict[str, object]:
    """New rows of a campaign's part, as its form sends them."""
    sent: dict[str, object] = {f"{prefix}-TOTAL_FORMS": len(new), f"{prefix}-INITIAL_FORMS": 0}
    for number, row in enumerate(new):
        sent |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return sent


def form(campaign: Campaign | None = None, **changes: object) -> dict[str, object]:
    campaign = campaign or Campaign(name="Reminder", account=make_account(), voice_file=make_voice_file())
    return {
        **rows("call_windows"),
        **rows("retry_rules"),
        **rows("routes"),
        **rows("carrier_periods"),
        **PACE,
        "name": campaign.name,
        "purpose": "service",
        "late_grace_minutes": "60",
        "account": campaign.account_id,
        "voice_file": campaign.voice_file_id,
        "voice_delivery": "carrier_file",
        "caller_id": "",
        "ring_seconds": "60",
        "max_call_seconds": "120",
        "drops_undialled_today": "on",
        "remark": "",
        **changes,
    }


def ready_campaign(people: int = 3, **fields: object) -> Campaign:
    campaign = make_campaign(**fields)
    make_contacts(people, campaign=campaign)
    return campaign


def half_done_campaign() -> Campaign:
    """Nine people: three billed, one silent, one at the carrier, two uncertain, one refused, one waiting."""
    campaign = ready_campaign(9, state=Campaign.State.RUNNING, wants_keypress=True)
    people = list(campaign.contacts.all())
    accepted = list(make_batch(contacts=people[:5], state=Batch.State.ACCEPTED).attempts.all())
    settle(accepted[:2], Disposition.ANSWERED, keypress="1")
    settle(accepted[2:3], Disposition.BUSY)
    Attempt.objects.filter(pk=accepted[3].pk).update(silent_since=campaign.launched_at)
    make_batch(contacts=people[5:7], state=Batch.State.UNCERTAIN, message="No answer in time.")
    make_batch(contacts=people[7:8], state=Batch.State.REFUSED, message="The balance is used up.")
    for attempt in accepted[:3]:
        make_call_record(attempt=attempt, disposition=attempt.disposition)
    return campaign


def add(**changes: Any) -> HttpResponse:
    return visitor(VIEW, ADD).post(f"{LIST}add/", form(**changes))


def errors(response: HttpResponse) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)


def spoken(**changes: Any) -> dict[str, Any]:
    return {
        "voice_delivery": "spoken_text",
        "voice_file": "",
        "speech_text": "Dear ${text1}",
        "speech_language": "id",
        **changes,
    }
