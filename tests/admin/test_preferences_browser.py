"""Language and time zone as somebody chooses them in the browser: by mouse, by keyboard, on a phone."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.barriers import AXE_SCRIPT, barriers
from tests.factories import make_user

pytest_plugins = ["tests.browser"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FIVE_IN_MARCH = datetime(2026, 3, 5, 7, 30, tzinfo=UTC)


def switcher(page: Page) -> Any:
    return page.locator("details.language")


def choose(page: Page, language: str) -> None:
    switcher(page).locator("summary").click()
    switcher(page).get_by_role("button", name=language).click()


def speaks_spanish(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.get_by_role("button", name="Guardar", exact=True)).to_be_visible()  # a word of Django's own catalogue


def test_a_language_that_is_chosen_is_spoken_at_once_and_stays(desk: Any) -> None:
    desk.log_in(make_user(is_superuser=True))
    desk.open("/preference/")

    choose(desk.page, "Español")

    speaks_spanish(desk.page)
    desk.page.reload()
    speaks_spanish(desk.page)
    expect(switcher(desk.page).locator("[aria-current]")).to_have_text("Español")
    assert desk.complaints == []


def test_whoever_logs_out_is_still_spoken_to_in_their_language(desk: Any) -> None:
    desk.log_in(make_user(is_superuser=True))
    choose(desk.page, "Español")

    desk.page.context.clear_cookies(name="sessionid")
    desk.open("/login/")

    expect(desk.page.locator("html")).to_have_attribute("lang", "es")
    expect(desk.page.get_by_label("Contraseña")).to_be_visible()


def test_moments_go_by_the_clock_of_the_device_once_it_is_taken(traveller: Any) -> None:
    person = make_user(is_superuser=True, date_joined=FIVE_IN_MARCH)
    page, profile = traveller.page, f"/auth/user/{person.pk}/change/"
    traveller.log_in(person)
    traveller.open(profile)
    expect(page.get_by_text("5 Mar 2026, 07:30")).to_be_visible()

    page.get_by_role("link", name="Times are in UTC").click()
    page.get_by_role("button", name="Take that of this device").click()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_label("Time zone")).to_have_value("Asia/Jakarta")
    expect(page.get_by_role("link", name="Times are in Asia/Jakarta (UTC+07:00)")).to_be_visible()
    traveller.open(profile)
    expect(page.get_by_text("5 Mar 2026, 14:30")).to_be_visible()
    assert traveller.complaints == []


def test_the_switcher_works_by_keyboard(desk: Any) -> None:
    desk.log_in(make_user())
    page, drop = desk.page, switcher(desk.page)
    summary = drop.locator("summary")

    summary.focus()
    page.keyboard.press("Enter")
    expect(drop).to_have_attribute("open", "")
    page.keyboard.press("Tab")
    expect(drop.get_by_role("button", name="English")).to_be_focused()
    page.keyboard.press("Escape")
    expect(drop).not_to_have_attribute("open", re.compile(".*"))
    expect(summary).to_be_focused()

    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(drop).not_to_have_attribute("open", re.compile(".*"))  # whoever goes on leaves nothing open behind


@pytest.mark.parametrize("address", ["/login/", "/preference/"])
def test_the_open_switcher_fits_a_phone_and_has_no_barrier(phone: Any, address: str) -> None:
    phone.page.add_init_script(AXE_SCRIPT)
    if address != "/login/":
        phone.log_in(make_user())

    for scheme in ("light", "dark"):
        phone.page.emulate_media(color_scheme=scheme)
        phone.open(address)
        switcher(phone.page).locator("summary").click()
        panel = switcher(phone.page).locator(".drop-panel").bounding_box()
        assert panel
        assert panel["x"] >= 0
        assert panel["x"] + panel["width"] <= 390
        assert phone.overhang() <= 0
        assert list(barriers(phone.page)) == []
