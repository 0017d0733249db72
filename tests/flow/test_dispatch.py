"""Claim, commit, talk, note, commit: what leaves, leaves once, and every answer has its state."""

import json
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dialer.flow import dispatch, lifecycle, withdrawal
from dialer.flow.seat import hold
from dialer.models import Account, Batch, Campaign, CarrierExchange
from dialer.terms import Disposition, SkipReason
from sandbox.app import Sandbox
from sandbox.switches import Switches, with_changes
from tests.factories import (
    make_account,
    make_batch,
    make_call_record,
    make_campaign,
    make_carrier_file,
    make_contacts,
    make_do_not_call,
    make_voice_file,
    settle,
)

pytestmark = pytest.mark.django_db

State = Batch.State
SECRET = "sesame-4711"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    switches = with_changes(Switches(), {"apps": {"app": SECRET}, "offline_files": ["welcome.mp3"], "speed": 1000})
    with Sandbox(port=0, switches=switches) as running:
        yield running


@pytest.fixture
def account(sandbox: Sandbox) -> Account:
    address = f"{sandbox.address}/api/yunhu"
    return make_account(app_id="app", access_key=SECRET, batch_url=address, token_url=address)


def running(account: Account, *, people: int = 2, **fields: Any) -> Campaign:
    voice_file = make_voice_file()
    make_carrier_file(voice_file=voice_file, account=account, name_at_carrier="welcome.mp3")
    campaign = make_campaign(account=account, voice_file=voice_file, state=Campaign.State.RUNNING, **fields)
    make_contacts(people, campaign=campaign)
    return campaign


def sent_states(campaign: Campaign) -> list[str]:
    return list(campaign.batches.order_by("sequence").values_list("state", flat=True))


def control(sandbox: Sandbox, verb: str, **given: Any) -> None:
    body = json.dumps(given).encode()
    urllib.request.urlopen(f"{sandbox.address}/_sandbox/{verb}", body, timeout=5).close()


def order(sandbox: Sandbox, *fates: str) -> None:
    control(sandbox, "next", fates=fates)


def dials(sandbox: Sandbox) -> dict[str, int]:
    with urllib.request.urlopen(f"{sandbox.address}/_sandbox/dials", timeout=5) as answer:
        found: dict[str, int] = json.load(answer)
        return found


def only_batch() -> Batch:
    return Batch.objects.get()


def test_a_running_campaign_leaves_in_batches_until_everybody_was_handed_over(
    sandbox: Sandbox, account: Account
) -> None:
    campaign = running(account, people=5, batch_size=2)

    while dispatch.send_next():
        pass

    assert [batch.state for batch in campaign.batches.order_by("sequence")] == [State.ACCEPTED] * 3
    assert sorted(dials(sandbox).values()) == [1] * 5


def test_what_is_said_to_the_carrier_is_what_the_campaign_says(sandbox: Sandbox, account: Account) -> None:
    running(
        account,
        wants_keypress=True,
        caller_id="2120280001",
        ring_seconds=45,
        max_call_seconds=90,
        drops_undialled_today=False,
        remark="wave 2",
    )

    dispatch.send_next()

    exchange = CarrierExchange.objects.get(batch=only_batch())
    for said in (only_batch().reference, "welcome.mp3", "waittime=45", "conntime=90", "wave 2", "todayonly=2"):
        assert said in exchange.request


def test_numbers_and_secrets_are_masked_in_the_exchange(sandbox: Sandbox, account: Account) -> None:
    campaign = running(account)

    dispatch.send_next()

    exchange = CarrierExchange.objects.get()
    kept = f"{exchange.url} {exchange.request} {exchange.response} {exchange.complaint}"
    assert SECRET not in kept
    for contact in campaign.contacts.all():
        assert contact.number.removeprefix("+62") not in kept
    assert exchange.status == 200


@pytest.mark.parametrize(
    "fate",
    [
        "timeout_after_accept",
        "drop_after_accept",
        "http_500_after_accept",
        "html_after_accept",
        "timeout_before_accept",
        "drop_before_accept",
        "http_500_before_accept",
        "html_before_accept",
    ],
)
def test_no_clear_answer_makes_a_batch_uncertain_and_it_is_never_sent_again(
    sandbox: Sandbox, account: Account, fate: str, settings: Any
) -> None:
    settings.HTTP_TOTAL_SECONDS = 1
    running(account)
    order(sandbox, fate)

    assert dispatch.send_next()
    batch = only_batch()
    assert batch.state == State.UNCERTAIN
    assert batch.message

    Batch.objects.update(due_at=timezone.now() - timedelta(days=1))
    assert not dispatch.send_next()
    expected = {"before": [], "after": [1, 1]}["before" if "before" in fate else "after"]
    assert list(dials(sandbox).values()) == expected


