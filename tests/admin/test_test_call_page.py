"""The page of test calls: one's own number, what the carrier said, and what came back."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from dialer.flow import ledger
from dialer.models import Account, Bell, Campaign, Route, TestCall
from tests.admin.visits import page_of, query_count, text, visitor
from tests.carrier import TestCarrier, number_with_fate, placed, running_carrier, stored
from tests.factories import fresh_number, make_account, make_call_record, make_campaign, make_contact, make_user

pytestmark = pytest.mark.django_db

LAUNCH, VIEW = "dialer.launch_campaign", "dialer.view_campaign"
State = TestCall.State


@pytest.fixture
def carrier(db: None) -> Any:
    with running_carrier() as running:
        yield running


def door(campaign: Campaign, name: str = "test_call") -> str:
    return reverse(f"admin:dialer_campaign_{name}", args=[campaign.pk])


def draft(carrier: TestCarrier, **fields: Any) -> Campaign:
    return make_campaign(**placed(carrier), **fields)


def made(campaign: Campaign, **fields: Any) -> TestCall:
    given = {"campaign": campaign, "account": campaign.account, "number": fresh_number(), "state": State.ACCEPTED}
    return TestCall.objects.create(**{**given, **fields})


def test_somebody_calls_their_own_number_and_sees_what_came_back(carrier: TestCarrier) -> None:
    campaign = draft(carrier, wants_keypress=True)
    somebody = visitor(LAUNCH, VIEW, "dialer.view_callrecord")
    number = number_with_fate(40)

    answer = somebody.post(door(campaign), {"number": number}, follow=True)
    assert "Your telephone rings in a moment." in answer.content.decode()
    assert "Nothing yet." in text(somebody, door(campaign, "test_call_live"))

    carrier.wait()
    [body] = carrier.callbacks()
    ledger.apply(stored(carrier.account, body))
    page = text(somebody, door(campaign, "test_call_live"))
    for part in ("Answered", "<kbd>1</kbd>", "talked 0:", "Call and recording", "data-done"):
        assert part in page
    assert page_of(carrier.account.call_records.get()) in page
    assert "Test call to" in LogEntry.objects.get().change_message


def test_the_number_is_remembered_for_the_next_time_and_only_for_who_typed_it(carrier: TestCarrier) -> None:
    campaign, number = draft(carrier), number_with_fate(40)
    somebody = visitor(LAUNCH, VIEW)

    somebody.post(door(campaign), {"number": number})

    assert f'value="{number}"' in text(somebody, door(draft(carrier)))
    assert f'value="{number}"' not in text(visitor(LAUNCH, VIEW), door(campaign))


def test_a_number_is_masked_for_everybody_but_who_typed_it_and_who_may_see_numbers() -> None:
    campaign = make_campaign()
    made(campaign, number="+6281234567890", called_by=make_user())

    assert "+62 812•••••890" in text(visitor(LAUNCH), door(campaign))
    assert "+62 812-3456-7890" in text(visitor(LAUNCH, "dialer.see_full_numbers"), door(campaign))
    somebody = make_user(LAUNCH)
    TestCall.objects.update(called_by=somebody)
    client = visitor()
    client.force_login(somebody)
    assert "+62 812-3456-7890" in text(client, door(campaign))


def test_what_stands_against_it_is_said_beside_the_number(carrier: TestCarrier) -> None:
    campaign = draft(carrier)
    contact = make_contact(campaign=campaign)

    page = visitor(LAUNCH).post(door(campaign), {"number": contact.number})

    assert page.status_code == 200
    assert "so it would be called twice" in page.content.decode()
    assert "Which number is to be called?" in visitor(LAUNCH).post(door(campaign), {"number": ""}).content.decode()
    assert not TestCall.objects.exists()


def test_a_refusal_is_said_with_the_carriers_words(carrier: TestCarrier) -> None:
    carrier.order_fates("*", "fail:1003")
    campaign = draft(carrier)

    page = visitor(LAUNCH).post(door(campaign), {"number": fresh_number()}, follow=True).content.decode()

    assert "It was not taken:" in page
    assert "data-done" in page


def test_no_clear_answer_is_said_as_such(carrier: TestCarrier) -> None:
    carrier.order_fates("*", "http_500_after_accept")

    answer = visitor(LAUNCH).post(door(draft(carrier)), {"number": fresh_number()}, follow=True)

    assert "not known whether it was taken" in answer.content.decode()


def test_a_campaign_with_several_accounts_lets_choose_among_them_and_no_others(carrier: TestCarrier) -> None:
    campaign = draft(carrier)
    somebody = visitor(LAUNCH)
    assert 'name="account"' not in text(somebody, door(campaign))
    other, stranger = make_account(name="Second line"), make_account()
    Route.objects.create(campaign=campaign, account=other)

    assert "Second line" in text(somebody, door(campaign))
    refused = somebody.post(door(campaign), {"number": fresh_number(), "account": stranger.pk})
    assert refused.status_code == 200
    somebody.post(door(campaign), {"number": fresh_number(), "account": carrier.account.pk})
    assert TestCall.objects.get().account == carrier.account


def test_bills_are_asked_for_on_demand(django_capture_on_commit_callbacks: Any) -> None:
    campaign = make_campaign()
    made(campaign)

    with django_capture_on_commit_callbacks(execute=True):
        visitor(LAUNCH).post(door(campaign, "test_call_bills"))

    next_pull_at = Account.objects.get().next_pull_at
    assert next_pull_at is not None
    assert next_pull_at <= timezone.now()
    assert Bell.objects.get(kind="bills").is_ringing


def test_after_a_while_nobody_waits_any_more() -> None:
    campaign = make_campaign()
    old = made(campaign)
    assert "data-done" not in text(visitor(LAUNCH), door(campaign, "test_call_live"))

    TestCall.objects.filter(pk=old.pk).update(called_at=timezone.now() - timedelta(hours=1))

    assert "data-done" in text(visitor(LAUNCH), door(campaign, "test_call_live"))


@pytest.mark.parametrize("state", [Campaign.State.DRAFT, Campaign.State.SCHEDULED, Campaign.State.PAUSED])
def test_pages_before_and_between_lead_to_it(state: str) -> None:
    campaign = make_campaign(state=state)
    boss = visitor(is_superuser=True)

    assert door(campaign) in text(boss, page_of(campaign))
    assert door(campaign) not in text(visitor(VIEW, "dialer.change_campaign"), page_of(campaign))


def test_the_launch_page_leads_to_it() -> None:
    campaign = make_campaign()
    make_contact(campaign=campaign)

    assert door(campaign) in text(visitor(LAUNCH, VIEW), door(campaign, "launch"))


def test_a_running_campaign_shows_its_test_calls_and_makes_none() -> None:
    campaign = make_campaign(state=Campaign.State.RUNNING)
    boss = visitor(is_superuser=True)

    assert door(campaign) not in text(boss, page_of(campaign))
    assert "while the campaign is a draft, scheduled or paused" in text(boss, door(campaign))
    boss.post(door(campaign), {"number": fresh_number()})
    assert not TestCall.objects.exists()


@pytest.mark.parametrize("name", ["test_call", "test_call_live", "test_call_bills"])
def test_only_who_may_launch_may_test(name: str) -> None:
    campaign = make_campaign()
    client = visitor(VIEW, "dialer.change_campaign")

    assert client.get(door(campaign, name)).status_code == 403
    assert client.post(door(campaign, name), {"number": fresh_number()}).status_code == 403


def test_the_page_costs_the_same_for_six_and_for_many() -> None:
    campaign = make_campaign()
    boss = visitor(is_superuser=True)
    for _ in range(6):
        make_call_record(account=campaign.account, reference=made(campaign).reference)
    six = query_count(boss, door(campaign))
    for _ in range(10):
        made(campaign)

    assert query_count(boss, door(campaign)) == six
