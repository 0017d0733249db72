"""A voice menu from the campaign to the agent: one person in a batch, by the same ledger and rules as everybody."""

from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from dialer.carriers.contract import EXTENSIONS
from dialer.flow import dispatch, evidence, ledger, lifecycle, rounds
from dialer.flow.mistakes import DialerError
from dialer.models import Account, Batch, Callback, CallRecord, Campaign, Extension, Transfer
from dialer.terms import CampaignKind, Disposition, ExtensionState
from sandbox.app import Sandbox
from sandbox.memory import Call
from sandbox.switches import Switches, with_changes
from sandbox.yunhu_menu import extension_events
from tests.cluster import eventually
from tests.factories import (
    make_account,
    make_batch,
    make_campaign,
    make_carrier_file,
    make_contact,
    make_contact_list,
    make_contacts,
    make_voice_file,
    open_campaign,
)

pytestmark = pytest.mark.django_db

State = Batch.State
SECRET = "sesame-4711"
PLAY_VOICE = "App.Sip_Call.PlayVoice"
TAKEN, MISSED, NO_KEY = "+6281200000040", "+6281200000140", "+6281200000001"  # see sandbox/yunhu_menu.py
PEOPLE = (TAKEN, MISSED, NO_KEY)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    switches = {"apps": {"app": SECRET}, "offline_files": ["welcome.mp3"], "speed": 100_000}
    with Sandbox(port=0, switches=with_changes(Switches(), switches)) as running:
        yield running
        assert running.memory.violations == []


@pytest.fixture
def account(sandbox: Sandbox) -> Account:
    address = f"{sandbox.address}/api/yunhu"
    return make_account(app_id="app", access_key=SECRET, batch_url=address, token_url=address)


def running(account: Account, *, people: tuple[str, ...] = PEOPLE, **fields: Any) -> Campaign:
    voice_file = make_voice_file()
    make_carrier_file(voice_file=voice_file, account=account, name_at_carrier="welcome.mp3")
    menu = {"kind": CampaignKind.VOICE_MENU, "transfer_group": "extGroup-1", "transfer_key": "1"}
    campaign = make_campaign(
        account=account, voice_file=voice_file, **{"state": Campaign.State.RUNNING, **menu, **fields}
    )
    contact_list = make_contact_list(campaign=campaign)
    for number in people:
        make_contact(contact_list=contact_list, number=number)
    return campaign


def send_all() -> None:
    while dispatch.send_next():
        pass


def states(campaign: Campaign) -> list[str]:
    return list(campaign.batches.order_by("sequence").values_list("state", flat=True))


def calls_of(sandbox: Sandbox) -> list[Call]:
    """All calls, ended."""
    eventually(lambda: sandbox.memory.open_count == 0)
    return list(sandbox.memory.calls.values())


def test_each_person_is_handed_over_once_in_a_batch_of_one(account: Account, sandbox: Sandbox) -> None:
    campaign = running(account)

    send_all()

    assert states(campaign) == [State.ACCEPTED] * 3
    assert set(campaign.batches.values_list("contact_count", flat=True)) == {1}
    numbers = [call.number for call in calls_of(sandbox)]
    assert sorted(numbers) == sorted(number[3:] for number in PEOPLE)
    ours = set(campaign.batches.values_list("reference", flat=True))
    assert {batch.reference for batch in sandbox.memory.batches.values()} == ours
    assert {batch.order["group"] for batch in sandbox.memory.batches.values()} == {"extGroup-1"}


def test_an_unclear_answer_is_uncertain_and_that_person_is_not_called_again(account: Account, sandbox: Sandbox) -> None:
    campaign = running(account)
    sandbox.memory.note("ordered", service=PLAY_VOICE, fates=["http_500_after_accept"])

    send_all()
    send_all()

    assert states(campaign) == [State.UNCERTAIN, State.ACCEPTED, State.ACCEPTED]
    assert sandbox.memory.requests[PLAY_VOICE] == 3
    assert "may or may not have been taken" in campaign.batches.get(state=State.UNCERTAIN).message


def test_a_bill_proves_that_an_uncertain_one_was_taken(account: Account, sandbox: Sandbox) -> None:
    campaign = running(account, people=(NO_KEY,))
    sandbox.memory.note("ordered", service=PLAY_VOICE, fates=["http_500_after_accept"])
    send_all()
    assert calls_of(sandbox)

    ledger.ask_next()

    assert states(campaign) == [State.ACCEPTED]
    assert campaign.batches.get().attempts.get().disposition == Disposition.ANSWERED


