"""Saved filters and chosen columns: kept for each person and list, shared by those who may, and without JavaScript."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from dialer.models import ColumnChoice, SavedFilter
from tests import factories
from tests.admin.visits import found, list_of, query_count, text, visitor

pytestmark = pytest.mark.django_db

LIST = list_of("dialer.callrecord")
LOOK = "dialer.view_callrecord"
SHARE = "dialer.share_savedfilter"


def do(client, what: str, *args, **said):
    return client.post(reverse(f"admin:dialer_callrecord_{what}", args=args), said, follow=True)


def headings(page: str) -> list[str]:
    """The headings of the columns, with what leads to another order left out."""
    head = page.split("<thead>")[1].split("</thead>")[0]
    return [re.sub(r"<[^>]*>", "", cell).strip() for cell in re.findall(r"<th .*?>(.*?)</th>", head, re.DOTALL)]


def test_a_filter_is_kept_under_a_name_and_leads_back_to_the_list_as_it_was():
    busy = factories.make_call_record(disposition="busy")
    factories.make_call_record(disposition="answered")
    client = visitor(LOOK)

    page = do(client, "keep_filter", name=" Busy ones ", query="p=3&q=%2B6281234567890&disposition__exact=busy")

    kept = SavedFilter.objects.get()
    assert (kept.name, kept.query, kept.page) == ("Busy ones", "disposition__exact=busy", "dialer.callrecord")
    assert not kept.is_shared
    assert "The filter “Busy ones” is kept." in page.content.decode()
    assert f'href="{LIST}?disposition__exact=busy"' in text(client, LIST)
    assert found(client, f"{LIST}?{kept.query}") == [busy.pk]
    assert "<b>Busy ones</b>" in text(client, f"{LIST}?{kept.query}")


def test_the_same_name_replaces_and_another_list_has_its_own():
    client = visitor(LOOK, "dialer.view_contact")

    do(client, "keep_filter", name="Mine", query="disposition__exact=busy")
    do(client, "keep_filter", name="Mine", query="days=7")

    assert SavedFilter.objects.get().query == "days=7"
    assert "Mine" not in text(client, list_of("dialer.contact"))


@pytest.mark.parametrize(("name", "query"), [("", "days=7"), ("Nothing", ""), ("Only a search", "q=0812&p=2")])
def test_nothing_is_kept_without_a_name_or_a_filter(name, query):
    do(visitor(LOOK), "keep_filter", name=name, query=query)
    assert not SavedFilter.objects.exists()


def test_only_whoever_may_shares_a_filter_and_everybody_sees_it():
    boss, other = visitor(LOOK, SHARE), visitor(LOOK)

    do(other, "keep_filter", name="Private", query="days=1", share="on")
    do(boss, "keep_filter", name="Public", query="days=7", share="on")

    assert "Private" not in text(boss, LIST)
    assert "Public" in text(other, LIST)
    assert 'name="share"' in text(boss, LIST, days=1)
    assert 'name="share"' not in text(other, LIST, days=1)


def test_a_filter_is_removed_by_its_owner_and_a_shared_one_by_whoever_may_share():
    owner, stranger, boss = visitor(LOOK), visitor(LOOK), visitor(LOOK, SHARE)
    do(owner, "keep_filter", name="Private", query="days=1")
    private = SavedFilter.objects.get()

    for client in (stranger, boss):
        do(client, "drop_filter", private.pk)
        assert SavedFilter.objects.exists()
    do(owner, "drop_filter", private.pk)
    assert not SavedFilter.objects.exists()

    do(boss, "keep_filter", name="Public", query="days=1", share="on")
    do(stranger, "drop_filter", SavedFilter.objects.get().pk)
    assert SavedFilter.objects.exists()
    do(visitor(LOOK, SHARE), "drop_filter", SavedFilter.objects.get().pk)
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize("what", ["keep_filter", "columns"])
def test_whoever_may_not_see_a_list_keeps_nothing_of_it(what):
    address = reverse(f"admin:dialer_callrecord_{what}")

    assert visitor().post(address, {"name": "x", "query": "days=1"}).status_code == 403
    assert visitor(LOOK).get(address).status_code == 405


def test_the_way_back_leads_nowhere_else():
    answer = visitor(LOOK).post(
        reverse("admin:dialer_callrecord_columns"), {"query": "//elsewhere.example/?x=1", "reset": "yes"}
    )
    assert answer.url.startswith(LIST)


def test_columns_are_chosen_also_where_rows_have_a_door_of_that_name():
    address = reverse("admin:dialer_contactlist_columns")

    assert visitor("dialer.view_contactlist").post(address, {"reset": "yes"}).status_code == 302


def test_the_chosen_columns_are_shown_in_their_order_to_this_person_alone():
    factories.make_call_record(caller_id="2190170001")
    client, other = visitor(LOOK), visitor(LOOK)

    do(
        client,
        "columns",
        order=["the_caller_id", "outcome", "started", "key"],
        column=["started", "outcome", "the_caller_id"],
    )

    assert headings(text(client, LIST)) == ["Number shown to the person", "Outcome", "Time"]
    assert "2190170001" in text(client, LIST)
    assert headings(text(other, LIST))[0] == "Time"


def test_a_column_is_moved_by_a_step_and_all_come_back_as_they_were():
    factories.make_call_record()
    client = visitor(LOOK)
    order = ["started", "outcome", "key"]

    do(client, "columns", order=order, column=order, up="key")
    assert ColumnChoice.objects.get().columns == ["started", "key", "outcome"]
    do(client, "columns", order=order, column=order, up="started")
    assert ColumnChoice.objects.get().columns == order
    do(client, "columns", order=order, column=order, down="started")
    assert ColumnChoice.objects.get().columns == ["outcome", "started", "key"]

    do(client, "columns", order=order, column=order, reset="yes")
    assert not ColumnChoice.objects.exists()
    assert headings(text(client, LIST))[0] == "Time"


def test_what_is_no_column_is_not_shown():
    factories.make_call_record()
    client = visitor(LOOK)

    do(
        client,
        "columns",
        order=["raw_bill", "account__access_key", "key"],
        column=["raw_bill", "account__access_key", "key"],
    )
    assert ColumnChoice.objects.get().columns == ["key"]

    ColumnChoice.objects.update(columns=["raw_bill", "gone"])
    assert headings(text(client, LIST))[0] == "Time"


def test_the_first_column_that_leads_nowhere_else_leads_to_the_row():
    call = factories.make_call_record()
    client = visitor(LOOK, "dialer.view_contact")

    do(client, "columns", order=["the_number", "outcome"], column=["the_number", "outcome"])

    page = text(client, LIST)
    assert page.count(f'href="{reverse("admin:dialer_callrecord_change", args=[call.pk])}') == 1


def test_further_columns_cost_no_query_for_each_row():
    client = visitor(is_superuser=True)
    offered = ["started", "account", "the_batch", "the_cost", "call_id"]
    do(client, "columns", order=offered, column=offered)
    batch = factories.make_batch(contacts=factories.make_contacts(6))
    attempts = list(batch.attempts.all())
    factories.make_call_record(attempt=attempts[0], batch=batch)
    one = query_count(client, LIST)

    for attempt in attempts[1:]:
        factories.make_call_record(attempt=attempt, batch=batch, account=factories.make_account())

    assert query_count(client, LIST) == one


def test_days_of_ones_own_are_whole_days_of_the_consoles_zone(settings):
    settings.TIME_ZONE = "Asia/Jakarta"
    zone = ZoneInfo("Asia/Jakarta")
    midnight = datetime(2026, 3, 5, tzinfo=zone)
    moments = [
        midnight - timedelta(seconds=1),
        midnight,
        midnight + timedelta(hours=23, minutes=59),
        midnight + timedelta(days=1),
    ]
    before, first, last, after = (factories.make_call_record(started_at=moment).pk for moment in moments)
    client = visitor(LOOK)

    assert found(client, LIST, **{"from": "2026-03-05", "until": "2026-03-05"}) == [last, first]
    assert found(client, LIST, **{"from": "2026-03-05"}) == [after, last, first]
    assert found(client, LIST, until="2026-03-05") == [last, first, before]
    assert len(found(client, LIST, **{"from": "2026-02-30", "until": "nonsense"})) == 4
    assert "5 Mar 2026" in text(client, LIST, **{"from": "2026-03-05", "until": "2026-03-05"})


def test_yesterday_is_a_day():
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    factories.make_call_record(started_at=midnight)
    yesterday = factories.make_call_record(started_at=midnight - timedelta(minutes=1))

    assert found(visitor(LOOK), LIST, days="yesterday") == [yesterday.pk]


def test_a_campaign_among_many_is_found_by_a_part_of_its_name():
    batch = factories.make_batch()
    wanted = batch.campaign
    type(wanted).objects.filter(pk=wanted.pk).update(name="Needle of March")
    for _ in range(31):
        factories.make_campaign(account=batch.account, voice_file=wanted.voice_file)
    client = visitor(LOOK)

    assert "Needle of March" not in text(client, LIST)
    assert f"campaign__id__exact={wanted.pk}" in text(client, LIST, campaign="needle")
    assert "No campaign has such a name." in text(client, LIST, campaign="haystack")

    answer = client.get(reverse("admin:dialer_callrecord_campaigns"), {"name": "needle"})
    assert answer.json() == {"campaigns": [{"key": wanted.pk, "name": "Needle of March"}]}
    assert visitor().get(reverse("admin:dialer_callrecord_campaigns")).status_code == 403


@pytest.mark.parametrize("said", ["from=2026-13-99", "from=&until=", "days=soon"])
def test_days_that_are_none_filter_nothing_and_nothing_is_said_to_be_filtered(said):
    call = factories.make_call_record()
    client = visitor(LOOK, "dialer.export_contacts")

    page = text(client, f"{LIST}?{said}")

    assert found(client, f"{LIST}?{said}") == [call.pk]
    assert "Clear all filters" not in page
    assert "Export what is filtered…" not in page
    assert "Clear all filters" in text(client, f"{LIST}?{said}&disposition__exact=busy")
