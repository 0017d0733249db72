"""What pages ask of the database: as much with twice the rows."""

import re

import pytest

from tests import factories
from tests.admin import everything, visits

pytestmark = pytest.mark.django_db


def test_no_page_asks_more_of_the_database_when_there_are_more_rows() -> None:
    boss = factories.make_user(is_superuser=True)
    campaigns = everything.furnish(boss)
    client = visits.client_of(boss)
    everything.fill(boss, campaigns)  # what is shown of several rows is shown of all
    addresses = list({re.sub(r"\d+", "", address): address for address in everything.page_addresses(client)}.values())
    before = {address: visits.query_count(client, address) for address in addresses}

    everything.fill(boss, campaigns)
    everything.fill(boss, campaigns)

    now = {address: visits.query_count(client, address) for address in addresses}
    dearer = {address: (count, now[address]) for address, count in before.items() if now[address] > count}
    assert dearer == {}
