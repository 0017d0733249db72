"""Roles, teams and approvals as people see them: nothing hangs over, nobody's browser complains."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from dialer.flow import approvals
from dialer.models import Campaign
from tests.factories import make_account, make_campaign, make_contacts, make_team, make_user

pytest_plugins = ["tests.browser"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIZES = {"desk": (1440, 900), "phone": (390, 844)}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_users_teams_and_a_launch_that_waits_fit_on_a_desk_and_a_phone(
    desk: Any, settings: Any, tmp_path: Any, size: str, scheme: str
) -> None:
    settings.LAUNCH_APPROVAL_ABOVE = 2
    desk.page.set_viewport_size(dict(zip(("width", "height"), SIZES[size], strict=True)))
    desk.page.emulate_media(color_scheme=scheme)
    asker = make_user(username="ana")
    asker.groups.add(*Group.objects.filter(name__in=["Operator", "Launcher"]))
    campaign: Campaign = make_campaign()
    make_contacts(3, campaign=campaign)
    approvals.ask(campaign, by=asker)
    team = make_team(name="Jakarta", accounts=[campaign.account, make_account()])
    team.members.add(asker)
    desk.log_in(make_user(is_superuser=True))

    for name, address in {
        "users": "/auth/user/",
        "user": f"/auth/user/{asker.pk}/change/",
        "add": "/auth/user/add/",
        "teams": "/dialer/team/",
        "team": f"/dialer/team/{team.pk}/change/",
        "approval": f"/dialer/campaign/{campaign.pk}/launch/",
    }.items():
        desk.open(address)
        desk.page.screenshot(path=tmp_path / f"{name}-{size}-{scheme}.png", full_page=True)
        assert desk.overhang() <= 0, address

    desk.page.get_by_role("button", name="Approve and call 3 people").click()
    desk.page.get_by_role("status").get_by_text("Approved. It is launched as it was asked for.").wait_for()
    assert desk.complaints == []


def test_each_role_finds_just_its_own_doors(desk: Any) -> None:
    """One prepares and cannot launch, another launches and cannot edit, a third only looks."""
    campaign: Campaign = make_campaign()
    make_contacts(3, campaign=campaign)
    page, sheet = desk.page, f"/dialer/campaign/{campaign.pk}/launch/"
    call = page.get_by_role("button", name="Call 3 people")

    def as_role(name: str) -> None:
        page.context.clear_cookies()
        person = make_user(username=name.lower())
        person.groups.add(Group.objects.get(name=name))
        desk.log_in(person)

    as_role("Operator")
    desk.open(f"/dialer/campaign/{campaign.pk}/when/")
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    desk.open(sheet)
    expect(page.get_by_text("It is launched by somebody who has the right to.")).to_be_visible()
    expect(call).to_have_count(0)

    as_role("Launcher")
    assert page.goto(f"{desk.address}/dialer/campaign/{campaign.pk}/when/").status == 403
    desk.open(sheet)
    call.click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()

    as_role("Viewer")
    desk.open(f"/dialer/campaign/{campaign.pk}/change/")
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    desk.open("/dialer/contact/")
    expect(page.locator("main")).to_contain_text("•")
    assert [line for line in desk.complaints if "403" not in line] == []
