"""The guided path in Chromium: walked to the launch, left and taken up again, with wrong input at each step."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from dialer.flow import intake
from dialer.models import Campaign, CarrierFile, LaunchSheet, VoiceFile
from tests.factories import make_account, make_campaign, make_contacts, make_laaffic_account, make_user, wav

pytest_plugins = ["tests.browser"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PEOPLE = "Name;Phone\n" + "\n".join(f"Person {i};0812{i:08}" for i in range(1, 31))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "hello there.wav").write_bytes(wav())
    (tmp_path / "noise.wav").write_text("no sound at all")
    (tmp_path / "people.csv").write_text(PEOPLE)
    return tmp_path


def test_a_large_sound_comes_in_pieces_and_the_pressed_button_still_counts(desk, files: Path, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    (files / "long.wav").write_bytes(wav(seconds=150))  # more than one piece
    campaign = make_campaign(voice_file=None)
    desk.log_in(make_user(is_superuser=True))
    desk.open(f"/dialer/campaign/{campaign.pk}/voice/")
    page = desk.page
    page.get_by_label("Or upload a new sound").set_input_files(files / "long.wav")

    with page.expect_request("**/piece/"):
        page.get_by_role("button", name="Save and finish later").click()

    page.wait_for_url("**/dialer/campaign/")
    expect(page.get_by_text("is kept as a draft")).to_be_visible()
    campaign.refresh_from_db()
    assert campaign.voice_file.name == "long"
    assert desk.complaints == []


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_the_whole_path_with_mistakes_and_a_break(width: str, request: pytest.FixtureRequest, files: Path):
    visitor = request.getfixturevalue(width)
    account = make_account(name="Indonesia main")
    visitor.log_in(make_user(is_superuser=True, username="ana"))
    page = visitor.page
    go_on = page.get_by_role("button", name="Save and go on")
    steps = page.get_by_role("navigation", name="Steps to the launch")

    visitor.open("/dialer/campaign/")
    page.get_by_role("link", name="Add Campaign").first.click()
    page.get_by_label("Name").fill("Reminder")
    go_on.click()  # without an account
    expect(page.get_by_label("Name")).to_have_value("Reminder")
    page.get_by_label("Account", exact=True).select_option("Indonesia main")
    go_on.click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("What do people hear?")
    page.get_by_label("Or upload a new sound").set_input_files(files / "noise.wav")
    go_on.click()
    expect(page.locator(".field-new_sound .errorlist")).to_be_visible()
    page.get_by_label("Or upload a new sound").set_input_files(files / "hello there.wav")
    go_on.click()
    expect(page.get_by_text("Listen to it, then go on.")).to_be_visible()
    expect(page.locator("#listen audio")).to_be_visible()
    expect(page.get_by_text("It does not lie at the carrier of “Indonesia main” yet.")).to_be_visible()
    CarrierFile.objects.create(voice_file=VoiceFile.objects.get(), account=account, name_at_carrier="hello.mp3")
    assert visitor.overhang() <= 0
    go_on.click()

    visitor.open("/")  # somebody calls; the draft waits
    visitor.open("/dialer/campaign/new/")
    expect(page.get_by_text("goes on at “Numbers”")).to_be_visible()
    page.get_by_role("link", name="Reminder").click()
    page.get_by_label("Upload a list of numbers").set_input_files(files / "people.csv")
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(steps.get_by_text("here")).to_be_visible()
    page.get_by_role("button", name="Take these numbers").click()
    expect(page.get_by_text("Being read").first).to_be_visible()
    while intake.read_next():
        pass
    expect(page.get_by_text("30 people to be called in all.")).to_be_visible()
    page.get_by_role("link", name="Go on").click()

    page.get_by_label("at a set time").check()
    go_on.click()
    expect(page.get_by_text("Choose day and time.")).to_be_visible()
    expect(page.get_by_label("at a set time")).to_be_checked()
    page.get_by_label("as soon as it is launched").check()
    go_on.click()

    expect(steps.get_by_text("done")).to_have_count(4)
    steps.get_by_role("link", name="What").click()
    expect(page.get_by_label("Name")).to_have_value("Reminder")
    steps.get_by_role("link", name="Check").click()
    assert visitor.overhang() <= 0
    page.get_by_role("button", name="Call 30 people").click()
    expect(page.get_by_role("status").get_by_text("Launched: 30 people are called.")).to_be_visible()
    page.get_by_role("link", name="Launch sheet").click()
    expect(page.get_by_text("Launched by ana")).to_be_visible()

    assert LaunchSheet.objects.get().content["callable_count"] == 30
    assert visitor.overhang() <= 0
    assert visitor.complaints == []


def test_the_player_plays_what_is_chosen_and_a_text_hides_the_files(desk):
    campaign = make_campaign(account=make_laaffic_account(), voice_delivery="sent_along")
    desk.log_in(make_user(is_superuser=True))
    page = desk.page

    desk.open(f"/dialer/campaign/{campaign.pk}/voice/")
    expect(page.locator("#listen")).to_be_visible()
    page.get_by_label("Voice file", exact=True).select_option("")
    expect(page.locator("#listen")).to_be_hidden()
    page.get_by_label("How it reaches the carrier").select_option("spoken_text")
    expect(page.get_by_label("Text to speak")).to_be_visible()
    expect(page.get_by_label("Or upload a new sound")).to_be_hidden()
    assert desk.complaints == []


def test_a_copy_starts_in_the_middle(desk):
    campaign = make_campaign(name="Old one", state=Campaign.State.FINISHED)
    make_contacts(2, campaign=campaign)
    desk.log_in(make_user(is_superuser=True))

    desk.open(f"/dialer/campaign/{campaign.pk}/change/")
    desk.page.get_by_role("link", name="Call the unanswered…").click()
    desk.page.get_by_role("button", name="Make a draft for them").click()

    expect(desk.page.get_by_role("heading", level=1)).to_contain_text("Old one (unanswered)")
    steps = desk.page.get_by_role("navigation", name="Steps to the launch")
    expect(steps.get_by_text("done")).to_have_count(3)
    assert desk.complaints == []
