"""The player of the lists in a real browser: one for all, nothing loaded before somebody presses play."""

import re

import pytest
from playwright.sync_api import expect

from recordings.models import Recording
from tests import factories
from tests.admin.visits import list_of
from tests.recordings.kept import make_recording

pytest_plugins = ["tests.browser"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# The policy lets no page evaluate strings, which `wait_for_function` does: the sound's own events are waited for.
UNTIL = "(sound, event) => new Promise((resolve) => sound.addEventListener(event, resolve, { once: true }))"
SEEK = "(sound) => new Promise((resolve) => { sound.onseeked = resolve; sound.pause(); sound.currentTime = 1; })"


def kept(number: str) -> Recording:
    recording = make_recording(call_record=factories.make_call_record(number=number), state=Recording.State.STORED)
    with recording.file.open("wb") as file:
        file.write(factories.mp3())
    return recording


@pytest.mark.parametrize("model", ["recordings.recording", "dialer.callrecord"])
def test_one_player_plays_whichever_recording_is_pressed(desk, model):
    kept("+6281234567890")
    kept("+6281234567891")
    boss = factories.make_user(is_superuser=True)
    asked = []
    desk.page.on("request", lambda request: asked.append(request.url) if "/sound" in request.url else None)
    desk.log_in(boss)
    desk.open(list_of(model))
    assert asked == []

    buttons = desk.page.locator("a.play")
    for button in (buttons.nth(0), buttons.nth(1)):
        button.click()
        expect(desk.page.locator("section.player audio")).to_have_attribute(
            "src", desk.address + button.get_attribute("href")
        )
        expect(button).to_have_attribute("aria-current", "true")

    expect(desk.page.locator("section.player")).to_have_count(1)
    expect(desk.page.locator("section.player")).to_contain_text("+62 812-3456-7890")
    sound = desk.page.locator("section.player audio")
    assert (
        sound.evaluate(
            f"async (sound) => {{ sound.duration || await ({UNTIL})(sound, 'loadedmetadata'); return sound.duration }}"
        )
        > 1
    )
    assert desk.complaints == []


def test_whoever_seeks_hears_on_from_there(desk):
    kept("+6281234567890")
    desk.log_in(factories.make_user(is_superuser=True))
    desk.open(list_of("recordings.recording"))
    desk.page.locator("a.play").click()
    sound = desk.page.locator("section.player audio")
    sound.evaluate(f"(sound) => sound.currentTime || ({UNTIL})(sound, 'timeupdate')")

    sound.evaluate(SEEK)

    assert sound.evaluate("(sound) => sound.currentTime") == 1
    sound.evaluate("(sound) => sound.play()")
    sound.evaluate(f"(sound) => ({UNTIL})(sound, 'ended')")
    assert sound.evaluate("(sound) => sound.currentTime") > 1
    assert desk.complaints == []


def test_a_recording_that_is_gone_is_told_of_in_a_sentence(desk):
    kept("+6281234567890")
    desk.log_in(factories.make_user(is_superuser=True))
    desk.open(list_of("recordings.recording"))
    desk.page.route("**/sound", lambda route: route.fulfill(status=404))

    desk.page.locator("a.play").click()

    player = desk.page.get_by_role("region", name="Player")
    expect(player).to_contain_text(re.compile(r"\+62 812-3456-7890 · .* – This recording can’t be played\."))


def test_the_player_fits_a_phone(phone):
    kept("+6281234567890")
    phone.log_in(factories.make_user(is_superuser=True))
    phone.open(list_of("recordings.recording"))
    phone.page.locator("a.play").click()
    expect(phone.page.locator("section.player")).to_be_visible()
    assert phone.overhang() <= 0
    assert phone.complaints == []
