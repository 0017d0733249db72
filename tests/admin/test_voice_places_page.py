"""A voice file at carriers that take files from here: buttons on its page, and a list of all files of an account."""

import pytest
from django.contrib.admin.models import LogEntry
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from dialer.carriers.contract import PlacedFile
from dialer.flow import voice_placing
from dialer.flow.connect import carrier_of
from dialer.models import Account, CarrierFile, VoiceFile
from tests.admin.visits import page_of, text, visitor
from tests.carrier import TestCarrier, running_laaffic
from tests.factories import make_account, make_campaign, make_carrier_file, make_laaffic_account, make_voice_file, mp3

pytestmark = pytest.mark.django_db

VIEW, CHANGE, DELETE = (f"dialer.{verb}_voicefile" for verb in ("view", "change", "delete"))
VIEW_ACCOUNT = "dialer.view_account"


@pytest.fixture
def laaffic(db: None):
    with running_laaffic() as running:
        yield running


def door(row: VoiceFile | Account, name: str) -> str:
    return reverse(f"admin:dialer_{row._meta.model_name}_{name}", args=[row.pk])


def upload(client: Client, voice_file: VoiceFile, account: Account) -> HttpResponse:
    return client.post(door(voice_file, "place"), {"account": account.pk}, follow=True)


def stranger(carrier: TestCarrier) -> PlacedFile:
    return carrier_of(carrier.account).upload_voice("stranger.mp3", mp3())


# --- on the page of the voice file -------------------------------------------------------------------------------


def test_a_button_uploads_it_and_the_page_shows_its_id(laaffic: TestCarrier):
    voice_file, client = make_voice_file(), visitor(VIEW, CHANGE)
    assert f"Upload to {laaffic.account}" in text(client, page_of(voice_file))

    shown = upload(client, voice_file, laaffic.account).content.decode()

    [id_there] = laaffic.sandbox.memory.files
    assert id_there in shown
    assert "Remove there" in shown
    assert f"Upload to {laaffic.account}" not in shown
    assert id_there in LogEntry.objects.get().get_change_message()


def test_a_refused_upload_is_a_sentence(laaffic: TestCarrier):
    laaffic.order_fates("voice/fileUpload", "refuse:-22")

    response = upload(visitor(VIEW, CHANGE), make_voice_file(), laaffic.account)

    [message] = response.context["messages"]
    assert message.level_tag == "error"
    assert not CarrierFile.objects.exists()
    assert not LogEntry.objects.exists()


def test_removing_is_confirmed_first(laaffic: TestCarrier):
    voice_file, client = make_voice_file(), visitor(VIEW, CHANGE)
    upload(client, voice_file, laaffic.account)
    address = f"{door(voice_file, 'remove')}?account={laaffic.account.pk}"

    assert "is deleted at the carrier" in text(client, address)
    assert laaffic.sandbox.memory.files
    client.post(address)

    assert not laaffic.sandbox.memory.files
    assert not CarrierFile.objects.exists()


def test_a_file_that_a_campaign_plays_stays_and_the_page_says_why(laaffic: TestCarrier):
    voice_file, client = make_voice_file(), visitor(VIEW, CHANGE)
    upload(client, voice_file, laaffic.account)
    make_campaign(account=laaffic.account, voice_file=voice_file, name="Reminder")

    response = client.post(f"{door(voice_file, 'remove')}?account={laaffic.account.pk}", follow=True)

    assert "“Reminder” plays this file" in response.content.decode()
    assert laaffic.sandbox.memory.files


def test_names_are_typed_only_for_carriers_that_take_no_files_from_here():
    typed, sent = make_account(name="By hand"), make_laaffic_account(name="By interface")
    voice_file = make_voice_file()
    make_carrier_file(voice_file=voice_file, account=sent, name_at_carrier="id-there.mp3")

    response = visitor(VIEW, CHANGE).get(page_of(voice_file))

    [rows] = response.context["inline_admin_formsets"]
    assert list(rows.formset.empty_form.fields["account"].queryset) == [typed]
    assert not rows.formset.initial_forms
    assert "In the carrier’s console, add it" in response.content.decode()


def test_nothing_is_typed_where_every_carrier_takes_files_from_here():
    make_laaffic_account()

    response = visitor(VIEW, CHANGE).get(page_of(make_voice_file()))

    assert not response.context["inline_admin_formsets"]
    assert "In the carrier’s console" not in response.content.decode()


def test_accounts_that_are_not_in_use_are_offered_only_for_what_lies_there():
    account, voice_file = make_laaffic_account(name="Old one", is_enabled=False), make_voice_file()
    client = visitor(VIEW, CHANGE)
    assert "Old one" not in text(client, page_of(voice_file))

    make_carrier_file(voice_file=voice_file, account=account, name_at_carrier="id-there.mp3")

    assert "Old one" in text(client, page_of(voice_file))


