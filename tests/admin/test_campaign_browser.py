"""An operator's way in Chromium: sound, draft, list, column, launch, pause; and every page at both widths."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from dialer.flow import intake
from dialer.models import Batch, Campaign, CarrierFile, ContactList, RetryRule, VoiceFile
from dialer.terms import Disposition, SkipReason
from tests.factories import (
    make_account,
    make_batch,
    make_call_record,
    make_campaign,
    make_contact_list,
    make_contacts,
    make_skipped_contact,
    make_user,
    settle,
    wav,
)

pytest_plugins = ["tests.browser"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Fields that a reader of the screen can't name.
UNNAMED = """() => [...document.querySelectorAll("input:not([type=hidden], [type=submit]), select, textarea")]
  .filter((field) => field.offsetParent && !field.labels?.length && !field.ariaLabel)
  .map((field) => field.name || field.id)"""

PEOPLE = "Name;Office;Phone\n" + "\n".join(f"Person {i};021555{i:04};0812{i:08}" for i in range(1, 31))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "hello.wav").write_bytes(wav())
    (tmp_path / "people.csv").write_text(PEOPLE)
    (tmp_path / "empty.csv").write_text("")
    return tmp_path


def test_from_a_sound_and_a_list_to_a_running_campaign(desk, files: Path):
    account = make_account(name="Indonesia main")
    desk.log_in(make_user(is_superuser=True))
    page = desk.page

    desk.open("/dialer/voicefile/add/")
    page.get_by_label("Name").fill("Hello")
    page.get_by_label("Sound file").set_input_files(files / "hello.wav")
    page.get_by_role("button", name="Upload and convert").click()
    expect(page.get_by_text("Listen to it before you use it.")).to_be_visible()
    assert page.locator("audio").count() == 2
    CarrierFile.objects.create(voice_file=VoiceFile.objects.get(), account=account, name_at_carrier="hello.mp3")

    desk.open("/dialer/campaign/add/")
    page.get_by_label("Name").fill("Reminder")
    page.get_by_label("Account", exact=True).select_option("Indonesia main")
    page.get_by_label("Voice file", exact=True).select_option("Hello")
    page.get_by_role("button", name="Save", exact=True).click()

    page.get_by_label("Upload a list of numbers").set_input_files(files / "empty.csv")
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_text("This file is empty.")).to_be_visible()
    page.get_by_label("Upload a list of numbers").set_input_files(files / "people.csv")
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_text("20 of these 20 rows can be called.")).to_be_visible()

    page.go_back()
    expect(page.get_by_text("Column not chosen")).to_be_visible()
    page.get_by_role("link", name="Choose column").click()

    page.get_by_label("Name").check()
    expect(page.get_by_text("0 of these 20 rows can be called.")).to_be_visible()
    page.get_by_label("Phone").check()
    expect(page.get_by_text("+62 812-0000-0001")).to_be_visible()
    page.get_by_role("button", name="Take these numbers").click()

    expect(page.get_by_text("Being read").first).to_be_visible()
    while intake.read_next():
        pass
    expect(page.get_by_text("30 people to be called in all.")).to_be_visible()  # by itself, without a reload

    desk.open(f"/dialer/campaign/{Campaign.objects.get().pk}/launch/")
    page.get_by_role("button", name="Call 30 people").click()
    expect(page.get_by_role("status").get_by_text("Launched: 30 people are called.")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("status").get_by_text("Resumed.")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert desk.complaints == []


def every_page() -> list[str]:
    campaign = make_campaign(state=Campaign.State.RUNNING, wants_keypress=True)
    people = make_contacts(4, campaign=campaign)
    draft, mine = make_campaign(), ContactList.objects.get()
    for reason in SkipReason:
        make_skipped_contact(reason, contact_list=mine)
    attempts = make_batch(contacts=people, state=Batch.State.ACCEPTED).attempts.all()
    settle(attempts[:2], Disposition.ANSWERED, keypress="1")
    make_call_record(attempt=attempts[0])
    make_contact_list(campaign=draft, state=ContactList.State.READING, rows_read=400, row_count=1000)
    open_list = make_contact_list(
        campaign=draft, state=ContactList.State.UPLOADED, number_column=None, content=PEOPLE.encode(), delimiter=";"
    )
    paused = make_campaign(state=Campaign.State.PAUSED)
    scheduled = make_campaign(state=Campaign.State.SCHEDULED, start_at=timezone.now() + timedelta(days=1))
    RetryRule.objects.create(campaign=paused, disposition=Disposition.NO_ANSWER, pause_minutes=60)
    uncertain = make_batch(contacts=make_contacts(2), state=Batch.State.UNCERTAIN, ask_at=timezone.now())
    home = "/dialer"
    return [
        f"{home}/campaign/{paused.pk}/change/",
        f"{home}/campaign/{paused.pk}/rules/",
        f"{home}/campaign/{paused.pk}/widen/",
        f"{home}/campaign/{scheduled.pk}/change/",
        f"{home}/campaign/{scheduled.pk}/launch/",
        f"{home}/batch/{uncertain.pk}/change/",
        f"{home}/batch/{uncertain.pk}/decide/",
        f"{home}/contact/{people[0].pk}/change/",
        f"{home}/donotcalllist/",
        f"{home}/donotcalllist/add/",
        f"{home}/donotcall/upload/",
        f"{home}/account/",
        f"{home}/account/add/",
        f"{home}/account/{campaign.account_id}/change/",
        f"{home}/account/{campaign.account_id}/new_address/",
        f"{home}/voicefile/",
        f"{home}/voicefile/add/",
        f"{home}/voicefile/{campaign.voice_file_id}/change/",
        f"{home}/campaign/",
        f"{home}/campaign/add/",
        f"{home}/campaign/{campaign.pk}/change/",
        f"{home}/campaign/{campaign.pk}/cancel/",
        f"{home}/campaign/{draft.pk}/change/",
        f"{home}/campaign/{draft.pk}/numbers/",
        f"{home}/campaign/{draft.pk}/launch/",
        f"{home}/campaign/{draft.pk}/test_call/",
        "/features/",
        f"{home}/contactlist/",
        f"{home}/contactlist/{open_list.pk}/columns/",
        f"{home}/contactlist/{open_list.pk}/remove/",
        f"{home}/contact/",
    ]


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_every_page_fits_and_makes_nobody_complain(width: str, request: pytest.FixtureRequest):
    visitor = request.getfixturevalue(width)
    pages = every_page()
    visitor.log_in(make_user(is_superuser=True))

    for path in pages:
        visitor.open(path)
        assert visitor.page.locator("h1").count() == 1, path
        assert visitor.overhang() <= 0, path
        assert visitor.page.evaluate(UNNAMED) == [], path

    assert visitor.complaints == []


def test_a_later_start_is_told_on_the_clock_of_the_people_called(desk):
    draft = make_campaign()
    make_contacts(2, campaign=draft)
    desk.log_in(make_user(is_superuser=True))

    desk.open(f"/dialer/campaign/{draft.pk}/launch/")
    desk.page.get_by_label("Start at").fill("2099-01-05T12:00")
    expect(desk.page.get_by_text("It is 12:00 on Mon in Jakarta")).to_be_visible()
    desk.page.get_by_role("button", name="Start at this time").click()

    expect(
        desk.page.get_by_role("status").get_by_text("It starts by itself on 5 Jan 2099, 12:00 (Asia/Jakarta).")
    ).to_be_visible()
    desk.page.get_by_role("button", name="Take back").click()
    expect(desk.page.get_by_role("link", name="Launch…")).to_be_visible()
    assert desk.complaints == []


def test_a_row_is_added_in_the_browser_and_saved(desk):
    draft = make_campaign()
    desk.log_in(make_user(is_superuser=True))

    desk.open(f"/dialer/campaign/{draft.pk}/change/")
    desk.page.get_by_role("button", name="Add another Rule").click()
    row = desk.page.locator("#retry_rules-1")
    row.get_by_label("The call ended").select_option("busy")
    row.get_by_label("Each after (minutes)").fill("10")
    desk.page.get_by_role("button", name="Save", exact=True).click()

    expect(desk.page.get_by_text("Saved.")).to_be_visible()
    assert str(draft.retry_rules.get()) == "busy: 1 more after 10 minutes"
    assert desk.complaints == []
