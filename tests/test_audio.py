"""Any audio in, what a carrier takes out. Inputs are made here with FFmpeg, for each format anew."""

from __future__ import annotations  # array[int] is for type checkers only before Python 3.12

import io
import itertools
import math
import random
import wave
from array import array
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.audio.frame import AudioFrame
from hypothesis import given
from hypothesis import strategies as st

from dialer import audio
from dialer.audio import AudioError, Limits, carrier_name, check, probe, to_carrier_mp3, warnings

SAMPLE = Path(__file__).parent.parent / "samples" / "voice" / "payment-reminder.m4a"
SIGNATURES = {b"\xff\xe3", b"\xff\xfb", b"\xff\xf3"}  # an mp3 frame at once, not "ID3"


def tone(seconds: float, *, volume: float = 0.3, rate: int = 44_100, hz: float = 440.0) -> array[int]:
    """A sine, as 16-bit samples of one channel; more than full volume is cut off as a bad microphone does."""
    step = 2 * math.pi * hz / rate
    peak = 32_767 * volume
    return array("h", (max(-32_768, min(32_767, int(peak * math.sin(i * step)))) for i in range(int(seconds * rate))))


def write_wav(path: Path, samples: array[int], *, rate: int = 44_100, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def encode(path: Path, samples: array[int], *, codec: str, rate: int, layout: str, **options: str) -> Path:
    """`samples` (44,100 Hz, one channel) in another format; the container follows from the path's ending."""
    frame = AudioFrame(format="s16", layout="mono", samples=len(samples))
    frame.planes[0].update(samples.tobytes())
    frame.sample_rate, frame.time_base, frame.pts = 44_100, Fraction(1, 44_100), 0
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=rate, options={"strict": "experimental", **options})
        stream.layout = layout
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_video(path: Path, *, seconds: float, with_sound: bool) -> Path:
    with av.open(path, "w") as container:
        video = container.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream("aac", rate=44_100, layout="stereo") if with_sound else None
        for _ in range(int(seconds * 10)):
            picture = av.VideoFrame(64, 48, "yuv420p")
            for plane in picture.planes:
                plane.update(bytes(plane.buffer_size))
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
        if sound is not None:
            frame = AudioFrame(format="s16", layout="mono", samples=int(seconds * 44_100))
            frame.planes[0].update(tone(seconds).tobytes())
            frame.sample_rate = 44_100
            container.mux(sound.encode(frame))
            container.mux(sound.encode(None))
    return path


FORMATS: dict[str, tuple[str, str, int, str]] = {
    # file name: codec, what probe calls the container, rate, layout
    "sound.wav": ("pcm_s16le", "wav", 44_100, "stereo"),
    "telephone.wav": ("pcm_mulaw", "wav", 8_000, "mono"),
    "studio.wav": ("pcm_s24le", "wav", 96_000, "stereo"),
    "cinema.wav": ("pcm_s16le", "wav", 48_000, "5.1"),
    "sound.mp3": ("libmp3lame", "mp3", 44_100, "stereo"),
    "sound.m4a": ("aac", "mov", 44_100, "stereo"),
    "sound.aac": ("aac", "aac", 44_100, "stereo"),
    "sound.ogg": ("vorbis", "ogg", 44_100, "stereo"),
    "sound.opus": ("libopus", "ogg", 48_000, "stereo"),
    "sound.webm": ("libopus", "matroska", 48_000, "mono"),
    "sound.flac": ("flac", "flac", 44_100, "stereo"),
    "sound.wma": ("wmav2", "asf", 44_100, "stereo"),
    "sound.amr": ("libopencore_amrnb", "amr", 8_000, "mono"),
}


