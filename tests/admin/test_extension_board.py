"""The board of extensions: who rings, talks or is free, who was put through today, and whom nobody answered."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dialer.admin.extension_board import QUERY_COUNT, read
from dialer.models import Account
from dialer.terms import CarrierName, ExtensionState
from tests import factories
from tests.admin.visits import list_of, page_of, query_count, text, visitor
from tests.factories import (
    make_account,
    make_batch,
    make_call_record,
    make_campaign,
    make_contacts,
    make_extension,
    make_transfer,
)

pytestmark = pytest.mark.django_db

BOARD = list_of("dialer.extension")
LIVE = f"{BOARD}board/"
VIEW = ("dialer.view_extension", "dialer.view_transfer")
FULL, MASKED = "+62 812-0000-0893", "0893"
NUMBER = "+6281200000893"


def ago(seconds: float) -> Any:
    return timezone.now() - timedelta(seconds=seconds)


def boss() -> Client:
    return visitor(is_superuser=True)


def figures(client: Client, **query: Any) -> dict[str, str]:
    return {str(one.label): one.value for one in client.get(BOARD, query).context["board"].figures}


def missed(**fields: Any) -> Any:
    return make_transfer(**{"rang_at": ago(100), "ended_at": ago(80), **fields})


def taken(**fields: Any) -> Any:
    return make_transfer(**{"rang_at": ago(100), "answered_at": ago(93), "ended_at": ago(60), **fields})


def test_the_board_shows_each_extension_with_state_time_and_person():
    account = make_account(name="Jakarta")
    make_extension(account=account, name="20280003", state=ExtensionState.TALKING, since=ago(65), number=NUMBER)
    make_extension(account=account, name="20280004")

    page = text(boss(), BOARD)

    for shown in ("20280003", "Talking", "1:0", FULL, "Jakarta", "20280004", "Free"):
        assert shown in page


def test_busy_ones_stand_first():
    for name, state in (("1", "free"), ("2", "ringing"), ("3", "talking")):
        make_extension(name=name, state=state, since=ago(1))

    lines = boss().get(BOARD).context["board"].extensions

    assert [line.extension.name for line in lines] == ["3", "2", "1"]


def test_ringing_that_never_ended_is_said_to_be_untold():
    make_extension(state=ExtensionState.RINGING, since=ago(3600))

    assert "its end was not told" in text(boss(), BOARD)


@pytest.mark.parametrize("address", [BOARD, LIVE, list_of("dialer.transfer")])
def test_numbers_are_masked_without_the_permission_to_see_them(address: str):
    make_extension(state=ExtensionState.TALKING, number=NUMBER)
    missed(number=NUMBER)

    masked, full = text(visitor(*VIEW), address), text(visitor(*VIEW, "dialer.see_full_numbers"), address)

    assert FULL not in masked
    assert "12000008" not in masked.replace("-", "")
    assert FULL in full


@pytest.mark.parametrize("row", [make_extension, make_transfer])
def test_the_page_of_one_row_masks_the_number_too(row: Any):
    page = page_of(row(number=NUMBER))

    assert FULL not in text(visitor(*VIEW), page)
    assert FULL in text(visitor(*VIEW, "dialer.see_full_numbers"), page)


def test_counts_stand_on_top():
    make_extension()
    make_extension(state=ExtensionState.RINGING, since=ago(3))
    taken()
    taken(ended_at=None)
    missed()
    make_transfer()

    assert figures(boss()) == {
        "Free": "1",
        "Ringing": "1",
        "Talking": "0",
        "Taken today": "2",
        "Nobody took today": "1",
    }


def test_transfers_of_today_stand_there_newest_first_with_what_became_of_them():
    missed(number="+6281200000001", rang_at=ago(50), ended_at=ago(30))
    taken(number="+6281200000002", rang_at=ago(40), answered_at=ago(33), ended_at=ago(1))
    taken(number="+6281200000003", rang_at=ago(30), answered_at=ago(25), ended_at=None)
    make_transfer(number="+6281200000004", rang_at=ago(20))
    make_transfer(number="+6281200000005", rang_at=ago(10), ended_at=ago(11))  # one gave up, the next one rings
    missed(number="+6281200000006", rang_at=ago(90_000), ended_at=ago(89_990))

    lines = boss().get(BOARD).context["board"].transfers

    found = [(line.transfer.number[-1], line.state.split(">")[1].split("<")[0], line.waited) for line in lines]
    assert found == [
        ("5", "Ringing", "–"),
        ("4", "Ringing", "–"),
        ("3", "Talking", "0:05"),
        ("2", "Taken", "0:07"),
        ("1", "Nobody took it", "0:20"),
    ]


def test_a_transfer_leads_to_its_campaign_and_its_call():
    campaign = make_campaign(name="Spring")
    batch = make_batch(contacts=make_contacts(1, campaign=campaign), state="accepted")
    call = make_call_record(attempt=batch.attempts.get())
    missed(account=campaign.account, reference=batch.reference, campaign=campaign)

    page = text(boss(), BOARD)

    assert page_of(campaign) in page
    assert page_of(call) in page
    assert page_of(campaign) not in text(visitor(*VIEW), BOARD)
    assert page_of(call) not in text(visitor(*VIEW), BOARD)


def test_without_a_reference_the_call_is_found_by_number_and_the_carriers_name_of_it():
    call = make_call_record(number=NUMBER, carrier_call_uuid="call-7")
    missed(account=call.account, number=NUMBER, call_uuid="call-7")
    missed(number=NUMBER, call_uuid="call-7")  # of another account

    assert text(boss(), BOARD).count(page_of(call)) == 1


def test_the_board_of_one_account_shows_no_other():
    mine, other = make_account(name="Mine"), make_account(name="Other")
    for account, name in ((mine, "20280003"), (other, "30280003")):
        make_extension(account=account, name=name)
        missed(account=account)
    client = boss()

    page = text(client, BOARD, account=mine.pk)

    assert "20280003" in page
    assert "30280003" not in page
    assert f'data-live="{LIVE}?account={mine.pk}"' in page
    assert "30280003" not in text(client, LIVE, account=mine.pk)
    assert figures(client, account=mine.pk)["Nobody took today"] == "1"


@pytest.mark.parametrize("account", ["x", "-1", "9" * 30, ""])
def test_an_account_that_does_not_exist_is_no_filter(account: str):
    make_extension(name="20280003")

    assert "20280003" in text(boss(), BOARD, account=account)


def test_an_empty_board_says_what_it_is_and_which_address_the_carrier_needs():
    account = make_account(name="Jakarta")

    page = text(boss(), BOARD)

    assert "Nothing heard of extensions yet" in page
    assert "copy “extensions” from the callback addresses" in page
    assert page_of(account) in page


def test_an_empty_board_without_such_a_carrier_says_so():
    Account.objects.all().delete()
    make_account(carrier=CarrierName.LAAFFIC)

    assert "No account has a carrier that tells what extensions do." in text(boss(), BOARD)


def test_many_rows_take_as_many_queries_as_few():
    def fill(count: int) -> None:
        for _ in range(count):
            batch = make_batch(contacts=make_contacts(1), state="accepted")
            make_call_record(attempt=batch.attempts.get())
            make_extension(account=batch.account)
            missed(account=batch.account, reference=batch.reference, campaign=batch.campaign)
            missed()

    client = boss()
    fill(1)
    few = query_count(client, LIVE)
    fill(8)

    assert query_count(client, LIVE) == few


def test_the_board_costs_what_it_promises(django_assert_max_num_queries: Any):
    missed(reference="r")
    missed()
    user = factories.make_user()

    with django_assert_max_num_queries(QUERY_COUNT):
        read(user=user, account="", now=timezone.now(), sees_transfers=True, sees_numbers=True)


def needs(client: Client) -> list[tuple[str, int]]:
    return [(need.attention.text, need.attention.count) for need in client.get("/").context["needs"]]


def test_people_whom_nobody_answered_in_the_last_hour_need_a_person():
    missed()
    missed(rang_at=ago(3700), ended_at=ago(3690))
    taken()
    make_transfer()

    assert needs(visitor(*VIEW)) == [("People put through in the last hour and answered by nobody", 1)]
    assert needs(visitor("dialer.view_extension")) == []


def test_nobody_is_shown_what_he_may_not_see():
    make_extension(name="20280003")
    missed(number=NUMBER)

    for address in (BOARD, LIVE):
        assert visitor("dialer.view_campaign").get(address).status_code == 403
        only_extensions = text(visitor("dialer.view_extension"), address)
        assert "20280003" in only_extensions
        assert MASKED not in only_extensions


def test_rows_that_the_carrier_made_are_read_only():
    for row in (make_extension(), make_transfer()):
        client = boss()
        assert client.get(f"{list_of(row._meta.label_lower)}add/").status_code == 403
        assert client.post(page_of(row), {}).status_code == 403
        assert client.get(page_of(row).replace("change", "delete")).status_code == 403
