"""One's own voice in Chromium, whose microphone plays a file: recorded, heard, used; and every refusal."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from dialer import audio
from dialer.models import VoiceFile
from tests.factories import make_campaign, make_laaffic_account, make_user, wav

pytest_plugins = ["tests.browser"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ALLOWED = "--use-fake-ui-for-media-stream"
LONG = 60_000  # milliseconds
FAKE = "--use-fake-device-for-media-stream"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def hearing(path: Path, sound: bytes) -> list[str]:
    """A microphone that hears this sound, again and again."""
    path.write_bytes(sound)
    return [ALLOWED, FAKE, f"--use-file-for-fake-audio-capture={path}"]


def line(visitor: Any) -> Any:
    return visitor.page.locator("#recorder").get_by_role("status")


def press(visitor: Any, name: str) -> None:
    visitor.page.locator("#recorder").get_by_role("button", name=name, exact=True).click()


def record(visitor: Any, *, until: str = "0:02") -> None:
    press(visitor, "Record")
    expect(visitor.page.get_by_role("timer")).to_have_text(until, timeout=LONG)
    press(visitor, "Stop")


@pytest.mark.parametrize("width", [1440, 390])
def test_a_voice_is_recorded_heard_and_used_in_the_path(equipped, tmp_path, width):
    visitor = equipped(
        *hearing(tmp_path / "voice.wav", wav(seconds=5, rate=48_000)), viewport={"width": width, "height": 844}
    )
    page = visitor.page
    campaign = make_campaign(voice_file=None)
    visitor.log_in(make_user(is_superuser=True))
    visitor.open(f"/dialer/campaign/{campaign.pk}/voice/")
    page.get_by_label("Text to read aloud").fill("Good day, this is your bank.")

    press(visitor, "Record")
    expect(line(visitor)).to_have_text("Recording. Speak now, and stop when you are done.")
    expect(page.get_by_label("How loud you are")).to_be_visible()
    expect(page.get_by_label("Text to read aloud")).to_be_in_viewport()
    expect(page.get_by_role("timer")).to_have_text("0:02")
    assert float(page.get_by_label("How loud you are").evaluate("meter => meter.value")) > -50
    assert visitor.overhang() <= 0
    press(visitor, "Stop")
    expect(line(visitor)).to_have_text("Recorded. Listen to it, then use it or take it again.")
    press(visitor, "Listen")
    expect(line(visitor)).to_have_text("Playing.")
    expect(page.get_by_role("timer")).to_have_text("0:01")
    expect(line(visitor)).to_have_text("Recorded. Listen to it, then use it or take it again.")
    press(visitor, "Use this")

    expect(page.get_by_text("is converted. Listen to it, then go on.")).to_be_visible()
    expect(page.get_by_label("Text to read aloud")).to_have_value("Good day, this is your bank.")
    seconds = page.locator("#listen audio").evaluate(
        "sound => new Promise((done) => { sound.ontimeupdate = () => sound.currentTime > 0.2 && done(sound.duration);"
        " sound.onerror = () => done(0); sound.play(); })"
    )
    campaign.refresh_from_db()
    voice_file = campaign.voice_file
    assert voice_file.name.startswith("Recording 20")
    assert voice_file.seconds == pytest.approx(seconds, abs=0.2)
    assert 2 <= voice_file.seconds < 5
    assert audio.probe(Path(voice_file.original.path)).container == "wav"
    assert voice_file.remarks == []
    assert visitor.complaints == []


def test_a_recording_larger_than_a_piece_comes_in_pieces_and_needs_a_name_first(equipped, tmp_path):
    visitor = equipped(*hearing(tmp_path / "voice.wav", wav(seconds=5, rate=48_000)))
    page = visitor.page
    visitor.log_in(make_user(is_superuser=True))
    visitor.open("/dialer/voicefile/add/")
    record(visitor, until="0:25")

    press(visitor, "Use this")  # the name is missing
    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.get_by_text("Chosen: Recording 20")).to_be_visible()
    page.get_by_label("Name").fill("My voice")
    with page.expect_request("**/piece/"):
        page.get_by_role("button", name="Upload and convert").click()

    expect(page.get_by_text("“My voice” is converted.")).to_be_visible()
    assert VoiceFile.objects.get(name="My voice").seconds > 24
    assert visitor.complaints == []


def test_by_keyboard_the_next_button_has_the_focus(equipped, tmp_path):
    visitor = equipped(*hearing(tmp_path / "voice.wav", wav(seconds=5, rate=48_000)))
    page = visitor.page
    visitor.log_in(make_user(is_superuser=True))
    visitor.open("/dialer/voicefile/add/")

    def focused(name: str) -> Any:
        return expect(page.get_by_role("button", name=name, exact=True)).to_be_focused()

    page.get_by_role("button", name="Record", exact=True).focus()
    page.keyboard.press("Enter")
    focused("Stop")
    expect(page.get_by_role("timer")).to_have_text("0:01")
    page.keyboard.press("Enter")
    focused("Use this")
    page.get_by_role("button", name="Take again").focus()
    page.keyboard.press("Space")
    focused("Stop")
    expect(page.get_by_role("timer")).to_have_text("0:01")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Discard").focus()
    page.keyboard.press("Enter")
    focused("Record")
    expect(line(visitor)).to_have_text("Discarded.")


def test_a_recording_that_nobody_decided_about_is_not_lost_with_the_form(equipped, tmp_path):
    visitor = equipped(*hearing(tmp_path / "voice.wav", wav(seconds=5, rate=48_000)))
    campaign = make_campaign(account=make_laaffic_account(), voice_delivery="sent_along")
    visitor.log_in(make_user(is_superuser=True))
    visitor.open(f"/dialer/campaign/{campaign.pk}/voice/")
    record(visitor)

    visitor.page.get_by_role("button", name="Save and go on").click()

    expect(line(visitor)).to_have_text("Use the recording or discard it first.")
    press(visitor, "Discard")
    visitor.page.get_by_role("button", name="Save and go on").click()
    visitor.page.wait_for_url("**/numbers/")


def test_silence_and_a_slip_of_the_finger_are_not_offered(equipped, tmp_path):
    visitor = equipped(*hearing(tmp_path / "silence.wav", wav(seconds=5, rate=48_000, hertz=0)))
    visitor.log_in(make_user(is_superuser=True))
    visitor.open("/dialer/voicefile/add/")

    press(visitor, "Record")
    expect(line(visitor)).to_contain_text("Nothing is heard so far.")
    press(visitor, "Stop")
    expect(line(visitor)).to_contain_text("Nothing was heard.")
    expect(visitor.page.get_by_role("button", name="Use this")).to_be_hidden()
    press(visitor, "Record")
    press(visitor, "Stop")
    expect(line(visitor)).to_contain_text("That was too short.")
    expect(visitor.page.get_by_role("button", name="Use this")).to_be_hidden()


@pytest.mark.parametrize(
    ("switches", "sentence"),
    [
        ([f"{ALLOWED}=deny", FAKE], "The browser may not use the microphone here."),
        ([ALLOWED], "No microphone was found."),
    ],
    ids=["denied", "missing"],
)
def test_without_a_microphone_it_is_said_why_and_a_file_can_be_uploaded(equipped, tmp_path, switches, sentence):
    visitor = equipped(*switches)
    (tmp_path / "hello.wav").write_bytes(wav())
    visitor.log_in(make_user(is_superuser=True))
    visitor.open("/dialer/voicefile/add/")

    press(visitor, "Record")
    expect(line(visitor)).to_contain_text(sentence)
    expect(visitor.page.get_by_role("button", name="Record", exact=True)).to_be_focused()

    visitor.page.get_by_label("Name").fill("From a file")
    visitor.page.get_by_label("Sound file").set_input_files(tmp_path / "hello.wav")
    visitor.page.get_by_role("button", name="Upload and convert").click()
    expect(visitor.page.get_by_text("“From a file” is converted.")).to_be_visible()
    assert visitor.complaints == []


def test_a_page_that_does_not_come_by_https_says_that_it_gets_no_microphone(equipped, console, settings):
    settings.ALLOWED_HOSTS = ["*"]
    address = console.replace("localhost", "console.test")
    visitor = equipped(ALLOWED, FAKE, "--host-resolver-rules=MAP console.test 127.0.0.1", address=address)
    visitor.log_in(make_user(is_superuser=True))
    visitor.open("/dialer/voicefile/add/")

    press(visitor, "Record")

    expect(line(visitor)).to_contain_text("only to pages that come by https")
