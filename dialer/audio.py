"""Any audio in, what a carrier takes out; and what a sound file really holds.

An operator brings whatever their phone or studio made: mp3, wav, m4a, ogg, opus, flac, wma, amr, or a video with a
sound track. A carrier takes one kind: 8,000 Hz, mono, mp3. `to_carrier_mp3` stands between. `probe` and `check` say
what a file holds by decoding all of it, because headers promise more than a cut file has.

FFmpeg (by PyAV) sees only the open file: playlists and other formats that name further files or addresses are
refused. Nothing here keeps state, so all of it may run in many threads.
"""

import math
import os
import re
import secrets
import unicodedata
from array import array
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from operator import mul
from pathlib import Path
from typing import IO

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from babel.units import format_unit

from dialer import figures
from dialer.translation import gettext, gettext_noop, ngettext


class AudioError(Exception):
    """A file that cannot be used. `str(error)` tells the operator why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Sound:
    """What a file holds, found by decoding all of it.

    `seconds` is what decodes. `announced_seconds` is what the header claims, None if it claims nothing. A cut mp3
    or flac still announces its full length; a cut wav, ogg or amr does not, and for those only an outside measure,
    such as the talk seconds of the bill, shows that something is missing.

    Levels are in dBFS (decibels below full scale). `speech_dbfs` is the loudness of the audible parts, None if
    nothing is audible. `clipped_share` is the part of all samples, 0 to 1, that stand at full scale.
    """

    container: str  # FFmpeg's short name: mp3, wav, mov (m4a and mp4), ogg, flac, asf (wma), amr, ...
    codec: str
    seconds: float
    announced_seconds: float | None
    sample_rate_hz: int
    channels: int
    bit_rate: int | None  # bits per second
    size_bytes: int
    speech_dbfs: float | None
    clipped_share: float
    leading_silence_seconds: float


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much is read before a file is refused. A few kilobytes can decode to days of silence."""

    shortest_seconds: float
    longest_seconds: float
    most_bytes: int


VOICE_FILE = Limits(shortest_seconds=1, longest_seconds=10 * 60, most_bytes=200_000_000)
RECORDING = Limits(shortest_seconds=0, longest_seconds=4 * 60 * 60, most_bytes=500_000_000)

CONSOLE_SECONDS = 60  # both from Yunhu's voice manual, page "recording file management"
CONSOLE_BYTES = 1_000_000
SHORTEST_NAME = 5
LONGEST_NAME = 16


def probe(source: Path | IO[bytes], *, limits: Limits = VOICE_FILE) -> Sound:
    """Decode all of `source` and say what it holds.

    An open file is read from its start and stays open. Raises AudioError if it is not sound, is damaged, or is
    outside `limits`. Takes about a tenth of a second for each minute of sound.
    """
    with _opened(source, limits) as opened:
        meter = _Meter()
        for _ in _heard(_resampled(_frames(opened, limits), rate=_METER_HZ), meter):
            pass
        return _sound(opened, meter)


def check(path: Path) -> Sound:
    """Decode a call recording to its end; return what it really holds.

    A file that returns can be played. That it is whole is the caller's to judge: a cut mp3 decodes without an
    error, so compare `seconds` with `announced_seconds` and with the talk seconds of the bill. Raises AudioError
    if the file is not sound, holds no sound, or if more than a tenth of it is unreadable.
    """
    return probe(path, limits=RECORDING)


def to_carrier_mp3(
    source: Path | IO[bytes], target: Path, *, sample_rate_hz: int = 8000, limits: Limits = VOICE_FILE
) -> Sound:
    """Write `source` to `target` as a mono mp3 of 24 kbit/s; return what `target` holds, decoded once more.

    Only `clipped_share` is measured before encoding, because mp3 rounds cut tops and still sounds distorted.
    `target` appears whole and on disk, or not at all; an older one is replaced. May be repeated. Words about the
    sound (title, artist, place) are left behind. Raises AudioError as `probe` does.
    """
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    meter = _Meter()
    try:
        with _opened(source, limits) as opened, partial.open("xb") as file:
            frames = _resampled(_frames(opened, limits), rate=sample_rate_hz)
            _encode_mp3(_heard(frames, meter), file, sample_rate_hz)
            file.flush()
            os.fsync(file.fileno())
        sound = replace(check(partial), clipped_share=meter.clipped_share())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    _sync_folder(target.parent)
    return sound


