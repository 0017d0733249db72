"""The doors for files in pieces: for whoever may upload, and only to their own; and the forms that take a whole one."""

import zlib
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from dialer.flow import uploads
from dialer.models import Campaign, ContactList, PendingUpload, VoiceFile
from dialer.terms import UploadPurpose
from tests.admin.visits import query_count, text
from tests.factories import make_campaign, make_user, wav

pytestmark = pytest.mark.django_db

WORK = ("dialer.view_campaign", "dialer.view_contactlist", "dialer.change_campaign")
LIST = b"Name;Phone\nAdi;081200000001\nBudi;081200000002\n"
BEGIN = "/uploads/"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def ana() -> User:
    return make_user(*WORK, username="ana")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def begin(client: Client, campaign: Campaign | None = None, **changes: Any) -> HttpResponse:
    said = {
        "purpose": "contact_list",
        "campaign": campaign.pk if campaign else "",
        "name": "people.csv",
        "size": len(LIST),
        "first_checksum": zlib.crc32(LIST),
        **changes,
    }
    return client.post(BEGIN, said)


def send(client: Client, address: str, piece: bytes = LIST, *, offset: int = 0, checksum: int | None = None) -> Any:
    headers = {
        "Upload-Offset": str(offset),
        "Upload-Checksum": str(zlib.crc32(piece) if checksum is None else checksum),
    }
    return client.post(address, piece, content_type="application/octet-stream", headers=headers)


def numbers_page(campaign: Campaign) -> str:
    return reverse("admin:dialer_campaign_numbers", args=[campaign.pk])


def whole(user: User, campaign: Campaign | None, purpose: UploadPurpose, content: bytes = LIST) -> PendingUpload:
    checksum = zlib.crc32(content)
    upload = uploads.begin(
        user, purpose, name="people.csv", size_bytes=len(content), first_checksum=checksum, campaign=campaign
    )
    return uploads.receive(upload, content, offset=0, checksum=checksum) or upload


# --- The doors ----------------------------------------------------------------------------------------------------


def test_a_file_that_comes_in_pieces_becomes_a_list(ana):
    campaign, client = make_campaign(), client_of(ana)

    standing = begin(client, campaign).json()
    assert standing["received"] == 0
    half = send(client, standing["piece_url"], LIST[:20]).json()
    assert (half["received"], half["checksum"]) == (20, zlib.crc32(LIST[:20]))
    send(client, standing["piece_url"], LIST[20:], offset=20, checksum=zlib.crc32(LIST))
    response = client.post(numbers_page(campaign), {"upload_key": standing["key"]})

    contact_list = ContactList.objects.get()
    assert response["Location"] == reverse("admin:dialer_contactlist_columns", args=[contact_list.pk])
    assert Path(contact_list.file.path).read_bytes() == LIST
    assert contact_list.uploaded_by == ana


def test_a_damaged_piece_is_a_conflict_with_what_is_there(ana):
    client = client_of(ana)
    standing = begin(client, make_campaign()).json()

    response = send(client, standing["piece_url"], LIST[:20], checksum=1)

    assert (response.status_code, response.json()["received"]) == (409, 0)


@pytest.mark.parametrize(
    "headers", [{}, {"Upload-Offset": "x", "Upload-Checksum": "1"}, {"Upload-Offset": "-1", "Upload-Checksum": "1"}]
)
def test_a_piece_without_its_place_is_refused(ana, headers):
    client = client_of(ana)
    address = begin(client, make_campaign()).json()["piece_url"]

    response = client.post(address, b"abc", content_type="application/octet-stream", headers=headers)

    assert response.status_code == 400


def test_a_piece_that_is_too_large_is_refused(ana, monkeypatch):
    monkeypatch.setattr(uploads, "PIECE_BYTES", 10)
    client = client_of(ana)

    assert send(client, begin(client, make_campaign()).json()["piece_url"]).status_code == 400


@pytest.mark.parametrize("changes", [{"size": "many"}, {"purpose": "other"}, {"name": ""}, {"first_checksum": 2**32}])
def test_what_is_no_file_is_not_begun(ana, changes):
    assert begin(client_of(ana), make_campaign(), **changes).status_code == 400


def test_what_is_too_large_is_refused_in_words(ana, settings):
    settings.UPLOAD_MAX_BYTES = 1024**2

    response = begin(client_of(ana), make_campaign(), size=1024**2 + 1)

    assert response.status_code == 422
    assert response.json()["sentence"].startswith("The file is larger than 1 MB.")


def test_nothing_is_begun_for_a_campaign_that_was_launched(ana):
    response = begin(client_of(ana), make_campaign(state=Campaign.State.RUNNING))

    assert response.status_code == 422
    assert response.json()["sentence"].startswith("Numbers can be added to drafts only.")


def test_a_campaign_that_is_not_there_is_not_found(ana):
    assert begin(client_of(ana)).status_code == 404


@pytest.mark.parametrize("purpose", ["do_not_call", "voice_file"])
def test_each_purpose_has_its_permission(ana, purpose):
    assert begin(client_of(ana), purpose=purpose).status_code == 403


def test_who_may_only_look_begins_nothing():
    assert begin(client_of(make_user("dialer.view_campaign")), make_campaign()).status_code == 403


def test_who_is_not_logged_in_is_led_to_the_login():
    assert begin(Client(), make_campaign())["Location"].startswith("/login/")


def test_uploads_of_others_are_not_found(ana):
    campaign = make_campaign()
    standing = begin(client_of(ana), campaign).json()
    other = client_of(make_user(is_superuser=True))

    assert send(other, standing["piece_url"]).status_code == 404
    assert other.post(standing["remove_url"]).status_code == 404
    assert "people.csv" not in text(other, numbers_page(campaign))
    assert begin(other, campaign).json()["key"] != standing["key"]


