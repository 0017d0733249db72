"""The first page: how today goes by hour, outcome, key, account and currency, what lives, and what comes next."""

import re
import shutil
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dialer.admin import charts, overview
from dialer.flow import sums
from dialer.flow.sums import NO_CALLS
from dialer.models import Account, Callback, CallRecord, Campaign, CarrierExchange
from dialer.terms import Disposition
from tests import factories
from tests.admin import visits
from tests.admin.visits import text, visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def noon() -> datetime:
    """Of today, in the console's zone: the hours before and after it are of the same day."""
    return timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def campaign() -> Campaign:
    return factories.make_campaign(state=Campaign.State.RUNNING)


def call(campaign: Campaign, at: datetime, **fields: object) -> CallRecord:
    return factories.make_call_record(campaign=campaign, account=campaign.account, started_at=at, **fields)


def busy(campaign: Campaign, at: datetime) -> CallRecord:
    return call(campaign, at, disposition=Disposition.BUSY, talk_seconds=0)


# --- today ---------------------------------------------------------------------------------------------------------


def test_figures_lead_to_the_calls_behind_them(campaign: Campaign, noon: datetime) -> None:
    call(campaign, noon, keypress="1", cost=Decimal("1.5"), currency="USD")
    call(campaign, noon, keypress="1", cost=Decimal("0.25"), currency="USD")
    busy(campaign, noon)

    figures = visitor(is_superuser=True).get("/").context["figures"]

    found = {str(figure.label): (figure.value, figure.url) for figure in figures}
    calls = "/dialer/callrecord/?days=1"
    assert found["Calls today"] == ("3", calls)
    assert found["Answered today"] == ("66%", f"{calls}&disposition__exact=answered")
    assert found["Minutes talked today"] == ("0", f"{calls}&disposition__exact=answered")
    assert found["Keys pressed today"] == ("2", f"{calls}&keypress=any")
    assert found["Spent today"] == ("1.75 USD", calls)


def test_each_bar_leads_to_its_calls_of_today(campaign: Campaign, noon: datetime) -> None:
    call(campaign, noon, keypress="#")
    busy(campaign, noon)
    client = visitor(is_superuser=True)

    seen = client.get("/").context["overview"]

    assert [(str(bar.label), bar.count, bar.share) for bar in seen.outcomes] == [
        ("answered", 1, "50%"),
        ("busy", 1, "50%"),
    ]
    assert [bar.url for bar in seen.keypresses] == ["/dialer/callrecord/?days=1&keypress=%23"]
    for bar in (*seen.outcomes, *seen.keypresses):
        assert len(client.get(bar.url).context["cl"].result_list) == 1


def test_an_account_says_what_it_did_and_when_its_carrier_was_last_heard(campaign: Campaign, noon: datetime) -> None:
    call(campaign, noon, cost=Decimal("0.0105"), currency="USD")
    push = factories.make_callback(account=campaign.account, state=Callback.State.APPLIED)
    exchange = factories.make_exchange(account=campaign.account)
    Account.objects.filter(pk=campaign.account.pk).update(pulled_at=noon, stopped_because="The key is wrong.")

    (line,) = visitor(is_superuser=True).get("/").context["overview"].accounts

    assert (line.calls, line.costs, line.balance) == (1, ["0.0105 USD"], "–")
    assert (line.callback_at, line.pulled_at, line.exchange_at) == (push.last_received_at, noon, exchange.at)
    assert (str(line.state), line.tone) == ("stopped", "alarm")
    assert line.calls_url == f"/dialer/callrecord/?days=1&account__id__exact={campaign.account.pk}"


def test_a_balance_is_shown_where_the_carrier_tells_it_and_a_short_one_is_marked() -> None:
    account = factories.make_laaffic_account(
        balance=Decimal("12.349"), balance_asked_at=timezone.now(), balance_warning=Decimal(50)
    )
    factories.make_campaign(account=account)

    (line,) = visitor(is_superuser=True).get("/").context["overview"].accounts

    assert (line.balance, line.is_short) == ("12.34", True)


