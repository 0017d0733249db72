"""The sheet before a launch: estimates that say how sure they are, and evidence that nobody changes."""

import json
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from dialer.flow import connect, forecast, launch_sheet, lifecycle
from dialer.flow.mistakes import DialerError
from dialer.flow.preflight import Place, preflight
from dialer.models import Account, Batch, Campaign, CarrierExchange, LaunchSheet, Route
from dialer.terms import CampaignKind, Disposition, SkipReason
from tests.carrier import running_carrier
from tests.factories import (
    make_account,
    make_batch,
    make_call_record,
    make_campaign,
    make_contact,
    make_contact_list,
    make_contacts,
    make_laaffic_account,
    make_skipped_contact,
    make_user,
    make_voice_file,
    open_campaign,
    settle,
)

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)  # 10:00 in Jakarta
SLOW = forecast.Rate(people_per_second=1, is_measured=False)


def ready(people: int = 3, **fields: object) -> Campaign:
    campaign = make_campaign(**fields)
    make_contacts(people, campaign=campaign)
    return campaign


def content(campaign: Campaign) -> dict:
    return launch_sheet.content_of(campaign, preflight(campaign), now=timezone.now())


# --- The end ------------------------------------------------------------------------------------------------------


def test_a_rate_that_was_never_measured_is_a_guess_and_says_so() -> None:
    assert forecast.rate(make_campaign()) == SLOW


def test_a_measured_rate_is_that_of_the_newest_batches() -> None:
    account = make_account()
    people = make_contacts(4, campaign=make_campaign(account=account))
    batch = make_batch(contacts=people, state=Batch.State.SETTLED)
    make_call_record(attempt=batch.attempts.first(), started_at=batch.sent_at + timedelta(seconds=2))

    found = forecast.rate(make_campaign(account=account))

    assert (found.people_per_second, found.is_measured) == (2.0, True)


def test_accounts_call_side_by_side_and_no_faster_than_they_may() -> None:
    campaign = make_campaign(account=make_account(numbers_per_minute=6))
    Route.objects.create(campaign=campaign, account=make_account())
    assert forecast.rate(campaign).people_per_second == pytest.approx(1.1)

    campaign.numbers_per_minute = 3
    assert forecast.rate(campaign).people_per_second == pytest.approx(0.05)


def test_what_does_not_fit_into_a_day_goes_on_the_next_morning() -> None:
    campaign = make_campaign(widened_because="")
    open_campaign(campaign, weekdays=range(7), opens=time(10), closes=time(17))
    first = forecast.ends_at(campaign, 60, rate=SLOW, start_at=MONDAY)
    later = forecast.ends_at(campaign, 40_000, rate=SLOW, start_at=MONDAY)

    assert first is not None
    assert later is not None
    assert first == MONDAY + timedelta(minutes=1)
    assert later.date() > MONDAY.date()


def test_where_it_never_opens_no_end_is_in_sight() -> None:
    campaign = make_campaign(widened_because="")
    open_campaign(campaign, weekdays=[6], opens=time(9), closes=time(12))  # the law closes Sundays

    assert forecast.ends_at(campaign, 1, rate=SLOW, start_at=MONDAY) is None


# --- The cost -----------------------------------------------------------------------------------------------------


def priced(account: Account, *prices: str, unanswered: int = 0, currency: str = "USD") -> None:
    for price in prices:
        make_call_record(account=account, cost=Decimal(price), currency=currency)
    for _ in range(unanswered):
        make_call_record(account=account, disposition=Disposition.NO_ANSWER, cost=Decimal(0), currency=currency)


def test_a_cost_is_a_range_by_what_answered_calls_cost_lately() -> None:
    account = make_laaffic_account()
    priced(account, "0.01", "0.02", "0.02", "0.02", "0.02", "0.02", "0.02", "0.02", "0.02", "0.05", unanswered=10)

    [cost] = forecast.costs(forecast.shares(make_campaign(account=account), 1000))

    assert (cost.expected_answers, cost.calls_seen, cost.currency) == (500, 20, "USD")
    assert (cost.low, cost.high) == (Decimal("10"), Decimal("10"))


def test_where_nothing_was_priced_the_cost_is_unknown_and_says_why() -> None:
    unpriced, untold = make_laaffic_account(), make_account()

    [first] = forecast.costs(forecast.shares(make_campaign(account=unpriced), 10))
    [second] = forecast.costs(forecast.shares(make_campaign(account=untold), 10))

    assert (first.low, second.low) == (None, None)
    assert "Too few" in first.because
    assert "does not tell" in second.because


