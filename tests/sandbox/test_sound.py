"""Recordings that decode, and the judgement of voice files."""

import io
import wave

import av
import pytest

from sandbox import sound


@pytest.mark.parametrize("seconds", [1, 7, 40, 125])
def test_a_recording_decodes_to_its_length(seconds):
    assert sound.check_voice_file(sound.recording(seconds=seconds, seed=5)) == pytest.approx(seconds, abs=0.072)


def test_recordings_differ_by_seed_only():
    assert sound.recording(seconds=5, seed=1) == sound.recording(seconds=5, seed=1)
    assert len({sound.recording(seconds=5, seed=seed) for seed in range(50)}) == 50


def wav(*, rate: int, channels: int) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"\0\0" * rate * channels)
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "cannot be decoded"),
        (b"<html>not a sound</html>" * 50, "cannot be decoded"),
        (wav(rate=8000, channels=1), "is not an mp3"),
    ],
)
def test_what_is_no_mp3_is_told_apart(content, sentence):
    with pytest.raises(sound.NotAVoiceFile, match=sentence):
        sound.check_voice_file(content)


@pytest.mark.parametrize(("rate", "layout"), [(16000, "mono"), (8000, "stereo")])
def test_a_wrong_rate_or_a_second_channel_is_told(rate, layout):
    target = io.BytesIO()
    with av.open(target, mode="w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=rate, layout=layout)
        frame = av.AudioFrame(format="s16p", layout=layout, samples=1152)
        frame.rate = rate
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

    with pytest.raises(sound.NotAVoiceFile, match="not 8000 and 1"):
        sound.check_voice_file(target.getvalue())
