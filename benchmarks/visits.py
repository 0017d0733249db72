"""Visits to pages of the console, timed by the clock and by the processor's time for this process.

The clock tells what a person waits, and on a busy machine the waiting for others too. The processor tells what the page
costs, but of a database server nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil
from time import perf_counter, process_time

from django.contrib.auth.models import User
from django.test import Client


@dataclass(kw_only=True)
class Page:
    """A page with the seconds of its visits."""

    address: str
    took: list[float] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)

    def visit(self, client: Client) -> None:
        started, busy = perf_counter(), process_time()
        response = client.get(self.address)
        self.took.append(perf_counter() - started)
        self.worked.append(process_time() - busy)
        if response.status_code != 200:
            raise AssertionError(f"{self.address}: {response.status_code}")

    @property
    def usual(self) -> float:
        return share_of(self.took, 0.5)


def reader() -> Client:
    """Somebody who may see all, logged in."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get_or_create(username="reader", is_staff=True, is_superuser=True)[0])
    return client


def visited(client: Client, address: str, *, times: int) -> Page:
    """The page after some visits; the first of all reads its templates and does not count."""
    Page(address=address).visit(client)
    page = Page(address=address)
    for _ in range(times):
        page.visit(client)
    return page


def share_of(seconds: Iterable[float], share: float) -> float:
    """The seconds that this share of the visits took at most."""
    found = sorted(seconds)
    return found[ceil(len(found) * share) - 1]
