"""The board of extensions in a real browser: it keeps itself up to date, fits a phone, and rests when nobody looks."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from dialer.models import Account, Campaign, Extension
from dialer.terms import ExtensionState
from tests.factories import make_account, make_campaign, make_extension, make_transfer, make_user

pytest_plugins = ["tests.browser"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BOARD = "/dialer/extension/"


def make_busy() -> Extension:
    """Three extensions, of which one rings and one talks, and two transfers; the one that rings."""
    account = Account.objects.filter(name="Jakarta").first() or make_account(name="Jakarta")
    make_account(name="Manila", country="PH")
    campaign = make_campaign(account=account, name="Spring offer", state=Campaign.State.RUNNING)
    now = timezone.now()
    make_extension(account=account, name="20280003")
    make_extension(account=account, name="20280005", state=ExtensionState.TALKING, since=now, number="+6281200000893")
    make_transfer(account=account, campaign=campaign, rang_at=now - timedelta(seconds=90), ended_at=now)
    make_transfer(account=account, rang_at=now - timedelta(seconds=9), answered_at=now)
    return make_extension(account=account, name="20280004", state=ExtensionState.RINGING, since=now)


@pytest.fixture
def busy() -> Extension:
    return make_busy()


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_the_board_fits_with_rows_and_without(width: str, request: pytest.FixtureRequest):
    visitor = request.getfixturevalue(width)
    make_account(name="Jakarta")
    visitor.log_in(make_user(is_superuser=True))
    visitor.open(BOARD)
    expect(visitor.page.get_by_text("Nothing heard of extensions yet")).to_be_visible()
    assert visitor.overhang() <= 0
    make_busy()

    for path in (BOARD, "/dialer/transfer/"):
        visitor.open(path)
        expect(visitor.page.locator(".rows").get_by_text("Spring offer")).to_be_visible()
        assert visitor.page.locator("h1").count() == 1
        assert visitor.overhang() <= 0

    assert visitor.complaints == []


def test_the_board_shows_by_itself_what_an_extension_does(desk, busy: Extension):
    desk.log_in(make_user(is_superuser=True))
    desk.open(BOARD)
    row = desk.page.get_by_role("row").filter(has_text="20280004")
    expect(row).to_contain_text("Ringing")

    Extension.objects.filter(pk=busy.pk).update(state=ExtensionState.TALKING, number="+6281200000777")

    expect(row).to_contain_text("Talking")
    expect(row).to_contain_text("+62 812-0000-0777")
    assert desk.complaints == []


def test_on_a_phone_each_extension_is_a_card_with_named_values(phone, busy: Extension):
    phone.log_in(make_user(is_superuser=True))
    phone.open(BOARD)

    cell = phone.page.get_by_role("row").filter(has_text="20280005").locator('td[data-label="With"]')

    assert phone.page.locator(".rows thead").first.is_hidden()
    assert cell.evaluate("cell => getComputedStyle(cell, '::before').content") == '"With"'


def test_the_accounts_board_is_chosen_and_stays_chosen(desk, busy: Extension):
    make_extension(name="30280001")
    desk.log_in(make_user(is_superuser=True))
    desk.open(BOARD)
    desk.page.get_by_role("navigation", name="Filter").get_by_text("Account", exact=True).click()
    desk.page.get_by_role("link", name="Jakarta").click()

    expect(desk.page.get_by_text("30280001")).to_have_count(0)
    with desk.page.expect_response(lambda answer: "board/?account=" in answer.url):
        pass
    expect(desk.page.get_by_text("20280004")).to_be_visible()
    expect(desk.page.get_by_text("30280001")).to_have_count(0)
