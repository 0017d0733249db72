"""Several accounts call for one campaign: in shares, past one that is refused, and nobody through two in one round."""

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dialer.flow import batching, breaker, dispatch, ledger, lifecycle, reports, routes
from dialer.flow.mistakes import DialerError
from dialer.flow.preflight import preflight
from dialer.models import Account, Attempt, Batch, Campaign, Route
from dialer.terms import Disposition
from sandbox.app import Sandbox
from sandbox.switches import Switches, with_changes
from tests.carrier import eventually
from tests.factories import (
    make_account,
    make_batch,
    make_call_record,
    make_campaign,
    make_carrier_file,
    make_contacts,
    make_voice_file,
    settle,
)

pytestmark = pytest.mark.django_db

State = Batch.State
APPS = {"first": "sesame-4711", "second": "sesame-4712"}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    switches = with_changes(Switches(), {"apps": APPS, "offline_files": ["welcome"], "speed": 100_000})
    with Sandbox(port=0, switches=switches) as running:
        yield running


@pytest.fixture
def accounts(sandbox: Sandbox) -> list[Account]:
    address = f"{sandbox.address}/api/yunhu"
    return [
        make_account(app_id=app, access_key=key, batch_url=address, token_url=address, batch_size=2)
        for app, key in APPS.items()
    ]


def shared(accounts: list[Account], *, people: int, shares: tuple[int, int] = (1, 1), **fields: Any) -> Campaign:
    """A campaign that both accounts call for."""
    voice_file = make_voice_file()
    for account in accounts:
        make_carrier_file(voice_file=voice_file, account=account, name_at_carrier="welcome")
    campaign = make_campaign(
        account=accounts[0],
        voice_file=voice_file,
        **{"state": Campaign.State.RUNNING, "watched_since": timezone.now(), **fields},
    )
    for account, share in zip(accounts, shares, strict=True):
        Route.objects.create(campaign=campaign, account=account, share=share)
    make_contacts(people, campaign=campaign)
    return campaign


def order(sandbox: Sandbox, *fates: str) -> None:
    body = json.dumps({"fates": fates}).encode()
    urllib.request.urlopen(f"{sandbox.address}/_sandbox/next", body, timeout=5).close()


def send_all() -> None:
    while dispatch.send_next():
        pass


def people_by_account(campaign: Campaign) -> dict[int, int]:
    taken = Attempt.objects.filter(batch__campaign=campaign, batch__state__in=[State.ACCEPTED, State.SETTLED])
    return dict(Counter(taken.values_list("batch__account", flat=True)))


def dials(sandbox: Sandbox) -> Counter[str]:
    return Counter(call.number for call in sandbox.memory.calls.values())


def test_accounts_share_the_people_as_their_shares_say(sandbox: Sandbox, accounts: list[Account]) -> None:
    first, second = accounts
    campaign = shared(accounts, people=18, shares=(1, 2))

    send_all()

    assert people_by_account(campaign) == {first.pk: 6, second.pk: 12}
    assert set(dials(sandbox).values()) == {1}
    assert len(dials(sandbox)) == 18


def test_a_small_campaign_is_shared_too(accounts: list[Account]) -> None:
    first, second = accounts
    Account.objects.update(batch_size=1000)
    campaign = shared(accounts, people=12, shares=(1, 3))

    send_all()

    assert people_by_account(campaign) == {first.pk: 3, second.pk: 9}


def test_the_campaigns_own_account_needs_no_row_of_its_own(accounts: list[Account]) -> None:
    first, second = accounts
    campaign = shared(accounts, people=8)
    campaign.routes.get(account=first).delete()

    send_all()

    assert people_by_account(campaign) == {first.pk: 4, second.pk: 4}


def test_an_account_at_its_limit_does_not_hold_up_the_other(accounts: list[Account]) -> None:
    first, second = accounts
    Account.objects.filter(pk=first.pk).update(at_carrier_limit=2)
    campaign = shared(accounts, people=10)

    send_all()

    assert people_by_account(campaign) == {first.pk: 2, second.pk: 8}


def test_a_refused_account_is_left_for_the_other_and_nobody_is_lost_or_called_twice(
    sandbox: Sandbox, accounts: list[Account]
) -> None:
    first, second = accounts
    campaign = shared(accounts, people=6)
    order(sandbox, "fail:1003")

    send_all()

    campaign.refresh_from_db()
    closed = campaign.routes.exclude(closed_because="").get()
    other = second if closed.account == first else first
    assert campaign.state == Campaign.State.RUNNING
    assert "1003" in closed.closed_because
    assert people_by_account(campaign) == {other.pk: 6}
    assert set(dials(sandbox).values()) == {1}
    assert len(dials(sandbox)) == 6