def warnings(sound: Sound, *, longest_seconds: float = CONSOLE_SECONDS, most_bytes: int = CONSOLE_BYTES) -> list[str]:
    """Sentences for the operator about a converted voice file that will work badly, or [].

    The bounds are those of the carrier's console. Nothing here forbids the file: people may know better.
    """
    found = []
    if sound.seconds > longest_seconds:
        sentence = gettext("The message lasts %(seconds)s seconds; the carrier takes at most %(most)s. Shorten it.")
        found.append(sentence % {"seconds": _rounded(sound.seconds), "most": _rounded(longest_seconds)})
    if sound.size_bytes > most_bytes:
        sentence = gettext("The file has %(size)s MB; the carrier takes at most %(most)s MB.")
        sizes = {"size": _rounded(sound.size_bytes / 1e6, places=1), "most": _rounded(most_bytes / 1e6, places=1)}
        found.append(sentence % sizes)
    if sound.speech_dbfs is None:
        found.append(gettext("Nothing can be heard in this file. Listen to it before you use it."))
    elif sound.speech_dbfs < _QUIET_DBFS:
        found.append(gettext("The message is very quiet. Record it closer to the microphone or make it louder."))
    if sound.clipped_share > _CLIPPED_SHARE:
        found.append(gettext("The message is too loud and distorted. Record it again with less volume."))
    if sound.speech_dbfs is not None and sound.leading_silence_seconds > _LONG_SILENCE_SECONDS:
        sentence = gettext(
            "The message begins with %(seconds)s seconds of silence. "
            "Cut them off: people hang up when they hear nothing."
        )
        found.append(sentence % {"seconds": _rounded(sound.leading_silence_seconds, places=1)})
    return found


def carrier_name(text: str, *, taken: Collection[str] = ()) -> str:
    """A name for the carrier's console, made of `text` and not in `taken` (capitals make no difference).

    5 to 16 characters of A-Z, a-z, 0-9 and `_`. Why: the console takes 1 to 20 characters (voice manual, page
    "recording file management"), which leaves four for ".mp3"; the older page allows letters and `_` and forbids
    Chinese, and says nothing about digits; fewer than five say nothing in a list. Accents are taken off; a name
    wholly in another script becomes "voice", "voice_2", ...
    """
    latin = unicodedata.normalize("NFKD", _AUDIO_ENDING.sub("", text.strip()).translate(_LATIN))
    stem = re.sub(r"[^A-Za-z0-9]+", "_", re.sub(r"[^\x00-\x7f]", _gap_unless_accent, latin)).strip("_")
    if len(stem) < SHORTEST_NAME:
        stem = f"voice_{stem}".rstrip("_")
    lowered = {name.lower() for name in taken}
    number = 1
    name = stem[:LONGEST_NAME].rstrip("_")
    while name.lower() in lowered:
        number += 1
        ending = f"_{number}"
        name = stem[: LONGEST_NAME - len(ending)].rstrip("_") + ending
    return name


_NOT_SOUND = gettext_noop("This is not a sound file that can be read. Save it as MP3, WAV or M4A and upload it again.")
_DAMAGED = gettext_noop("This sound file is damaged. Save it again as MP3 or WAV and upload it again.")

# Formats that hold their sound themselves. Playlists (HLS, DASH, ffconcat) would make FFmpeg open other files.
_FORMATS = "mp3,wav,w64,aiff,au,caf,mov,matroska,avi,ogg,flac,asf,aac,amr"
_LEAST_HZ, _MOST_HZ, _MOST_CHANNELS = 4_000, 192_000, 8
_BROKEN_SHARE = 0.1  # a phone's file may have a bad packet or two at its ends and still be fine
_MP3_BIT_RATE = 24_000  # bits per second: clear on a telephone, and 60 s are 180 kB

