"""The page of a voice file: any sound in, two players, and a sentence for whatever is no sound."""

import io
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.urls import reverse

from dialer.models import CarrierFile, VoiceFile
from tests.admin.visits import page_of, text, visitor
from tests.factories import make_account, make_campaign, make_carrier_file, make_voice_file, wav

pytestmark = pytest.mark.django_db

VIEW, ADD, CHANGE, DELETE = (f"dialer.{verb}_voicefile" for verb in ("view", "add", "change", "delete"))
ADD_PAGE = "/dialer/voicefile/add/"


def upload(content: bytes, filename: str = "hello.wav", name: str = "Hello") -> HttpResponse:
    file = SimpleUploadedFile(filename, content)
    return visitor(VIEW, ADD).post(ADD_PAGE, {"name": name, "original": file}, follow=True)


def renamed_zip() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("hello.txt", "hello")
    return content.getvalue()


def inline(*rows: dict[str, object], initial: int = 0) -> dict[str, object]:
    fields: dict[str, object] = {"carrier_files-TOTAL_FORMS": len(rows), "carrier_files-INITIAL_FORMS": initial}
    return fields | {
        f"carrier_files-{index}-{key}": value for index, row in enumerate(rows) for key, value in row.items()
    }


def test_a_sound_becomes_a_voice_file_with_two_players():
    response = upload(wav())

    voice_file = VoiceFile.objects.get()
    page = response.content.decode()
    assert response.redirect_chain[-1][0] == page_of(voice_file)
    assert page.count("<audio controls preload=") == 2
    assert reverse("voice-original", args=[voice_file.pk]) in page
    assert voice_file.carrier_name in page
    assert "0:02" in page


@pytest.mark.parametrize(
    ("content", "filename"),
    [
        (b"", "empty.mp3"),
        (b"just words, no sound", "words.mp3"),
        (renamed_zip(), "archive.wav"),
        (wav(0), "silence-of-no-length.wav"),
        (wav(0.2), "short.wav"),
    ],
    ids=["empty", "words", "zip", "no length", "too short"],
)
def test_what_is_no_sound_is_said_beside_the_file_and_the_name_is_not_lost(content: bytes, filename: str):
    response = upload(content, filename, name="My fine message")

    form = response.context["form"]
    assert list(form.errors) == ["original"]
    assert form.errors["original"][0].endswith(".")
    assert "My fine message" in response.content.decode()
    assert not VoiceFile.objects.exists()


def test_two_voice_files_of_one_name_are_not_made():
    make_voice_file(name="Hello")

    response = upload(wav())

    assert list(response.context["form"].errors) == ["name"]
    assert VoiceFile.objects.count() == 1


def test_the_sound_is_never_overwritten():
    voice_file, client = make_voice_file(), visitor(VIEW, CHANGE)
    before = Path(voice_file.original.path).read_bytes()

    client.post(page_of(voice_file), {"name": "New name", "original": SimpleUploadedFile("x.wav", wav(3)), **inline()})

    voice_file.refresh_from_db()
    assert voice_file.name == "New name"
    assert Path(voice_file.original.path).read_bytes() == before


def test_remarks_are_shown():
    voice_file = make_voice_file(remarks=["The message is very quiet."])

    assert "The message is very quiet." in text(visitor(VIEW), page_of(voice_file))


def test_its_name_at_a_carrier_is_noted_by_whoever_may_change_it():
    voice_file, account = make_voice_file(), make_account()
    row = {"account": account.pk, "name_at_carrier": "hello.mp3"}

    response = visitor(VIEW, CHANGE).post(page_of(voice_file), {"name": voice_file.name, **inline(row)})

    assert response.status_code == 302
    assert CarrierFile.objects.get().name_at_carrier == "hello.mp3"


def test_who_may_only_look_changes_nothing():
    voice_file = make_voice_file()
    client = visitor(VIEW)

    assert "Save" not in text(client, page_of(voice_file))
    assert client.post(page_of(voice_file), {"name": "x", **inline()}).status_code == 403
    assert client.get(ADD_PAGE).status_code == 403


def test_only_an_unused_one_can_be_deleted_and_takes_its_files_along(django_capture_on_commit_callbacks):
    used, unused = make_campaign().voice_file, make_voice_file()
    make_carrier_file(voice_file=unused)
    paths = [Path(unused.original.path), Path(unused.converted.path)]
    client = visitor(VIEW, DELETE)

    refused = client.post(reverse("admin:dialer_voicefile_delete", args=[used.pk]), {"post": "yes"})
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("admin:dialer_voicefile_delete", args=[unused.pk]), {"post": "yes"})

    assert refused.status_code == 403
    assert list(VoiceFile.objects.all()) == [used]
    assert not any(path.exists() for path in paths)


def test_the_list_shows_what_still_has_to_be_done():
    make_voice_file(name="Lonely")
    make_carrier_file()
    make_voice_file(remarks=["Too loud."])

    page = text(visitor(VIEW), "/dialer/voicefile/").lower()

    assert "not at a carrier" in page
    assert "at the carrier" in page
    assert "has remarks" in page
