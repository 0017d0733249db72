"""A test call in Chromium: what came back appears by itself, and the pages fit."""

import pytest
from playwright.sync_api import expect

from dialer.flow import ledger
from dialer.models import Batch, Campaign
from sandbox.laaffic_records import push_body
from tests.carrier import running_laaffic, stored
from tests.factories import make_batch, make_contacts, make_user
from tests.handed_over import calls, spoken

pytest_plugins = ["tests.browser"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_what_came_back_of_a_test_call_appears_without_a_reload(desk):
    with running_laaffic() as carrier:
        campaign = spoken(carrier)
        desk.log_in(make_user(is_superuser=True))
        page = desk.page

        desk.open(f"/dialer/campaign/{campaign.pk}/change/")
        page.get_by_role("link", name="Test call…").click()
        page.get_by_label("Your number").fill("0812 0000 0140")
        page.get_by_role("button", name="Call this number").click()
        expect(page.get_by_text("Your telephone rings in a moment.")).to_be_visible()
        expect(page.get_by_text("Nothing yet. It appears here by itself.")).to_be_visible()
        carrier.wait()
        ledger.apply(stored(carrier.account, push_body(calls(carrier), form="object", fields="new")))

        expect(page.get_by_text("Answered", exact=True)).to_be_visible()
        expect(page.get_by_text("+62 812-0000-0140")).to_be_visible()
        assert page.get_by_label("Your number").input_value() == "+6281200000140"
        assert desk.complaints == []


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_a_batch_at_the_carrier_fits(width: str, request: pytest.FixtureRequest):
    visitor = request.getfixturevalue(width)
    with running_laaffic() as carrier:
        campaign = spoken(carrier, state=Campaign.State.RUNNING)
        batch = make_batch(contacts=make_contacts(2, campaign=campaign), state=Batch.State.ACCEPTED)
        visitor.log_in(make_user(is_superuser=True))
        for door in ("change", "take_back"):
            visitor.open(f"/dialer/batch/{batch.pk}/{door}/")
            assert visitor.overhang() <= 0, door

    assert visitor.complaints == []
