"""Call records: found in any spelling and filtered by what people ask, masked, read-only, and never slow."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from dialer.models import CallRecord
from dialer.terms import Disposition
from tests import factories
from tests.admin.visits import found, list_of, page_of, query_count, text, visitor

pytestmark = pytest.mark.django_db

LIST = list_of("dialer.callrecord")
LOOK = "dialer.view_callrecord"
FULL = "dialer.see_full_numbers"


def make_call(number: str = "+6281234567890", **fields) -> CallRecord:
    return factories.make_call_record(number=number, **fields)


def test_an_empty_list_says_what_it_is_for():
    assert "Launch a campaign" in text(visitor(LOOK), LIST)


def test_numbers_are_masked_in_the_list_and_on_the_page():
    call = make_call(
        raw_callback={"destnumber": "81234567890"},
        raw_bill={"destnumber": 81234567890},
        recording_name="20261121_81234567890.mp3",
    )
    somebody = visitor(LOOK)

    for seen in (text(somebody, LIST), text(somebody, page_of(call))):
        assert "4567890" not in seen.replace(" ", "").replace("-", "")
        assert "•890" in seen


def test_whoever_may_sees_numbers_in_full():
    call = make_call(raw_bill={"destnumber": "81234567890"})
    somebody = visitor(LOOK, FULL)

    assert "+62 812-3456-7890" in text(somebody, LIST)
    assert "81234567890" in text(somebody, page_of(call))


@pytest.mark.parametrize(
    "typed", ["+6281234567890", "+62 812-3456-7890", "6281234567890", "081234567890", "0812 3456 7890", " 81234567890 "]
)
def test_a_number_is_found_in_any_spelling(typed):
    call = make_call()
    make_call("+6281234567891")
    assert found(visitor(LOOK), LIST, q=typed) == [call.pk]


def test_a_number_of_a_country_without_an_account_is_found_by_its_country_code():
    call = make_call("+919876543210")
    assert found(visitor(LOOK), LIST, q="+91 98765 43210") == [call.pk]


def test_beginnings_are_found_by_those_who_see_numbers_in_full_and_by_nobody_else():
    one, other = make_call("+6281234567890"), make_call("+6281239999999")
    make_call("+6281240000000")

    assert found(visitor(LOOK, FULL), LIST, q="+62 8123") == [other.pk, one.pk]
    assert found(visitor(LOOK), LIST, q="+62 8123") == []


def test_our_reference_and_the_carriers_call_id_are_found():
    batch = factories.make_batch()
    call = make_call(batch=batch, account=batch.account, carrier_call_id="20183391")
    make_call()

    assert found(visitor(LOOK), LIST, q=batch.reference.upper()) == [call.pk]
    assert found(visitor(LOOK), LIST, q="20183391") == [call.pk]


def test_nothing_is_found_by_nonsense():
    make_call()
    assert found(visitor(LOOK), LIST, q="50%_") == []


@pytest.mark.parametrize(("days", "seen"), [("1", 1), ("7", 2), ("30", 3), ("", 4), ("x", 4)])
def test_days_are_counted_back_from_midnight(days, seen):
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    for back in (timedelta(), timedelta(days=6), timedelta(days=29), timedelta(days=30)):
        make_call(factories.fresh_number(), started_at=midnight - back)

    assert len(found(visitor(LOOK), LIST, days=days)) == seen


def test_calls_are_filtered_by_campaign_account_outcome_key_and_recording():
    batch = factories.make_batch()
    wanted = make_call(
        batch=batch,
        campaign=batch.campaign,
        account=batch.account,
        keypress="1",
        disposition=Disposition.BUSY,
        recording_name="a.mp3",
    )
    make_call(factories.fresh_number())

    for query in (
        {"campaign__id__exact": batch.campaign_id},
        {"account__id__exact": batch.account_id},
        {"disposition__exact": "busy"},
        {"keypress": "1"},
        {"keypress": "any"},
        {"recording": "yes"},
        {"batch__id__exact": batch.pk},
    ):
        assert found(visitor(LOOK), LIST, **query) == [wanted.pk], query


def test_a_campaign_too_old_to_be_offered_can_still_be_chosen():
    batch = factories.make_batch()
    for _ in range(31):
        factories.make_campaign(account=batch.account, voice_file=batch.campaign.voice_file)
    call = make_call(batch=batch, campaign=batch.campaign, account=batch.account)

    page = text(visitor(LOOK), LIST, campaign__id__exact=batch.campaign_id)

    assert f"<b>{batch.campaign}</b>" in page
    assert page_of(call) in page


def test_the_page_holds_every_fact_of_the_call():
    batch = factories.make_batch()
    attempt = batch.attempts.first()
    call = factories.make_call_record(
        attempt=attempt,
        caller_id="2190170001",
        hangup_code="17",
        hangup_meaning="user busy",
        hung_up_by="callee",
        keypress="5",
        carrier_call_uuid="11f0aa62c0d04d0e8e2d0123456789ab",
        by_pull_at=timezone.now(),
    )
    page = text(visitor(LOOK), page_of(call))

    for fact in (
        "2190170001",
        "user busy, by the person called (17)",
        "11f0aa62c0d04d0e8e2d0123456789ab",
        batch.reference,
        str(batch),
        call.carrier_call_id,
        "0:08",
        "0:12",
    ):
        assert fact in page


def test_what_a_carrier_wrote_can_not_act_on_the_page():
    call = make_call(raw_callback={"remark": "<script>alert(1)</script>"})
    page = text(visitor(LOOK), page_of(call))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_the_list_costs_the_same_for_one_call_and_for_many():
    somebody = visitor(is_superuser=True)
    batch = factories.make_batch(contacts=factories.make_contacts(20))
    attempts = list(batch.attempts.all())
    factories.make_call_record(attempt=attempts[0])
    one = query_count(somebody, LIST)

    for attempt in attempts[1:]:
        factories.make_call_record(attempt=attempt, recording_name="a.mp3")

    assert query_count(somebody, LIST) == one


def test_nobody_adds_changes_or_removes_a_call_record():
    call = make_call()
    boss = visitor(is_superuser=True)

    assert boss.get(f"{LIST}add/").status_code == 403
    assert boss.post(page_of(call), {"keypress": "9"}).status_code == 403
    assert boss.post(f"{page_of(call).removesuffix('change/')}delete/", {"post": "yes"}).status_code == 403
    assert CallRecord.objects.get().keypress == ""


def test_what_a_call_cost_is_shown_with_its_currency_and_how_it_was_reckoned():
    call = make_call(
        cost=Decimal("0.0375"), currency="USD", rate=Decimal("0.03"), billing_period="60+6", charged_seconds=66
    )

    shown = text(visitor(LOOK), page_of(call))

    for part in ("0.0375 USD", "0.03 USD", "60 s, then each 6 s", "1:06"):
        assert part in shown


def test_a_call_that_cost_nothing_is_not_one_whose_cost_is_unknown():
    free, unknown = make_call(cost=Decimal(0)), make_call()

    assert "0.00" in text(visitor(LOOK), page_of(free))
    assert "What it cost" not in text(visitor(LOOK), page_of(unknown))


def test_only_what_is_known_of_a_cost_is_shown():
    shown = text(visitor(LOOK), page_of(make_call(charged_seconds=0, billing_period="by the call")))

    assert "What it cost" in shown
    assert "0:00" in shown
    assert "Price of a period" not in shown
    assert "Billing period" not in text(visitor(LOOK), page_of(make_call(charged_seconds=1)))
