"""Voice files at unguessable addresses: whole or in part for whoever knows the key, the original for operators."""

import logging
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from dialer.flow.voice_location import voice_address
from dialer.models import VoiceFile
from sandbox.sound import check_voice_file
from tests.factories import make_user, make_voice_file, wav

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def voice_file() -> VoiceFile:
    return make_voice_file()


def path_of(voice_file: VoiceFile, **changes: str) -> str:
    return reverse("voice", kwargs={"public_key": voice_file.public_key, "name": voice_file.carrier_name, **changes})


def original_of(voice_file: VoiceFile) -> str:
    return reverse("voice-original", args=[voice_file.pk])


def logged_in(*permissions: str) -> Client:
    client = Client()
    client.force_login(make_user(*permissions))
    return client


def test_a_carrier_fetches_what_it_takes_without_logging_in(voice_file: VoiceFile) -> None:
    answer = Client().get(voice_address(voice_file))
    content = b"".join(answer.streaming_content)

    assert answer.status_code == 200
    assert answer["Content-Type"] == "audio/mpeg"
    assert answer["Content-Length"] == str(len(content)) == str(voice_file.size_bytes)
    assert check_voice_file(content) == pytest.approx(2, abs=0.2)


def test_a_player_may_jump(voice_file: VoiceFile) -> None:
    answer = Client().get(path_of(voice_file), HTTP_RANGE="bytes=100-199")

    assert answer.status_code == 206
    assert len(b"".join(answer.streaming_content)) == 100


def test_head_tells_the_length_and_sends_nothing(voice_file: VoiceFile) -> None:
    answer = Client().head(path_of(voice_file))

    assert answer["Content-Length"] == str(voice_file.size_bytes)
    assert answer.content == b""


def test_it_takes_questions_only(voice_file: VoiceFile) -> None:
    assert Client().post(path_of(voice_file)).status_code == 405


def test_a_wrong_key_or_name_is_not_found(voice_file: VoiceFile) -> None:
    assert Client().get(path_of(voice_file, public_key="guessed")).status_code == 404
    assert Client().get(path_of(voice_file, name="other")).status_code == 404
    assert Client().get(path_of(voice_file, public_key=make_voice_file().public_key)).status_code == 404


def test_a_lost_file_is_not_found_and_an_alarm(voice_file: VoiceFile, caplog: pytest.LogCaptureFixture) -> None:
    Path(voice_file.converted.path).unlink()

    assert Client().get(path_of(voice_file)).status_code == 404

    assert [record.levelno for record in caplog.records if record.name == "dialer.voice_address"] == [logging.ERROR]


def test_the_key_is_in_no_line_of_the_log(voice_file: VoiceFile, caplog: pytest.LogCaptureFixture) -> None:
    Client().post(path_of(voice_file))
    Client().get(path_of(voice_file, name="other"))

    assert "/voice/" in caplog.text
    assert voice_file.public_key not in caplog.text


def test_the_original_is_for_operators(voice_file: VoiceFile) -> None:
    answer = logged_in("dialer.view_voicefile").get(original_of(voice_file))

    assert b"".join(answer.streaming_content) == wav()


def test_the_original_is_not_for_others(voice_file: VoiceFile) -> None:
    assert Client().get(original_of(voice_file)).status_code == 302
    assert logged_in().get(original_of(voice_file)).status_code == 403


def test_download_makes_the_browser_save_it(voice_file: VoiceFile) -> None:
    answer = Client().get(path_of(voice_file) + "?download")

    assert answer["Content-Disposition"].startswith("attachment")
    answer.close()