@pytest.fixture(params=FORMATS)
def any_format(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    codec, _, rate, layout = FORMATS[request.param]
    options = {"b": "128000"} if codec == "wmav2" else {}
    return encode(tmp_path / request.param, tone(2), codec=codec, rate=rate, layout=layout, **options)


def test_every_format_becomes_what_the_carrier_takes(any_format: Path, tmp_path: Path) -> None:
    target = tmp_path / "carrier.mp3"
    sound = to_carrier_mp3(any_format, target)

    assert (sound.container, sound.codec) == ("mp3", "mp3")
    assert (sound.sample_rate_hz, sound.channels) == (8_000, 1)
    assert sound.seconds == pytest.approx(2, abs=0.1)
    assert 16_000 <= (sound.bit_rate or 0) <= 24_000
    assert sound.size_bytes == target.stat().st_size < 8_000
    assert target.read_bytes()[:2] in SIGNATURES
    assert sound == check(target)


def test_every_format_is_probed(any_format: Path) -> None:
    _, container, rate, layout = FORMATS[any_format.name]
    sound = probe(any_format)

    assert sound.container == container
    assert sound.sample_rate_hz == rate
    assert sound.channels == {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    assert sound.seconds == pytest.approx(2, abs=0.1)


def test_loudness_is_measured_against_full_scale(tmp_path: Path) -> None:
    """A sine of 0.3 has a power of 0.3² / 2, which is 13.5 dB below full scale."""
    assert probe(write_wav(tmp_path / "in.wav", tone(1))).speech_dbfs == pytest.approx(-13.5, abs=0.2)
    assert probe(write_wav(tmp_path / "in.wav", quiet(1) + tone(1))).speech_dbfs == pytest.approx(-13.5, abs=0.3)


def test_the_tone_that_goes_in_comes_out(tmp_path: Path) -> None:
    """Not only the length: 440 Hz crosses zero upwards 440 times a second."""
    to_carrier_mp3(write_wav(tmp_path / "in.wav", tone(2)), tmp_path / "out.mp3")

    with av.open(tmp_path / "out.mp3") as container:
        frames = list(container.decode(audio=0))
    values = array("f", b"".join(bytes(frame.planes[0])[: frame.samples * 4] for frame in frames))
    middle = values[4_000:12_000]
    assert sum(a < 0 <= b for a, b in itertools.pairwise(middle)) == pytest.approx(440, abs=2)
    assert max(middle) == pytest.approx(0.3, abs=0.03)


def test_the_sample_that_ships_with_the_project_needs_conversion_and_is_good_afterwards(tmp_path: Path) -> None:
    assert probe(SAMPLE).sample_rate_hz == 44_100
    assert SAMPLE.stat().st_size < 400_000

    sound = to_carrier_mp3(SAMPLE, tmp_path / "reminder.mp3")

    assert sound.seconds == pytest.approx(16.5, abs=0.1)
    assert warnings(sound) == []


def test_an_open_file_is_read_from_its_start_and_stays_open(tmp_path: Path) -> None:
    file = io.BytesIO(SAMPLE.read_bytes())
    file.seek(1_000)

    assert to_carrier_mp3(file, tmp_path / "out.mp3") == to_carrier_mp3(SAMPLE, tmp_path / "out.mp3")
    assert probe(file) == probe(SAMPLE)
    assert not file.closed


def test_a_video_gives_its_sound(tmp_path: Path) -> None:
    sound = to_carrier_mp3(write_video(tmp_path / "clip.mp4", seconds=2, with_sound=True), tmp_path / "out.mp3")

    assert sound.seconds == pytest.approx(2, abs=0.1)


def test_sound_whose_shape_changes_in_the_middle_is_kept_whole(tmp_path: Path) -> None:
    first = encode(tmp_path / "a.mp3", tone(2.06), codec="libmp3lame", rate=44_100, layout="stereo")
    second = encode(tmp_path / "b.mp3", tone(3), codec="libmp3lame", rate=22_050, layout="mono")
    joined = tmp_path / "joined.mp3"
    joined.write_bytes(first.read_bytes() + second.read_bytes())

    assert 5.06 <= to_carrier_mp3(joined, tmp_path / "out.mp3").seconds < 5.2


def refused(source: Path | io.BytesIO, tmp_path: Path, limits: Limits = audio.VOICE_FILE) -> str:
    """The sentence with which both probing and converting refuse; nothing may be left in the folder."""
    target = tmp_path / "target" / "out.mp3"
    target.parent.mkdir()
    with pytest.raises(AudioError) as converting:
        to_carrier_mp3(source, target, limits=limits)
    with pytest.raises(AudioError) as probing:
        probe(source, limits=limits)
    assert list(target.parent.iterdir()) == []
    assert str(converting.value) == str(probing.value)
    return str(probing.value)


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89" + bytes(99)


@pytest.mark.parametrize(
    "content",
    [b"Dear team, please call these people.\n" * 50, PNG, b"PK\x03\x04" + bytes(500), bytes(5000), b"RIFF", b"ID3"],
    ids=["text", "png", "zip", "zeros", "wav cut in its header", "tag only"],
)
def test_what_is_not_sound_is_refused_whatever_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "message.mp3"
    path.write_bytes(content)

    assert "not a sound file" in refused(path, tmp_path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert "empty" in refused(io.BytesIO(), tmp_path)


def test_a_wav_without_a_sample_is_refused(tmp_path: Path) -> None:
    assert "0 seconds" in refused(write_wav(tmp_path / "in.wav", array("h")), tmp_path)


def test_a_video_without_sound_is_refused(tmp_path: Path) -> None:
    assert "no sound in it" in refused(write_video(tmp_path / "clip.mp4", seconds=1, with_sound=False), tmp_path)


def test_less_than_a_second_is_refused(tmp_path: Path) -> None:
    assert "lasts 0.50 seconds; 1 second is the least" in refused(write_wav(tmp_path / "in.wav", tone(0.5)), tmp_path)


def test_more_than_the_limit_is_refused(tmp_path: Path) -> None:
    limits = replace(audio.VOICE_FILE, longest_seconds=2)

    assert "longer than 2 seconds" in refused(write_wav(tmp_path / "in.wav", tone(2.5)), tmp_path, limits)


def test_a_small_file_of_endless_silence_is_refused_without_decoding_it_all(tmp_path: Path) -> None:
    bomb = encode(tmp_path / "bomb.flac", array("h", bytes(2 * 44_100 * 660)), codec="flac", rate=44_100, layout="mono")

    assert bomb.stat().st_size < 200_000
    assert "longer than 10 minutes" in refused(bomb, tmp_path)


def test_too_many_bytes_are_refused_before_they_are_read(tmp_path: Path) -> None:
    limits = replace(audio.VOICE_FILE, most_bytes=1_000_000)

    assert "2 MB; at most 1 MB" in refused(io.BytesIO(bytes(2_000_000)), tmp_path, limits)


def test_a_senseless_rate_is_refused(tmp_path: Path) -> None:
    assert "samples a second" in refused(write_wav(tmp_path / "in.wav", tone(1), rate=100), tmp_path)


@pytest.mark.parametrize(
    "playlist",
    ["#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n", "ffconcat version 1.0\nfile '{}'\n"],
)
def test_a_playlist_cannot_make_us_open_other_files(tmp_path: Path, playlist: str) -> None:
    path = tmp_path / "list.m3u8"
    path.write_text(playlist.format(SAMPLE))

    assert "not a sound file" in refused(path, tmp_path)


def test_a_refused_file_leaves_the_older_target_alone(tmp_path: Path) -> None:
    target = tmp_path / "out.mp3"
    to_carrier_mp3(SAMPLE, target)
    before = target.read_bytes()

    with pytest.raises(AudioError):
        to_carrier_mp3(io.BytesIO(b"nothing"), target)

    assert target.read_bytes() == before
    assert list(tmp_path.iterdir()) == [target]


def test_a_cut_mp3_still_plays_and_shows_what_is_missing(tmp_path: Path) -> None:
    whole = encode(tmp_path / "call.mp3", tone(20), codec="libmp3lame", rate=8_000, layout="mono")
    content = whole.read_bytes()
    whole.write_bytes(content[: len(content) // 2])

    sound = check(whole)

    assert sound.announced_seconds == pytest.approx(20, abs=0.2)
    assert sound.seconds == pytest.approx(10, abs=0.5)


def test_a_cut_wav_gives_no_sign_but_its_length(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "call.wav", tone(4))
    path.write_bytes(path.read_bytes()[: 2 * 44_100 * 2])

    assert check(path).seconds == pytest.approx(2, abs=0.01)


@pytest.mark.parametrize("content", [b"", b"<html>Not found</html>", b'{"ret": 404}'])
def test_an_answer_that_is_no_recording_fails_the_check(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "call.mp3"
    path.write_bytes(content)

    with pytest.raises(AudioError):
        check(path)


def test_an_m4a_cut_before_its_index_fails_the_check(tmp_path: Path) -> None:
    path = encode(tmp_path / "call.m4a", tone(3), codec="aac", rate=44_100, layout="mono")
    path.write_bytes(path.read_bytes()[:-2_000])

    with pytest.raises(AudioError):
        check(path)


def test_a_recording_with_holes_fails_the_check(tmp_path: Path) -> None:
    path = encode(tmp_path / "call.mp3", tone(10), codec="libmp3lame", rate=44_100, layout="stereo")
    content = bytearray(path.read_bytes())
    for at in range(2_000, len(content) - 300, 1_500):
        content[at : at + 300] = bytes(300)
    path.write_bytes(content)

    with pytest.raises(AudioError, match="damaged"):
        check(path)


def test_a_recording_may_be_shorter_than_a_voice_file(tmp_path: Path) -> None:
    assert check(write_wav(tmp_path / "call.wav", tone(0.2))).seconds == pytest.approx(0.2)


def test_damaged_files_are_refused_or_decoded_but_never_crash() -> None:
    chance = random.Random(1)
    whole = SAMPLE.read_bytes()
    for _ in range(40):
        content = bytearray(whole[: chance.randrange(1, len(whole))])
        for _ in range(chance.randrange(1, 200)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        with suppress(AudioError):
            assert 1 <= probe(io.BytesIO(content)).seconds <= 600


def test_many_threads_convert_at_once(tmp_path: Path) -> None:
    def convert(number: int) -> float:
        return to_carrier_mp3(SAMPLE, tmp_path / f"{number}.mp3").seconds

    with ThreadPoolExecutor(4) as pool:
        assert {round(seconds, 2) for seconds in pool.map(convert, range(8))} == {16.51}


def test_nothing_is_printed_about_a_bad_file(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AudioError):
        probe(io.BytesIO(SAMPLE.read_bytes()[:50_000]), limits=replace(audio.VOICE_FILE, shortest_seconds=99))

    assert capfd.readouterr() == ("", "")


def quiet(seconds: float) -> array[int]:
    return array("h", bytes(2 * int(seconds * 44_100)))


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: tone(3), []),
        (lambda: tone(3, volume=0.99), []),
        (lambda: tone(61), ["lasts 61 seconds; the carrier takes at most 60"]),
        (lambda: tone(3, volume=0.008), ["very quiet"]),
        (lambda: tone(3, volume=3), ["too loud and distorted"]),
        (lambda: quiet(1) + tone(3), []),
        (lambda: quiet(2.5) + tone(3), ["begins with 2.5 seconds of silence"]),
        (lambda: quiet(3), ["Nothing can be heard"]),
    ],
    ids=["good", "loud but clean", "long", "quiet", "clipped", "a breath first", "long silence first", "silent"],
)
def test_the_operator_is_warned_of_what_will_work_badly(
    tmp_path: Path, make: Callable[[], array[int]], expected: list[str]
) -> None:
    sound = to_carrier_mp3(write_wav(tmp_path / "in.wav", make()), tmp_path / "out.mp3")
    found = warnings(sound)

    assert len(found) == len(expected)
    assert all(part in sentence for part, sentence in zip(expected, found, strict=True))


def test_a_file_too_large_for_the_console_is_said() -> None:
    sound = replace(probe(SAMPLE), size_bytes=1_500_000)

    assert warnings(sound) == ["The file has 1.5 MB; the carrier takes at most 1.0 MB."]
    assert warnings(sound, most_bytes=2_000_000) == []


@pytest.mark.parametrize(
    ("text", "taken", "name"),
    [
        ("Selamat siang.mp3", (), "Selamat_siang"),
        ("Señor Łódź: straße!", (), "Senor_Lodz_stras"),
        ("Promo 2024-05.final.WAV", (), "Promo_2024_05_fi"),
        ("促销", (), "voice"),
        ("促销", ("voice", "voice_2"), "voice_3"),
        ("สวัสดี ครับ", (), "voice"),
        ("A1", (), "voice_A1"),
        ("", (), "voice"),
        ("___", (), "voice"),
        ("Reminder", ("REMINDER",), "Reminder_2"),
        ("A reminder of payment", ("a_reminder_of_pa",), "A_reminder_of_2"),
    ],
)
def test_names_for_the_console_are_plain_and_free(text: str, taken: Iterable[str], name: str) -> None:
    assert carrier_name(text, taken=tuple(taken)) == name


@given(text=st.text(), count=st.integers(1, 12))
def test_any_text_gives_as_many_different_names_as_are_asked_for(text: str, count: int) -> None:
    taken: list[str] = []
    for _ in range(count):
        name = carrier_name(text, taken=taken)
        assert 5 <= len(name) <= 16
        assert name.isascii()
        assert name.replace("_", "").isalnum()
        assert len(f"{name}.mp3") <= 20
        taken.append(name)

    assert len({name.lower() for name in taken}) == count