def test_what_starts_by_itself_next_is_told_on_the_clock_of_the_people_called() -> None:
    soon = datetime(2030, 1, 7, 2, 0, tzinfo=timezone.get_current_timezone())
    later = factories.make_campaign(state=Campaign.State.SCHEDULED, start_at=soon + timedelta(days=1))
    first = factories.make_campaign(state=Campaign.State.SCHEDULED, start_at=soon)
    factories.make_campaign(state=Campaign.State.SCHEDULED, start_at=soon, asks_because="It came too late.")

    coming = visitor(is_superuser=True).get("/").context["overview"].coming

    assert [line.campaign for line in coming] == [first, later]
    assert coming[0].local == "7 Jan, 09:00 (Asia/Jakarta)"


def test_a_callback_that_waits_too_long_and_a_full_disk_are_told(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = factories.make_callback(account=campaign.account)
    Callback.objects.filter(pk=old.pk).update(last_received_at=timezone.now() - timedelta(hours=1))
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type(usage)(1000, 950, 50))

    signs = {str(sign.what): sign for sign in visitor(is_superuser=True).get("/").context["overview"].signs}

    assert (str(signs["Callbacks"].word), signs["Callbacks"].tone) == ("waiting", "late")
    assert signs["Callbacks"].url == "/dialer/callback/?state__exact=received"
    assert (str(signs["Disk"].word), signs["Disk"].tone) == ("nearly full", "alarm")


def test_whoever_may_see_no_calls_sees_no_sums_of_them(campaign: Campaign, noon: datetime) -> None:
    call(campaign, noon, keypress="1", cost=Decimal("1.5"), currency="USD")

    seen = visitor("dialer.view_campaign").get("/").context["overview"]

    assert (seen.charts, seen.outcomes, seen.keypresses, seen.accounts) == ([], [], [], [])


def test_the_first_page_costs_the_same_queries_with_more_of_everything(campaign: Campaign, noon: datetime) -> None:
    client = visitor(is_superuser=True)

    def cost() -> int:
        client.get("/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/")
        return len(queries)

    call(campaign, noon)
    factories.make_callback(account=campaign.account)
    few = cost()
    for _ in range(3):
        more = factories.make_campaign(state=Campaign.State.RUNNING)
        call(more, noon, keypress="2")
        busy(more, noon - timedelta(hours=1))
        factories.make_callback(account=more.account)
        factories.make_campaign(state=Campaign.State.SCHEDULED, start_at=noon + timedelta(days=1))

    assert cost() == few


def test_no_query_of_the_first_page_reads_call_records(campaign: Campaign, noon: datetime, rf) -> None:
    call(campaign, noon)
    request = rf.get("/")
    request.user = factories.make_user(is_superuser=True)

    with CaptureQueriesContext(connection) as queries:
        overview.read(admin.site, request)

    assert not [query["sql"] for query in queries if "dialer_callrecord" in query["sql"]]


# --- charts ----------------------------------------------------------------------------------------------------------


def nowhere(_filters: dict[str, str]) -> str:
    """Addresses for whoever may not see calls."""
    return ""


def numbers(chart: charts.Chart) -> list[list[int | None]]:
    return [[point.value for point in step.points] for step in chart.steps]


def test_a_chart_has_a_step_for_each_hour_also_for_those_without_calls(campaign: Campaign, noon: datetime) -> None:
    call(campaign, noon - timedelta(hours=2))
    busy(campaign, noon - timedelta(hours=2))
    call(campaign, noon)

    chart = charts.answers(sums.of_campaign(campaign), until=noon + timedelta(minutes=5), rows=nowhere)

    assert [step.tick for step in chart.steps] == ["10:00", "11:00", "12:00"]
    assert numbers(chart) == [[2, 1, 50], [0, 0, None], [1, 1, 100]]


def test_a_long_campaign_is_told_by_day(campaign: Campaign, noon: datetime) -> None:
    call(campaign, noon - timedelta(days=3))
    call(campaign, noon - timedelta(days=3, hours=5))
    busy(campaign, noon)

    chart = charts.outcomes(sums.of_campaign(campaign), until=noon, rows=nowhere)

    assert str(chart.title) == "Outcomes by day"
    assert [str(series.label) for series in chart.series] == ["Answered", "Busy"]
    assert numbers(chart) == [[2, 0], [0, 0], [0, 0], [0, 1]]


