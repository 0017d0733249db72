"""A program changes a draft: what it says and nothing else, by the console's rules."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from dialer.flow import hours
from dialer.models import ApiToken, Campaign
from dialer.terms import Scope
from tests.api.conftest import Program
from tests.factories import (
    make_account,
    make_campaign,
    make_carrier_file,
    make_contacts,
    make_laaffic_account,
    make_voice_file,
)

pytestmark = pytest.mark.django_db
State = Campaign.State

MONDAY = {"weekday": 0, "opens": "09:00", "closes": "12:00"}
TUESDAY = {"weekday": 1, "opens": "10:00", "closes": "11:00"}
BUSY = {"disposition": "busy", "more_rounds": 2, "pause_minutes": 30}


def draft(program: Program, account: Any = None, **wishes: Any) -> dict[str, Any]:
    """Made over the API, as it answers."""
    carrier_file = make_carrier_file(**({"account": account, "voice_file": make_voice_file()} if account else {}))
    document = {"account": carrier_file.account_id, "voice_file": carrier_file.voice_file_id, **wishes}
    answer = program.post("/campaigns", {"name": "Delivery on Monday", **document})
    assert answer.status_code == 201, answer.content
    return answer.json()


def changeable(program: Program) -> set[str]:
    return set(program.get("/openapi.json").json()["components"]["schemas"]["CampaignChange"]["properties"])


def history_of(pk: int) -> list[str]:
    return [entry.get_change_message() for entry in LogEntry.objects.filter(object_id=str(pk)).order_by("pk")]


def test_what_is_said_is_changed_and_all_else_stays(program: Program) -> None:
    made = draft(program, windows=[MONDAY, TUESDAY], again=[BUSY], wants_keypress=True, drops_undialled_today=False)

    answer = program.patch(f"/campaigns/{made['id']}", {"name": "Delivery on Tuesday", "ring_seconds": 45})

    assert answer.status_code == 200, answer.content
    assert answer.json() == made | {"name": "Delivery on Tuesday", "ring_seconds": 45}
    assert answer.json() == program.get(f"/campaigns/{made['id']}").json()
    token = ApiToken.objects.get()
    assert history_of(made["id"])[1:] == [f"Changed by a program: Name, Let it ring for (seconds). ({token})"]


@pytest.mark.parametrize("account", [make_account, make_laaffic_account])
def test_what_was_read_can_be_sent_back_and_changes_nothing(program: Program, account: Any) -> None:
    made = draft(
        program,
        account(),
        windows=[MONDAY],
        again=[BUSY],
        further_accounts=[{"account": make_account().pk, "share": 2}],
    )

    answer = program.patch(f"/campaigns/{made['id']}", {name: made[name] for name in changeable(program)})

    assert (answer.status_code, answer.json()) == (200, made)
    assert history_of(made["id"])[1:] == []


def test_what_has_become_wrong_by_itself_keeps_nobody_from_changing_something_else(program: Program) -> None:
    further = make_laaffic_account()
    later = timezone.now() + timedelta(minutes=1)
    rest = {"again": [BUSY], "further_accounts": [{"account": further.pk, "share": 2}]}
    made = draft(program, make_laaffic_account(country=further.country), carrier_start_at=later.isoformat(), **rest)
    type(further).objects.filter(pk=further.pk).update(is_enabled=False)
    passed = timezone.now() - timedelta(hours=1)
    Campaign.objects.update(carrier_start_at=passed)

    answer = program.patch(f"/campaigns/{made['id']}", {"name": "Other"})

    assert answer.status_code == 200, answer.content
    assert answer.json()["further_accounts"] == made["further_accounts"]
    assert Campaign.objects.get().carrier_start_at == passed


def test_rows_that_are_said_take_the_place_of_all_of_their_kind(program: Program) -> None:
    made = draft(program, windows=[MONDAY, TUESDAY], again=[BUSY])
    path = f"/campaigns/{made['id']}"
    later = TUESDAY | {"closes": "15:00"}

    changed = program.patch(path, {"windows": [later, MONDAY]}).json()
    emptied = program.patch(path, {"windows": []}).json()

    assert (changed["windows"], changed["again"]) == ([MONDAY, later], made["again"])
    assert (emptied["windows"], emptied["again"]) == ([], made["again"])
    assert [said.partition(" (")[0] for said in history_of(made["id"])[1:]] == [
        "Changed by a program: Own hours, day by day."
    ] * 2


def test_null_is_as_for_a_new_campaign(program: Program) -> None:
    made = draft(program, batch_size=10, ring_seconds=45, windows=[MONDAY])

    answer = program.patch(f"/campaigns/{made['id']}", {"batch_size": None, "ring_seconds": None, "windows": None})

    assert answer.json() == made | {"batch_size": None, "ring_seconds": Campaign().ring_seconds, "windows": []}
    nameless = program.patch(f"/campaigns/{made['id']}", {"name": None})
    assert nameless.json()["errors"] == {"name": ["This field is required."]}


def test_a_mistake_is_told_at_its_field_and_leaves_everything_as_it_was(program: Program) -> None:
    made = draft(program, windows=[MONDAY])
    path = f"/campaigns/{made['id']}"

    wrong_wish = program.patch(path, {"name": "Other", "ring_seconds": 5, "windows": [TUESDAY]})
    wrong_row = program.patch(path, {"name": "Other", "windows": [TUESDAY, {"weekday": 2, "opens": "09:00"}]})
    wrong_rule = program.patch(path, {"again": [{"disposition": "answered", "more_rounds": 1, "pause_minutes": 1}]})

    assert [set(answer.json()["errors"]) for answer in (wrong_wish, wrong_row, wrong_rule)] == [
        {"ring_seconds"},
        {"windows.1.closes"},
        {"again.0.disposition"},
    ]
    assert {answer.status_code for answer in (wrong_wish, wrong_row, wrong_rule)} == {422}
    assert program.get(path).json() == made


def test_another_account_is_judged_with_all_that_was_wished(program: Program) -> None:
    made = draft(program, make_laaffic_account(), play_count=2)
    other = make_carrier_file(voice_file=Campaign.objects.get().voice_file, account=make_account()).account_id
    path = f"/campaigns/{made['id']}"

    refused = program.patch(path, {"account": other})
    taken = program.patch(path, {"account": other, "play_count": None})

    assert set(refused.json()["errors"]) == {"play_count"}
    assert (taken.status_code, taken.json()["account"], taken.json()["play_count"]) == (200, other, 1)


@pytest.mark.parametrize("state", [state for state in State if state != State.DRAFT])
def test_only_a_draft_is_changed(program: Program, state: State) -> None:
    campaign = make_campaign(state=state)

    answer = program.patch(f"/campaigns/{campaign.pk}", {"name": "Other"})

    assert answer.status_code == 409
    word = "Take its schedule back" if state == State.SCHEDULED else "launched or cancelled"
    assert word in answer.json()["detail"]
    assert Campaign.objects.get().name == campaign.name


def test_who_may_only_make_drafts_changes_none(program: Program) -> None:
    campaign = make_campaign()
    without_scope = Program("view_campaign", "change_campaign", scopes=[Scope.READ, Scope.LAUNCH])
    without_permission = Program("view_campaign", "add_campaign")

    for other, word in ((without_scope, "scope"), (without_permission, "permission")):
        answer = other.patch(f"/campaigns/{campaign.pk}", {"name": "Other"})
        assert (answer.status_code, word in answer.json()["detail"]) == (403, True)
    assert Campaign.objects.get().name == campaign.name


def test_a_repeated_change_is_carried_out_once(program: Program) -> None:
    path = f"/campaigns/{draft(program)['id']}"
    first = program.patch(path, {"name": "First"}, key="k")
    program.patch(path, {"name": "Second"})

    again = program.patch(path, {"name": "First"}, key="k")

    assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")
    assert Campaign.objects.get().name == "Second"


@pytest.mark.parametrize(
    ("change", "still_holds"),
    [({"name": "Other"}, True), ({"windows": [TUESDAY]}, False), ({"purpose": "debt"}, False)],
)
def test_a_widening_holds_for_just_these_hours_and_this_purpose(
    program: Program, change: dict[str, Any], still_holds: bool
) -> None:
    made = draft(program, windows=[MONDAY])
    hours.widen(Campaign.objects.get(), because="They asked for it in writing.", by=program.user)

    assert program.patch(f"/campaigns/{made['id']}", change).status_code == 200

    assert bool(Campaign.objects.get().widened_because) == still_holds


def test_lists_of_campaigns_with_their_rows_cost_no_query_more_for_each(
    program: Program, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        draft(program, name=f"Campaign {number}", windows=[MONDAY], again=[])

    with django_assert_max_num_queries(9):
        items = program.get("/campaigns").json()["items"]

    assert [item["windows"] for item in items] == [[MONDAY]] * 6


def test_what_stands_against_a_launch_says_where_to_mend_it(program: Program) -> None:
    campaign = make_campaign(start_at=timezone.now() + timedelta(hours=1))
    path = f"/campaigns/{campaign.pk}/preflight"

    empty = program.get(path).json()["problems"]
    make_contacts(1, campaign=campaign)
    type(campaign.account).objects.update(is_enabled=False)
    resting = program.get(path).json()["problems"]

    assert [(one["place"], one["row"]) for one in empty] == [("numbers", None)]
    assert [(one["place"], one["row"]) for one in resting] == [
        ("row", {"kind": "account", "id": campaign.account_id}),
    ]
    assert "nobody to call" in empty[0]["sentence"]