def test_an_account_whose_credentials_are_not_accepted_is_stopped_and_left(
    sandbox: Sandbox, accounts: list[Account]
) -> None:
    first, second = accounts
    Account.objects.filter(pk=first.pk).update(access_key="")
    first.access_key = "wrong-4713"
    first.save(update_fields=["access_key"])
    campaign = shared(accounts, people=6)

    send_all()

    first.refresh_from_db()
    assert first.stopped_because
    assert people_by_account(campaign) == {second.pk: 6}
    assert len(dials(sandbox)) == 6


def test_the_last_account_that_is_refused_pauses_the_campaign(sandbox: Sandbox, accounts: list[Account]) -> None:
    campaign = shared(accounts, people=6)
    order(sandbox, "fail:1003", "fail:1003")

    send_all()

    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.PAUSED
    assert "1003" in campaign.paused_because
    assert not dials(sandbox)


def test_resuming_opens_all_ways_again_and_everybody_is_called_once(sandbox: Sandbox, accounts: list[Account]) -> None:
    first, second = accounts
    campaign = shared(accounts, people=8)
    order(sandbox, "fail:1003", "fail:1003")
    send_all()

    lifecycle.resume(campaign)
    send_all()

    assert not campaign.routes.exclude(closed_because="").exists()
    assert set(people_by_account(campaign)) == {first.pk, second.pk}
    assert set(dials(sandbox).values()) == {1}
    assert len(dials(sandbox)) == 8


def test_who_waits_for_a_stopped_account_goes_another_way(sandbox: Sandbox, accounts: list[Account]) -> None:
    first, second = accounts
    campaign = shared(accounts, people=4)
    stranded = batching.fill(campaign, first)
    assert stranded is not None
    routes.stop_account(first, "The carrier does not accept it.")

    assert routes.release_stranded(now=timezone.now()) == 1
    send_all()

    stranded.refresh_from_db()
    assert stranded.state == State.CANCELLED
    assert people_by_account(campaign) == {second.pk: 4}
    assert set(dials(sandbox).values()) == {1}


def test_who_waits_for_the_only_account_goes_on_waiting(accounts: list[Account]) -> None:
    first, _ = accounts
    campaign = shared(accounts, people=2)
    campaign.routes.all().delete()
    batch = batching.fill(campaign, first)
    assert batch is not None
    routes.stop_account(first, "The carrier does not accept it.")

    assert routes.release_stranded(now=timezone.now()) == 0
    batch.refresh_from_db()
    assert batch.state == State.WAITING


def test_who_comes_back_to_an_account_that_was_closed_meanwhile_goes_another_way(
    sandbox: Sandbox, accounts: list[Account]
) -> None:
    first, second = accounts
    campaign = shared(accounts, people=2)
    batch = batching.fill(campaign, first)
    assert batch is not None
    Batch.objects.update(state=State.SENDING)
    routes.close(campaign, first, because="Its calls failed.")
    Batch.objects.update(state=State.WAITING)  # the carrier had no room

    lifecycle.settle_next(now=timezone.now())
    send_all()

    assert people_by_account(campaign) == {second.pk: 2}
    assert set(dials(sandbox).values()) == {1}


def test_who_waits_for_an_account_that_was_taken_out_of_the_campaign_goes_another_way(
    sandbox: Sandbox, accounts: list[Account]
) -> None:
    first, second = accounts
    campaign = shared(accounts, people=2)
    assert batching.fill(campaign, second)
    campaign.routes.get(account=second).delete()

    lifecycle.settle_next(now=timezone.now())
    send_all()

    assert people_by_account(campaign) == {first.pk: 2}
    assert set(dials(sandbox).values()) == {1}


def test_no_batch_is_made_for_an_account_that_was_closed_since_somebody_looked(accounts: list[Account]) -> None:
    first, _ = accounts
    campaign = shared(accounts, people=2)
    routes.close(campaign, first, because="Its calls failed.")

    assert batching.fill(campaign, first) is None
    assert not Attempt.objects.exists()


def test_no_batch_leaves_by_an_account_that_was_closed_since_somebody_looked(
    sandbox: Sandbox, accounts: list[Account]
) -> None:
    first, _ = accounts
    campaign = shared(accounts, people=2)
    batch = batching.fill(campaign, first)
    assert batch is not None
    Route.objects.filter(account=first).update(closed_because="Its calls failed.")

    dispatch.send(batch)

    assert not dials(sandbox)


def test_who_was_billed_while_the_batch_waited_goes_no_other_way(sandbox: Sandbox, accounts: list[Account]) -> None:
    first, second = accounts
    campaign = shared(accounts, people=4)
    batch = batching.fill(campaign, first)
    assert batch is not None
    called = batch.attempts.all()[0]
    make_call_record(attempt=called)  # its carrier said "later", and called all the same
    settle([called], Disposition.ANSWERED)

    routes.close(campaign, first, because="Its calls failed.")
    lifecycle.settle_next(now=timezone.now())
    send_all()

    batch.refresh_from_db()
    assert batch.state == State.ACCEPTED
    assert people_by_account(campaign) == {first.pk: 2, second.pk: 2}
    assert len(dials(sandbox)) == 2
    assert called.contact.number.strip("+") not in dials(sandbox)


