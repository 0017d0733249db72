"""The guided path's second step, what people hear: chosen, uploaded whole or in pieces, or spoken."""

import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from dialer.flow import drafts, uploads
from dialer.models import Campaign, PendingUpload, VoiceFile
from dialer.terms import UploadPurpose
from tests.admin.test_path_page import CHANGE, SOUND, VIEW, door, errors, fresh_draft, operator
from tests.admin.visits import client_of, text, visitor
from tests.factories import (
    make_laaffic_account,
    make_user,
    make_voice_file,
    wav,
)

pytestmark = pytest.mark.django_db

UPLOADING = (VIEW, CHANGE, SOUND)


def whole_upload(person: Any, content: bytes) -> str:
    """The key of a sound that came in pieces and is complete."""
    checksum = zlib.crc32(content)
    upload = uploads.begin(
        person, UploadPurpose.VOICE_FILE, name="hello.wav", size_bytes=len(content), first_checksum=checksum
    )
    assert uploads.receive(upload, content, offset=0, checksum=checksum).is_whole
    return upload.key


def test_a_file_that_is_chosen_leads_on_to_the_numbers():
    campaign, voice_file = fresh_draft(), make_voice_file()

    response = operator().post(door(campaign, "voice"), {"voice_delivery": "carrier_file", "voice_file": voice_file.pk})

    assert response.url == door(campaign, "numbers")
    campaign.refresh_from_db()
    assert campaign.voice_file == voice_file


def test_a_new_sound_is_kept_chosen_and_played_before_going_on():
    campaign, client = fresh_draft(), operator()
    sound = SimpleUploadedFile("hello there.wav", wav())

    response = client.post(
        door(campaign, "voice"), {"voice_delivery": "carrier_file", "voice_file": "", "new_sound": sound}
    )

    assert response.url == door(campaign, "voice")
    campaign.refresh_from_db()
    assert campaign.voice_file.name == "hello there"
    assert "Listen to it, then go on." in text(client, door(campaign, "voice"))


def test_a_new_sound_may_come_in_pieces():
    campaign, person = fresh_draft(), make_user(*UPLOADING)
    key = whole_upload(person, wav())

    response = client_of(person).post(door(campaign, "voice"), {"voice_delivery": "carrier_file", "upload_key": key})

    assert response.url == door(campaign, "voice")
    campaign.refresh_from_db()
    assert campaign.voice_file.name == "hello"
    assert not PendingUpload.objects.exists()


def test_pieces_that_are_gone_keep_the_form_and_are_said_at_the_field():
    campaign, person = fresh_draft(), make_user(*UPLOADING)
    key = whole_upload(person, wav())
    uploads.remove(PendingUpload.objects.get(key=key))

    response = client_of(person).post(door(campaign, "voice"), {"voice_delivery": "carrier_file", "upload_key": key})

    assert list(errors(response)) == ["new_sound"]
    assert "This upload was finished or removed already." in response.content.decode()


def test_an_unfinished_sound_is_taken_up_or_removed_where_one_is():
    campaign, person = fresh_draft(), make_user(*UPLOADING)
    key, client = whole_upload(person, wav()), client_of(person)
    page = door(campaign, "voice")
    assert f'data-waiting="{key}"' in text(client, page)

    remove = reverse("admin:upload_remove", args=[key])
    assert client.post(remove, {"next": page}).url == page
    assert not PendingUpload.objects.exists()


def test_removing_an_upload_leads_to_no_other_site():
    person = make_user(*UPLOADING)
    remove = reverse("admin:upload_remove", args=[whole_upload(person, wav())])

    assert client_of(person).post(remove, {"next": "https://elsewhere.example/"}).url == "/dialer/voicefile/add/"


def test_a_sound_that_is_none_is_said_at_its_field():
    campaign = fresh_draft()
    response = operator().post(
        door(campaign, "voice"),
        {"voice_delivery": "carrier_file", "new_sound": SimpleUploadedFile("hello.wav", b"no sound")},
    )

    assert list(errors(response)) == ["new_sound"]
    assert not VoiceFile.objects.exists()


def test_a_good_sound_stays_chosen_when_something_else_is_wrong():
    campaign = fresh_draft()
    response = operator().post(
        door(campaign, "voice"),
        {"voice_delivery": "carrier_file", "new_sound": SimpleUploadedFile("a.wav", wav()), "opt_out_key": "9"},
    )

    assert list(errors(response)) == ["opt_out_key"]  # key presses are not collected
    assert response.context["adminform"].form["voice_file"].value() == str(VoiceFile.objects.get().pk)


def test_nobody_uploads_without_the_permission_to():
    campaign = fresh_draft()
    client = visitor(VIEW, CHANGE)

    assert 'name="new_sound"' not in text(client, door(campaign, "voice"))
    client.post(
        door(campaign, "voice"),
        {"voice_delivery": "carrier_file", "new_sound": SimpleUploadedFile("a.wav", wav())},
    )

    assert not VoiceFile.objects.exists()


def test_without_anything_to_hear_nobody_goes_on():
    response = operator().post(door(fresh_draft(), "voice"), {"voice_delivery": "carrier_file"})

    assert list(errors(response)) == ["voice_file"]


def test_a_text_is_offered_only_where_the_carrier_speaks_one():
    assert 'name="speech_text"' not in text(operator(), door(fresh_draft(), "voice"))
    Campaign.objects.all().delete()
    assert 'name="speech_text"' in text(operator(), door(fresh_draft(account=make_laaffic_account()), "voice"))


def test_a_text_to_speak_is_enough():
    campaign = fresh_draft(account=make_laaffic_account())

    response = operator().post(
        door(campaign, "voice"),
        {"voice_delivery": "spoken_text", "speech_text": "Hello ${text1}", "speech_language": "id"},
    )

    assert response.url == door(campaign, "numbers"), errors(response)
    campaign.refresh_from_db()
    assert drafts.has_voice(campaign)
