"""Every list of the console over a million calls: each filter and each choice of it, pairs of them, each sort, each
search, and the last page; against the same console's smallest page, so that the shell around a list does not count.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from math import ceil
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from benchmarks import million
from benchmarks.ratio import Finding, seconds
from dialer.models import (
    Attempt,
    Batch,
    Callback,
    CallRecord,
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


@dataclass(kw_only=True)
class Listing:
    """One list, with the seconds that each of its addresses took."""

    name: str
    took: dict[str, float] = field(default_factory=dict)

    def p95(self) -> float:
        found = sorted(self.took.values())
        return found[ceil(len(found) * 0.95) - 1]

    def slowest(self) -> tuple[str, float]:
        return max(self.took.items(), key=lambda pair: pair[1])

    def against(self, smallest: float) -> Finding:
        """p95 and the slowest address as ratios to the smallest page."""
        address, slowest = self.slowest()
        p95, worst = self.p95(), f"{slowest / smallest:.2f} ({slowest * 1000:.0f} ms) {address or '(bare)'}"
        return Finding(
            what=f"{self.name} of {CALLS:,} calls, p95 of {len(self.took)} addresses",
            against="the smallest page of the console",
            ratio=p95 / smallest,
            said=f"{p95 * 1000:.0f} ms; slowest {worst}",
        )


def measure() -> Iterator[Finding]:
    million.fill(CALLS)
    yield from lines(reader())


def reader() -> Client:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get_or_create(username="reader", is_staff=True, is_superuser=True)[0])
    return client


def lines(client: Client) -> Iterator[Finding]:
    smallest = visit(client, reverse(SMALLEST))
    for model in LISTS:
        yield walk(client, model).against(smallest)


def walk(client: Client, model: type[Any]) -> Listing:
    """Time each address of a list that its page offers."""
    path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    listing = Listing(name=str(model._meta.verbose_name_plural))
    for query in addresses(client, path):
        listing.took[query] = visit(client, path + query)
    return listing


def addresses(client: Client, path: str) -> Iterator[str]:
    """The bare list, each choice of each filter, pairs of choices of two filters, sorts, searches, the last page."""
    yield ""
    shown = client.get(path).context_data["cl"]
    choices = [choices_of(spec, shown) for spec in shown.filter_specs]
    yield from (f"?{urlencode(one)}" for filter_choices in choices for one in filter_choices)
    for place, ones in enumerate(choices):
        for others in choices[place + 1 :]:
            yield from (f"?{urlencode({**one, **other})}" for one, other in product(thinned(ones), thinned(others)))
    for column in range(len(shown.list_display)):
        if shown.list_display[column] in (shown.sortable_by or ()):
            yield from (f"?o={sign}{column}" for sign in ("", "-"))
    if shown.search_fields:
        yield from (f"?{urlencode({'q': text})}" for text in SEARCHES)
    last = shown.paginator.num_pages
    yield f"?p={last}"
    yield from (f"?{urlencode({**ones[0], 'p': 20})}" for ones in choices if ones)


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


def visit(client: Client, address: str) -> float:
    """Seconds of the quickest of some visits."""

    def look() -> None:
        response = client.get(address)
        if response.status_code != 200:
            raise AssertionError(f"{address}: {response.status_code}")

    first = seconds(look)
    if first > 2:
        return first  # slow enough to be told without waiting for more
    return min(first, *(seconds(look) for _ in range(VISITS - 1)))
