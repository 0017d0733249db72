"""The console's lists over 200,000 rows, against their query by hand, and against the same page over 1,000 rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from benchmarks import rows
from benchmarks.ratio import Ratio, Work, compare
from dialer.admin.lists import COUNT_CAP
from dialer.flow import tallies
from dialer.models import CallRecord, Campaign, Contact
from dialer.terms import Disposition
from recordings.models import Recording

FEW, MANY, AT_A_TIME = 1_000, 200_000, 10_000
ROUNDS = 9
PAGE_ROWS = 50


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A list of the console, and the rows that it shows."""

    what: str
    page: str
    filters: str = ""
    rows: QuerySet

    @property
    def path(self) -> str:
        return reverse(f"admin:{self.page}_changelist") + self.filters

    def query(self) -> None:
        """What the page has to ask at least: its rows, and how many there are up to the cap."""
        list(self.rows.order_by("-pk")[:PAGE_ROWS])
        self.rows.order_by()[: COUNT_CAP + 1].count()


LISTINGS = [
    Listing(what="calls", page="dialer_callrecord", rows=CallRecord.objects.select_related("campaign", "recording")),
    Listing(
        what="calls of today that were busy",
        page="dialer_callrecord",
        filters="?days=1&disposition__exact=busy",
        rows=CallRecord.objects.select_related("campaign", "recording").filter(
            started_at__gte=timezone.now().replace(hour=0, minute=0), disposition=Disposition.BUSY
        ),
    ),
    Listing(what="people", page="dialer_contact", rows=Contact.objects.select_related("campaign", "contact_list")),
    Listing(
        what="recordings",
        page="recordings_recording",
        rows=Recording.objects.select_related("call_record"),
    ),
]


def measure() -> Iterator[Ratio]:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.create_superuser("reader"))
    campaign = rows.campaign(rows.account())
    fill(campaign, FEW)
    short = {listing.what: compared(listing, client, "").ours for listing in LISTINGS}
    fill(campaign, MANY - FEW)
    for listing in LISTINGS:
        found = compared(listing, client, f"its query by hand over {MANY:,} rows")
        yield found
        yield Ratio(**{**vars(found), "against": f"the page over {FEW:,} rows", "bare": short[listing.what]})


def compared(listing: Listing, client: Client, against: str) -> Ratio:
    visit(client, listing.path)  # the first visit of a page reads its templates
    return compare(f"page of {listing.what}", against=against, count=1, things="pages", rounds=visits(listing, client))


def visits(listing: Listing, client: Client) -> Iterator[tuple[Work, Work]]:
    for _ in range(ROUNDS):
        yield lambda: visit(client, listing.path), listing.query


def visit(client: Client, path: str) -> None:
    if client.get(path).status_code != 200:
        raise AssertionError(f"{path} can't be seen")


def fill(campaign: Campaign, size: int) -> None:
    """So many people more, each called once and recorded."""
    for start in range(0, size, AT_A_TIME):
        people = rows.people(campaign, min(AT_A_TIME, size - start))
        now = timezone.now()
        records = CallRecord.objects.bulk_create(call_of(one, at=now) for one in people)
        Recording.objects.bulk_create(
            Recording(call_record=record, deadline_at=now + timedelta(days=90), due_at=now) for record in records
        )
    tallies.rebuild(campaign.pk)


def call_of(contact: Contact, *, at: datetime) -> CallRecord:
    """One in five is busy, spread over ten days."""
    started_at = at - timedelta(days=contact.pk % 10)
    return CallRecord(
        account=contact.campaign.account,
        campaign=contact.campaign,
        carrier_call_id=str(contact.pk),
        number=contact.number,
        started_at=started_at,
        ended_at=started_at + timedelta(seconds=30),
        ring_seconds=10,
        talk_seconds=20,
        disposition=Disposition.BUSY if contact.pk % 5 == 0 else Disposition.ANSWERED,
        recording_name=f"{contact.pk}.mp3",
        raw_bill={"id": contact.pk, "padding": "x" * 600},
        by_pull_at=at,
    )