def test_people_are_shared_out_to_the_last_one() -> None:
    campaign = make_campaign(batch_size=2)
    Route.objects.create(campaign=campaign, account=make_account(), share=2)

    parts = forecast.shares(campaign, 10)

    assert [part.people for part in parts] == [3, 7]
    assert [part.batch_count for part in parts] == [2, 4]


# --- Who was called already ---------------------------------------------------------------------------------------


def test_who_was_called_today_by_another_campaign_is_counted(settings) -> None:
    settings.CALLS_PER_DAY = 1
    earlier = ready(2)
    batch = make_batch(contacts=list(earlier.contacts.all()), state=Batch.State.ACCEPTED)
    settle(batch.attempts.all(), Disposition.NO_ANSWER)
    campaign = ready(1)
    make_contact(contact_list=campaign.contact_lists.get(), number=earlier.contacts.first().number)

    found = content(campaign)

    assert (found["called_today"], found["capped"]) == (1, 1)


def called_at(*moments: datetime, **account: object) -> Campaign:
    """A campaign of as many people, each of whom another one called at one of these moments."""
    campaign = make_campaign(account=make_account(**account))
    for at in moments:
        person = make_contact(campaign=campaign)
        make_batch(contacts=[make_contact(number=person.number)], state=Batch.State.ACCEPTED, sent_at=at)
    return campaign


def count_called_today(campaign: Campaign, now: datetime) -> int:
    return forecast.called_today(campaign.contacts.all(), campaign, now=now).count()


def test_today_is_that_of_the_people_called_and_not_the_last_24_hours() -> None:
    noon = datetime(2026, 3, 5, 5, 0, tzinfo=UTC)  # 12:00 in Bangkok, where the day began at 17:00 UTC
    midnight = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
    campaign = called_at(midnight - timedelta(seconds=1), midnight, noon - timedelta(hours=1), country="TH")

    assert forecast.today_began(campaign, now=noon) == midnight
    assert count_called_today(campaign, noon) == 2
    assert count_called_today(campaign, noon + timedelta(days=1)) == 0


@pytest.mark.parametrize(
    ("now", "began"),
    [
        # At noon in Jakarta it is the same day everywhere, and it began in Jayapura, two hours before.
        (datetime(2026, 3, 5, 5, 0, tzinfo=UTC), datetime(2026, 3, 4, 15, 0, tzinfo=UTC)),
        # At 23:00 in Jakarta it is tomorrow in Jayapura; whose day is still going on began in Jakarta.
        (datetime(2026, 3, 5, 16, 0, tzinfo=UTC), datetime(2026, 3, 4, 17, 0, tzinfo=UTC)),
    ],
)
def test_where_a_country_has_several_zones_nobodys_day_is_cut(now: datetime, began: datetime) -> None:
    campaign = called_at(began - timedelta(seconds=1), began, country="ID")

    assert forecast.today_began(campaign, now=now) == began
    assert count_called_today(campaign, now) == 1


def test_who_is_skipped_or_surely_was_not_called_is_not_counted() -> None:
    now = timezone.now()
    campaign = called_at(now)
    skipped = make_skipped_contact(SkipReason.DO_NOT_CALL, campaign=campaign)
    make_batch(contacts=[make_contact(number=skipped.number)], state=Batch.State.ACCEPTED, sent_at=now)
    for state in (Batch.State.REFUSED, Batch.State.CANCELLED):
        person = make_contact(campaign=campaign)
        make_batch(contacts=[make_contact(number=person.number)], state=state, sent_at=now)
    person = make_contact(campaign=campaign)
    make_batch(contacts=[make_contact(number=person.number)], state=Batch.State.WAITING, sent_at=None)

    assert count_called_today(campaign, now) == 1


# --- Where it is mended -------------------------------------------------------------------------------------------


def test_each_problem_names_the_place_where_it_is_mended() -> None:
    account = make_account(is_enabled=False)
    campaign = Campaign.objects.create(name="Empty", account=account)

    places = {str(finding): (finding.place, finding.row) for finding in preflight(campaign).problems}

    assert places["There is nobody to call. Upload a list of numbers."] == (Place.NUMBERS, None)
    assert (Place.ROW, account) in places.values()
    assert places["The campaign has no voice file. Choose one."] == (Place.VOICE, None)