def test_pieces_are_refused_once_the_permission_is_gone(ana):
    client = client_of(ana)
    address = begin(client, make_campaign()).json()["piece_url"]
    ana.user_permissions.clear()

    assert send(client, address).status_code == 403


def test_the_doors_take_orders_only(ana):
    client = client_of(ana)
    standing = begin(client, make_campaign()).json()

    for address in (BEGIN, standing["piece_url"], standing["remove_url"]):
        assert client.get(address).status_code == 405


def test_a_form_of_another_site_removes_nothing(ana):
    address = begin(client_of(ana), make_campaign()).json()["remove_url"]
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ana)

    assert strict.post(address).status_code == 403
    assert PendingUpload.objects.exists()


# --- What waits ---------------------------------------------------------------------------------------------------


def test_the_page_says_what_is_not_finished_and_removes_it_without_a_script(ana):
    campaign, client = make_campaign(), client_of(ana)
    standing = begin(client, campaign).json()
    send(client, standing["piece_url"], LIST[:20])

    page = text(client, numbers_page(campaign))
    assert "20\xa0bytes of 46\xa0bytes were uploaded." in page
    assert "Choose the same file to go on, or remove it." in page

    response = client.post(standing["remove_url"], follow=True)
    assert response.redirect_chain[-1][0] == numbers_page(campaign)
    assert "Removed the upload of “people.csv”." in response.content.decode()
    assert not PendingUpload.objects.exists()


def test_the_page_leads_to_what_is_not_finished_elsewhere(ana):
    elsewhere, client = make_campaign(), client_of(ana)
    begin(client, elsewhere)

    assert f'<a href="{numbers_page(elsewhere)}">people.csv</a>' in text(client, numbers_page(make_campaign()))


def test_what_is_for_a_campaign_that_was_launched_meanwhile_is_not_offered_any_more(ana):
    campaign, client = make_campaign(), client_of(ana)
    standing = begin(client, campaign).json()

    Campaign.objects.update(state=Campaign.State.SCHEDULED)
    assert "people.csv" not in text(client, numbers_page(campaign)) + text(client, numbers_page(make_campaign()))
    assert send(client, standing["piece_url"], LIST[:20]).status_code == 404

    Campaign.objects.update(state=Campaign.State.DRAFT)  # its start was taken back
    assert "people.csv" in text(client, numbers_page(campaign))
    assert send(client, standing["piece_url"], LIST[:20]).status_code == 200


def test_a_whole_upload_that_waits_is_finished_without_a_script(ana):
    campaign = make_campaign()
    upload = whole(ana, campaign, UploadPurpose.CONTACT_LIST)
    client = client_of(ana)
    assert f'name="upload_key" value="{upload.key}"' in text(client, numbers_page(campaign))

    client.post(numbers_page(campaign), {"upload_key": upload.key})

    assert ContactList.objects.count() == 1


def test_an_upload_that_is_finished_twice_makes_one_list_and_says_so(ana):
    campaign, client = make_campaign(), client_of(ana)
    said = {"upload_key": whole(ana, campaign, UploadPurpose.CONTACT_LIST).key}
    client.post(numbers_page(campaign), said)

    response = client.post(numbers_page(campaign), said)

    assert "This upload was finished or removed already." in response.content.decode()
    assert ContactList.objects.count() == 1


def test_what_is_no_list_is_said_and_not_kept(ana):
    campaign = make_campaign()
    upload = whole(ana, campaign, UploadPurpose.CONTACT_LIST, b"name,city\nAdi,Jakarta\nBudi,Bandung\n")

    response = client_of(ana).post(numbers_page(campaign), {"upload_key": upload.key})

    assert "looks like phone numbers" in response.context["form"].errors["file"][0]
    assert not PendingUpload.objects.exists()


def test_who_may_only_look_takes_no_upload():
    reader, campaign = make_user("dialer.view_campaign"), make_campaign()
    upload = whole(reader, campaign, UploadPurpose.CONTACT_LIST)

    assert client_of(reader).post(numbers_page(campaign), {"upload_key": upload.key}).status_code == 403


def test_the_page_asks_once_for_all_that_waits(ana):
    client = client_of(ana)
    campaign = make_campaign()
    begin(client, campaign)
    few = query_count(client, numbers_page(campaign))
    for number in range(3):
        begin(client, make_campaign(), name=f"{number}.csv")

    assert query_count(client, numbers_page(campaign)) == few


# --- Other forms --------------------------------------------------------------------------------------------------


def test_do_not_call_numbers_come_in_pieces_too():
    boss = make_user(is_superuser=True)
    upload = whole(boss, None, UploadPurpose.DO_NOT_CALL)
    client, page = client_of(boss), reverse("admin:dialer_donotcall_upload")
    form = client.get(page).context["form"]
    assert 'data-purpose="do_not_call"' in text(client, page)

    said = {name: form[name].value() or "" for name in form.fields if name != "file"}
    response = client.post(page, {**said, "country": "ID", "upload_key": upload.key})

    assert response.context["result"].added == 2
    assert not PendingUpload.objects.exists()


def test_a_voice_file_comes_in_pieces_too():
    boss = make_user(is_superuser=True)
    upload = whole(boss, None, UploadPurpose.VOICE_FILE, wav())
    client, page = client_of(boss), reverse("admin:dialer_voicefile_add")
    assert 'data-purpose="voice_file"' in text(client, page)

    client.post(page, {"name": "Hello", "upload_key": upload.key})

    assert VoiceFile.objects.get().name == "Hello"
    assert not PendingUpload.objects.exists()
