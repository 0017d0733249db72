"""Files dropped onto a form in Chromium: taken where one file can be, refused in words where not."""

import random
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from dialer.models import ContactList, VoiceFile
from tests.admin.test_upload_browser import Gate
from tests.factories import make_campaign, make_user, wav

pytest_plugins = ["tests.browser"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PEOPLE = b"Name;Phone\nAna;081200000001\n"
MB = 1024**2


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


class Hand:
    """Drags files from this machine over an area of a page, as a person does."""

    def __init__(self, visitor: Any, area: str, *files: Path) -> None:
        self.visitor, self.files = visitor, files
        self.session = visitor.page.context.new_cdp_session(visitor.page)
        self.area = visitor.page.locator(area)

    def hover(self) -> None:
        self._drag("dragEnter")
        self._drag("dragOver")

    def leave(self) -> None:
        Hand(self.visitor, "h1", *self.files).hover()

    def drop(self) -> None:
        self.hover()
        self._drag("drop")

    def _drag(self, kind: str) -> None:
        box = self.area.bounding_box()
        self.session.send(
            "Input.dispatchDragEvent",
            {
                "type": kind,
                "x": box["x"] + box["width"] / 2,
                "y": box["y"] + box["height"] / 2,
                "data": {"items": [], "files": [str(file) for file in self.files], "dragOperationsMask": 1},
            },
        )


@pytest.fixture
def numbers(desk: Any) -> Any:
    """The page on which a draft gets its numbers."""
    desk.log_in(make_user(is_superuser=True))
    desk.open(f"/dialer/campaign/{make_campaign().pk}/numbers/")
    return desk


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_bytes(PEOPLE)
    return path


def test_a_dropped_list_is_taken_and_said_with_its_size(numbers, people):
    page, area = numbers.page, numbers.page.locator(".drop-area")
    expect(area.get_by_role("status")).to_have_text("Or drop the file here.")
    hand = Hand(numbers, ".drop-area", people)

    hand.hover()
    expect(area).to_have_attribute("data-drop", "taken")
    expect(area.get_by_role("status")).to_have_text("Let go, and this file is taken.")
    hand.leave()
    expect(area).to_have_attribute("data-drop", "")
    expect(area.get_by_role("status")).to_have_text("Or drop the file here.")
    hand.drop()
    expect(area.get_by_role("status")).to_have_text(f"Chosen: people.csv, {len(PEOPLE)} bytes.")
    page.get_by_role("button", name="Upload", exact=True).click()

    page.wait_for_url("**/columns/")
    assert Path(ContactList.objects.get().file.path).read_bytes() == PEOPLE
    assert numbers.complaints == []


def test_a_large_list_that_is_dropped_again_after_a_reload_goes_on(numbers, tmp_path):
    page = numbers.page
    large = tmp_path / "large.csv"
    note = random.Random(1).randbytes(1000).hex()
    large.write_text("Name;Phone;Note\n" + "".join(f"Person {i};0812{i:08};{note}\n" for i in range(4100)))
    hand = Hand(numbers, ".drop-area", large)
    gate = Gate(numbers, lets=1)
    hand.drop()
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_text("2.0 of 7.9 MB")).to_be_visible()
    hand.drop()
    expect(page.get_by_text("An upload is under way.")).to_be_visible()

    page.reload()
    gate.open()
    expect(page.get_by_text("large.csv: 2.0 MB of")).to_be_visible()
    hand.drop()
    with page.expect_request("**/piece/") as first:
        page.get_by_role("button", name="Upload", exact=True).click()

    assert first.value.headers["upload-offset"] == str(2 * MB)
    page.wait_for_url("**/columns/")
    assert Path(ContactList.objects.get().file.path).read_bytes() == large.read_bytes()


@pytest.mark.parametrize(
    ("brought", "sentence"),
    [
        (["people.csv", "others.csv"], "One file at a time, please. Nothing was taken."),
        (["folder"], "This is a folder. Open it and drop the file itself; nothing was taken."),
    ],
)
def test_what_is_not_one_file_is_refused_in_words(numbers, people, tmp_path, brought, sentence):
    (tmp_path / "others.csv").write_bytes(PEOPLE)
    (tmp_path / "folder").mkdir()

    Hand(numbers, ".drop-area", *(tmp_path / name for name in brought)).drop()

    expect(numbers.page.locator(".drop-area").get_by_role("status")).to_have_text(sentence)
    assert numbers.page.evaluate("document.querySelector('.drop-area input').files.length") == 0
    assert numbers.complaints == []


def test_beside_the_area_nothing_is_taken_and_the_page_stays(numbers, people):
    here = numbers.page.url

    Hand(numbers, "h1", people).drop()

    expect(numbers.page.locator(".drop-area").get_by_role("status")).to_have_text("Or drop the file here.")
    assert numbers.page.url == here
    assert len(numbers.page.context.pages) == 1


def test_a_sound_is_dropped_onto_the_step_and_onto_the_page_of_voice_files(desk, tmp_path):
    desk.log_in(make_user(is_superuser=True))
    (tmp_path / "hello.wav").write_bytes(wav())
    campaign = make_campaign(voice_file=None)

    desk.open(f"/dialer/campaign/{campaign.pk}/voice/")
    Hand(desk, ".field-new_sound", tmp_path / "hello.wav").drop()
    desk.page.get_by_role("button", name="Save and go on").click()
    expect(desk.page.get_by_text("Listen to it, then go on.")).to_be_visible()
    desk.open("/dialer/voicefile/add/")
    desk.page.get_by_label("Name").fill("Once more")
    Hand(desk, ".form-row:has([type=file])", tmp_path / "hello.wav").drop()
    desk.page.get_by_role("button", name="Upload and convert").click()
    expect(desk.page.get_by_text("is converted.")).to_be_visible()

    assert VoiceFile.objects.filter(name__in=["hello", "Once more"], original_name="hello.wav").count() == 2
    assert desk.complaints == []