def test_two_unclear_answers_of_one_account_leave_it_for_the_other(sandbox: Sandbox, accounts: list[Account]) -> None:
    campaign = shared(accounts, people=10)
    order(sandbox, "drop_after_accept", "slow:0", "drop_after_accept")

    send_all()

    campaign.refresh_from_db()
    uncertain = campaign.batches.filter(state=State.UNCERTAIN)
    assert campaign.state == Campaign.State.RUNNING
    assert campaign.routes.exclude(closed_because="").count() == 1
    assert uncertain.values("account").distinct().count() == 1
    assert set(dials(sandbox).values()) == {1}
    assert len(dials(sandbox)) == 10


def test_an_account_whose_calls_fail_is_left_for_the_other(accounts: list[Account]) -> None:
    first, second = accounts
    campaign = shared(accounts, people=2, canary_size=0)
    _called(campaign, first, [Disposition.FAILED] * 20)
    _called(campaign, second, [Disposition.ANSWERED] * 20)

    assert breaker.watch() == 1

    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.RUNNING
    assert "failed" in campaign.routes.get(account=first).closed_because
    assert campaign.routes.get(account=second).closed_because == ""
    assert breaker.watch() == 0  # the bad bills are the closed account's


def test_the_breaker_of_the_last_account_pauses_the_campaign(accounts: list[Account]) -> None:
    first, second = accounts
    campaign = shared(accounts, people=2, canary_size=0)
    _called(campaign, first, [Disposition.FAILED] * 20)
    _called(campaign, second, [Disposition.FAILED] * 20)

    breaker.watch()

    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.PAUSED
    assert str(second) in campaign.paused_because


def test_a_bill_of_one_account_never_settles_anothers_batch(accounts: list[Account]) -> None:
    first, second = accounts
    campaign = shared(accounts, people=2)
    batch = make_batch(contacts=list(campaign.contacts.all()), account=first, state=State.ACCEPTED)
    record = make_call_record(account=second, reference=batch.reference, number=batch.attempts.all()[0].contact.number)

    assert ledger.adopt() == 0
    record.refresh_from_db()
    assert record.attempt is None


def test_everybody_has_one_account_in_each_round(sandbox: Sandbox, accounts: list[Account]) -> None:
    campaign = shared(accounts, people=9)
    order(sandbox, "slow:0", "fail:1003")
    send_all()

    for attempt in Attempt.objects.filter(batch__campaign=campaign):
        same = Attempt.objects.filter(contact=attempt.contact, round=attempt.round)
        assert same.count() == 1
    assert reports.progress(campaign).at_the_carrier == 9


def test_a_sheet_names_what_any_of_the_accounts_lacks(accounts: list[Account]) -> None:
    second = accounts[1]
    campaign = shared(accounts, people=2, state=Campaign.State.DRAFT)
    assert preflight(campaign).problems == []

    second.carrier_files.all().delete()
    Account.objects.filter(pk=second.pk).update(country="TH")

    problems = " ".join(map(str, preflight(campaign).problems))
    assert "no name at the carrier" in problems
    assert "another country" in problems


def test_a_campaign_without_any_usable_account_can_not_be_resumed(accounts: list[Account]) -> None:
    campaign = shared(accounts, people=2, state=Campaign.State.PAUSED)
    for account in accounts:
        routes.stop_account(account, "The carrier does not accept it.")

    with pytest.raises(DialerError, match="stopped"):
        lifecycle.resume(campaign)


def test_but_one_of_two_is_enough(accounts: list[Account]) -> None:
    campaign = shared(accounts, people=2, state=Campaign.State.PAUSED)
    routes.stop_account(accounts[0], "The carrier does not accept it.")

    lifecycle.resume(campaign)
    send_all()

    assert people_by_account(campaign) == {accounts[1].pk: 2}


def test_calls_of_both_accounts_settle_the_campaign(sandbox: Sandbox, accounts: list[Account]) -> None:
    campaign = shared(accounts, people=6)
    send_all()
    eventually(lambda: sandbox.memory.open_count == 0)

    for account in accounts:
        ledger.pull(account, now=timezone.now())
    lifecycle.settle_next(now=timezone.now())

    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.FINISHED
    assert reports.reconciliation(campaign).adds_up


def _called(campaign: Campaign, account: Account, dispositions: list[Disposition]) -> None:
    contacts = make_contacts(len(dispositions), campaign=campaign)
    batch = make_batch(contacts=contacts, account=account, state=State.SETTLED)
    for attempt, disposition in zip(batch.attempts.all(), dispositions, strict=True):
        settle([attempt], disposition)
        is_answered = disposition == Disposition.ANSWERED
        make_call_record(
            attempt=attempt,
            disposition=disposition,
            talk_seconds=12 if is_answered else 0,
            created_at=timezone.now() + timedelta(seconds=1),
        )
