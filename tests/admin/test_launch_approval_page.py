"""The second person's word on the launch page, and by every other door."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.urls import reverse

from dialer.models import ApiToken, Campaign, LaunchApproval
from tests.admin import visits
from tests.api.conftest import Program
from tests.factories import make_campaign, make_contacts, make_token, make_user

pytestmark = pytest.mark.django_db

MAY = ("dialer.view_campaign", "dialer.launch_campaign")


@pytest.fixture(autouse=True)
def limit(settings: Any) -> None:
    settings.LAUNCH_APPROVAL_ABOVE = 2


@pytest.fixture
def campaign() -> Campaign:
    campaign = make_campaign()
    make_contacts(3, campaign=campaign)
    return campaign


def at(campaign: Campaign, door: str) -> str:
    return reverse(f"admin:dialer_campaign_{door}", args=[campaign.pk])


def state(campaign: Campaign) -> str:
    campaign.refresh_from_db()
    return campaign.state


def test_a_launch_waits_and_another_person_approves_it(campaign):
    asker, other = visits.visitor(*MAY, username="ana"), visits.visitor(*MAY, username="budi")
    asker.post(at(campaign, "launch"))
    assert state(campaign) == "draft"
    assert "Somebody else with the right to launch approves it." in visits.text(asker, at(campaign, "launch"))

    page = visits.text(other, at(campaign, "launch"))
    assert "ana asked on" in page
    assert "Approve and call 3 people" in page
    other.post(at(campaign, "approve"), {"approval": LaunchApproval.objects.get().pk})

    assert state(campaign) == "running"
    assert "budi approved it on" in visits.text(other, at(campaign, "sheet"))


def test_the_asker_can_not_approve_and_may_take_it_back(campaign):
    asker = visits.visitor(*MAY)
    asker.post(at(campaign, "launch"))
    approval = LaunchApproval.objects.get()

    asker.post(at(campaign, "approve"), {"approval": approval.pk})
    assert state(campaign) == "draft"
    asker.post(at(campaign, "decline"), {"approval": approval.pk, "because": "I chose the wrong list."})

    approval.refresh_from_db()
    assert (approval.state, approval.reason) == ("declined", "I chose the wrong list.")
    assert "I chose the wrong list." in visits.text(asker, at(campaign, "launch"))


def test_what_was_asked_for_anew_is_not_approved_by_an_older_page(campaign):
    visits.visitor(*MAY).post(at(campaign, "launch"))
    old = LaunchApproval.objects.get().pk
    visits.visitor(*MAY).post(at(campaign, "launch"))

    visits.visitor(*MAY).post(at(campaign, "approve"), {"approval": old})

    assert state(campaign) == "draft"


def test_a_start_at_a_time_waits_too_and_says_when(campaign):
    asker, other = visits.visitor(*MAY), visits.visitor(*MAY)
    asker.post(at(campaign, "schedule"), {"start_at": "2099-01-05T10:00"})

    assert "It is to start on" in visits.text(other, at(campaign, "launch"))
    other.post(at(campaign, "approve"), {"approval": LaunchApproval.objects.get().pk})

    assert state(campaign) == "scheduled"


def test_who_may_not_launch_decides_nothing(campaign):
    visits.visitor(*MAY).post(at(campaign, "launch"))
    only_edits = visits.visitor("dialer.view_campaign", "dialer.change_campaign")

    for door in ("approve", "decline"):
        assert only_edits.post(at(campaign, door), {"approval": LaunchApproval.objects.get().pk}).status_code == 403
    assert "Decline" not in visits.text(only_edits, at(campaign, "launch"))


def test_it_needs_a_person_who_may_approve_it(campaign):
    asker, other = visits.visitor(*MAY), visits.visitor(*MAY)
    asker.post(at(campaign, "launch"))

    def needs(client):
        return [str(need.attention.text) for need in client.get("/").context["needs"]]

    assert needs(other) == ["Launches that wait for a second person"]
    assert needs(asker) == needs(visits.visitor("dialer.view_campaign")) == []
    assert visits.found(other, visits.list_of("dialer.campaign"), approval="waits") == [campaign.pk]


def test_a_program_is_told_that_it_waits(campaign):
    program = Program("view_campaign", "launch_campaign")

    answer = program.post(f"/campaigns/{campaign.pk}/launch", key="once")
    again = program.post(f"/campaigns/{campaign.pk}/launch", key="once")

    assert (answer.status_code, again.status_code, state(campaign)) == (202, 202, "draft")
    assert answer.json()["callable_count"] == 3
    assert LaunchApproval.objects.get().asked_by == program.user


def test_who_made_the_token_for_somebody_else_does_not_approve_what_was_asked_by_it(campaign):
    maker = visits.visitor(is_superuser=True, username="maker")
    plain = make_token(make_user(*MAY), by=User.objects.get(username="maker"))
    Program(user=ApiToken.objects.get().user, token=plain).post(f"/campaigns/{campaign.pk}/launch")
    asked = {"approval": LaunchApproval.objects.get().pk}

    answer = maker.post(at(campaign, "approve"), asked, follow=True).content.decode()

    assert state(campaign) == "draft"
    assert "It was asked for by a token that you made" in answer
    assert "Approve and call" not in answer
    assert maker.get("/").context["needs"] == []
    visits.visitor(*MAY).post(at(campaign, "approve"), asked)
    assert state(campaign) == "running"


def test_a_command_says_that_it_waits(campaign):
    user = User.objects.get(pk=make_user(*MAY).pk)

    with pytest.raises(CommandError, match="It is asked for now"):
        call_command("campaign", "launch", str(campaign.pk), "--yes", "--by", user.username, stdout=StringIO())

    assert state(campaign) == "draft"
    assert LaunchApproval.objects.get().asked_by == user
