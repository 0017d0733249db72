"""Listening: who may, what the browser gets, and what is written down of it."""

import pytest
from django.contrib.admin.models import LogEntry
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from recordings.models import Recording
from tests.admin.visits import text, visitor
from tests.recordings.kept import SOUND, make_recording
from tests.tongues import teach

pytestmark = pytest.mark.django_db

MAY_LISTEN = "recordings.listen_recording"


def sound_of(recording: Recording) -> str:
    return reverse("recording", args=[recording.pk])


def stored() -> Recording:
    return make_recording(state=Recording.State.STORED)


def hear(client: Client, address: str, **headers: str) -> HttpResponse:
    """The answer, read to its end; `body` holds what came."""
    answer = client.get(address, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer.body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer


def messages() -> list[str]:
    return list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True))


def test_strangers_are_led_to_the_login():
    visitor()
    answer = Client().get(sound_of(stored()))
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{reverse('admin:login')}?next=")


def test_whoever_may_look_may_not_therefore_listen():
    answer = visitor("recordings.view_recording", "dialer.see_full_numbers").get(sound_of(stored()))
    assert answer.status_code == 403
    assert messages() == []


@pytest.mark.parametrize("state", ["due", "fetching", "gone", "lost"])
def test_what_is_not_kept_is_not_there(state):
    assert visitor(MAY_LISTEN).get(sound_of(make_recording(state=state))).status_code == 404


def test_a_recording_that_does_not_exist_is_not_there():
    assert visitor(MAY_LISTEN).get(reverse("recording", args=[1])).status_code == 404


def test_a_file_that_was_lost_is_told_in_the_log(caplog):
    recording = stored()
    recording.file.storage.delete(recording.file.name)

    assert visitor(MAY_LISTEN).get(sound_of(recording)).status_code == 404

    assert f"the file of recording {recording.pk} is not where it was kept" in caplog.text
    assert messages() == []


def test_the_whole_file_is_played():
    answer = hear(visitor(MAY_LISTEN), sound_of(stored()))

    assert answer.status_code == 200
    assert answer.body == SOUND
    assert answer["Content-Type"] == "audio/mpeg"
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["Content-Disposition"].startswith("inline")
    assert "default-src 'self'" in answer["Content-Security-Policy"]


def test_a_player_gets_the_part_that_it_asks_for():
    answer = hear(visitor(MAY_LISTEN), sound_of(stored()), range="bytes=100-199")

    assert answer.status_code == 206
    assert answer.body == SOUND[100:200]
    assert answer["Content-Range"] == "bytes 100-199/1024"
    assert answer["Content-Length"] == "100"


def test_a_part_outside_is_refused():
    assert visitor(MAY_LISTEN).get(sound_of(stored()), headers={"Range": "bytes=5000-"}).status_code == 416
    assert messages() == []


def test_head_tells_the_length_and_leaves_no_trace():
    answer = visitor(MAY_LISTEN).head(sound_of(stored()))

    assert answer.status_code == 200
    assert answer["Content-Length"] == "1024"
    assert answer.content == b""
    assert messages() == []


def test_nothing_can_be_written_there():
    assert visitor(MAY_LISTEN).post(sound_of(stored())).status_code == 405


def test_a_download_is_saved_and_written_down_as_one():
    answer = hear(visitor(MAY_LISTEN), f"{sound_of(stored())}?download")

    assert answer["Content-Disposition"].startswith("attachment")
    assert messages() == ["Downloaded it."]


def test_one_playback_in_pieces_is_written_down_once():
    recording, listener = stored(), visitor(MAY_LISTEN)

    for part in ("bytes=0-", "bytes=256-", "bytes=512-767", "bytes=-100"):
        assert hear(listener, sound_of(recording), range=part).status_code == 206

    assert messages() == ["Listened to it."]


def test_what_is_written_down_is_in_the_language_of_the_installation_and_known_again_in_any(settings, tmp_path):
    teach(settings, tmp_path, {"Listened to it.": "La escuchó."})
    recording, listener = stored(), visitor(MAY_LISTEN)

    settings.LANGUAGE_CODE = "es"
    hear(listener, sound_of(recording), range="bytes=0-")
    settings.LANGUAGE_CODE = "en"
    hear(listener, sound_of(recording), range="bytes=256-")

    assert messages() == ["La escuchó."]


def test_a_second_playback_is_written_down_again():
    recording, listener = stored(), visitor(MAY_LISTEN)
    tag = hear(listener, sound_of(recording))["ETag"]
    assert hear(listener, sound_of(recording), if_none_match=tag).status_code == 304
    assert messages() == ["Listened to it."] * 2


def test_a_piece_from_the_middle_alone_does_not_go_unseen():
    recording = stored()
    hear(visitor(MAY_LISTEN), sound_of(recording), range="bytes=0-")

    hear(visitor(MAY_LISTEN), sound_of(recording), range="bytes=1-")

    assert messages() == ["Listened to it."] * 2


def test_the_history_of_a_recording_names_who_listened():
    recording = stored()
    listener = visitor(MAY_LISTEN, "recordings.view_recording", username="ana")
    hear(listener, sound_of(recording))

    page = text(listener, reverse("admin:recordings_recording_history", args=[recording.pk]))

    assert "Listened to it." in page
    assert "ana" in page
