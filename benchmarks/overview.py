"""The first page and a campaign's page over a million call records, against the same pages over a thousand."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from benchmarks import rows
from benchmarks.pages import visit
from benchmarks.ratio import Ratio, seconds
from dialer.flow import batch_tallies, tallies
from dialer.models import Attempt, Batch, CallRecord, Campaign, Contact
from dialer.terms import Disposition

FEW, MANY, AT_A_TIME = 1_000, 1_000_000, 5_000
BATCH = 1_000
OPEN_BATCHES = 5
ROUNDS = 9
OUTCOMES = (Disposition.ANSWERED, Disposition.BUSY, Disposition.NO_ANSWER, Disposition.FAILED)


def measure() -> Iterator[Ratio]:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.create_superuser("reader"))
    campaign = rows.campaign(rows.account())
    Campaign.objects.filter(pk=campaign.pk).update(state=Campaign.State.RUNNING, launched_at=timezone.now())
    pages = {
        "first page": reverse("admin:index"),
        "its live part": reverse("admin:overview"),
        "page of a campaign": reverse("admin:dialer_campaign_change", args=[campaign.pk]),
        "its live part of a campaign": reverse("admin:dialer_campaign_live", args=[campaign.pk]),
    }
    fill(campaign, FEW)
    few = {what: median_of(client, path) for what, path in pages.items()}
    fill(campaign, MANY - FEW)
    for what, path in pages.items():
        yield Ratio(
            what=f"{what}, {MANY:,} call records of {MANY:,} people",
            against=f"with {FEW:,}",
            count=1,
            things="pages",
            ours=median_of(client, path),
            bare=few[what],
        )


def median_of(client: Client, path: str) -> float:
    visit(client, path)  # the first visit of a page reads its templates
    return sorted(seconds(lambda: visit(client, path)) for _ in range(ROUNDS))[ROUNDS // 2]


def fill(campaign: Campaign, size: int) -> None:
    """So many people more, each called once today or in the six days before; all but the last batches are settled."""
    now = timezone.now()
    for start in range(0, size, AT_A_TIME):
        people = rows.people(campaign, min(AT_A_TIME, size - start))
        for place in range(0, len(people), BATCH):
            called(campaign, people[place : place + BATCH], at=now - timedelta(days=6) * (1 - (start + place) / size))
    done = campaign.batches.order_by("-pk").values_list("pk", flat=True)[OPEN_BATCHES:]
    Batch.objects.filter(pk__in=list(done)).update(state=Batch.State.SETTLED, settled_at=now)
    while batch_tallies.tally_next():
        pass
    tallies.rebuild(campaign.pk)


def called(campaign: Campaign, people: list[Contact], *, at: datetime) -> None:
    batch = rows.batch(campaign, people)
    attempts = list(Attempt.objects.filter(batch=batch).order_by("pk"))
    records = []
    for place, (attempt, person) in enumerate(zip(attempts, people, strict=True)):
        disposition = OUTCOMES[place % len(OUTCOMES)]
        attempt.disposition, attempt.settled_at = disposition, at
        records.append(
            CallRecord(
                account=campaign.account,
                campaign=campaign,
                batch=batch,
                attempt=attempt,
                carrier_call_id=str(attempt.pk),
                number=person.number,
                started_at=at,
                talk_seconds=20 if disposition == Disposition.ANSWERED else 0,
                disposition=disposition,
                by_pull_at=at,
            )
        )
    Attempt.objects.bulk_update(attempts, ["disposition", "settled_at"], batch_size=300)
    CallRecord.objects.bulk_create(records)