_METER_HZ = 8_000
_WINDOWS_PER_SECOND = 10
_FULL_SCALE = 32_768
_CLIPPED_AT = 32_500  # resampling moves a clipped sample a little off full scale
_AUDIBLE_DBFS = -50.0
_QUIET_DBFS = -38.0
_CLIPPED_SHARE = 0.005  # a loud, clean message has some 0.001; the same 4 dB louder has 0.008
_LONG_SILENCE_SECONDS = 1.5

_AUDIO_ENDING = re.compile(r"\.(aac|aiff?|amr|flac|m4a|mov|mp[34]|oga|ogg|opus|wav|webm|wma)$", re.IGNORECASE)
_LATIN = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "ı": "i"}
)


@dataclass(frozen=True, kw_only=True)
class _Opened:
    container: InputContainer
    stream: AudioStream
    size_bytes: int


@contextmanager
def _opened(source: Path | IO[bytes], limits: Limits) -> Iterator[_Opened]:
    if isinstance(source, Path):
        with source.open("rb") as file, _opened(file, limits) as opened:
            yield opened
        return
    size_bytes = source.seek(0, os.SEEK_END)
    source.seek(0)
    if size_bytes == 0:
        raise AudioError(gettext("This file is empty. Upload it again."))
    if size_bytes > limits.most_bytes:
        sentence = gettext(
            "This file has %(size)s MB; at most %(most)s MB are read. Save the sound alone as MP3 and upload that."
        )
        raise AudioError(sentence % {"size": _rounded(size_bytes / 1e6), "most": _rounded(limits.most_bytes / 1e6)})
    with _translated(_NOT_SOUND):
        # "replace": titles in old encodings must not make the sound unreadable.
        container = av.open(source, "r", options={"format_whitelist": _FORMATS}, metadata_errors="replace")
    with container:
        yield _Opened(container=container, stream=_audio_stream(container), size_bytes=size_bytes)


def _audio_stream(container: InputContainer) -> AudioStream:
    stream = container.streams.best("audio")
    if not isinstance(stream, AudioStream):
        raise AudioError(gettext("This file has no sound in it. Choose a sound file, or a video with sound."))
    if stream.codec_context is None:
        raise AudioError(gettext(_NOT_SOUND))
    return stream


def _frames(opened: _Opened, limits: Limits) -> Iterator[AudioFrame]:
    """All decoded frames. Raises AudioError at the end, too, if they were too few or too many were broken."""
    seconds = 0.0
    packets = broken = 0
    with _translated(_DAMAGED):
        for packet in opened.container.demux(opened.stream):
            packets += 1
            try:
                frames = packet.decode()
            except av.FFmpegError:
                broken += 1
                continue
            for frame in frames:
                seconds += _seconds(frame)
                if seconds > limits.longest_seconds:
                    sentence = gettext("This sound is longer than %(most)s. Shorten it and upload it again.")
                    raise AudioError(sentence % {"most": _spoken(limits.longest_seconds)})
                yield frame
    if broken > packets * _BROKEN_SHARE:
        raise AudioError(gettext(_DAMAGED))
    if seconds == 0:
        raise AudioError(gettext("There is no sound in this file: it lasts 0 seconds. Record it again."))
    if seconds < limits.shortest_seconds:
        sentence = gettext(
            "This sound lasts %(seconds)s seconds; %(least)s is the least. Check that the file was saved to its end."
        )
        least = _spoken(limits.shortest_seconds)
        raise AudioError(sentence % {"seconds": _rounded(seconds, places=2), "least": least})


def _seconds(frame: AudioFrame) -> float:
    if not _LEAST_HZ <= frame.sample_rate <= _MOST_HZ or frame.layout.nb_channels > _MOST_CHANNELS:
        sentence = ngettext(
            "This sound has %(rate)s samples a second and %(channels)s channel. "
            "Save it as MP3, mono or stereo, 44,100 Hz or less, and upload it again.",
            "This sound has %(rate)s samples a second and %(channels)s channels. "
            "Save it as MP3, mono or stereo, 44,100 Hz or less, and upload it again.",
            frame.layout.nb_channels,
        )
        raise AudioError(
            sentence % {"rate": figures.count(frame.sample_rate), "channels": figures.count(frame.layout.nb_channels)}
        )
    return frame.samples / frame.sample_rate


