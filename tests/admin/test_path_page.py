"""The guided path of a new campaign: each step an address, saved at once, left and taken up, back without loss."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from dialer.flow import drafts
from dialer.flow.drafts import Step
from dialer.models import Campaign
from dialer.terms import VoiceDelivery
from tests.admin.campaign_forms import PACE, rows
from tests.admin.visits import query_count, text, visitor
from tests.factories import (
    make_account,
    make_campaign,
    make_contact_list,
    make_contacts,
    make_laaffic_account,
    make_skipped_contact,
    make_voice_file,
)

pytestmark = pytest.mark.django_db

VIEW, ADD, CHANGE, LAUNCH = (f"dialer.{verb}_campaign" for verb in ("view", "add", "change", "launch"))
SOUND = "dialer.add_voicefile"
NEW = "/dialer/campaign/new/"


def operator(*more: str):
    return visitor(VIEW, ADD, CHANGE, SOUND, *more)


def door(campaign: Campaign, name: str) -> str:
    return reverse(f"admin:dialer_campaign_{name}", args=[campaign.pk])


def what(**changes: object) -> dict[str, object]:
    return {"name": "Reminder", "purpose": "service", "kind": "message", **changes}


def when(**changes: object) -> dict[str, object]:
    pace = {name: PACE[name] for name in ("batch_size", "numbers_per_minute", "at_carrier_limit", "canary_size")}
    return {**rows("call_windows"), **rows("retry_rules"), **pace, "start": "now", "planned_start": "", **changes}


def fresh_draft(**fields: object) -> Campaign:
    return Campaign.objects.create(name="Reminder", account=fields.pop("account", None) or make_account(), **fields)


def errors(response) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)


# --- What ---------------------------------------------------------------------------------------------------------


def test_the_first_step_makes_a_draft_that_has_no_voice_yet_and_leads_to_it():
    account = make_account()

    response = operator().post(NEW, what(account=account.pk))

    campaign = Campaign.objects.get()
    assert response.url == door(campaign, "voice")
    assert (campaign.state, campaign.voice_file, campaign.account) == (Campaign.State.DRAFT, None, account)
    assert campaign.created_by is not None


def test_the_way_that_asks_least_of_an_operator_is_chosen_first():
    operator().post(NEW, what(account=make_laaffic_account().pk))

    assert Campaign.objects.get().voice_delivery == VoiceDelivery.SENT_ALONG


@pytest.mark.parametrize(
    ("change", "field"), [({"name": "x"}, "name"), ({"account": "999"}, "account"), ({"purpose": "fun"}, "purpose")]
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(change: dict[str, str], field: str):
    response = operator().post(NEW, {**what(account=make_account().pk), **change})

    assert list(errors(response)) == [field]
    assert response.context["adminform"].form["name"].value() == change.get("name", "Reminder")
    assert not Campaign.objects.exists()


def test_a_step_shows_its_own_questions_and_no_others():
    page = text(operator(), NEW)

    assert 'name="account"' in page
    assert 'name="voice_file"' not in page
    assert 'name="ring_seconds"' not in page


def test_a_name_that_is_taken_is_said():
    make_campaign(name="Reminder")

    assert list(errors(operator().post(NEW, what(account=make_account().pk)))) == ["name"]


def test_going_back_to_the_first_step_shows_what_was_said_and_changes_it():
    campaign, client = fresh_draft(), operator()
    assert 'value="Reminder"' in text(client, door(campaign, "what"))

    client.post(door(campaign, "what"), what(name="Second reminder", account=campaign.account_id))

    campaign.refresh_from_db()
    assert campaign.name == "Second reminder"


def test_another_carrier_brings_a_way_that_it_has():
    campaign = fresh_draft(voice_delivery=VoiceDelivery.OUR_ADDRESS)
    other = make_laaffic_account()

    operator().post(door(campaign, "what"), what(account=other.pk))

    campaign.refresh_from_db()
    assert campaign.voice_delivery == VoiceDelivery.SENT_ALONG


# --- When ---------------------------------------------------------------------------------------------------------


def test_hours_pace_and_rules_lead_to_the_check():
    campaign = make_campaign(widened_because="")
    rule = {"disposition": "busy", "more_rounds": "1", "pause_minutes": "30"}

    response = operator().post(
        door(campaign, "when"),
        when(
            **rows("retry_rules", rule),
            same_days=[0, 1],
            same_opens="09:00",
            same_closes="12:00",
            numbers_per_minute="40",
        ),
    )

    assert response.url == door(campaign, "launch")
    campaign.refresh_from_db()
    assert (campaign.numbers_per_minute, campaign.call_windows.count(), campaign.retry_rules.count()) == (40, 2, 1)
    assert Step.WHEN in drafts.standing(campaign).done


def test_a_set_time_is_read_on_the_clock_of_the_people_called_and_starts_nothing():
    campaign, client = make_campaign(), operator()

    client.post(door(campaign, "when"), when(start="later", planned_start="2099-01-05T09:00"))

    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.DRAFT
    assert campaign.start_at is None
    assert campaign.plan.start_at.isoformat() == "2099-01-05T02:00:00+00:00"
    assert "2099-01-05T09:00" in text(client, door(campaign, "when"))
    assert "2099-01-05T09:00" in text(visitor(VIEW, LAUNCH), door(campaign, "launch"))


@pytest.mark.parametrize("at", ["", "2020-01-01T10:00", "tomorrow"])
def test_a_set_time_that_is_none_or_has_passed_is_said_at_its_field(at: str):
    response = operator().post(door(make_campaign(), "when"), when(start="later", planned_start=at, canary_size="7"))

    assert list(errors(response)) == ["planned_start"]
    assert response.context["adminform"].form["canary_size"].value() == "7"


def test_a_set_time_that_nobody_will_see_is_refused_in_words():
    response = operator().post(door(make_campaign(), "when"), when(start="later", planned_start="9999-01-01T10:00"))

    assert errors(response) == {"planned_start": ["This moment is too far away. Choose an earlier one."]}


# --- Leaving and coming back --------------------------------------------------------------------------------------


def test_a_draft_is_taken_up_again_at_the_first_step_that_is_open():
    campaign = fresh_draft()
    assert drafts.standing(campaign).next_step == Step.VOICE

    Campaign.objects.update(voice_file=make_voice_file())
    assert drafts.standing(campaign).next_step == Step.NUMBERS

    make_contacts(2, campaign=campaign)
    assert drafts.standing(campaign).next_step == Step.WHEN

    drafts.confirm_time(campaign, start_at=None)
    assert drafts.standing(campaign).next_step == Step.CHECK


def test_a_list_without_its_column_or_with_nobody_to_call_leaves_the_numbers_open():
    campaign = make_campaign()
    make_skipped_contact("blank", campaign=campaign)
    assert Step.NUMBERS not in drafts.standing(campaign).done

    make_contacts(1, campaign=campaign)
    assert Step.NUMBERS in drafts.standing(campaign).done

    make_contact_list(campaign=campaign, state="uploaded", number_column=None)
    assert Step.NUMBERS not in drafts.standing(campaign).done


def test_unfinished_drafts_say_where_they_go_on():
    campaign = fresh_draft()

    page = text(operator(), NEW)

    assert "goes on at “Voice”" in page
    assert door(campaign, "voice") in page


def test_the_list_of_campaigns_says_where_each_draft_goes_on():
    campaign = fresh_draft()

    page = text(operator(), "/dialer/campaign/")

    assert f'href="{door(campaign, "voice")}">goes on at “Voice”' in page


def test_somebody_may_save_and_finish_later():
    response = operator().post(NEW, what(account=make_account().pk, _later="x"), follow=True)

    assert "Take it up again whenever you like." in response.content.decode()
    assert Campaign.objects.count() == 1


def test_every_step_shows_all_steps_with_words():
    campaign = make_campaign()
    make_contacts(1, campaign=campaign)
    client = operator(LAUNCH)

    for name in ("what", "voice", "numbers", "when", "launch"):
        shown = client.get(door(campaign, name)).context["path"]
        assert [str(step.label) for step in shown] == ["What", "Voice", "Numbers", "When", "Check"]
        assert [step.word for step in shown].count("here") == 1


def test_new_campaigns_begin_with_the_path():
    assert f'href="{NEW}"' in text(operator(), "/dialer/campaign/")
    make_campaign()
    assert f'href="{NEW}"' in text(operator(), "/dialer/campaign/")


@pytest.mark.parametrize("name", ["what", "voice", "when"])
def test_no_step_changes_what_was_launched(name: str):
    campaign = make_campaign(state=Campaign.State.RUNNING)

    response = operator().post(door(campaign, name), what(name="Other", account=campaign.account_id), follow=True)

    assert "Nothing was saved" in response.content.decode()
    campaign.refresh_from_db()
    assert campaign.name != "Other"


@pytest.mark.parametrize("name", ["what", "voice", "when"])
def test_steps_are_for_those_who_may_change_campaigns(name: str):
    assert visitor(VIEW).get(door(make_campaign(), name)).status_code == 403


def test_the_path_is_for_those_who_may_add_campaigns():
    assert visitor(VIEW).get(NEW).status_code == 403


@pytest.mark.parametrize("name", ["what", "voice", "numbers", "when"])
def test_a_step_costs_the_same_for_few_and_for_many(name: str):
    campaign, client = make_campaign(), operator()
    make_contacts(2, campaign=campaign)
    few = query_count(client, door(campaign, name))
    for _ in range(4):
        make_voice_file()
        make_account()
        make_contacts(3, contact_list=campaign.contact_lists.get())

    assert query_count(client, door(campaign, name)) == few


def test_a_start_that_has_passed_meanwhile_is_not_proposed():
    campaign = make_campaign()
    drafts.confirm_time(campaign, start_at=timezone.now() - timedelta(minutes=1))

    assert drafts.planned_start(campaign, now=timezone.now()) is None