def test_a_carrier_in_trouble_does_not_turn_the_whole_list_uncertain(sandbox: Sandbox, account: Account) -> None:
    campaign = running(account, people=6, batch_size=1)
    order(sandbox, "html_before_accept")
    assert dispatch.send_next()
    assert dispatch.send_next()
    order(sandbox, "http_500_before_accept", "html_before_accept")

    assert [dispatch.send_next() for _ in range(3)] == [True, True, False]
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.PAUSED
    assert campaign.paused_because.startswith("2 batches in a row got no clear answer: ")
    assert sent_states(campaign) == [State.UNCERTAIN, State.ACCEPTED, State.UNCERTAIN, State.UNCERTAIN]

    lifecycle.resume(campaign)  # somebody has looked, and the carrier is well again
    while dispatch.send_next():
        pass
    assert sent_states(campaign)[4:] == [State.ACCEPTED, State.ACCEPTED]
    assert set(dials(sandbox).values()) == {1}


def test_what_surely_did_not_leave_waits_and_leaves_later(sandbox: Sandbox, account: Account) -> None:
    campaign = running(account)
    address = account.batch_url
    Account.objects.update(batch_url="http://127.0.0.1:9/api/yunhu")

    assert dispatch.send_next()
    batch = only_batch()
    assert (batch.state, batch.sent_at) == (State.WAITING, None)
    assert batch.due_at > timezone.now()
    assert not dispatch.send_next()

    Account.objects.update(batch_url=address)
    Batch.objects.update(due_at=timezone.now())
    assert dispatch.send_next()
    assert only_batch().state == State.ACCEPTED
    assert list(dials(sandbox).values()) == [1, 1]
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.RUNNING


def test_the_pause_before_another_try_grows(account: Account) -> None:
    running(account)
    Account.objects.update(batch_url="http://127.0.0.1:9/api/yunhu")

    pauses = []
    for _ in range(3):
        dispatch.send_next()
        pauses.append(only_batch().due_at - timezone.now())
        Batch.objects.update(due_at=timezone.now())

    assert pauses == sorted(pauses)
    assert pauses[2] > 3 * pauses[0]


def test_a_refusal_pauses_the_campaign_and_says_why(sandbox: Sandbox, account: Account) -> None:
    campaign = running(account)
    order(sandbox, "refuse:400")

    dispatch.send_next()

    batch = only_batch()
    assert (batch.state, batch.carrier_code) == (State.REFUSED, "400")
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.PAUSED
    assert "Batch 1 was refused" in campaign.paused_because
    assert dials(sandbox) == {}


def test_refused_credentials_stop_the_account(sandbox: Sandbox, account: Account) -> None:
    running(account)
    other = running(account)
    order(sandbox, "refuse:601")

    dispatch.send_next()

    account.refresh_from_db()
    assert account.stopped_because
    assert not dispatch.send_next()
    assert other.batches.count() + Campaign.objects.get(pk=other.pk).planned_through == 0


def test_a_waiting_batch_that_has_a_bill_was_taken_and_does_not_leave_again(sandbox: Sandbox, account: Account) -> None:
    campaign = running(account, is_planned=True)
    batch = make_batch(contacts=list(campaign.contacts.all()), tries=1)
    called = batch.attempts.last()
    assert called is not None
    make_call_record(attempt=called)
    settle([called], Disposition.ANSWERED)
    assert withdrawal.shrink(batch, to=1, now=timezone.now())

    assert dispatch.send_next()

    assert only_batch().state == State.ACCEPTED
    assert only_batch().contact_count == 2
    assert dials(sandbox) == {}


def test_a_sender_that_died_leaves_its_batch_uncertain(account: Account) -> None:
    batch = make_batch(campaign=running(account, people=0, is_planned=True))
    Batch.objects.filter(pk=batch.pk).update(
        state=State.SENDING, claim_token="of the dead", lease_until=timezone.now() - timedelta(seconds=1)
    )

    dispatch.send_next()

    batch.refresh_from_db()
    assert batch.state == State.UNCERTAIN
    assert "may or may not" in batch.message


