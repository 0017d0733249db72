"""A database of the first version comes up to date with everything that is in it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps.registry import Apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from tests.factories import make_call_record

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = [("dialer", "0001_initial"), ("recordings", "0001_initial")]


@pytest.fixture
def first_version() -> Iterator[Apps]:
    """The nouns as they were; afterwards the schema is the newest again."""
    executor = MigrationExecutor(connection)
    executor.migrate([target for target in FIRST if target in executor.loader.graph.nodes])
    yield executor.loader.project_state(FIRST).apps
    call_command("migrate", verbosity=0)


def newest() -> Apps:
    """Migrate to the latest version; its nouns."""
    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    executor.migrate(leaves)
    return MigrationExecutor(connection).loader.project_state(leaves).apps


class Old:
    """A database of the first version with a campaign, and rows added as a test needs them."""

    def __init__(self, apps: Apps) -> None:
        self.apps = apps
        self.account = self.make("Account", name="Account", country="ID", app_id="", access_key="")
        voice_file = self.make("VoiceFile", name="Message", carrier_name="m", seconds=1, size_bytes=1, sha256="")
        self.campaign = self.make(
            "Campaign", name="Old campaign", account=self.account, voice_file=voice_file, state="running"
        )
        self.contact_list = self.make("ContactList", campaign=self.campaign, state="ready")

    def make(self, noun: str, **fields: Any) -> Any:
        return self.apps.get_model("dialer", noun).objects.create(**fields)

    def batch(self, state: str, *, sequence: int, settled_at: datetime | None = None, round_number: int = 1) -> Any:
        batch = self.make(
            "Batch",
            campaign=self.campaign,
            account=self.account,
            sequence=sequence,
            contact_count=1,
            due_at=timezone.now(),
            sent_at=timezone.now(),
            state=state,
            reference=f"{sequence:032}",
        )
        contact = self.make(
            "Contact",
            campaign=self.campaign,
            contact_list=self.contact_list,
            row_number=sequence,
            number=f"+62812{sequence:08}",
        )
        self.attempt(batch, contact, settled_at=settled_at, round_number=round_number)
        return batch

    def attempt(self, batch: Any, contact: Any, *, settled_at: datetime | None, round_number: int) -> Any:
        return self.make("Attempt", batch=batch, contact=contact, round=round_number, settled_at=settled_at)


def test_numbers_that_are_not_to_be_called_stand_on_the_house_list(first_version: Apps) -> None:
    first_version.get_model("dialer", "DoNotCall").objects.create(number="+6281234567801", reason="asked")

    apps = newest()

    entry = apps.get_model("dialer", "DoNotCall").objects.select_related("list").get()
    assert (entry.number, entry.reason, entry.list.name) == ("+6281234567801", "asked", "House list")
    assert (entry.list.purpose, entry.list.country) == ("", "")  # for every campaign, as before


def test_a_database_without_such_numbers_gets_no_list(first_version: Apps) -> None:
    assert not newest().get_model("dialer", "DoNotCallList").objects.exists()


def test_batches_without_a_last_word_are_asked_about(first_version: Apps) -> None:
    old = Old(first_version)
    states = ("waiting", "uncertain", "accepted", "settled", "refused")
    for sequence, state in enumerate(states, start=1):
        old.batch(state, sequence=sequence)

    batches = newest().get_model("dialer", "Batch").objects.order_by("sequence")

    assert [batch.state for batch in batches if batch.ask_at] == ["uncertain", "accepted"]
    assert [batch.ask_count for batch in batches] == [0] * 5


def test_calls_that_were_billed_are_judged_and_open_ones_are_to_be(first_version: Apps) -> None:
    old = Old(first_version)
    old.batch("settled", sequence=1, settled_at=timezone.now())
    old.batch("accepted", sequence=2)

    attempts = newest().get_model("dialer", "Attempt").objects.order_by("pk")

    assert [attempt.is_judged for attempt in attempts] == [True, False]
    assert [attempt.retry_at for attempt in attempts] == [None, None]


def test_people_of_a_refused_batch_with_a_second_attempt_come_along(first_version: Apps) -> None:
    old = Old(first_version)
    refused = old.batch("refused", sequence=1, settled_at=timezone.now())
    again = old.batch("accepted", sequence=2)
    old.attempt(again, refused.attempts.get().contact, settled_at=None, round_number=2)

    assert newest().get_model("dialer", "Attempt").objects.filter(round=2).count() == 1


def test_a_campaign_of_before_keeps_to_the_law_and_runs_on(first_version: Apps) -> None:
    Old(first_version)

    campaign = newest().get_model("dialer", "Campaign").objects.get()

    assert (campaign.state, campaign.purpose, campaign.widened_because) == ("running", "service", "")


def test_calls_of_before_are_counted_in_tallies(first_version: Apps) -> None:
    old = Old(first_version)
    start = datetime(2026, 3, 2, 12, 44, 59, 999_999, tzinfo=UTC)
    for number, fields in enumerate(
        (
            {"campaign": old.campaign},
            {"campaign": old.campaign, "talk_seconds": 8},
            {"campaign": old.campaign, "started_at": start + timedelta(seconds=1)},
            {},
            {"started_at": None},
            {"started_at": datetime(1901, 1, 1, tzinfo=UTC)},
        )
    ):
        told = {"started_at": start, "disposition": "busy", **fields}
        old.make("CallRecord", account=old.account, carrier_call_id=str(number), **told)

    tallies = newest().get_model("dialer", "CallTally").objects.order_by("-campaign", "quarter")

    quarter = int(start.timestamp()) // 900
    found = {(row.campaign_id, row.quarter): (row.calls, row.talk_seconds) for row in tallies}
    of_campaign = {(old.campaign.pk, quarter): (2, 8), (old.campaign.pk, quarter + 1): (1, 0)}
    assert found == {**of_campaign, (None, quarter): (1, 0), (None, 0): (2, 0)}
    call_command("tallies")


def test_going_back_tallies_are_those_of_hours_again() -> None:
    start = datetime(2026, 3, 2, 12, 44, tzinfo=UTC)
    for minutes in (0, 10, 20):
        make_call_record(started_at=start + timedelta(minutes=minutes), cost=Decimal("0.000003"), currency="USD")
    executor = MigrationExecutor(connection)

    before = [("dialer", "0041_numbers_of_callbacks")]
    executor.migrate(before)

    hours = executor.loader.project_state(before).apps.get_model("dialer", "CallTally").objects
    found = sorted(hours.values_list("hour", "calls", "cost_millionths"))
    call_command("migrate", verbosity=0)
    hour = int(start.timestamp()) // 3600
    assert found == [(hour, 1, 3), (hour, 1, 3), (hour + 1, 1, 3)]
    call_command("tallies")


def test_nothing_is_left_to_migrate() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