def test_where_everybody_lacks_a_text_the_sheet_says_so_and_not_that_there_are_no_numbers() -> None:
    campaign = make_campaign(account=make_laaffic_account(), sms_text="Dear ${text1}")
    contact_list = make_contact_list(campaign=campaign)
    for row_number in (2, 3):
        make_contact(contact_list=contact_list, row_number=row_number)

    sentences = [finding.sentence for finding in preflight(campaign).problems]

    assert [one for one in sentences if "everybody who could be called lacks a text" in one]
    assert not [one for one in sentences if "is empty for" in one or "Upload a list of numbers." in one]


def test_one_who_lacks_a_text_is_skipped_and_stands_in_nobodys_way() -> None:
    campaign = make_campaign(account=make_laaffic_account(), sms_text="Dear ${text1}")
    contact_list = make_contact_list(campaign=campaign)
    make_contact(contact_list=contact_list, row_number=2)
    make_contact(contact_list=contact_list, row_number=3, texts=["Adi"])

    sheet = preflight(campaign)

    assert (sheet.callable_count, sheet.skipped) == (1, {SkipReason.TEXT_MISSING: 1})
    assert not [finding for finding in sheet.problems if "is empty for" in finding.sentence]


def test_where_no_row_is_called_the_sheet_asks_for_a_corrected_list() -> None:
    campaign = make_campaign()
    make_skipped_contact(SkipReason.DUPLICATE, campaign=campaign)

    assert any("upload a corrected list" in finding.sentence for finding in preflight(campaign).problems)


def test_a_voice_file_that_is_not_at_the_carrier_is_brought_there_on_its_page() -> None:
    campaign = ready()
    campaign.voice_file.carrier_files.all().delete()

    [problem] = preflight(campaign).problems

    assert (problem.place, problem.row) == (Place.ROW, campaign.voice_file)


def test_nothing_without_a_voice_can_be_launched() -> None:
    campaign = ready()
    Campaign.objects.update(voice_file=None)
    campaign.refresh_from_db()

    with pytest.raises(DialerError, match="has no voice file"):
        lifecycle.launch(campaign)


@pytest.mark.parametrize("kind", [CampaignKind.MESSAGE, CampaignKind.VOICE_MENU])
def test_one_key_for_agents_and_for_opting_out_is_warned_of_where_it_is_chosen(kind: CampaignKind) -> None:
    campaign = ready(kind=kind, transfer_group="agents", transfer_key="1", opt_out_key="1", wants_keypress=True)

    sentence = "Whoever presses 1 is put through to an agent and never called again. Choose two different keys."
    said = {str(finding): finding.place for finding in preflight(campaign).warnings}

    assert said[sentence] == Place.VOICE


@pytest.mark.parametrize(
    ("group", "transfer_key", "opt_out_key"),
    [("agents", "1", "9"), ("agents", "", ""), ("", "1", "1")],
)
def test_keys_that_mean_one_thing_each_are_not_warned_of(group: str, transfer_key: str, opt_out_key: str) -> None:
    campaign = ready(transfer_group=group, transfer_key=transfer_key, opt_out_key=opt_out_key, wants_keypress=True)

    assert not any("Whoever presses" in str(finding) for finding in preflight(campaign).warnings)


def test_the_carrier_may_not_begin_when_the_law_lets_nobody_be_called() -> None:
    campaign = ready(
        account=make_laaffic_account(), widened_because="", carrier_start_at=datetime(2099, 1, 4, 17, 0, tzinfo=UTC)
    )

    said = {str(finding): finding.place for finding in preflight(campaign).problems}

    [(sentence, place)] = [found for found in said.items() if "when the carrier is to begin" in found[0]]
    assert place == Place.WHEN
    assert "In Indonesia, service calls are" in sentence  # and what the law says


def test_the_carrier_may_begin_when_the_law_lets_people_be_called_and_not_in_the_past() -> None:
    campaign = ready(
        account=make_laaffic_account(), widened_because="", carrier_start_at=datetime(2099, 1, 5, 5, 0, tzinfo=UTC)
    )
    assert not any("is to begin" in str(finding) for finding in preflight(campaign).problems)

    campaign.carrier_start_at = timezone.now() - timedelta(minutes=1)

    assert any("is to begin has passed" in str(finding) for finding in preflight(campaign).problems)