def test_a_voice_file_that_was_uploaded_can_not_be_deleted_before_it_is_removed_there(laaffic: TestCarrier):
    voice_file = make_voice_file()
    row = voice_placing.place(voice_file, laaffic.account)
    client = visitor(VIEW, DELETE)

    assert client.post(door(voice_file, "delete"), {"post": "yes"}).status_code == 403

    voice_placing.remove(row)
    client.post(door(voice_file, "delete"), {"post": "yes"})
    assert not VoiceFile.objects.exists()


@pytest.mark.parametrize("name", ["place", "remove"])
def test_orders_are_for_those_who_may_change_the_voice_file(name: str):
    row = make_carrier_file(account=make_laaffic_account())
    address = f"{door(row.voice_file, name)}?account={row.account_id}"

    assert visitor(VIEW).post(address, {"account": row.account_id}).status_code == 403
    assert visitor(VIEW, CHANGE).get(address).status_code == (405 if name == "place" else 200)
    assert CarrierFile.objects.exists()


@pytest.mark.parametrize("account", ["", "x", "999999"])
def test_an_account_that_is_none_is_not_found(account: str):
    client, voice_file = visitor(VIEW, CHANGE), make_voice_file()

    assert client.post(door(voice_file, "place"), {"account": account}).status_code == 404
    assert client.get(f"{door(voice_file, 'remove')}?account={account}").status_code == 404


def test_an_account_of_a_carrier_without_uploads_is_not_found():
    client, voice_file, account = visitor(VIEW, CHANGE), make_voice_file(), make_account()

    assert client.post(door(voice_file, "place"), {"account": account.pk}).status_code == 404


# --- the list of an account --------------------------------------------------------------------------------------


def test_the_files_at_the_carrier_are_listed_beside_what_is_known_here(laaffic: TestCarrier):
    known = voice_placing.place(make_voice_file(name="Payment reminder"), laaffic.account)
    unknown = stranger(laaffic)
    make_carrier_file(account=laaffic.account, name_at_carrier="gone.mp3")

    shown = text(visitor(VIEW, VIEW_ACCOUNT), door(laaffic.account, "files"))

    for part in (known.name_at_carrier, "Payment reminder", unknown.id_at_carrier, "stranger.mp3", "gone.mp3"):
        assert part in shown
    for state in ("Known", "Unknown here", "Missing there"):
        assert f">{state}<" in shown
    assert "Remove there" not in shown


def test_without_files_the_list_says_where_to_upload_one(laaffic: TestCarrier):
    assert "No files there" in text(visitor(VIEW), door(laaffic.account, "files"))


def test_a_list_that_can_not_be_had_is_a_sentence():
    account = make_laaffic_account()

    response = visitor(VIEW, VIEW_ACCOUNT).get(door(account, "files"), follow=True)

    assert response.redirect_chain[-1][0] == page_of(account)
    [message] = response.context["messages"]
    assert message.level_tag == "error"


def test_a_file_is_removed_from_the_list_after_a_confirmation(laaffic: TestCarrier):
    unknown = stranger(laaffic)
    client = visitor(VIEW, CHANGE)
    address = f"{door(laaffic.account, 'remove_file')}?file={unknown.id_at_carrier}"
    assert f"?file={unknown.id_at_carrier}" in text(client, door(laaffic.account, "files"))

    assert unknown.id_at_carrier in text(client, address)
    assert laaffic.sandbox.memory.files
    response = client.post(address, follow=True)

    assert response.redirect_chain[-1][0] == door(laaffic.account, "files")
    assert not laaffic.sandbox.memory.files


def test_nothing_is_said_to_be_removed_that_was_not_there(laaffic: TestCarrier):
    client = visitor(VIEW, CHANGE, VIEW_ACCOUNT)

    page = client.post(f"{door(laaffic.account, 'remove_file')}?file=nobodys.mp3", follow=True).content.decode()

    assert "There is no file nobodys.mp3 at the carrier." in page
    assert "Removed the file" not in page
    assert not LogEntry.objects.exists()


def test_a_carrier_without_uploads_has_no_list_of_files():
    account, client = make_account(), visitor(VIEW, CHANGE, VIEW_ACCOUNT)

    assert client.get(door(account, "files")).status_code == 404
    assert client.post(f"{door(account, 'remove_file')}?file=x").status_code == 404
    assert "Files at the carrier" not in text(client, page_of(account))


def test_files_are_removed_by_those_who_may_change_voice_files(laaffic: TestCarrier):
    unknown = stranger(laaffic)

    response = visitor(VIEW, VIEW_ACCOUNT).post(f"{door(laaffic.account, 'remove_file')}?file={unknown.id_at_carrier}")

    assert response.status_code == 403
    assert laaffic.sandbox.memory.files
