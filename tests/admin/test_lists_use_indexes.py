"""Lists stay fast over a million rows: what they ask is answered by an index, in its order, whatever is chosen.

What the database means to do tells that better than a clock does. `make bench` measures it.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dialer.admin.lists import COUNT_CAP, CappedPaginator
from dialer.models import CallRecord
from tests import factories
from tests.admin.visits import found, list_of, query_count, visitor

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan is read as SQLite writes it"),
]

CALLS = [
    "",
    "days=1",
    "days=yesterday",
    "from=2026-01-01&until=2026-01-31",
    "campaign__id__exact={campaign}",
    "account__id__exact={account}",
    "disposition__exact=busy",
    "keypress=any",
    "keypress=5",
    "recording=yes",
    "days=7&disposition__exact=busy",
    "days=7&account__id__exact={account}",
    "campaign__id__exact={campaign}&disposition__exact=busy",
    "campaign__id__exact={campaign}&disposition__exact=busy&days=7",
    "campaign__id__exact={campaign}&keypress=1",
    "campaign__id__exact={campaign}&account__id__exact={account}",
    "account__id__exact={account}&disposition__exact=busy",
    "account__id__exact={account}&keypress=1",
    "disposition__exact=busy&keypress=1",
    "disposition__exact=no_answer&recording=yes",
    "campaign__id__exact={campaign}&recording=yes",
    "account__id__exact={account}&recording=yes",
    "keypress=1&recording=yes",
    "o=0",
    "o=-0",
    "p=1",
    "since=2026-05-04T18:30Z&before=2026-05-04T19:30Z",
    "since=2026-05-04T18:30Z&before=2026-05-04T19:30Z&campaign__id__exact={campaign}",
    "since=2026-05-04T18:30Z&before=2026-05-04T19:30Z&campaign__id__exact={campaign}&disposition__exact=busy",
    "since=2026-05-04T18:30Z&before=2026-05-04T19:30Z&campaign__id__exact={campaign}&keypress=1",
    "since=2026-05-04T18:30Z&before=2026-05-04T19:30Z&campaign__id__exact={campaign}&keys_besides=1,2",
]
CONTACTS = [
    "",
    "campaign__id__exact={campaign}",
    "skip_reason__exact=",
    "skip_reason__exact=duplicate",
    "campaign__id__exact={campaign}&skip_reason__exact=duplicate",
    "call=silent",
    "call=busy",
    "call=open",
    "campaign__id__exact={campaign}&call=busy",
    "campaign__id__exact={campaign}&call=open",
    "call=billed",
    "campaign__id__exact={campaign}&call=billed",
    "call=waiting",
    "call=uncalled",
    "call=postponed",
    "campaign__id__exact={campaign}&call=waiting",
    "campaign__id__exact={campaign}&call=again",
    "campaign__id__exact={campaign}&call=uncalled",
    "campaign__id__exact={campaign}&call=postponed",
    "campaign__id__exact={campaign}&called=today",
]
# Who waits, and the index that holds just those.
WAITING = [
    ("call=open", "one_open_attempt_per_contact"),
    ("call=open", "contact_postponed"),
    ("call=waiting", "contact_postponed"),
    ("call=waiting", "attempt_planned_in_order"),
    ("call=again", "attempt_planned_in_order"),
    ("call=postponed", "contact_postponed"),
    ("call=silent", "attempt_silent"),
    ("call=busy", "attempt_by_disposition"),
]
RECORDINGS = [
    "",
    "days=7",
    "campaign__id__exact={campaign}",
    "days=7&campaign__id__exact={campaign}",
    "state__exact=stored",
    "days=7&state__exact=stored",
    "campaign__id__exact={campaign}&state__exact=stored",
    "campaign__id__exact={campaign}&deadline=soon&days=7",
    "deadline=later",
    "deadline=missed",
]
EXCHANGES = ["", "days=7", "account__id__exact={account}", "answer=none", "answer=complaint", "days=7&answer=none"]
OF_CAMPAIGN = ["", "&days=7", "&account__id__exact={account}", "&days=7&account__id__exact={account}"]
CALLBACKS = [
    "",
    "days=7",
    "state__exact=unreadable",
    "account__id__exact={account}",
    "account__id__exact={account}&state__exact=applied",
    "days=7&state__exact=applied",
]
LISTS = [
    *(("dialer.callrecord", query) for query in CALLS),
    *(("dialer.contact", query) for query in CONTACTS),
    *(("dialer.carrierexchange", query) for query in EXCHANGES),
    *(("dialer.callback", query) for query in CALLBACKS),
]
# Of these tables the rows themselves are in the order of their keys; reading the first so many needs no index.
IN_ORDER_OF_KEYS = {"dialer_contact"}


@pytest.mark.parametrize(("model", "query"), LISTS, ids=[f"{model}?{query}" for model, query in LISTS])
def test_a_list_finds_its_rows_by_an_index_in_the_order_of_the_index(model, query):
    batch = factories.make_batch()
    here = list_of(model) + "?" + query.format(campaign=batch.campaign_id, account=batch.account_id)

    plan = plan_of(here)

    sorts = [line for line in plan if "ORDER BY" in line and "RIGHT PART" not in line]
    scans = [line for line in plan if line.startswith("SCAN") and "INDEX" not in line]
    assert sorts == [], plan
    assert [line for line in scans if line.split()[1] not in IN_ORDER_OF_KEYS] == [], plan


@pytest.mark.parametrize("beside", OF_CAMPAIGN)
def test_callbacks_of_a_campaign_are_found_in_the_order_of_an_index_that_holds_day_and_account(beside):
    assert_passed_over_by("callback_of_campaign", "dialer.callback", beside)


@pytest.mark.parametrize("beside", [*OF_CAMPAIGN, "&keypress=1", "&keypress=any", "&days=7&keypress=1", "&call=busy"])
def test_contacts_are_found_by_calls_in_the_order_of_the_index_of_their_campaign(beside):
    if beside in ("", "&call=busy"):
        beside += "&days=1"
    assert_passed_over_by("call_record_of_campaign", "dialer.contact", beside)


@pytest.mark.parametrize("beside", OF_CAMPAIGN)
def test_of_many_exchanges_those_of_other_campaigns_are_passed_over(beside, monkeypatch):
    monkeypatch.setattr("dialer.admin.exchange.FEW", -1)
    assert_passed_over_by("exchange_in_time_with_batch", "dialer.carrierexchange", beside)


@pytest.mark.parametrize("beside", OF_CAMPAIGN)
def test_few_exchanges_are_found_by_their_batches(beside):
    batch = factories.make_batch()
    chosen = f"campaign__id__exact={batch.campaign_id}" + beside.format(account=batch.account_id)

    plan = plan_of(f"{list_of('dialer.carrierexchange')}?{chosen}")

    assert "dialer_carrierexchange_batch" in plan[0], plan


@pytest.mark.parametrize("model", ["dialer.callback", "dialer.carrierexchange", "dialer.batch"])
def test_what_is_about_a_number_is_found_by_the_index_of_numbers(model):
    batch = factories.make_batch()
    number = batch.attempts.first().contact.number

    with CaptureQueriesContext(connection) as queries:
        assert visitor(is_superuser=True).get(list_of(model), {"q": number}).status_code == 200

    asked = [query["sql"] for query in queries if '"number"' in query["sql"].split("WHERE")[-1]]
    assert asked
    assert all("number" in explain(sql)[0] for sql in asked), [explain(sql) for sql in asked]


@pytest.mark.parametrize("of_campaign", ["", "&campaign__id__exact={campaign}"])
@pytest.mark.parametrize(("query", "index"), WAITING)
def test_who_waits_is_found_by_an_index_of_those_who_do(query, index, of_campaign):
    campaign = factories.make_batch(state="accepted").campaign

    plans = plans_of(f"{list_of('dialer.contact')}?{query}{of_campaign.format(campaign=campaign.pk)}")

    assert any(index in plan[0] for plan in plans), plans


@pytest.mark.parametrize("query", RECORDINGS)
def test_of_many_recordings_in_a_state_the_calls_lead_to_them_in_the_order_of_an_index(query, monkeypatch):
    monkeypatch.setattr("recordings.admin.FEW", -1)
    campaign = factories.make_campaign()

    plan = plan_of(list_of("recordings.recording") + "?" + query.format(campaign=campaign.pk))

    assert "dialer_callrecord USING INDEX call_record_" in plan[0], plan
    assert [line for line in plan if "ORDER BY" in line and "RIGHT PART" not in line] == [], plan


@pytest.mark.parametrize("query", [query for query in RECORDINGS if "state" in query or "deadline" in query])
def test_few_recordings_in_a_state_are_found_by_the_state(query):
    campaign = factories.make_campaign()

    plan = plan_of(list_of("recordings.recording") + "?" + query.format(campaign=campaign.pk))

    assert plan[0].startswith("SEARCH recordings_recording USING INDEX recording_by_deadline"), plan


@pytest.mark.parametrize("query", [query for query in CALLS if query])
def test_calls_that_do_not_fit_are_passed_over_without_being_read(query):
    """All that is asked for stands in the index."""
    batch = factories.make_batch()

    plan = plan_of(
        list_of("dialer.callrecord") + "?" + query.format(campaign=batch.campaign_id, account=batch.account_id)
    )

    first = plan[0]
    assert "COVERING INDEX" in first or "call_record_with_" in first, plan


@pytest.mark.parametrize("typed", ["+6281234567890", "081234567890", "+62 8123", "0812", "62812"])
@pytest.mark.parametrize("model", ["dialer.callrecord", "dialer.contact", "dialer.attempt", "dialer.donotcall"])
def test_a_number_and_a_beginning_are_ranges_of_the_index_of_numbers(model, typed):
    batch = factories.make_batch()
    client = visitor(is_superuser=True)
    beside = {"campaign__id__exact": batch.campaign_id} if model in {"dialer.callrecord", "dialer.contact"} else {}

    with CaptureQueriesContext(connection) as queries:
        assert client.get(list_of(model), {"q": typed, **beside}).status_code == 200

    asked = [
        query["sql"] for query in queries if '"number"' in query["sql"].split("WHERE")[-1] and "LIMIT" in query["sql"]
    ]
    assert asked
    assert all("number" in line for line in explain(asked[-1])[:1]), explain(asked[-1])


def test_the_last_page_of_a_long_list_can_be_turned_to_and_the_count_ends_at_the_cap():
    account = factories.make_account()
    CallRecord.objects.bulk_create(
        CallRecord(account=account, carrier_call_id=str(n), number=f"+62812{n:07}") for n in range(COUNT_CAP + 10)
    )
    client = visitor(is_superuser=True)
    last = COUNT_CAP // 50

    page = client.get(list_of("dialer.callrecord"), {"p": last})

    assert "10,000+" in page.content.decode()
    assert len(page.context["cl"].result_list) == 50
    assert client.get(list_of("dialer.callrecord"), {"p": last + 1}).status_code == 302  # Django's word for a wrong one
    assert CappedPaginator(CallRecord.objects.order_by("pk"), 50).is_capped


def test_pages_follow_each_other_without_a_gap():
    account = factories.make_account()
    for n in range(120):
        factories.make_call_record(account=account, carrier_call_id=str(n), number=f"+6281200000{n:03}")
    client = visitor(is_superuser=True)

    pages = [found(client, list_of("dialer.callrecord"), p=page) for page in (1, 2, 3)]

    assert [len(page) for page in pages] == [50, 50, 20]
    assert len({key for page in pages for key in page}) == 120


@pytest.mark.parametrize("model", ["dialer.contact", "dialer.attempt", "dialer.batch", "dialer.callrecord"])
def test_a_list_costs_the_same_for_one_row_and_for_many(model):
    client = visitor(is_superuser=True)
    factories.make_call_record(attempt=factories.make_batch().attempts.first())
    one = query_count(client, list_of(model))

    for _ in range(3):
        batch = factories.make_batch(contacts=factories.make_contacts(4))
        for attempt in batch.attempts.all():
            factories.make_call_record(attempt=attempt)

    assert query_count(client, list_of(model)) == one


def assert_passed_over_by(index: str, model: str, beside: str) -> None:
    """The first rows of a campaign come by this index, in its order, and what does not fit is not read."""
    batch = factories.make_batch()
    chosen = f"campaign__id__exact={batch.campaign_id}" + beside.format(account=batch.account_id)

    plans = [plan for plan in plans_of(f"{list_of(model)}?{chosen}") if index in plan[0]]

    assert plans
    assert [line for line in plans[0] if "ORDER BY" in line and "RIGHT PART" not in line] == [], plans[0]


def plan_of(address: str) -> list[str]:
    """How the database means to find the keys of the rows of this list."""
    return plans_of(address)[-1]


def plans_of(address: str) -> list[list[str]]:
    """The same, and of what is asked for it before."""
    client = visitor(is_superuser=True)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return [explain(query["sql"]) for query in queries if query["sql"].endswith(f"LIMIT {COUNT_CAP + 1}")]


def explain(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + sql.replace("%", "%%"))
        return [row[3] for row in cursor.fetchall()]
