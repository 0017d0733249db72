"""Days and hours of figures begin where those of the reader's zone do, and each figure is the count of its list."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from dialer.admin.charts import Chart
from dialer.models import CallRecord, Campaign, Preference
from dialer.terms import Disposition
from tests import factories
from tests.admin.visits import client_of, found, page_of

pytestmark = pytest.mark.django_db

QUARTER = timedelta(minutes=15)
MOMENT = timedelta(microseconds=1)
# Each with an evening (UTC) within which hours of the zone begin, and on some of them clocks are changed.
NIGHTS = [
    pytest.param("UTC", datetime(2026, 5, 4, 20, tzinfo=UTC), id="UTC"),
    pytest.param("Asia/Kolkata", datetime(2026, 5, 4, 15, tzinfo=UTC), id="India"),
    pytest.param("Asia/Kathmandu", datetime(2026, 5, 4, 15, tzinfo=UTC), id="Nepal"),
    pytest.param("Europe/Berlin", datetime(2026, 3, 28, 21, tzinfo=UTC), id="Berlin, an hour is left out"),
    pytest.param("Europe/Berlin", datetime(2026, 10, 24, 21, tzinfo=UTC), id="Berlin, an hour comes twice"),
    pytest.param("America/Havana", datetime(2026, 11, 1, 2, tzinfo=UTC), id="Havana, midnight comes twice"),
    pytest.param("Australia/Lord_Howe", datetime(2026, 4, 4, 12, tzinfo=UTC), id="Lord Howe, half an hour comes twice"),
]


def reader_in(zone: str) -> tuple[User, Client]:
    person = factories.make_user(is_superuser=True)
    Preference.objects.create(user=person, time_zone=zone)
    return person, client_of(person)


def calls_around(campaign: Campaign, start: datetime, *, quarters: int) -> list[CallRecord]:
    """Of each quarter of an hour its first and last moment; every third call was not answered, and keys vary."""
    moments = [start + QUARTER * n + edge for n in range(quarters) for edge in (timedelta(0), QUARTER - MOMENT)]
    return [
        factories.make_call_record(
            campaign=campaign,
            account=campaign.account,
            started_at=moment,
            disposition=Disposition.ANSWERED if n % 3 else Disposition.BUSY,
            talk_seconds=40 if n % 3 else 0,
            keypress="0123456789*#"[n % 12] if n % 3 else "",
        )
        for n, moment in enumerate(moments)
    ]


def ended(*, at: datetime) -> Campaign:
    return factories.make_campaign(state=Campaign.State.FINISHED, ended_at=at)


def check(client: Client, charts: list[Chart]) -> int:
    """Each number of each table is the count of the list that it leads to; how many were looked at."""
    looked = 0
    for chart in charts:
        for step in chart.steps:
            for series, point in zip(chart.series, step.points, strict=True):
                if not point.value:
                    assert point.url == ""
                    continue
                count = client.get(point.url).context["cl"].result_count
                assert series.is_share or count == point.value, f"{chart.name} {step.label} {series.label}: {point.url}"
                looked += 1
    return looked


@pytest.mark.parametrize(("zone", "start"), NIGHTS)
def test_each_number_of_a_campaigns_charts_by_hour_is_the_count_of_its_list(zone: str, start: datetime) -> None:
    campaign = ended(at=start + QUARTER * 25)
    calls = calls_around(campaign, start, quarters=24)
    _, client = reader_in(zone)

    charts = client.get(page_of(campaign)).context["charts"]

    assert [str(chart.step_label) for chart in charts] == ["Hour"] * 3
    assert sum(step.points[0].value for step in charts[0].steps) == len(calls)
    assert check(client, charts) > 40


@pytest.mark.parametrize(("zone", "start"), NIGHTS)
def test_each_number_of_a_campaigns_charts_by_day_is_the_count_of_its_list(zone: str, start: datetime) -> None:
    campaign = ended(at=start + timedelta(days=2))
    calls = calls_around(campaign, start, quarters=24)
    _, client = reader_in(zone)

    charts = client.get(page_of(campaign)).context["charts"]

    assert [str(chart.step_label) for chart in charts] == ["Day"] * 3
    assert sum(step.points[0].value for step in charts[0].steps) == len(calls)
    assert check(client, charts) > 10


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "Asia/Kathmandu", "Europe/Berlin"])
def test_today_begins_at_the_readers_midnight(zone: str) -> None:
    campaign = factories.make_campaign(state=Campaign.State.RUNNING)
    midnight = datetime.now(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    calls_around(campaign, midnight - 3 * QUARTER, quarters=6)
    _, client = reader_in(zone)

    page = client.get("/").context

    figures = {str(figure.label): figure for figure in page["figures"]}
    assert figures["Calls today"].value == "6"
    assert found(client, figures["Calls today"].url) == list(of_today(midnight))
    assert found(client, figures["Minutes talked today"].url) == list(of_today(midnight, Disposition.ANSWERED))
    assert len(found(client, figures["Keys pressed today"].url)) == int(figures["Keys pressed today"].value)
    for bar in (*page["overview"].outcomes, *page["overview"].keypresses):
        assert len(found(client, bar.url)) == bar.count
    for line in page["overview"].accounts:
        assert len(found(client, line.calls_url)) == line.calls
    assert page["overview"].charts[0].steps[0].tick == "00:00"
    assert check(client, page["overview"].charts) > 5


def of_today(midnight: datetime, *dispositions: Disposition) -> list[int]:
    rows = CallRecord.objects.filter(started_at__gte=midnight, disposition__in=dispositions or Disposition.values)
    return rows.order_by("-started_at").values_list("pk", flat=True)


def test_keys_that_are_not_drawn_apart_lead_to_their_calls_too() -> None:
    campaign = ended(at=timezone.now())
    for key in "0123456789":
        factories.make_call_record(campaign=campaign, account=campaign.account, keypress=key)
    _, client = reader_in("UTC")

    keys = client.get(page_of(campaign)).context["charts"][2]

    (others,) = [point for step in keys.steps for point in step.points[8:] if point.value]
    assert {CallRecord.objects.get(pk=pk).keypress for pk in found(client, others.url)} == {"8", "9"}


def test_the_list_says_which_time_it_shows() -> None:
    _, client = reader_in("Asia/Kolkata")

    page = client.get("/dialer/callrecord/", {"since": "2026-05-04T18:30Z", "before": "2026-05-04T19:30Z"})

    assert "5 May 2026, 00:00 – 5 May 2026, 01:00" in page.content.decode()


@pytest.mark.parametrize("said", ["", "2026-02-30T00:00Z", "2026-05-04T18:30", "yesterday"])
def test_a_time_that_is_none_shows_no_calls_rather_than_all(said: str) -> None:
    factories.make_call_record()
    _, client = reader_in("UTC")

    assert found(client, "/dialer/callrecord/", since=said, before="2027-01-01T00:00Z") == []


def test_whoever_may_see_no_calls_gets_no_links() -> None:
    campaign = ended(at=timezone.now())
    factories.make_call_record(campaign=campaign, account=campaign.account)
    client = client_of(factories.make_user("dialer.view_campaign"))

    charts = client.get(page_of(campaign)).context["charts"]

    assert {point.url for chart in charts for step in chart.steps for point in step.points} == {""}
