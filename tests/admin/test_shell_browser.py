"""The console's shell in a real browser: nothing inline, cards on a phone, drawers, drop-downs, live parts, uploads."""

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from playwright.sync_api import expect

from dialer.models import Campaign, Heartbeat
from dialer.templatetags.console import script_words
from recordings.models import Recording
from tests import factories

pytest_plugins = ["tests.browser"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def boss(transactional_db):
    return factories.make_user(is_superuser=True, first_name="Ana")


@pytest.fixture
def rows(boss):
    """A row of everything that has a page."""
    contact = factories.make_contact(campaign=factories.make_campaign(state=Campaign.State.RUNNING))
    batch = factories.make_batch(campaign=contact.campaign, contacts=[contact])
    record = factories.make_call_record(attempt=batch.attempts.get())
    factories.make_callback()
    factories.make_exchange()
    factories.make_do_not_call()
    Recording.objects.create(call_record=record, deadline_at=record.created_at, due_at=record.created_at)


def addresses_of_all_pages(user, rf):
    """Every list, and the pages of its first row, that this user may open."""
    request = rf.get("/")
    request.user = user
    yield from ("/", "/password_change/")
    for model, page in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        if page.has_add_permission(request):
            yield reverse(f"{name}_add")
        row = model._default_manager.first()
        if row is None:
            continue
        yield reverse(f"{name}_change", args=[row.pk])
        yield reverse(f"{name}_history", args=[row.pk])
        if page.has_delete_permission(request, row):
            yield reverse(f"{name}_delete", args=[row.pk])


def test_no_page_makes_the_browser_or_the_policy_complain(desk, boss, rows, rf):
    desk.open("/login/")
    desk.log_in(boss)

    for address in addresses_of_all_pages(boss, rf):
        desk.open(address)
        expect(desk.page.locator("#content")).to_be_visible()

    assert desk.complaints == []


def test_no_page_is_wider_than_a_phone(phone, boss, rows, rf):
    phone.log_in(boss)

    wide = []
    for address in addresses_of_all_pages(boss, rf):
        phone.open(address)
        if phone.overhang() > 0:
            wide.append(address)

    assert wide == []


def test_rows_are_cards_on_a_phone_and_a_table_on_a_desk(desk, phone, boss):
    for visitor, display in ((desk, "table-cell"), (phone, "flex")):
        visitor.log_in(boss)
        visitor.open("/auth/user/")
        cell = visitor.page.locator("td.field-name").first

        assert cell.evaluate("cell => getComputedStyle(cell).display") == display
        assert cell.get_attribute("data-label") == "Name"


def test_navigation_is_a_drawer_on_a_phone_which_escape_closes(phone, boss):
    phone.log_in(boss)
    menu, entry = phone.page.get_by_role("button", name="Menu"), phone.page.get_by_role("link", name="Users")
    expect(entry).to_be_hidden()

    menu.click()
    expect(entry).to_be_visible()
    phone.page.keyboard.press("Escape")

    expect(entry).to_be_hidden()
    expect(menu).to_be_focused()


def test_the_first_tab_stop_leads_past_the_navigation(desk, boss):
    desk.log_in(boss)

    desk.page.keyboard.press("Tab")
    expect(desk.page.get_by_role("link", name="Skip to main content")).to_be_focused()
    desk.page.keyboard.press("Enter")

    expect(desk.page.locator("#content-start")).to_be_focused()


def test_a_slash_goes_to_the_search_and_escape_closes_a_filter(desk, boss):
    desk.log_in(boss)
    desk.open("/auth/user/")

    desk.page.keyboard.press("/")
    expect(desk.page.get_by_role("searchbox")).to_be_focused()

    one, other = desk.page.locator("details.filter").nth(0), desk.page.locator("details.filter").nth(1)
    one.locator("summary").click()
    other.locator("summary").click()
    assert (one.get_attribute("open"), other.get_attribute("open")) == (None, "")
    desk.page.keyboard.press("Escape")
    assert other.get_attribute("open") is None
    expect(other.locator("summary")).to_be_focused()


def test_the_choice_of_colours_is_kept(desk, boss):
    desk.log_in(boss)
    paper = "getComputedStyle(document.body).backgroundColor"
    light = desk.page.evaluate(paper)

    desk.page.locator(".theme-toggle").click()
    desk.page.reload()

    assert desk.page.evaluate(paper) != light
    assert desk.page.locator("html").get_attribute("data-theme") == "dark"


def test_the_overview_follows_what_happens(desk, boss):
    desk.page.clock.install()
    desk.log_in(boss)
    expect(desk.page.get_by_text("No sign of life yet.")).to_have_count(2)

    Heartbeat.objects.create(queue="default", at=timezone.now())
    desk.page.clock.fast_forward(10_500)

    expect(desk.page.get_by_text("No sign of life yet.")).to_have_count(1)
    assert desk.complaints == []


def test_a_live_part_follows_its_address_until_it_is_done(desk, boss):
    answers = iter(["half", "<p data-done>whole</p>", "too much"])
    desk.page.route("**/part/", lambda route: route.fulfill(body=next(answers), content_type="text/html"))
    stage_page(desk, '<div data-live="/part/">nothing</div>')
    part = desk.page.locator("[data-live]")

    for shown in ("half", "whole", "whole"):
        desk.page.clock.fast_forward(3_100)
        expect(part).to_have_text(shown)


def test_a_live_part_rests_while_nobody_sees_the_tab(desk, boss):
    asked = []
    desk.page.on("request", lambda request: asked.append(request.url) if "/part/" in request.url else None)
    desk.page.route("**/part/", lambda route: route.fulfill(body="seen", content_type="text/html"))
    stage_page(desk, '<div data-live="/part/">nothing</div>')
    part = desk.page.locator("[data-live]")

    desk.page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    desk.page.clock.fast_forward(30_000)
    expect(part).to_have_text("nothing")
    assert asked == []

    desk.page.evaluate("delete document.hidden")
    desk.page.clock.fast_forward(3_100)
    expect(part).to_have_text("seen")


def test_an_upload_shows_the_page_that_answers_it(desk, boss, tmp_path):
    numbers = tmp_path / "numbers.csv"
    numbers.write_text("number\n+6281234567890\n")
    desk.page.route(
        "**/upload/", lambda route: route.fulfill(body="<p role=status>1 row was read</p>", content_type="text/html")
    )
    stage_page(
        desk,
        '<form data-upload action="/upload/" method="post" enctype="multipart/form-data">'
        '<input type="file" name="file"><button name="_save" value="1">Upload</button></form>',
    )

    desk.page.locator("input[type=file]").set_input_files(numbers)
    with desk.page.expect_request("**/upload/") as sent:
        desk.page.get_by_role("button", name="Upload").click()

    expect(desk.page.get_by_role("status")).to_have_text("1 row was read")
    assert desk.page.url.endswith("/upload/")
    assert b'filename="numbers.csv"' in sent.value.post_data_buffer
    assert b'name="_save"' in sent.value.post_data_buffer


def test_an_upload_that_breaks_off_says_so_and_can_be_tried_again(desk, boss, tmp_path):
    numbers = tmp_path / "numbers.csv"
    numbers.write_text("number\n")
    desk.page.route("**/upload/", lambda route: route.abort())
    stage_page(
        desk, '<form data-upload action="/upload/" method="post"><input type="file"><button>Upload</button></form>'
    )

    desk.page.locator("input[type=file]").set_input_files(numbers)
    desk.page.get_by_role("button", name="Upload").click()

    expect(desk.page.get_by_role("status")).to_contain_text("broke off")
    expect(desk.page.get_by_role("button", name="Upload")).to_be_enabled()


def test_a_copy_button_copies_and_says_so(desk, boss):
    stage_page(desk, '<button data-copy="https://example.com/callback">Copy</button><input aria-label="here">')
    desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    desk.page.get_by_role("button").click()
    expect(desk.page.get_by_role("button")).to_have_text("✓")

    assert desk.page.evaluate("navigator.clipboard.readText()") == "https://example.com/callback"


def stage_page(visitor, body):
    """Put a page with the console's script and this body before the visitor, with a clock that the test turns."""
    script = '<script src="/static/dialer/console.js" defer></script>'
    words = format_html('<meta name="script-words" content="{}">', script_words())
    html = f'<!DOCTYPE html><html lang="en"><meta charset="utf-8">{words}{script}<body><div id="stage">{body}</div>'
    visitor.page.route("**/stage/", lambda route: route.fulfill(body=html, content_type="text/html"))
    visitor.page.clock.install()
    visitor.open("/stage/")
