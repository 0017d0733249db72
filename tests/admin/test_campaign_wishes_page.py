"""The form of a campaign: what it may wish is what the account's carrier can do, and a broken limit names its field."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.utils import timezone

from dialer.flow.connect import carrier_of
from dialer.flow.ordering import order_of, sample
from dialer.models import Account, Campaign, CarrierPeriod, Route
from dialer.models.batch import new_reference
from dialer.terms import CampaignKind, SpeakerVoice, VoiceDelivery
from tests.admin.test_campaign_pages import ADD, CHANGE, LIST, PACE, VIEW, door, form, ready_campaign, rows
from tests.admin.visits import page_of, query_count, text, visitor
from tests.carrier import running_laaffic
from tests.factories import (
    make_account,
    make_campaign,
    make_contact,
    make_contact_list,
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


def add(**changes: Any) -> HttpResponse:
    return visitor(VIEW, ADD).post(f"{LIST}add/", form(**changes))


def errors(response: HttpResponse) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)


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


def spoken(**changes: Any) -> dict[str, Any]:
    return {
        "voice_delivery": "spoken_text",
        "voice_file": "",
        "speech_text": "Dear ${text1}",
        "speech_language": "id",
        **changes,
    }


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


# --- The text as people get it ------------------------------------------------------------------------------------


def preview(campaign: Campaign | None, said: str, *, part: str = "sms_text", permissions: tuple[str, ...] = ()) -> str:
    address = door(campaign, "preview") if campaign else f"{LIST}preview/"
    response = visitor(VIEW, CHANGE, *permissions).post(address, {"part": part, "text": said})
    assert response.status_code == 200
    return response.content.decode()


def draft_with_texts() -> Campaign:
    campaign = make_campaign(account=make_laaffic_account())
    contact_list = make_contact_list(
        campaign=campaign, original_name="people.xlsx", text_headings=["Name", None, "Debt"]
    )
    first = ["Adi", "", "call 081234567890"]
    make_contact(contact_list=contact_list, row_number=12, number="+6281200000001", texts=first)
    make_contact(contact_list=contact_list, row_number=13, texts=["x" * 31, "", ""])
    return campaign


def test_the_first_one_to_be_called_shows_what_people_get():
    shown = preview(draft_with_texts(), "Dear ${text1}: ${text2}")

    assert "Dear Adi: <mark>${text2}</mark>" in shown
    assert "For row 12 of “people.xlsx”" in shown
    assert "18 characters" in shown
    assert "2 people to be called lack a text" in shown
    assert "1 person has a text of more than 30 characters" in shown
    assert 'data-insert="${text3}"' in shown
    assert 'data-insert="${text2}"' not in shown  # no column brings it


def test_numbers_are_masked_for_whoever_may_not_see_them():
    campaign = draft_with_texts()

    masked = preview(campaign, "${text3}")
    full = preview(campaign, "${text3}", permissions=("dialer.see_full_numbers",))

    assert "081234567890" not in masked
    assert "0000-0001" not in masked
    assert "081234567890" in full
    assert "+62 812-0000-0001" in full


def test_the_page_of_somebody_tells_their_texts_by_their_headings():
    contact = draft_with_texts().contacts.get(row_number=12)
    look = ("dialer.view_contact",)

    masked = text(visitor(*look), page_of(contact))
    full = text(visitor(*look, "dialer.see_full_numbers"), page_of(contact))

    assert "Name: Adi<br>Debt: call 081234567890" in full
    assert "Name: Adi" in masked
    assert "081234567890" not in masked
    assert "Debt" not in text(visitor(*look), page_of(make_contact()))


@pytest.mark.parametrize(
    "template",
    ["$${text1}: ${text2}", "  two\r\nlines, ${text1}\r\n", "${text3}|${text4}", "<b>${text5}</b> &amp; €", "${text6}"],
)
def test_the_preview_is_the_sms_that_the_carrier_sends(template: str):
    row = ["Adi", "${text1}", "x" * 45, "ü" * 31, "<i>&", "😀" * 31]
    with running_laaffic() as laaffic:
        Account.objects.filter(pk=laaffic.account.pk).update(sms_app_id="9obbP7Nl")
        added = add(account=laaffic.account.pk, **spoken(speech_text="Hello", sms_text=template, sms_on_ringing="on"))
        assert added.status_code == 302, errors(added)
        campaign = Campaign.objects.get()
        make_contact(contact_list=make_contact_list(campaign=campaign), texts=row)
        response = visitor(VIEW, "dialer.see_full_numbers").post(
            door(campaign, "preview"), {"part": "sms_text", "text": template}
        )

        person = sample(campaign)
        assert person is not None
        account = Account.objects.get(pk=laaffic.account.pk)
        carrier_of(account).place(order_of(campaign, account, [person], reference=new_reference()))
        laaffic.wait()

        shown = "".join(piece.text for piece in response.context["pieces"])
        assert [call.sms for call in laaffic.sandbox.memory.sms] == [shown]
        assert len(shown) == response.context["length"].characters


def test_a_line_break_is_one_character_of_the_carriers_thousand():
    account = make_laaffic_account(sms_app_id="9obbP7Nl")
    lines = "\r\n".join(["x"] * 500)  # 999 characters, and 1,498 as a browser sends them

    response = add(account=account.pk, **spoken(speech_text=lines, sms_text=lines, sms_on_failure="on"))

    assert response.status_code == 302, errors(response)
    assert Campaign.objects.get().sms_text == lines.replace("\r", "")


def test_a_new_campaign_has_a_preview_with_the_names():
    shown = preview(None, "Dear ${text1}, <b>€5</b>")

    assert "Dear <mark>${text1}</mark>, &lt;b&gt;€5&lt;/b&gt;" in shown
    assert "There are no numbers yet" in shown


def test_a_spoken_text_has_no_length_of_an_sms():
    assert "characters" not in preview(None, "Hello", part="speech_text")


def test_an_sms_in_other_letters_is_told_to_be_shorter():
    assert "70 characters make one SMS" in preview(None, "สวัสดี")


def test_strangers_and_links_get_no_preview():
    campaign = make_campaign()

    assert visitor(CHANGE).post(door(campaign, "preview"), {"text": "x"}).status_code == 403
    assert visitor(VIEW).get(door(campaign, "preview")).status_code == 405


def test_the_form_costs_the_same_for_few_and_for_many_accounts():
    campaign = draft_with_texts()
    client = visitor(VIEW, CHANGE)
    few = query_count(client, page_of(campaign))
    for _ in range(5):
        make_laaffic_account()

    assert query_count(client, page_of(campaign)) == few


# --- What it wished, once it was launched -------------------------------------------------------------------------


def test_the_status_lists_the_wishes_in_use_and_no_others():
    account = make_laaffic_account()
    campaign = ready_campaign(
        state=Campaign.State.RUNNING,
        account=account,
        sms_text="Thank you, ${text1}.",
        sms_on_failure=True,
        play_count=2,
        voice_delivery=VoiceDelivery.SPOKEN_TEXT,
        speech_text="Dear ${text1}",
        speech_language="th",
    )
    CarrierPeriod.objects.create(campaign=campaign, opens=time(9), closes=time(12))
    Route.objects.create(campaign=campaign, account=make_laaffic_account(name="Second"), share=3)

    page = text(visitor(VIEW), page_of(campaign))

    for words in ("Thank you, ${text1}.", "not reached", "Dear ${text1}", "Thai", "09:00–12:00", "Second (3)"):
        assert words in page, words
    assert "Over to your agents" not in page
    assert "Undialled today" not in page


def test_the_status_says_why_nobody_leaves_by_an_account_any_more():
    campaign = ready_campaign(state=Campaign.State.RUNNING)
    Route.objects.create(campaign=campaign, account=make_account(), closed_because="Its calls fail.")

    assert "Nobody leaves by it any more: Its calls fail." in text(visitor(VIEW), page_of(campaign))


def test_the_status_of_a_plain_campaign_has_no_word_on_wishes():
    page = text(visitor(VIEW), page_of(ready_campaign(state=Campaign.State.RUNNING)))

    assert "SMS" not in page
    assert "Played" not in page
    assert str(CampaignKind.VOICE_MENU.label) not in page


def test_a_spoken_text_is_read_before_the_launch():
    campaign = ready_campaign(
        account=make_laaffic_account(), voice_delivery=VoiceDelivery.SPOKEN_TEXT, speech_text="Dear customer"
    )
    Campaign.objects.update(voice_file=None)

    page = text(visitor(VIEW, "dialer.launch_campaign"), door(campaign, "launch"))

    assert "Dear customer" in page
    assert "<audio" not in page
