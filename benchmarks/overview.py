"""The first page and a campaign's page over a million call records, against the same pages over a thousand."""

from collections.abc import Iterator

from django.core.management import call_command
from django.urls import reverse

from benchmarks import million
from benchmarks.ratio import Ratio
from benchmarks.visits import reader, visited
from dialer.flow import batch_tallies, tallies

FEW, MANY = 1_000, 1_000_000
VISITS = 9


def measure() -> Iterator[Ratio]:
    few = pages_with(FEW)
    call_command("flush", interactive=False, verbosity=0)
    many = pages_with(MANY)
    for what, took in many.items():
        yield Ratio(
            what=f"{what}, {MANY:,} calls", against=f"with {FEW:,}", count=1, things="pages", ours=took, bare=few[what]
        )


def pages_with(calls: int) -> dict[str, float]:
    """Seconds of each page with so many calls, half of them in the campaign that is looked at."""
    campaign = million.fill(calls)
    while batch_tallies.tally_next():
        pass
    for one in tallies.slices():
        tallies.rebuild(one)
    client = reader()
    pages = {
        "the first page": reverse("admin:index"),
        "its live part": reverse("admin:overview"),
        "the page of a campaign": reverse("admin:dialer_campaign_change", args=[campaign.pk]),
        "the live part of a campaign's page": reverse("admin:dialer_campaign_live", args=[campaign.pk]),
    }
    return {what: visited(client, path, times=VISITS).usual for what, path in pages.items()}
