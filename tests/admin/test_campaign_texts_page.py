"""The texts of a campaign as people get them: shown while they are written, and read before the launch."""

import pytest

from dialer.flow.connect import carrier_of
from dialer.flow.ordering import order_of, sample
from dialer.models import Account, Campaign
from dialer.models.batch import new_reference
from dialer.terms import VoiceDelivery
from tests.admin.campaign_forms import CHANGE, LIST, VIEW, add, door, errors, ready_campaign, spoken
from tests.admin.visits import page_of, query_count, text, visitor
from tests.carrier import running_laaffic
from tests.factories import (
    make_campaign,
    make_contact,
    make_contact_list,
    make_laaffic_account,
)

pytestmark = pytest.mark.django_db


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


def test_a_spoken_text_is_read_before_the_launch():
    campaign = ready_campaign(
        account=make_laaffic_account(), voice_delivery=VoiceDelivery.SPOKEN_TEXT, speech_text="Dear customer"
    )
    Campaign.objects.update(voice_file=None)

    page = text(visitor(VIEW, "dialer.launch_campaign"), door(campaign, "launch"))

    assert "Dear customer" in page
    assert "<audio" not in page
