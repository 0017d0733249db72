"""Large files in Chromium: progress, a reload in the middle, a connection that breaks, pause and cancel."""

import random
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from dialer.flow import intake, uploads
from dialer.models import ContactList, PendingUpload, Preference
from dialer.terms import UploadPurpose
from tests.factories import make_campaign, make_user

pytest_plugins = ["tests.browser"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MB = 1024**2
PIECES = 30
LONG = 60_000  # milliseconds: 60 MB on a machine that does other things too


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    """60 MB of people, and no two lines alike."""
    path = tmp_path / "customers.csv"
    note = random.Random(1).randbytes(1000).hex()
    with path.open("w") as file:
        file.write("Name;Phone;Note\n")
        number = 0
        while file.tell() < 60 * MB - 2100:
            number += 1
            file.write(f"Person {number};0812{number:08};{note}\n")
        file.write(" " * (60 * MB - file.tell()))
    return path


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


class Gate:
    """Lets so many pieces through and holds the next until it is opened."""

    def __init__(self, visitor: Any, *, lets: int) -> None:
        self.left = lets
        self.held: list[Route] = []
        visitor.page.route("**/piece/", self._pass)

    def _pass(self, route: Route) -> None:
        if self.left <= 0:
            self.held.append(route)
        else:
            self.left -= 1
            route.continue_()

    def open(self, *, lets: int = PIECES * 10) -> None:
        """The held piece meets a broken connection, if anybody waits for it still; the next go through."""
        self.left = lets
        for route in self.held:
            route.abort()
        self.held.clear()


def complaints(visitor: Any) -> list[str]:
    """Of the browser, but for the connections that the test broke."""
    return [line for line in visitor.complaints if "net::ERR_" not in line]


def choose(visitor: Any, file: Path) -> None:
    visitor.page.get_by_label("Upload a list of numbers").set_input_files(file)
    visitor.page.get_by_role("button", name="Upload", exact=True).click()


@pytest.fixture
def campaign() -> Any:
    return make_campaign()


@pytest.fixture
def boss() -> Any:
    return make_user(is_superuser=True)


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_an_upload_survives_a_reload_and_goes_on(width, request, boss, campaign, customers):
    visitor = request.getfixturevalue(width)
    visitor.log_in(boss)
    page = visitor.page
    visitor.open(f"/dialer/campaign/{campaign.pk}/numbers/")
    gate = Gate(visitor, lets=17)
    choose(visitor, customers)
    expect(page.get_by_text("34.0 of 60.0 MB")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("progressbar", name="Upload of customers.csv")).to_have_attribute("value", str(34 * MB))
    expect(page.get_by_text("50% uploaded")).to_have_count(1)
    assert visitor.overhang() <= 0

    page.reload()

    expect(page.get_by_text("customers.csv: 34.0 MB of 60.0 MB were uploaded.")).to_be_visible()
    assert visitor.overhang() <= 0
    gate.open(lets=1)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose the file…").click()
    chooser.value.set_files(customers)
    expect(page.get_by_text("36.0 of 60.0 MB")).to_be_visible(timeout=LONG)  # and not from the start
    expect(page.get_by_text("customers.csv: 34.0 MB of")).to_be_hidden()
    gate.open()

    page.wait_for_url("**/columns/", timeout=LONG)
    expect(page.get_by_text("“customers.csv” is uploaded.")).to_be_visible()
    assert Path(ContactList.objects.get().file.path).read_bytes() == customers.read_bytes()
    assert not PendingUpload.objects.exists()
    assert complaints(visitor) == []


def test_figures_of_an_upload_are_those_of_the_language(desk, boss, campaign, customers):
    Preference.objects.create(user=boss, language="es")
    desk.log_in(boss)
    desk.open(f"/dialer/campaign/{campaign.pk}/numbers/")
    Gate(desk, lets=3)

    desk.page.locator("#id_file").set_input_files(customers)
    desk.page.locator("input[type=submit]").click()

    expect(desk.page.locator(".upload-line")).to_contain_text("6,0", timeout=LONG)


def test_an_upload_is_paused_and_cancelled(desk, boss, campaign, customers):
    desk.log_in(boss)
    page = desk.page
    desk.open(f"/dialer/campaign/{campaign.pk}/numbers/")
    gate = Gate(desk, lets=3)
    choose(desk, customers)
    expect(page.get_by_text("6.0 of 60.0 MB")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("button", name="Upload", exact=True)).to_be_disabled()

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused at 6.0 of 60.0 MB.").first).to_be_visible()
    gate.open(lets=1)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("8.0 of 60.0 MB")).to_be_visible(timeout=LONG)

    page.get_by_role("button", name="Cancel upload").click()
    expect(page.get_by_text("Removed. Nothing was saved.").first).to_be_visible()
    expect(page.get_by_role("button", name="Upload", exact=True)).to_be_enabled()
    assert not PendingUpload.objects.exists()
    assert not ContactList.objects.exists()
    assert list(uploads.part_path("any").parent.iterdir()) == []
    assert complaints(desk) == []


