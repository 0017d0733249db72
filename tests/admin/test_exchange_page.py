"""Exchanges: what was said on the wire, found by batch, without harm to the page that shows it."""

import pytest

from dialer.models import CarrierExchange
from tests import factories
from tests.admin.visits import found, list_of, page_of, query_count, text, visitor

pytestmark = pytest.mark.django_db

LIST = list_of("dialer.carrierexchange")
LOOK = "dialer.view_carrierexchange"


def test_an_empty_list_says_what_it_is_for():
    assert "Test the connection of an account" in text(visitor(LOOK), LIST)


def test_an_exchange_shows_both_sides_and_they_can_not_act():
    exchange = factories.make_exchange(
        request="service=App.Sip_Auth.Login\nappid=•••", response="<script>alert(1)</script>", elapsed_milliseconds=1234
    )
    page = text(visitor(LOOK), page_of(exchange))
    assert "appid=•••" in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "1,234 ms" in page


def test_an_answer_in_json_is_laid_out():
    exchange = factories.make_exchange(response='{"code": 200, "data": {"desc": "成功"}}')
    assert "{\n  &quot;code&quot;: 200" in text(visitor(LOOK), page_of(exchange))
    assert "成功" in text(visitor(LOOK), page_of(exchange))


@pytest.mark.parametrize(
    ("fields", "badge"),
    [
        ({"status": 200}, 'state-good">200'),
        ({"status": 200, "complaint": "The balance is not enough."}, 'state-warning">200'),
        ({"status": 502}, 'state-alarm">502'),
        ({"status": None, "complaint": "No answer came."}, 'state-alarm">No answer'),
    ],
)
def test_green_is_only_what_went_well_on_the_wire_and_in_its_words(fields, badge):
    factories.make_exchange(**fields)
    assert badge in text(visitor(LOOK), LIST)


def test_exchanges_are_filtered_by_how_they_went():
    good = factories.make_exchange()
    refused = factories.make_exchange(complaint="The balance is not enough.")
    silent = factories.make_exchange(status=None, complaint="No answer came.")
    somebody = visitor(LOOK)

    assert found(somebody, LIST, answer="good") == [good.pk]
    assert found(somebody, LIST, answer="complaint") == [silent.pk, refused.pk]
    assert found(somebody, LIST, answer="none") == [silent.pk]
    assert len(found(somebody, LIST, days="1")) == 3


def test_the_exchanges_of_a_batch_are_found_by_its_reference():
    batch = factories.make_batch()
    exchange = factories.make_exchange(account=batch.account, batch=batch)
    factories.make_exchange()
    assert found(visitor(LOOK), LIST, q=batch.reference) == [exchange.pk]


def test_the_list_fetches_no_texts_and_costs_the_same_for_one_and_for_many():
    somebody = visitor(is_superuser=True)
    factories.make_exchange()
    row = somebody.get(LIST).context["cl"].result_list[0]
    assert row.get_deferred_fields() == {"request", "response"}
    one = query_count(somebody, LIST)
    for _ in range(10):
        factories.make_exchange()
    assert query_count(somebody, LIST) == one


def test_nobody_edits_or_removes_an_exchange():
    exchange = factories.make_exchange()
    boss = visitor(is_superuser=True)
    assert boss.post(page_of(exchange), {"purpose": "x"}).status_code == 403
    assert boss.post(page_of(exchange).replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403
    assert CarrierExchange.objects.exists()


@pytest.mark.parametrize("typed", ["+6281234567890", "081234567890", "0812-3456-7890"])
def test_exchanges_are_found_by_a_number_of_their_batch_in_any_spelling(typed):
    batch = factories.make_batch(contacts=[factories.make_contact(number="+6281234567890")])
    exchange = factories.make_exchange(batch=batch, account=batch.account)
    factories.make_exchange(batch=factories.make_batch())
    factories.make_exchange()

    assert found(visitor(LOOK), LIST, q=typed) == [exchange.pk]


@pytest.mark.parametrize("few", [20_000, -1])
def test_exchanges_are_filtered_by_campaign(few, monkeypatch):
    monkeypatch.setattr("dialer.admin.exchange.FEW", few)
    batch = factories.make_batch()
    ours = [factories.make_exchange(batch=batch, account=batch.account) for _ in range(2)]
    factories.make_exchange(batch=factories.make_batch(), account=batch.account)
    factories.make_exchange(account=batch.account)
    somebody, key = visitor(LOOK), batch.campaign_id

    assert found(somebody, LIST, campaign__id__exact=key) == [row.pk for row in reversed(ours)]
    assert found(somebody, LIST, campaign__id__exact=key, days="yesterday") == []
    assert found(somebody, LIST, campaign__id__exact="x") == []
