"""Charts in a real browser: drawn from tables, renewed without a reload, in light and dark, at a desk and a phone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from dialer.models import Batch, Campaign
from dialer.terms import Disposition
from tests import factories
from tests.admin.visits import page_of

pytest_plugins = ["tests.browser"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PATIENCE = 15_000


@pytest.fixture
def boss(transactional_db):
    return factories.make_user(is_superuser=True)


@pytest.fixture
def campaign(boss):
    """It runs, and calls of the last two hours are billed."""
    campaign = factories.make_campaign(state=Campaign.State.RUNNING, wants_keypress=True)
    people = factories.make_contacts(6, campaign=campaign)
    batch = factories.make_batch(contacts=people, state=Batch.State.ACCEPTED)
    for place, attempt in enumerate(batch.attempts.all()[:4]):
        is_answered = place % 2
        factories.make_call_record(
            attempt=attempt,
            started_at=timezone.now() - timedelta(minutes=50 * is_answered),
            disposition=Disposition.ANSWERED if is_answered else Disposition.BUSY,
            keypress="1" if is_answered else "",
        )
    return campaign


def answer_another(campaign):
    attempt = campaign.batches.get().attempts.filter(call_records=None).first()
    factories.make_call_record(attempt=attempt, keypress="2", started_at=timezone.now())
    factories.settle([attempt], Disposition.ANSWERED, keypress="2")


def chart(page: Page, name: str):
    return page.locator(f"#chart-{name}")


def painted(page: Page, name: str) -> set[str]:
    """The colours on the canvas of a chart, as they come out."""
    return set(
        chart(page, name)
        .locator("canvas")
        .evaluate(
            """canvas => {
                const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
                const found = {};
                for (let at = 0; at < data.length; at += 4) {
                    if (data[at + 3] === 255) {
                        const colour = `${data[at]},${data[at + 1]},${data[at + 2]}`;
                        found[colour] = (found[colour] ?? 0) + 1;
                    }
                }
                return Object.keys(found).filter(colour => found[colour] > 200);
            }"""
        )
    )


def test_charts_are_drawn_on_the_first_page_and_on_the_campaigns_without_complaints(desk, boss, campaign):
    desk.log_in(boss)
    for address in ("/", page_of(campaign)):
        desk.open(address)
        for name in ("answers", "outcomes", "keys"):
            expect(chart(desk.page, name).locator("canvas")).to_be_visible()
    assert "31,157,102" in painted(desk.page, "answers")  # the green of those who answered
    assert desk.complaints == []


def test_a_result_appears_without_a_reload_and_the_open_table_stays_open(desk, boss, campaign):
    desk.log_in(boss)
    desk.open(page_of(campaign))
    figure = chart(desk.page, "outcomes")
    figure.get_by_text("Show as table").click()
    expect(figure.locator(".chart-scroll")).to_be_visible()
    desk.page.evaluate("window.sameWindow = true")

    answer_another(campaign)

    expect(chart(desk.page, "keys").locator(".chart-scroll thead")).to_contain_text("Key 2", timeout=PATIENCE)
    expect(figure.locator(".chart-scroll")).to_be_visible()
    expect(figure.locator("canvas")).to_have_count(1)
    expect(figure.locator("summary")).to_be_focused()
    assert desk.page.evaluate("window.sameWindow") is True
    assert desk.complaints == []


def test_a_chart_that_is_renewed_keeps_its_canvas(desk, boss, campaign):
    desk.log_in(boss)
    desk.open(page_of(campaign))
    canvas = chart(desk.page, "answers").locator("canvas")
    canvas.evaluate("canvas => { canvas.isTheSame = true; }")
    total = chart(desk.page, "answers").locator(".chart-scroll tbody tr").last.locator("td").first
    before = total.text_content()

    answer_another(campaign)

    expect(total).not_to_have_text(before, timeout=PATIENCE)
    assert canvas.evaluate("canvas => canvas.isTheSame") is True


def test_the_table_opens_by_keyboard_and_says_what_is_drawn(desk, boss, campaign):
    desk.log_in(boss)
    desk.open(page_of(campaign))
    figure = chart(desk.page, "answers")

    figure.locator("summary").focus()
    desk.page.keyboard.press("Enter")

    expect(figure.get_by_role("columnheader", name="Answer rate")).to_be_visible()
    assert sum(int(cell) for cell in figure.locator(".chart-scroll td:nth-child(2)").all_text_contents()) == 4


def test_a_chart_follows_the_theme(desk, boss, campaign):
    desk.log_in(boss)
    desk.open(page_of(campaign))
    expect(chart(desk.page, "answers").locator("canvas")).to_be_visible()

    desk.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    desk.page.wait_for_function("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    colours = painted(desk.page, "answers")
    assert "63,185,130" in colours
    assert "31,157,102" not in colours


def test_charts_fit_on_a_phone(phone, boss, campaign):
    phone.log_in(boss)
    for address in ("/", page_of(campaign)):
        phone.open(address)
        expect(chart(phone.page, "answers").locator("canvas")).to_be_visible()
        chart(phone.page, "answers").get_by_text("Show as table").click()
        box = chart(phone.page, "answers").locator(".uplot").bounding_box()
        assert 200 < box["width"] < 390
        assert phone.overhang() <= 0
    assert phone.complaints == []


def test_a_wide_table_of_a_chart_scrolls_by_itself_on_a_phone(phone, boss, campaign):
    people = factories.make_contacts(len(Disposition.values), campaign=campaign)
    batch = factories.make_batch(contacts=people, state=Batch.State.ACCEPTED)
    for attempt, disposition in zip(batch.attempts.all(), Disposition.values, strict=True):
        factories.make_call_record(attempt=attempt, started_at=timezone.now(), disposition=disposition)
    phone.log_in(boss)
    for address in ("/", page_of(campaign)):
        phone.open(address)
        chart(phone.page, "outcomes").get_by_text("Show as table").click()
        table = chart(phone.page, "outcomes").locator(".chart-scroll")
        assert table.evaluate("one => one.scrollWidth > one.clientWidth")
        assert phone.overhang() <= 0


def test_without_javascript_the_numbers_are_there(chromium, console, boss, campaign):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{console}/login/")
    page.get_by_label("Username").fill(boss.get_username())
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.goto(console + page_of(campaign))

    chart(page, "answers").get_by_text("Show as table").click()
    expect(chart(page, "answers").locator(".chart-scroll")).to_be_visible()
    context.close()


def test_a_number_of_the_table_leads_to_just_its_calls(desk, boss, campaign):
    desk.log_in(boss)
    desk.open(page_of(campaign))
    outcomes = chart(desk.page, "outcomes")
    outcomes.get_by_text("Show as table").click()
    outcomes.locator("td a").first.click()

    expect(desk.page.locator("#result_list tbody tr")).to_have_count(2)
    assert desk.complaints == []


def test_the_first_page_is_as_wide_as_the_window_whatever_its_widest_table(desk, boss, campaign):
    factories.make_account(name="Reminders in Indonesia, second contract, since the spring of 2026")
    desk.log_in(boss)

    for width in (1100, 900, 768, 700):
        desk.page.set_viewport_size({"width": width, "height": 900})
        desk.open("/")
        assert desk.overhang() <= 0, width