# --- Evidence -----------------------------------------------------------------------------------------------------


def test_the_launch_keeps_what_was_confirmed_with_who_and_when() -> None:
    campaign, user = (
        ready(5, batch_size=2, voice_file=make_voice_file(name="Hello", remarks=["Very quiet."])),
        make_user(),
    )

    lifecycle.launch(campaign, by=user)

    kept = LaunchSheet.objects.get()
    campaign.refresh_from_db()
    assert (kept.launched_by, kept.launched_by_name, kept.launched_at) == (user, user.username, campaign.launched_at)
    assert kept.content["callable_count"] == 5
    assert kept.content["accounts"][0]["batch_count"] == 3
    assert kept.content["voice"]["remarks"] == ["Very quiet."]
    assert kept.content["settings"]["contact_lists"][0]["sha256"] == campaign.contact_lists.get().sha256
    json.dumps(kept.content)


def test_a_launch_that_fails_keeps_nothing() -> None:
    with pytest.raises(DialerError):
        lifecycle.launch(make_campaign())

    assert not LaunchSheet.objects.exists()


def test_an_order_to_start_later_is_kept_and_so_is_the_start() -> None:
    campaign, user = ready(), make_user()
    at = timezone.now() + timedelta(hours=1)
    lifecycle.schedule(campaign, start_at=at, by=user)

    lifecycle.start_due(now=at + timedelta(minutes=1))

    started, ordered = LaunchSheet.objects.all()
    assert (ordered.start_at, started.start_at) == (at, None)
    assert ordered.launched_by == started.launched_by == user


def test_the_name_stays_when_the_user_is_gone() -> None:
    user = make_user(username="ana")
    lifecycle.launch(ready(), by=user)
    Campaign.objects.update(launched_by=None)
    User.objects.filter(pk=user.pk).delete()

    assert (LaunchSheet.objects.get().launched_by, LaunchSheet.objects.get().launched_by_name) == (None, "ana")


def test_no_secret_stands_in_a_sheet() -> None:
    campaign = ready(account=make_account(app_id="hush-app", access_key="hush-key"))
    lifecycle.launch(campaign)

    assert "hush-" not in json.dumps(LaunchSheet.objects.get().content)


def test_each_window_has_a_verdict() -> None:
    campaign = make_campaign(widened_because="")
    open_campaign(campaign, weekdays=[0], opens=time(10), closes=time(12))
    open_campaign(campaign, weekdays=[1], opens=time(5), closes=time(12))

    monday, tuesday = content(campaign)["hours"]["windows"]

    assert monday == {"words": "Monday 10:00–12:00", "beyond": ""}
    assert "goes beyond" in tuesday["beyond"]


# --- Credentials --------------------------------------------------------------------------------------------------


def test_credentials_are_checked_at_most_once_a_minute() -> None:
    with running_carrier() as carrier:
        assert connect.check_lately(carrier.account) == ""
        asked = CarrierExchange.objects.count()
        assert asked
        assert connect.check_lately(Account.objects.get()) == ""
        assert CarrierExchange.objects.count() == asked

        Account.objects.update(tested_at=timezone.now() - timedelta(minutes=2))
        connect.check_lately(Account.objects.get())
        assert CarrierExchange.objects.count() > asked


def test_a_check_that_fails_is_a_sentence_and_lifts_no_stop() -> None:
    account = make_account(stopped_because="The key is wrong.")

    assert connect.check_lately(account)

    account.refresh_from_db()
    assert account.test_complaint
    assert account.stopped_because == "The key is wrong."


def test_a_check_that_works_lifts_no_stop_either() -> None:
    with running_carrier() as carrier:
        Account.objects.update(stopped_because="The key is wrong.")
        connect.check_lately(carrier.account)

    assert Account.objects.get().stopped_because == "The key is wrong."


def test_a_sheet_costs_the_same_for_few_and_for_many(django_assert_num_queries, django_assert_max_num_queries) -> None:
    campaign = ready(2)
    with django_assert_max_num_queries(40) as few:
        content(campaign)
    make_contacts(20, contact_list=campaign.contact_lists.get())
    make_contact_list(campaign=campaign)

    with django_assert_num_queries(len(few.captured_queries)):
        content(campaign)