def _resampled(frames: Iterable[AudioFrame], *, rate: int) -> Iterator[AudioFrame]:
    """`frames` as 16-bit mono of `rate`, a tenth of a second each. Their shape may change in mid-stream."""
    shape, resampler = None, None
    for frame in frames:
        if shape != (frame.format.name, frame.layout.name, frame.sample_rate):
            yield from _pushed(resampler, None)
            shape = (frame.format.name, frame.layout.name, frame.sample_rate)
            resampler = AudioResampler("s16", "mono", rate, frame_size=rate // _WINDOWS_PER_SECOND)
        yield from _pushed(resampler, frame)
    yield from _pushed(resampler, None)


def _pushed(resampler: AudioResampler | None, frame: AudioFrame | None) -> list[AudioFrame]:
    if resampler is None:
        return []
    with _translated(_DAMAGED):
        return resampler.resample(frame)


def _encode_mp3(frames: Iterable[AudioFrame], file: IO[bytes], rate: int) -> None:
    # No ID3v2 tag: the file begins with sound, which every telephone exchange can play.
    with av.open(file, "w", format="mp3", options={"id3v2_version": "0"}) as container:
        stream = container.add_stream("libmp3lame", rate=rate)
        stream.layout = "mono"
        stream.bit_rate = _MP3_BIT_RATE
        for frame in frames:
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


class _Meter:
    """Listens to windows of a tenth of a second, 16 bit, mono."""

    def __init__(self) -> None:
        self.samples = self.clipped = self.leading_silent = 0
        self.audible_powers: list[float] = []

    def hear(self, window: AudioFrame) -> None:
        values = array("h", bytes(window.planes[0])[: window.samples * 2])
        power = sum(map(mul, values, values)) / len(values)
        self.samples += len(values)
        if max(values) >= _CLIPPED_AT or min(values) <= -_CLIPPED_AT:
            self.clipped += sum(abs(value) >= _CLIPPED_AT for value in values)
        if _dbfs(power) >= _AUDIBLE_DBFS:
            self.audible_powers.append(power)
        elif not self.audible_powers:
            self.leading_silent += len(values)

    def clipped_share(self) -> float:
        return self.clipped / self.samples

    def speech_dbfs(self) -> float | None:
        if not self.audible_powers:
            return None
        return round(_dbfs(sum(self.audible_powers) / len(self.audible_powers)), 1)


def _heard(windows: Iterable[AudioFrame], meter: _Meter) -> Iterator[AudioFrame]:
    for window in windows:
        meter.hear(window)
        yield window


def _sound(opened: _Opened, meter: _Meter) -> Sound:
    container, stream = opened.container, opened.stream
    codec = stream.codec_context
    return Sound(
        container=container.format.name.split(",")[0],
        codec=codec.codec.canonical_name,
        seconds=round(meter.samples / _METER_HZ, 3),
        announced_seconds=None if container.duration is None else round(container.duration / av.time_base, 3),
        sample_rate_hz=codec.sample_rate,
        channels=codec.channels,
        bit_rate=stream.bit_rate or container.bit_rate or None,
        size_bytes=opened.size_bytes,
        speech_dbfs=meter.speech_dbfs(),
        clipped_share=meter.clipped_share(),
        leading_silence_seconds=meter.leading_silent / _METER_HZ,
    )


@contextmanager
def _translated(sentence: str) -> Iterator[None]:
    try:
        yield
    except av.FFmpegError as error:
        raise AudioError(gettext(sentence)) from error


def _dbfs(power: float) -> float:
    return 10 * math.log10(power / _FULL_SCALE**2) if power else -math.inf


def _spoken(seconds: float) -> str:
    """Such as: 1 second, 10 minutes."""
    value, unit = (seconds / 60, "duration-minute") if seconds >= 120 else (seconds, "duration-second")
    return format_unit(round(value), unit, locale=figures.locale())


def _rounded(value: float, *, places: int = 0) -> str:
    return figures.amount(value, places=places)


def _gap_unless_accent(match: re.Match[str]) -> str:
    return "" if unicodedata.combining(match[0]) else " "


def _sync_folder(folder: Path) -> None:
    """A rename is lost at a power cut until the folder itself is on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