def test_a_sender_that_died_after_a_bill_came_leaves_an_accepted_batch(account: Account) -> None:
    batch = make_batch(campaign=running(account, people=0, is_planned=True))
    Batch.objects.filter(pk=batch.pk).update(
        state=State.SENDING, claim_token="of the dead", lease_until=timezone.now() - timedelta(seconds=1)
    )
    make_call_record(batch=batch)

    dispatch.send_next()

    batch.refresh_from_db()
    assert batch.state == State.ACCEPTED


def test_a_sender_that_still_talks_is_left_alone(account: Account) -> None:
    batch = make_batch(campaign=running(account, people=0, is_planned=True))
    Batch.objects.filter(pk=batch.pk).update(
        state=State.SENDING, claim_token="at work", lease_until=timezone.now() + timedelta(seconds=60)
    )

    dispatch.send_next()

    batch.refresh_from_db()
    assert batch.state == State.SENDING


def test_nothing_leaves_when_the_lease_is_too_short_for_an_answer(
    sandbox: Sandbox, account: Account, settings: Any
) -> None:
    running(account)
    settings.LEASE_SECONDS = settings.HTTP_TOTAL_SECONDS

    dispatch.send_next()

    assert only_batch().state == State.WAITING
    assert dials(sandbox) == {}


@pytest.mark.parametrize("state", [Campaign.State.PAUSED, Campaign.State.CANCELLED, Campaign.State.DRAFT])
def test_nothing_leaves_of_a_campaign_that_does_not_run(sandbox: Sandbox, account: Account, state: str) -> None:
    campaign = running(account)
    make_batch(contacts=list(campaign.contacts.all()))
    Campaign.objects.update(state=state)

    assert not dispatch.send_next()
    dispatch.send(only_batch())

    assert only_batch().state == State.WAITING
    assert dials(sandbox) == {}


def test_a_click_on_pause_between_look_and_claim_is_obeyed(sandbox: Sandbox, account: Account) -> None:
    campaign = running(account)
    batch = make_batch(contacts=list(campaign.contacts.all()))
    Campaign.objects.update(state=Campaign.State.PAUSED)

    dispatch.send(batch)

    assert dials(sandbox) == {}


def test_nothing_leaves_over_an_account_that_is_not_in_use(sandbox: Sandbox, account: Account) -> None:
    running(account)
    Account.objects.update(is_enabled=False)

    assert not dispatch.send_next()


def test_who_came_on_the_do_not_call_list_in_the_last_moment_is_not_called(sandbox: Sandbox, account: Account) -> None:
    campaign = running(account, people=3)
    batch = make_batch(contacts=list(campaign.contacts.all()))
    spared = batch.attempts.first().contact
    make_do_not_call(number=spared.number)

    dispatch.send(batch)

    assert len(dials(sandbox)) == 2
    assert spared.number.removeprefix("+62") not in dials(sandbox)
    spared.refresh_from_db()
    assert spared.skip_reason == SkipReason.DO_NOT_CALL


def test_a_batch_of_nobody_is_cancelled(sandbox: Sandbox, account: Account) -> None:
    campaign = running(account, people=1)
    make_do_not_call(number=campaign.contacts.get().number)
    batch = make_batch(contacts=list(campaign.contacts.all()))

    dispatch.send(batch)

    assert only_batch().state == State.CANCELLED
    assert dials(sandbox) == {}


def test_a_voice_file_without_a_name_at_the_carrier_is_refused_before_anything_leaves(
    sandbox: Sandbox, account: Account
) -> None:
    campaign = running(account)
    campaign.voice_file.carrier_files.all().delete()

    dispatch.send_next()

    assert only_batch().state == State.REFUSED
    assert "has no name at the carrier" in only_batch().message
    assert dials(sandbox) == {}


def test_campaigns_of_an_account_take_turns(sandbox: Sandbox, account: Account) -> None:
    first = running(account, people=4, batch_size=1)
    second = running(account, people=4, batch_size=1)

    for _ in range(4):
        dispatch.send_next()

    assert first.batches.count() == second.batches.count() == 2


def test_accounts_take_turns(sandbox: Sandbox, account: Account) -> None:
    address = account.batch_url
    other = make_account(app_id="app", access_key=SECRET, batch_url=address, token_url=address)
    campaigns = [running(owner, people=3, batch_size=1) for owner in (account, other)]

    for _ in range(4):
        assert dispatch.send_next()

    assert [campaign.batches.count() for campaign in campaigns] == [2, 2]


def test_one_request_at_a_time_leaves_over_an_account(sandbox: Sandbox, account: Account) -> None:
    running(account)

    with hold(f"account:{account.pk}", seconds=60):
        assert not dispatch.send_next()

    assert dispatch.send_next()
