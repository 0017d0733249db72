"""How far a draft is on its way to the launch, step by step, and what is remembered of it until then."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Exists, OuterRef

from dialer.flow.connect import capabilities_of
from dialer.models import Account, Campaign, CampaignPlan, Contact, ContactList
from dialer.terms import VoiceDelivery

# What asks least of an operator first: a file that is sent along lies nowhere before.
EASIEST_FIRST = (VoiceDelivery.SENT_ALONG, VoiceDelivery.CARRIER_FILE, VoiceDelivery.OUR_ADDRESS)


class Step(StrEnum):
    """The steps of the guided path, in their order."""

    WHAT = "what"
    VOICE = "voice"
    NUMBERS = "numbers"
    WHEN = "when"
    CHECK = "check"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a draft stands. The last step is done by the launch, and then it is no draft any more."""

    done: frozenset[Step]

    @property
    def next_step(self) -> Step:
        """The first that is open."""
        return next(step for step in Step if step not in self.done)


def standings(campaigns: Iterable[Campaign]) -> dict[int, Standing]:
    """One for each campaign, by its id, with one query."""
    ids = [campaign.pk for campaign in campaigns]
    people = Contact.objects.filter(campaign=OuterRef("pk"), skip_reason="")
    waiting = ContactList.objects.filter(
        campaign=OuterRef("pk"), state=ContactList.State.UPLOADED, number_column__isnull=True
    )
    under_way = ContactList.objects.filter(
        campaign=OuterRef("pk"),
        state__in=[ContactList.State.UPLOADED, ContactList.State.READING],
        number_column__isnull=False,
    )
    rows = Campaign.objects.filter(pk__in=ids).annotate(
        has_people=Exists(people),
        has_open_list=Exists(waiting),
        has_list_under_way=Exists(under_way),
        is_timed=Exists(CampaignPlan.objects.filter(campaign=OuterRef("pk"), is_timed=True)),
    )
    return {
        row.pk: _standing(
            has_voice=has_voice(row),
            has_numbers=(row.has_people or row.has_list_under_way) and not row.has_open_list,
            is_timed=row.is_timed,
        )
        for row in rows
    }


def standing(campaign: Campaign) -> Standing:
    return standings([campaign])[campaign.pk]


def has_voice(campaign: Campaign) -> bool:
    """Is it known what people hear?"""
    if campaign.voice_delivery == VoiceDelivery.SPOKEN_TEXT:
        return bool(campaign.speech_text)
    return campaign.voice_file_id is not None


def usual_delivery(account: Account) -> VoiceDelivery:
    """How a message reaches this account's carrier unless somebody says otherwise."""
    possible = capabilities_of(account).voice_deliveries
    return next((way for way in EASIEST_FIRST if way in possible), VoiceDelivery.SPOKEN_TEXT)


def confirm_time(campaign: Campaign, *, start_at: datetime | None) -> None:
    """Hours and pace are as they should be; the start is proposed for the launch. It starts nothing."""
    CampaignPlan.objects.update_or_create(campaign=campaign, defaults={"is_timed": True, "start_at": start_at})


def planned_start(campaign: Campaign, *, now: datetime) -> datetime | None:
    """The start that was proposed, if it is still to come."""
    plan = CampaignPlan.objects.filter(campaign=campaign).first()
    return plan.start_at if plan and plan.start_at and plan.start_at > now else None


def _standing(*, has_voice: bool, has_numbers: bool, is_timed: bool) -> Standing:
    found = {Step.VOICE: has_voice, Step.NUMBERS: has_numbers, Step.WHEN: is_timed}
    return Standing(done=frozenset({Step.WHAT, *(step for step, is_done in found.items() if is_done)}))
