"""The form of a campaign: what it may wish is what the account's carrier can do, and a broken limit names its field."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.utils import timezone

from dialer.models import Account, Campaign, CarrierPeriod, Route
from dialer.terms import CampaignKind, SpeakerVoice, VoiceDelivery
from tests.admin.campaign_forms import (
    ADD,
    CHANGE,
    LIST,
    PACE,
    VIEW,
    add,
    door,
    errors,
    form,
    ready_campaign,
    rows,
    spoken,
)
from tests.admin.visits import page_of, text, visitor
from tests.factories import (
    make_account,
    make_campaign,
    make_laaffic_account,
    make_voice_file,
)

pytestmark = pytest.mark.django_db

WISHES = {
    "sms_text": "Thank you, ${text1}.",
    "sms_sender_id": "Bank",
    "sms_on_key": "1",
    "play_count": "2",
    "play_delay_seconds": "1",
    "hangup_delay_seconds": "3",
    "transfer_group": "1000019",
    "transfer_key": "2",
    "transfer_rate": "3",
}


def part_errors(response: HttpResponse, prefix: str) -> tuple[list[Any], list[str]]:
    """Of the rows by field, and of all rows together."""
    rows = next(part.formset for part in response.context["inline_admin_formsets"] if part.formset.prefix == prefix)
    return [dict(each) for each in rows.errors], list(rows.non_form_errors())


# --- What the account's carrier can do ----------------------------------------------------------------------------


def test_the_browser_is_told_what_each_account_can_do_and_what_all_of_them_can():
    plain, rich = make_account(), make_laaffic_account(country="TH")

    abilities = visitor(VIEW, ADD).get(f"{LIST}add/").context["abilities"]

    assert "hangup_sms" not in abilities["accounts"][str(plain.pk)]["features"]
    assert "hangup_sms" in abilities["accounts"][str(rich.pk)]["features"]
    assert abilities["accounts"][str(rich.pk)]["zone"] == "Asia/Bangkok"
    assert abilities["fields"]["sms_text"] == "hangup_sms"
    assert "hangup_sms" not in abilities["common"]["features"]
    assert abilities["common"]["deliveries"] == ["carrier_file"]


def test_without_a_script_every_wish_stands_in_the_page():
    make_laaffic_account()

    page = text(visitor(VIEW, ADD), f"{LIST}add/")

    for name in WISHES:
        assert f'name="{name}"' in page
    assert "carrier_periods-TOTAL_FORMS" in page
    assert '<option value="th">Thai</option>' in page


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("play_count", "2"),
        ("play_delay_seconds", "1"),
        ("hangup_delay_seconds", "1"),
        ("sms_text", "Hello"),
        ("transfer_group", "7"),
        ("carrier_start_at", "2099-01-01T10:00"),
    ],
)
def test_a_wish_beyond_the_carrier_is_told_at_its_field(name: str, value: str):
    response = add(account=make_account().pk, **{name: value})

    assert list(errors(response)) == [name]
    assert "can't do this" in errors(response)[name][0]
    assert not Campaign.objects.exists()


def test_a_way_of_the_message_that_the_carrier_does_not_take_is_told_at_its_field():
    response = add(account=make_account().pk, voice_delivery="sent_along")

    assert list(errors(response)) == ["voice_delivery"]


def test_what_is_hidden_is_not_sent_and_keeps_its_default():
    """As the browser does it once an account without these wishes is chosen."""
    draft = make_campaign(
        account=make_laaffic_account(), sms_text="Hello", sms_on_key="1", play_count=3, transfer_group="7"
    )
    plain = make_account()

    sent = form(draft, account=plain.pk)
    response = visitor(VIEW, CHANGE).post(page_of(draft), sent)

    assert response.status_code == 302, errors(response)
    draft.refresh_from_db()
    assert draft.account == plain
    assert (draft.sms_text, draft.sms_on_key, draft.play_count, draft.transfer_group) == ("", "", 1, "")


def test_a_box_that_the_carrier_does_not_know_is_as_for_a_new_campaign():
    response = add(account=make_account().pk)
    assert response.status_code == 302
    sent = form(account=make_laaffic_account().pk, name="Another", voice_file=make_voice_file().pk)
    del sent["drops_undialled_today"], sent["remark"]

    assert visitor(VIEW, ADD).post(f"{LIST}add/", sent).status_code == 302
    assert Campaign.objects.get(name="Another").drops_undialled_today


def test_a_batch_is_no_larger_than_the_carrier_takes_of_this_kind():
    assert list(errors(add(account=make_account().pk, batch_size="5001"))) == ["batch_size"]
    told = errors(add(account=make_account().pk, batch_size="2", kind="voice_menu", transfer_group="g"))
    assert told == {"batch_size": ["This carrier takes at most 1 number at a time."]}


def test_a_voice_menu_needs_the_group_that_takes_over():
    response = add(account=make_account().pk, kind="voice_menu")

    assert list(errors(response)) == ["transfer_group"]
    assert add(account=make_account().pk, kind="voice_menu", transfer_group="extGroup-1").status_code == 302
    assert Campaign.objects.get().kind == CampaignKind.VOICE_MENU


def test_a_kind_that_the_carrier_does_not_have_is_told_at_its_field():
    response = add(account=make_laaffic_account().pk, kind="voice_menu", transfer_group="1000019")

    assert list(errors(response)) == ["kind"]


# --- The voice ----------------------------------------------------------------------------------------------------


def test_a_text_is_spoken_in_the_place_of_a_file():
    response = add(
        account=make_laaffic_account().pk, **spoken(speech_voice="female", speech_speed="0.8", speech_accent="91")
    )

    assert response.status_code == 302, errors(response)
    campaign = Campaign.objects.get()
    assert campaign.voice_file is None
    assert campaign.voice_delivery == VoiceDelivery.SPOKEN_TEXT
    assert (campaign.speech_language, campaign.speech_voice, campaign.speech_speed) == ("id", SpeakerVoice.FEMALE, 0.8)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"voice_delivery": "carrier_file"}, "voice_file"),
        ({"speech_text": " "}, "speech_text"),
        ({"speech_language": ""}, "speech_language"),
        ({"speech_language": "xx"}, "speech_language"),
        ({"speech_text": "Dear ${name}"}, "speech_text"),
        ({"speech_text": "x" * 1001}, "speech_text"),
        ({"speech_speed": "9"}, "speech_speed"),
        ({"sms_text": "${text11}"}, "sms_text"),
        ({"sms_text": "Hello"}, "sms_text"),  # this account has no application for SMS
        ({"play_count": "10"}, "play_count"),
        ({"max_call_seconds": "1000"}, "max_call_seconds"),
        ({"play_delay_seconds": "1000"}, "play_delay_seconds"),
        ({"hangup_delay_seconds": "1000"}, "hangup_delay_seconds"),
        ({"transfer_group": "agents"}, "transfer_group"),
    ],
)
def test_a_broken_limit_names_its_field(change: dict[str, Any], field: str):
    response = add(account=make_laaffic_account().pk, **spoken(**change))

    assert field in errors(response)
    assert set(errors(response)) <= {field, "sms_text"}
    assert not Campaign.objects.exists()


def test_a_file_may_still_be_brought_to_the_carrier_after_the_draft_is_saved():
    assert add(account=make_laaffic_account().pk, voice_file=make_voice_file().pk).status_code == 302


def test_all_wishes_are_stored():
    account = make_laaffic_account(sms_app_id="9obbP7Nl")

    response = add(account=account.pk, **WISHES)

    assert response.status_code == 302, errors(response)
    campaign = Campaign.objects.get()
    assert {name: str(getattr(campaign, name)) for name in WISHES} == WISHES


# --- The carrier's own clock --------------------------------------------------------------------------------------


def test_the_carriers_start_is_written_and_shown_on_the_clock_of_the_people_called():
    account = make_laaffic_account()  # Jakarta is seven hours ahead of UTC
    assert add(account=account.pk, carrier_start_at="2099-01-05T12:00").status_code == 302
    campaign = Campaign.objects.get()
    assert campaign.carrier_start_at == datetime(2099, 1, 5, 5, 0, tzinfo=UTC)

    page = text(visitor(VIEW, CHANGE), page_of(campaign))

    assert 'value="2099-01-05T12:00"' in page
    assert "Asia/Jakarta" in page


def test_a_start_that_has_passed_is_refused():
    response = add(account=make_laaffic_account().pk, carrier_start_at="2020-01-05T12:00")

    assert list(errors(response)) == ["carrier_start_at"]


def test_a_draft_whose_start_has_passed_meanwhile_can_be_saved_with_another_change():
    before = timezone.now().replace(second=0, microsecond=0) - timedelta(hours=1)
    draft = make_campaign(account=make_laaffic_account(), carrier_start_at=before)
    shown = (before + timedelta(hours=7)).strftime("%Y-%m-%dT%H:%M")

    response = visitor(VIEW, CHANGE).post(page_of(draft), form(draft, carrier_start_at=shown, ring_seconds="90"))

    assert response.status_code == 302, errors(response)


def periods(*pairs: tuple[str, str]) -> dict[str, Any]:
    return rows("carrier_periods", *[{"opens": opens, "closes": closes} for opens, closes in pairs])


def test_the_carriers_periods_are_stored():
    response = add(account=make_laaffic_account().pk, **periods(("09:00", "12:00"), ("14:00", "18:00")))

    assert response.status_code == 302
    assert [str(period) for period in CarrierPeriod.objects.all()] == ["09:00–12:00", "14:00–18:00"]


def test_more_than_three_periods_are_refused():
    response = add(
        account=make_laaffic_account().pk,
        **periods(("08:00", "09:00"), ("10:00", "11:00"), ("12:00", "13:00"), ("14:00", "15:00")),
    )

    assert part_errors(response, "carrier_periods")[1]
    assert not Campaign.objects.exists()


def test_a_period_without_length_is_told_at_its_field():
    response = add(account=make_laaffic_account().pk, **periods(("12:00", "09:00")))

    assert list(part_errors(response, "carrier_periods")[0][0]) == ["closes"]


def test_periods_that_overlap_are_told_at_the_later_one_and_touching_ones_are_taken():
    account = make_laaffic_account().pk

    response = add(account=account, **periods(("13:00", "18:00"), ("09:00", "13:30")))

    assert part_errors(response, "carrier_periods")[0] == [
        {"opens": ["The period before it ends at 13:30. Begin later, or make one of the two."]},
        {},
    ]
    assert not Campaign.objects.exists()
    assert add(account=account, **periods(("13:30", "18:00"), ("09:00", "13:30"))).status_code == 302


def test_periods_that_the_carrier_does_not_know_are_told_above_them():
    response = add(account=make_account().pk, **periods(("09:00", "12:00")))

    assert "can't do this" in part_errors(response, "carrier_periods")[1][0]
    assert not Campaign.objects.exists()


# --- Further accounts ---------------------------------------------------------------------------------------------


def through(account: Account, *, share: int = 1, delivery: str = "") -> dict[str, Any]:
    return {"account": account.pk, "share": share, "voice_delivery": delivery}


def test_further_accounts_share_the_people():
    mine, other = make_account(), make_laaffic_account()

    response = add(account=mine.pk, **rows("routes", through(mine, share=2), through(other, delivery="sent_along")))

    assert response.status_code == 302, part_errors(response, "routes")
    assert list(Route.objects.values_list("account", "share", "voice_delivery")) == [
        (mine.pk, 2, ""),
        (other.pk, 1, "sent_along"),
    ]


@pytest.mark.parametrize(
    ("case", "field"),
    [
        ("other country", "account"),
        ("twice", "account"),
        ("own way", "voice_delivery"),
        ("not its way", "voice_delivery"),
    ],
)
def test_an_account_that_does_not_fit_is_told_at_its_field(case: str, field: str):
    mine, other = make_account(), make_account()
    wrong = {
        "other country": [through(make_account(country="MX"))],
        "twice": [through(other), through(other)],
        "own way": [through(mine, delivery="carrier_file")],
        "not its way": [through(other, delivery="sent_along")],
    }[case]

    response = add(account=mine.pk, **rows("routes", *wrong))

    assert list(part_errors(response, "routes")[0][-1]) == [field]
    assert not Campaign.objects.exists()


def test_a_further_account_must_be_able_to_do_what_the_campaign_wishes():
    rich = make_laaffic_account(sms_app_id="9obbP7Nl")

    response = add(account=rich.pk, **WISHES, **rows("routes", through(make_account())))

    assert "SMS after the call" in "".join(part_errors(response, "routes")[0][0]["account"])


def test_accounts_are_shared_out_anew_while_paused_and_the_carriers_periods_are_not():
    paused = ready_campaign(state=Campaign.State.PAUSED)
    page = text(visitor(VIEW, CHANGE), door(paused, "rules"))

    assert "routes-TOTAL_FORMS" in page
    assert "carrier_periods-TOTAL_FORMS" not in page


def test_an_account_that_went_out_of_use_keeps_nobody_from_changing_the_pace():
    paused = ready_campaign(state=Campaign.State.PAUSED)
    route = Route.objects.create(campaign=paused, account=make_account(is_enabled=False))
    existing = {**through(route.account), "id": route.pk, "campaign": paused.pk}
    sent = {**rows("call_windows"), **rows("retry_rules"), **rows("routes", existing), **PACE}

    response = visitor(VIEW, CHANGE).post(
        door(paused, "rules"), {**sent, "routes-INITIAL_FORMS": 1, "numbers_per_minute": "30"}
    )

    assert response.status_code == 302, part_errors(response, "routes")
    paused.refresh_from_db()
    assert paused.numbers_per_minute == 30
