"""A sound file becomes a voice file that plays as it came and as carriers take it."""

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from dialer import audio
from dialer.flow import voice
from dialer.flow.mistakes import DialerError
from dialer.flow.voice_location import voice_address, voice_of
from dialer.models import CarrierFile, VoiceFile
from dialer.terms import VoiceDelivery
from tests.factories import make_campaign, make_user, wav
from tests.tongues import teach

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def upload(content: bytes | None = None, name: str = "welcome.wav") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, wav() if content is None else content)


def test_the_converted_file_is_what_carriers_take_and_the_original_stays() -> None:
    user = make_user()

    stored = voice.store(name="Welcome", upload=upload(), by=user)

    sound = audio.probe(Path(stored.converted.path))
    content = Path(stored.converted.path).read_bytes()
    assert (sound.container, sound.sample_rate_hz, sound.channels) == ("mp3", 8000, 1)
    assert stored.seconds == pytest.approx(2, abs=0.2)
    assert (stored.size_bytes, stored.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert Path(stored.original.path).read_bytes() == wav()
    assert (stored.original_name, stored.uploaded_by) == ("welcome.wav", user)


@pytest.mark.parametrize("content", [b"", b"no sound at all", wav()[:30]])
def test_what_is_no_sound_is_refused_with_a_sentence_and_leaves_nothing(content: bytes, media: Path) -> None:
    with pytest.raises(DialerError, match=r"\w+"):
        voice.store(name="Welcome", upload=upload(content))

    assert not VoiceFile.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_two_messages_get_names_of_their_own_for_the_carrier() -> None:
    first = voice.store(name="Willkommen", upload=upload())
    second = voice.store(name="Willkommen!", upload=upload())

    assert first.carrier_name != second.carrier_name
    assert first.public_key != second.public_key
    assert first.converted.name != second.converted.name


def test_a_dangerous_file_name_is_only_a_name(media: Path) -> None:
    stored = voice.store(name="Welcome", upload=upload(name="../../etc/pass<b>wd.wav"))

    assert Path(stored.original.path).is_relative_to(media)
    assert "/" not in stored.original_name


def test_a_quiet_file_is_taken_with_a_remark() -> None:
    content = io.BytesIO(wav())
    silence = content.getvalue()[:44] + bytes(len(content.getvalue()) - 44)

    assert voice.store(name="Silence", upload=upload(silence)).remarks


def test_a_remark_is_kept_in_the_language_of_the_installation(settings: Any, tmp_path: Path) -> None:
    heard = "Nothing can be heard in this file. Listen to it before you use it."
    teach(settings, tmp_path / "es", {heard: "No se oye nada en este archivo."})
    content = wav()

    with translation.override("es"):
        stored = voice.store(name="Silence", upload=upload(content[:44] + bytes(len(content) - 44)))

    assert heard in stored.remarks


def test_the_carrier_is_told_the_name_that_its_console_shows() -> None:
    campaign = make_campaign(voice_delivery=VoiceDelivery.CARRIER_FILE)
    CarrierFile.objects.update(name_at_carrier="welcome_1.mp3")

    assert voice_of(campaign, campaign.account).location == "welcome_1.mp3"


def test_a_file_without_a_name_at_the_carrier_is_a_sentence() -> None:
    campaign = make_campaign(voice_delivery=VoiceDelivery.CARRIER_FILE)
    CarrierFile.objects.all().delete()

    with pytest.raises(DialerError, match="no name at the carrier"):
        voice_of(campaign, campaign.account)


def test_or_the_carrier_is_told_our_public_address(settings: Any) -> None:
    settings.PUBLIC_URL = "https://calls.example.org"
    campaign = make_campaign(voice_delivery=VoiceDelivery.OUR_ADDRESS)

    address = voice_of(campaign, campaign.account).location

    key, name = campaign.voice_file.public_key, campaign.voice_file.carrier_name
    assert address == voice_address(campaign.voice_file)
    assert address == "https://calls.example.org" + reverse("voice", kwargs={"public_key": key, "name": name})