def test_keys_that_are_rarely_pressed_stand_together(campaign: Campaign, noon: datetime) -> None:
    for key in "0123456789":
        for _ in range(2 if key != "3" else 1):
            call(campaign, noon, keypress=key)

    chart = charts.keypresses(sums.of_campaign(campaign), until=noon, rows=nowhere)

    assert len(chart.series) == charts.KEYS_SHOWN + 1
    assert str(chart.series[-1].label) == "Other keys"
    assert sum(numbers(chart)[0]) == 19


def test_without_calls_there_is_no_chart(noon: datetime) -> None:
    for chart in (charts.answers, charts.outcomes, charts.keypresses):
        assert chart(NO_CALLS, until=noon, rows=nowhere) is None


def test_a_day_on_which_clocks_change_has_its_hours(campaign: Campaign) -> None:
    with timezone.override("Europe/Berlin"):
        evening = datetime(2026, 3, 28, 23, 0, tzinfo=timezone.get_current_timezone())
        call(campaign, evening)
        chart = charts.answers(sums.of_campaign(campaign), until=evening + timedelta(hours=4), rows=nowhere)

    assert [step.tick for step in chart.steps] == ["23:00", "00:00", "01:00", "03:00"]


def test_an_hour_that_comes_twice_is_two_hours(campaign: Campaign) -> None:
    with timezone.override("Europe/Berlin"):
        one = datetime(2026, 10, 24, 23, 0, tzinfo=UTC)
        for hours, calls in ((1, 2), (2, 1)):  # both begin at two o'clock
            for _ in range(calls):
                call(campaign, one + timedelta(hours=hours))
        chart = charts.answers(sums.of_campaign(campaign), until=one + timedelta(hours=3), rows=nowhere)

    assert [step.tick for step in chart.steps] == ["02:00", "02:00", "03:00"]
    assert [step.points[0].value for step in chart.steps] == [2, 1, 0]


def test_the_table_of_a_chart_stands_on_the_page_for_whoever_wants_numbers(campaign: Campaign, noon: datetime) -> None:
    call(campaign, noon)

    page = text(visitor(is_superuser=True), f"/dialer/campaign/{campaign.pk}/change/")

    (figure,) = re.findall(r'<figure[^>]+id="chart-answers".+?</figure>', page, re.S)
    assert "<figcaption>Calls and answer rate" in figure
    assert re.findall(r'<td data-value="(\d+)"><a href="[^"]+">([^<]+)</a></td>', figure) == [
        ("1", "1"),
        ("1", "1"),
        ("100", "100%"),
    ]


# --- What needs a person ----------------------------------------------------------------------------------------------


def test_each_need_leads_to_just_the_rows_that_it_counts() -> None:
    factories.make_account()
    factories.make_account(is_enabled=False, stopped_because="Wrong key.")
    factories.make_account(stopped_because="Wrong key.")
    factories.make_account(pull_complaint="No answer.")
    factories.make_webhook()
    factories.make_webhook(is_enabled=False)
    factories.make_webhook(is_enabled=False, stopped_because="Nobody answered for three days.")
    factories.make_webhook(failing_since=timezone.now())
    factories.make_campaign(state=Campaign.State.PAUSED)
    factories.make_campaign(state=Campaign.State.PAUSED, paused_because="Paused by ana.")
    boss = visitor(is_superuser=True)

    needs = {need.attention.text: need for need in boss.get("/").context["needs"]}

    assert needs.keys() == {
        "An account was stopped",
        "The carrier’s bills can’t be read",
        "Webhooks that stopped by themselves",
        "Webhooks at which nothing arrives",
        "Paused campaigns",
    }
    assert {text: len(visits.found(boss, need.url)) for text, need in needs.items()} == dict.fromkeys(needs, 1)


def test_what_runs_leads_to_its_calls_and_each_carriers_facts_tell_their_age(campaign: Campaign) -> None:
    hours_ago = timezone.now() - timedelta(hours=3, minutes=1)
    Account.objects.filter(pk=campaign.account_id).update(pulled_at=hours_ago)
    factories.make_callback(account=campaign.account, last_received_at=hours_ago)
    factories.make_exchange(account=campaign.account)
    CarrierExchange.objects.update(at=hours_ago)

    page = text(visitor(is_superuser=True), "/")

    assert f'href="/dialer/callrecord/?campaign__id__exact={campaign.pk}"' in page
    assert page.count("3\xa0hours, 1\xa0minute") == 3
