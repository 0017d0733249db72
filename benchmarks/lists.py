"""Every list of the console over a million calls: each filter and each choice of it, pairs of them, each sort, each
search, and the last page; against the same console's smallest page, so that the shell around a list does not count.
"""

import re
from collections.abc import Iterator
from itertools import combinations, product
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from django.urls import reverse

from benchmarks import million
from benchmarks.ratio import Finding
from benchmarks.visits import Page, reader, share_of, visited
from dialer.admin.filters import CAMPAIGN, OfCampaign
from dialer.models import (
    Attempt,
    Batch,
    Callback,
    CallRecord,
    Campaign,
    CarrierExchange,
    Contact,
    DoNotCall,
    TurnedAway,
)
from recordings.models import Recording

CALLS = 1_000_000
VISITS = 3  # of each address; the quickest one counts: what else the machine does is not ours
LISTS = (CallRecord, Contact, Attempt, Batch, CarrierExchange, Callback, TurnedAway, DoNotCall, Recording)
SEARCHES = (
    "+62 812-0000-0123",
    "081200000123",
    "62812 0000 0123",
    "+6281200",
    "0812000",
    "0812",
    "00123",
    "+62 999",
    "zz",
)
SMALLEST = "admin:auth_group_changelist"


def measure() -> Iterator[Finding]:
    million.fill(CALLS)
    yield from lines(reader())


def lines(client: Client) -> Iterator[Finding]:
    """p95 of each list as a ratio to the smallest page, and its slowest address."""
    smallest = quickest(visited(client, reverse(SMALLEST), times=VISITS))
    for model in LISTS:
        pages = walk(client, model)
        p95, slowest = share_of(map(quickest, pages), 0.95), max(pages, key=quickest)
        yield Finding(
            what=f"{model._meta.verbose_name_plural} of {CALLS:,} calls, p95 of {len(pages)} addresses",
            against="the smallest page of the console",
            ratio=p95 / smallest,
            said=f"{p95 * 1000:.0f} ms ({share_of((min(page.worked) for page in pages), 0.95) * 1000:.0f} of the "
            f"processor); slowest {quickest(slowest) / smallest:.2f} ({quickest(slowest) * 1000:.0f} ms, "
            f"{min(slowest.worked) * 1000:.0f}) {slowest.address}",
        )


def walk(client: Client, model: type[Any]) -> list[Page]:
    """Each address of a list that its page offers, visited."""
    path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return [looked_at(client, path + query) for query in addresses(client, path)]


def addresses(client: Client, path: str) -> Iterator[str]:
    """The bare list, each choice of each filter, pairs of choices of two filters, sorts, searches, the last page."""
    yield ""
    shown = client.get(path).context_data["cl"]
    choices = [choices_of(spec, shown) for spec in shown.filter_specs]
    yield from of_choices(choices)
    yield from within_a_campaign(client, path, shown)
    for column in range(len(shown.list_display)):
        if shown.list_display[column] in (shown.sortable_by or ()):
            yield from (f"?o={sign}{column}" for sign in ("", "-"))
    if shown.search_fields:
        yield from (f"?{urlencode({'q': text})}" for text in SEARCHES)
    last = shown.paginator.num_pages
    yield f"?p={last}"
    yield from (f"?{urlencode({**ones[0], 'p': 20})}" for ones in choices if ones)


def of_choices(choices: list[list[dict[str, str]]]) -> Iterator[str]:
    """Each choice of each filter, and pairs of choices of two filters."""
    yield from (f"?{urlencode(one)}" for filter_choices in choices for one in filter_choices)
    for ones, others in combinations(choices, 2):
        yield from (f"?{urlencode({**one, **other})}" for one, other in product(thinned(ones), thinned(others)))


def within_a_campaign(client: Client, path: str, shown: Any) -> Iterator[str]:
    """The other filters, some of which are offered only here, in the largest campaign and in a small one."""
    if not any(isinstance(spec, OfCampaign) for spec in shown.filter_specs):
        return
    keys = Campaign.objects.order_by("pk").values_list("pk", flat=True)
    for key in (keys.first(), keys.last()):
        here = {CAMPAIGN: str(key)}
        offered = client.get(path, here).context_data["cl"]
        others = [spec for spec in offered.filter_specs if not isinstance(spec, OfCampaign)]
        yield f"?{urlencode(here)}"
        yield from of_choices([choices_of(spec, offered) for spec in others])


def choices_of(spec: Any, shown: Any) -> list[dict[str, str]]:
    """What each choice of a filter writes into the address, the empty one left out."""
    found = []
    for choice in list(spec.choices(shown))[1:]:
        said = dict(re.findall(r"[?&]([^=&]+)=([^&]*)", choice["query_string"].replace("&amp;", "&")))
        if said:
            found.append(said)
    return found


def thinned(choices: list[dict[str, str]]) -> list[dict[str, str]]:
    """The first and the last three: of 30 campaigns the large one and small ones, of outcomes common and rare ones."""
    return choices if len(choices) < 7 else [*choices[:3], *choices[-3:]]


def looked_at(client: Client, address: str) -> Page:
    """The page after some visits, or after one that is slow enough to be told without waiting for more."""
    page = Page(address=address)
    while len(page.took) < VISITS and sum(page.took) < 2:
        page.visit(client)
    return page


def quickest(page: Page) -> float:
    return min(page.took)