def test_a_token_that_ended_calls_nobody_twice(account: Account, sandbox: Sandbox) -> None:
    campaign = running(account)
    sandbox.memory.note("ordered", service=PLAY_VOICE, fates=["refuse:600"])

    send_all()

    assert states(campaign) == [State.ACCEPTED] * 3
    assert len(calls_of(sandbox)) == 3
    assert sandbox.memory.requests[PLAY_VOICE] == 4


def test_a_login_that_fails_leaves_the_person_waiting(account: Account, sandbox: Sandbox) -> None:
    campaign = running(account, people=(NO_KEY,))
    sandbox.memory.note("ordered", service="App.Sip_Auth.Login", fates=["http_500_after_accept"])

    send_all()

    (batch,) = campaign.batches.all()
    assert (batch.state, batch.sent_at) == (State.WAITING, None)
    assert "nobody was called" in batch.message
    assert sandbox.memory.requests[PLAY_VOICE] == 0


def test_a_new_extension_pauses_the_campaign_and_says_the_cure(account: Account, sandbox: Sandbox) -> None:
    campaign = running(account)
    sandbox.memory.configure({"extension_is_new": True})

    send_all()

    campaign.refresh_from_db()
    assert (campaign.state, states(campaign)) == (Campaign.State.PAUSED, [State.REFUSED])
    assert "Clear the token on the account's page, then test the connection." in campaign.paused_because


def test_the_same_hours_hold(account: Account, sandbox: Sandbox) -> None:
    campaign = running(account)
    campaign.call_windows.all().delete()
    in_three_days = (timezone.now().weekday() + 3) % 7
    open_campaign(campaign, weekdays=[in_three_days], opens=time(9), closes=time(17))

    send_all()

    assert not campaign.batches.exists()
    assert sandbox.memory.requests[PLAY_VOICE] == 0


def test_everybody_ends_with_a_bill_and_the_board_knows_who_was_taken(account: Account, sandbox: Sandbox) -> None:
    campaign = running(account)
    send_all()
    bodies = [event.body for call in calls_of(sandbox) for event in extension_events(call, echo_form="as_sent")]
    for body in reversed(bodies):
        ledger.receive(account, kind=EXTENSIONS, body=body, content_type="application/json", source=None)

    while ledger.apply_next():
        pass
    ledger.ask_now(account)
    ledger.pull_next()
    lifecycle.settle_next()

    assert set(Callback.objects.values_list("state", flat=True)) == {Callback.State.APPLIED}
    assert set(states(campaign)) == {State.SETTLED}
    assert CallRecord.objects.filter(attempt__batch__campaign=campaign).count() == 3
    transfers = {transfer.number: transfer for transfer in Transfer.objects.all()}
    assert transfers.keys() == {TAKEN, MISSED}
    assert {transfer.campaign for transfer in transfers.values()} == {campaign}
    assert transfers[TAKEN].answered_at is not None
    assert transfers[MISSED].answered_at is None
    assert set(Extension.objects.values_list("state", flat=True)) == {ExtensionState.FREE}


def test_a_draft_is_launched_like_any_other(account: Account, sandbox: Sandbox) -> None:
    campaign = running(account, state=Campaign.State.DRAFT)

    found = lifecycle.launch(campaign)
    send_all()

    assert found.callable_count == 3
    assert states(campaign) == [State.ACCEPTED] * 3


def test_a_menu_without_a_group_is_not_launched(account: Account, sandbox: Sandbox) -> None:
    campaign = running(account, state=Campaign.State.DRAFT, transfer_group="")

    with pytest.raises(DialerError, match="needs the group of extensions that takes over"):
        lifecycle.launch(campaign)


def test_nobody_of_a_menu_is_taken_for_dropped_at_the_end_of_the_day() -> None:
    """The carrier has no such wish for voice menus; whoever was taken for dropped would be called once more."""
    campaign = make_campaign(kind=CampaignKind.VOICE_MENU, state=Campaign.State.RUNNING)
    sent_at = timezone.now() - timedelta(days=2)
    batch = make_batch(
        contacts=make_contacts(1, campaign=campaign), state=State.ACCEPTED, sent_at=sent_at, asked_at=timezone.now()
    )

    assert rounds.declare_not_called(now=timezone.now()) == 0
    assert evidence.ask_at(batch) == sent_at + timedelta(seconds=settings.SILENT_AFTER_SECONDS)