class SlowLook:
    """The server's look at a list, held until it is let go; as long as it takes with a large workbook."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begins, self.may_end, self.look = Event(), Event(), intake.look
        monkeypatch.setattr(intake, "look", self)

    def __call__(self, contact_list: ContactList, **choices: Any) -> Any:
        self.begins.set()
        self.may_end.wait(LONG / 1000)
        return self.look(contact_list, **choices)


@pytest.mark.parametrize("is_late", [False, True], ids=["in time", "too late"])
def test_a_whole_upload_is_cancelled_while_the_server_looks_at_it(desk, boss, campaign, tmp_path, is_late, monkeypatch):
    people = tmp_path / "people.csv"
    people.write_text("Name;Phone\n" + "".join(f"{'Person ' * 20}{i};0812{i:08}\n" for i in range(16_000)))
    slow = SlowLook(monkeypatch)
    desk.log_in(boss)
    page = desk.page
    desk.open(f"/dialer/campaign/{campaign.pk}/numbers/")
    choose(desk, people)
    assert slow.begins.wait(LONG / 1000)

    if is_late:
        upload = PendingUpload.objects.get()
        with monkeypatch.context() as quick:
            quick.setattr(intake, "look", slow.look)
            with uploads.take(upload.key, boss, UploadPurpose.CONTACT_LIST, campaign=campaign) as file:
                intake.upload(campaign, file, by=boss)
    page.get_by_role("button", name="Cancel upload").click()

    if is_late:
        expect(page.get_by_role("link", name="Choose column")).to_be_visible()
    else:
        expect(page.get_by_text("Removed. Nothing was saved.").first).to_be_visible()
        expect(page.get_by_role("button", name="Upload", exact=True)).to_be_enabled()
        expect(page.get_by_label("Upload a list of numbers")).to_be_enabled()
    slow.may_end.set()
    page.reload()
    assert not PendingUpload.objects.exists()
    assert ContactList.objects.count() == is_late


def test_an_upload_waits_for_the_connection_and_goes_on_by_itself(desk, boss, campaign, customers):
    desk.log_in(boss)
    page = desk.page
    desk.open(f"/dialer/campaign/{campaign.pk}/numbers/")
    gate = Gate(desk, lets=3)
    choose(desk, customers)
    expect(page.get_by_text("6.0 of 60.0 MB")).to_be_visible(timeout=LONG)

    page.context.set_offline(True)
    gate.open()
    expect(page.get_by_text("No connection. Trying again in").first).to_be_visible()
    page.context.set_offline(False)

    page.wait_for_url("**/columns/", timeout=LONG)
    assert Path(ContactList.objects.get().file.path).read_bytes() == customers.read_bytes()


def test_another_file_of_the_same_beginning_starts_anew(desk, boss, campaign, customers):
    desk.log_in(boss)
    page = desk.page
    desk.open(f"/dialer/campaign/{campaign.pk}/numbers/")
    gate = Gate(desk, lets=3)
    choose(desk, customers)
    expect(page.get_by_text("6.0 of 60.0 MB")).to_be_visible(timeout=LONG)
    with customers.open("r+b") as file:
        file.seek(5 * MB)
        file.write(b"!")

    page.reload()
    gate.open()
    choose(desk, customers)

    page.wait_for_url("**/columns/", timeout=LONG)
    assert Path(ContactList.objects.get().file.path).read_bytes() == customers.read_bytes()
    assert complaints(desk) == []
