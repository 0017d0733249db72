"""Makes recordings that sound like a voice, and judges voice files: mp3, 8000 Hz, one channel."""

import io
import math
import random
from array import array
from functools import cache

import av
from av.audio.stream import AudioStream

RATE = 8000
FRAME_SAMPLES = 576  # one mp3 frame below 16 kHz
BANK_SECONDS = 10
PHRASE_FRAMES = 7  # half a second: the piece from which recordings are joined
BIT_RATE = 16_000


class NotAVoiceFile(ValueError):
    """The sound is not what the carrier takes; the message is a sentence."""


def recording(*, seconds: int, seed: int) -> bytes:
    """An mp3 of `seconds`, within one frame (72 ms). The same seed gives the same bytes."""
    frames = _bank()
    wanted = round(seconds * RATE / FRAME_SAMPLES)
    chance = random.Random(seed)
    pieces: list[bytes] = []
    while len(pieces) < wanted:
        start = chance.randrange(len(frames) - PHRASE_FRAMES)
        pieces += frames[start : start + PHRASE_FRAMES]
    return b"".join(pieces[:wanted])


def check_voice_file(content: bytes) -> float:
    """Seconds of sound. Raises NotAVoiceFile unless it is an 8000 Hz, one channel mp3 that decodes to its end."""
    try:
        return _seconds_of_mp3(content)
    except (av.FFmpegError, IndexError) as error:
        raise NotAVoiceFile(f"the voice file cannot be decoded: {error}") from error


def check_playable(content: bytes, *, name: str) -> float:
    """Seconds of sound. Raises NotAVoiceFile unless it decodes to its end and is what the suffix of `name` says."""
    try:
        return _seconds_of(content, suffix=name[-3:])
    except (av.FFmpegError, IndexError) as error:
        raise NotAVoiceFile(f"the sound cannot be decoded: {error}") from error


def _seconds_of(content: bytes, *, suffix: str) -> float:
    with av.open(io.BytesIO(content), mode="r") as container:
        if suffix not in container.format.name.split(","):
            raise NotAVoiceFile(f"the sound is {container.format.name}, and the name ends in {suffix}")
        seconds = sum(frame.samples / frame.sample_rate for frame in container.decode(container.streams.audio[0]))
    if not seconds:
        raise NotAVoiceFile("the sound is empty")
    return seconds


def _seconds_of_mp3(content: bytes) -> float:
    with av.open(io.BytesIO(content), mode="r") as container:
        stream = container.streams.audio[0]
        if "mp3" not in container.format.name.split(",") or stream.codec_context.name not in ("mp3", "mp3float"):
            raise NotAVoiceFile("the voice file is not an mp3")
        if stream.rate != RATE or stream.channels != 1:
            raise NotAVoiceFile(f"the voice file has {stream.rate} Hz and {stream.channels} channels, not 8000 and 1")
        samples = sum(frame.samples for frame in container.decode(stream))
    if not samples:
        raise NotAVoiceFile("the voice file is empty")
    return samples / RATE


@cache
def _bank() -> list[bytes]:
    """Ten seconds of babble as mp3 frames, each decodable alone: the bit reservoir is off."""
    stream_bytes = _encoded(_babble(BANK_SECONDS * RATE))
    size = BIT_RATE * FRAME_SAMPLES // 8 // RATE
    return [stream_bytes[at : at + size] for at in range(0, len(stream_bytes) - size + 1, size)]


def _encoded(samples: "array[int]") -> bytes:
    target = io.BytesIO()
    options = {"write_xing": "0", "id3v2_version": "0"}
    with av.open(target, mode="w", format="mp3", options=options) as container:
        stream = container.add_stream("libmp3lame", rate=RATE, layout="mono", options={"reservoir": "0"})
        assert isinstance(stream, AudioStream)  # noqa: S101  # narrows the library's union for readers and mypy
        stream.bit_rate = BIT_RATE
        stream.format = "s16p"
        for at in range(0, len(samples) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
            frame = av.AudioFrame(format="s16p", layout="mono", samples=FRAME_SAMPLES)
            frame.planes[0].update(samples[at : at + FRAME_SAMPLES].tobytes())
            frame.rate = RATE
            frame.pts = at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()


def _babble(count: int) -> "array[int]":
    """Syllables of a gliding voice: a pitch with overtones that rises, falls and pauses."""
    chance = random.Random(8000)
    samples = array("h")
    phase = 0.0
    while len(samples) < count:
        length, pitch, glide = chance.randrange(900, 2200), chance.uniform(100, 190), chance.uniform(-40, 40)
        formant = chance.randrange(3, 9)
        for at in range(length):
            part = at / length
            phase += (pitch + glide * part) * math.tau / RATE
            tone = math.sin(phase) + 0.6 * math.sin(2 * phase) + 0.5 * math.sin(formant * phase)
            samples.append(int(7000 * tone * math.sin(math.pi * part)))
        samples.extend([0] * chance.randrange(200, 900))
    return samples[:count]
