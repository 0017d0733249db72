"""Every page of the console with the data of the demo, against the page on which one logs in.

The demo is played whole. What it has none of (a team's webhook, an account that is stopped …) is put beside it by the
hands of the tests, so that no page is missing. Pages are asked for in turns: what else the machine does hits all alike.
"""

import io
import logging
import os
import re
from collections.abc import Iterator
from contextlib import redirect_stdout

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from benchmarks.ratio import Finding
from benchmarks.visits import Page, reader, share_of
from config.demo.story import play
from tests.admin import everything

ROUNDS = 9
SHOWN = 15
AT_MOST = 0.2  # seconds that a page may take on the server


def measure() -> Iterator[Finding]:
    played()
    client = reader()
    everything.furnish(User.objects.get(username="reader"))
    logging.disable(logging.WARNING)  # addresses that are no pages say so
    pages = [Page(address=address) for address in everything.page_addresses(client)]
    login = Page(address=reverse("admin:login"))
    for _ in range(ROUNDS):
        login.visit(Client(SERVER_NAME="127.0.0.1"))
        for page in pages:
            page.visit(client)
    show(sorted(pages, key=lambda page: page.usual, reverse=True), login)
    usual = [page.usual for page in pages]
    for name, seconds in {
        "the middle one": share_of(usual, 0.5),
        "p95": share_of(usual, 0.95),
        "the slowest": max(usual),
    }.items():
        yield Finding(
            what=f"{len(pages)} pages with the data of the demo, {name}",
            against="the page on which one logs in",
            ratio=seconds / login.usual,
            said=f"{seconds * 1000:.0f} ms; {login.usual * 1000:.0f} ms",
        )


def played() -> None:
    """The demo is over, and everything in it added up."""
    words = io.StringIO()
    with redirect_stdout(words):
        code = play(address=os.environ["PUBLIC_URL"], once=True)
    if code:
        raise AssertionError(words.getvalue())


def show(pages: list[Page], login: Page) -> None:
    """The slowest, and the verdict. Milliseconds are of this machine."""
    print("     p50     p95     max     CPU  ms of the slowest pages, and of logging in")
    for page in [*pages[:SHOWN], login]:
        found = (page.usual, share_of(page.took, 0.95), max(page.took), share_of(page.worked, 0.5))
        print("".join(f"{seconds * 1000:8.0f}" for seconds in found) + f"  {page.address}")
    kinds = {kind_of(page) for page in pages}
    waited = {kind_of(page) for page in pages if page.usual > AT_MOST}
    worked = {kind_of(page) for page in pages if share_of(page.worked, 0.5) > AT_MOST}
    print(
        f"{len(pages)} pages of {len(kinds)} kinds, slowest {pages[0].usual * 1000:.0f} ms; "
        f"above {AT_MOST * 1000:.0f} ms by the clock: {', '.join(sorted(waited)) or 'none'}; "
        f"by the processor: {', '.join(sorted(worked)) or 'none'}"
    )


def kind_of(page: Page) -> str:
    """Its address without the keys of rows."""
    return re.sub(r"\d+", "…", page.address)
