"""Exports in a real browser: ordered from a list, watched while they are written, saved as a file."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from dialer.admin import export_rows
from dialer.models import Campaign, Export
from dialer.terms import Disposition
from tests.factories import make_call_record, make_campaign, make_user

pytest_plugins = ["tests.browser"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DOWNLOADS = "/dialer/export/"


def test_what_is_filtered_is_ordered_watched_and_saved(desk, tmp_path: Path):
    campaign = make_campaign(name="Spring offer", state=Campaign.State.RUNNING)
    make_call_record(campaign=campaign, disposition=Disposition.BUSY)
    make_call_record(campaign=campaign)
    desk.log_in(make_user(is_superuser=True))
    desk.open("/dialer/callrecord/?disposition__exact=busy")
    desk.page.get_by_role("link", name="Export what is filtered").click()
    expect(desk.page.get_by_text("Call records: 1")).to_be_visible()
    expect(desk.page.get_by_text("Disposition: busy")).to_be_visible()
    desk.page.get_by_label("Text with commas").check()
    desk.page.get_by_role("button", name="Export").click()
    expect(desk.page.get_by_text("Waiting")).to_be_visible()

    Export.objects.update(state=Export.State.WRITING, row_count=10, rows_written=4)
    expect(desk.page.locator(".progress-share")).to_have_text("40%")
    Export.objects.update(state=Export.State.WAITING, rows_written=0)
    export_rows.write_next()
    with desk.page.expect_download() as saved:
        desk.page.get_by_role("link", name="Download", exact=True).click()

    assert saved.value.suggested_filename.endswith(".csv")
    saved.value.save_as(tmp_path / "saved.csv")
    assert len((tmp_path / "saved.csv").read_text("utf-8-sig").splitlines()) == 2
    assert desk.complaints == []


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_the_pages_fit(width: str, request: pytest.FixtureRequest):
    visitor = request.getfixturevalue(width)
    campaign = make_campaign(name="Spring offer", state=Campaign.State.RUNNING)
    make_call_record(campaign=campaign)
    user = make_user(is_superuser=True)
    visitor.log_in(user)
    visitor.open(DOWNLOADS)
    expect(visitor.page.get_by_text("No downloads yet")).to_be_visible()
    assert visitor.overhang() <= 0
    for state in Export.State:
        Export.objects.create(
            owner=user,
            kind="calls",
            form="xlsx",
            about="Campaign: Spring offer, Disposition: no answer",
            state=state,
            row_count=100_000,
            rows_written=45_678,
            remark="A sentence about what is odd here." if state == Export.State.FAILED else "",
        )

    for path in (DOWNLOADS, f"/dialer/export/order/contacts/?campaign__id__exact={campaign.pk}"):
        visitor.open(path)
        assert visitor.page.locator("h1").count() == 1
        assert visitor.overhang() <= 0
    visitor.open(f"/dialer/campaign/{campaign.pk}/change/")
    visitor.page.get_by_role("link", name="Export…").click()
    expect(visitor.page.get_by_label("Contacts with results")).to_be_checked()

    assert visitor.complaints == []
