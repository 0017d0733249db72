"""A campaign from its making to its end, by a program: the console's rules, said at the fields."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dialer.admin.campaign_form import OF_A_DRAFT
from dialer.flow import intake
from dialer.models import Batch, Campaign, Contact, ContactList
from dialer.terms import Disposition, SkipReason
from tests.api.conftest import Program
from tests.factories import (
    make_account,
    make_batch,
    make_call_record,
    make_campaign,
    make_carrier_file,
    make_contacts,
    make_laaffic_account,
    make_skipped_contact,
    make_voice_file,
    settle,
)

pytestmark = pytest.mark.django_db
State = Campaign.State


def wishes(**fields: Any) -> dict[str, Any]:
    carrier_file = make_carrier_file()
    return {
        "name": "Delivery on Monday",
        "account": carrier_file.account_id,
        "voice_file": carrier_file.voice_file_id,
        **fields,
    }


def ready_campaign(people: int = 3) -> Campaign:
    campaign = make_campaign()
    make_contacts(people, campaign=campaign)
    return campaign


def test_a_draft_has_the_consoles_defaults_for_what_is_not_said(program: Program) -> None:
    answer = program.post("/campaigns", wishes())

    assert answer.status_code == 201, answer.content
    made, usual = Campaign.objects.get(pk=answer.json()["id"]), Campaign()
    names = ["ring_seconds", "drops_undialled_today", "canary_size", "purpose", "play_count", "wants_keypress"]
    assert {name: getattr(made, name) for name in names} == {name: getattr(usual, name) for name in names}
    assert made.created_by == program.user
    assert (made.state, answer.json()["state"]) == (State.DRAFT, "draft")


def test_every_wish_of_the_consoles_form_can_be_said(program: Program) -> None:
    document = program.get("/openapi.json").json()
    known = set(document["components"]["schemas"]["CampaignIn"]["properties"])
    flat = [
        name
        for _, part in OF_A_DRAFT
        for entry in part["fields"]
        for name in ([entry] if isinstance(entry, str) else entry)
    ]

    assert {name for name in flat if not name.startswith("same_")} <= known


def test_windows_rules_and_further_accounts_come_with_it(program: Program) -> None:
    other = make_account()
    document = wishes(
        windows=[
            {"weekday": 0, "opens": "09:00", "closes": "12:00"},
            {"weekday": 1, "opens": "10:00", "closes": "11:00"},
        ],
        again=[{"disposition": "busy", "more_rounds": 2, "pause_minutes": 30}],
        further_accounts=[{"account": other.pk, "share": 2, "voice_delivery": "sent_along"}],
        wants_keypress=True,
        opt_out_key="9",
        drops_undialled_today=False,
    )
    answer = program.post("/campaigns", document)

    assert answer.status_code in (201, 422), answer.content
    if answer.status_code == 422:  # this carrier takes no voice along
        assert set(answer.json()["errors"]) == {"further_accounts.0.voice_delivery"}
        del document["further_accounts"][0]["voice_delivery"]
        answer = program.post("/campaigns", document)
    made = Campaign.objects.get(pk=answer.json()["id"])
    assert [str(window) for window in made.call_windows.all()] == ["Monday 09:00–12:00", "Tuesday 10:00–11:00"]
    assert made.retry_rules.get().more_rounds == 2
    assert made.routes.get().share == 2
    assert (made.opt_out_key, made.drops_undialled_today) == ("9", False)


def test_mistakes_are_sentences_at_their_fields_and_nothing_is_made(program: Program) -> None:
    document = wishes(
        name="x",
        ring_seconds=5,
        opt_out_key="9",
        again=[{"disposition": "answered", "more_rounds": 1, "pause_minutes": 1}],
    )
    answer = program.post("/campaigns", document)

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    errors = answer.json()["errors"]
    assert {"name", "ring_seconds", "opt_out_key"} <= set(errors)
    assert errors["opt_out_key"] == ["Collect key presses too, or nobody’s wish is heard."]
    assert not Campaign.objects.exists()


def test_mistakes_of_rows_say_which_row(program: Program) -> None:
    document = wishes(again=[{"disposition": "answered", "more_rounds": 1, "pause_minutes": 1}])

    assert "again.0.disposition" in program.post("/campaigns", document).json()["errors"]


def test_what_the_carrier_cannot_do_is_said_at_its_field(program: Program) -> None:
    errors = program.post("/campaigns", wishes(sms_text="Thank you")).json()["errors"]

    assert "can't do this" in errors["sms_text"][0]


def test_a_moment_is_read_with_its_zone(program: Program) -> None:
    account = make_laaffic_account()
    voice_file = make_voice_file()
    make_carrier_file(account=account, voice_file=voice_file)
    start = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    document = {"name": "Later", "account": account.pk, "voice_file": voice_file.pk}
    answer = program.post("/campaigns", document | {"carrier_start_at": start.isoformat()})

    assert answer.status_code == 201, answer.content
    assert Campaign.objects.get().carrier_start_at == start
    naive = program.post("/campaigns", document | {"carrier_start_at": "2030-01-01T10:00:00"})
    assert "carrier_start_at" in naive.json()["errors"]


def test_an_unknown_field_is_a_mistake(program: Program) -> None:
    assert "colour" in program.post("/campaigns", wishes(colour="red")).json()["errors"]


def test_campaigns_are_listed_page_by_page(program: Program) -> None:
    made = [make_campaign().pk for _ in range(3)]
    first = program.get("/campaigns", limit=2).json()
    second = program.get("/campaigns", limit=2, after=first["next"]).json()

    assert [row["id"] for row in first["items"] + second["items"]] == made
    assert second["next"] is None


def test_a_launch_says_what_it_did_and_runs(program: Program) -> None:
    campaign = ready_campaign()
    sheet = program.get(f"/campaigns/{campaign.pk}/preflight").json()
    launched = program.post(f"/campaigns/{campaign.pk}/launch")

    assert launched.status_code == 200, launched.content
    assert (sheet["callable_count"], launched.json()["callable_count"]) == (3, 3)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.launched_by) == (State.RUNNING, program.user)


def test_what_stands_against_a_launch_is_said_and_nothing_happens(program: Program) -> None:
    campaign = make_campaign()
    answer = program.post(f"/campaigns/{campaign.pk}/launch")

    assert answer.status_code == 409
    assert "nobody to call" in answer.json()["detail"]
    assert Campaign.objects.get().state == State.DRAFT


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"])
def test_a_start_at_the_end_of_the_calendar_is_refused(program: Program, moment: str) -> None:
    campaign = make_campaign()

    refused = program.post(f"/campaigns/{campaign.pk}/schedule", {"start_at": moment})

    assert "start_at" in refused.json()["errors"]


def test_a_campaign_is_scheduled_taken_back_paused_resumed_and_cancelled(program: Program) -> None:
    campaign = ready_campaign()
    path = f"/campaigns/{campaign.pk}"
    start = timezone.now() + timedelta(hours=2)
    states = []
    for order, document in (
        ("schedule", {"start_at": start.isoformat()}),
        ("unschedule", {}),
        ("launch", {}),
        ("pause", {"because": "Lunch."}),
        ("resume", {}),
        ("cancel", {}),
    ):
        answer = program.post(f"{path}/{order}", document)
        assert answer.status_code == 200, (order, answer.content)
        states.append(program.get(path).json()["state"])

    assert states == ["scheduled", "draft", "running", "paused", "running", "cancelled"]
    assert program.post(f"{path}/resume").status_code == 409


def test_the_status_tells_where_everybody_is(program: Program) -> None:
    campaign = make_campaign(state=State.RUNNING)
    make_skipped_contact(SkipReason.BLANK, campaign=campaign)
    batch = make_batch(contacts=make_contacts(3, campaign=campaign), state=Batch.State.ACCEPTED)
    settle(batch.attempts.all()[:1], Disposition.ANSWERED, keypress="1")
    seen = program.get(f"/campaigns/{campaign.pk}/status").json()

    assert (seen["settled"], seen["at_the_carrier"], seen["callable_count"]) == (1, 2, 3)
    assert seen["skipped"] == [{"reason": "blank", "count": 1}]
    assert (seen["dispositions"], seen["keypresses"]) == ({"answered": 1}, {"1": 1})


def test_numbers_become_a_list_whose_every_row_has_a_fate(program: Program) -> None:
    campaign = make_campaign()
    numbers = [
        {"number": text}
        for text in ("0812 0000 0001", "+62-812-0000-0001", "not a number", "0812;0813", "'081299998888")
    ]
    answer = program.post(f"/campaigns/{campaign.pk}/numbers", {"numbers": numbers, "name": "orders"})
    assert answer.status_code == 201, answer.content
    assert answer.json()["state"] == "uploaded"
    while intake.read_next():
        pass

    seen = program.get(f"/campaigns/{campaign.pk}/lists/{answer.json()['id']}").json()
    assert (seen["state"], seen["row_count"], seen["name"]) == ("ready", 5, "orders.csv")
    assert seen["to_call"] + sum(one["count"] for one in seen["skipped"]) == 5
    rows = program.get(f"/campaigns/{campaign.pk}/results").json()["items"]
    assert [row["row_number"] for row in rows] == [2, 3, 4, 5, 6]
    assert (rows[0]["number"], rows[1]["skip_reason"], rows[1]["duplicate_of_row"]) == (
        "+6281200000001",
        "duplicate",
        2,
    )
    assert rows[2]["raw"] == "not a number"


def test_texts_come_with_numbers_where_a_carrier_is_told_them(program: Program) -> None:
    account = make_laaffic_account()
    campaign = make_campaign(account=account)
    numbers = [{"number": "081200000001", "texts": ["Adi", 'Rp 5.000, "net"']}, {"number": "081200000002"}]
    answer = program.post(f"/campaigns/{campaign.pk}/numbers", {"numbers": numbers})
    while intake.read_next():
        pass

    assert answer.status_code == 201, answer.content
    assert Contact.objects.order_by("pk").first().texts == ["Adi", 'Rp 5.000, "net"']
    other = program.post(f"/campaigns/{make_campaign().pk}/numbers", {"numbers": numbers})
    assert "numbers" in other.json()["errors"]


def test_a_file_is_read_with_the_columns_that_were_chosen(program: Program, tmp_path: Any) -> None:
    campaign = make_campaign()
    path = tmp_path / "people.csv"
    path.write_text("phone;mobile\n021;081200000001\n022;081200000002\n")
    with path.open("rb") as file:
        answer = program.upload(f"/campaigns/{campaign.pk}/lists", file=file, number_column=2)
    while intake.read_next():
        pass

    assert answer.status_code == 201, answer.content
    assert answer.json()["number_column"] == 2
    assert Contact.objects.filter(skip_reason="").count() == 2


def test_a_column_that_is_not_there_leaves_nothing_behind(program: Program, tmp_path: Any) -> None:
    campaign = make_campaign()
    path = tmp_path / "people.csv"
    path.write_text("phone\n081200000001\n")
    with path.open("rb") as file:
        answer = program.upload(f"/campaigns/{campaign.pk}/lists", file=file, number_column=7)

    assert answer.status_code == 409
    assert not ContactList.objects.exists()


def test_numbers_cannot_be_added_after_the_launch(program: Program) -> None:
    campaign = make_campaign(state=State.RUNNING)
    answer = program.post(f"/campaigns/{campaign.pk}/numbers", {"numbers": [{"number": "081200000001"}]})

    assert answer.status_code == 409


def test_results_tell_what_became_of_each_person(program: Program) -> None:
    campaign = make_campaign(state=State.RUNNING)
    batch = make_batch(contacts=make_contacts(2, campaign=campaign), state=Batch.State.ACCEPTED)
    attempt = batch.attempts.first()
    settle([attempt], Disposition.ANSWERED, keypress="2")
    call = make_call_record(attempt=attempt)
    first, second = program.get(f"/campaigns/{campaign.pk}/results").json()["items"]

    assert (first["state"], first["disposition"], first["keypress"]) == ("settled", "answered", "2")
    assert (first["call_records"], first["talk_seconds"]) == ([call.pk], 12)
    assert second["state"] == "at_the_carrier"


def test_results_take_the_same_number_of_queries_for_any_page(
    program: Program, django_assert_max_num_queries: Any
) -> None:
    campaign = make_campaign(state=State.RUNNING)
    make_batch(contacts=make_contacts(30, campaign=campaign), state=Batch.State.ACCEPTED)
    with django_assert_max_num_queries(8):
        page = program.get(f"/campaigns/{campaign.pk}/results", limit=20).json()
    assert len(page["items"]) == 20


def test_only_the_rows_that_were_asked_for_come(program: Program) -> None:
    campaign = make_campaign()
    make_contacts(2, campaign=campaign)
    make_skipped_contact(SkipReason.BLANK, campaign=campaign)
    path = f"/campaigns/{campaign.pk}/results"

    assert len(program.get(path, skip_reason="none").json()["items"]) == 2
    assert len(program.get(path, skip_reason="blank").json()["items"]) == 1
