"""CallRecord -> Recording and file: what the carrier forgets after its retention, kept and verified before that.

A stale claim goes back to `due`: a GET may be repeated.
"""

import hashlib
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.text import get_valid_filename

from dialer import audio
from dialer.carriers.contract import BadCredentials, CarrierError, Refused
from dialer.flow import state
from dialer.flow.connect import capabilities_of, carrier_of, wire_of
from dialer.models import CallRecord
from recordings.models import Recording

logger = logging.getLogger(__name__)

ENROL_AT_A_TIME = 500
FETCH_LEASE_SECONDS = 420  # > the long queue's time-out of 300 s for a task
MOST_BYTES = 200 * 1024 * 1024
PAUSES_SECONDS = (60, 300, 900, 3600, 4 * 3600, 12 * 3600)  # after the 1st, 2nd, … failed try; then the last
UNKNOWN_RETENTION_DAYS = 30  # a careful guess for carriers that do not say
TOLERANCE_SECONDS = 2.0  # audio may be that much shorter than the billed talk time, which is rounded
TOLERANCE_SHARE = 0.05
TRIES_BEFORE_BELIEVED = 5  # a file that comes back equally short so often is all that the carrier has
GONE_AFTER_TRIES = 6
GONE_AFTER = timedelta(days=1)  # and not before: a recording may appear some time after the call


class NotGood(Exception):
    """What came is not the recording; `str(error)` is a sentence. Another try may bring it."""


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A checked file under a temporary name."""

    path: Path
    size_bytes: int
    sha256: str
    seconds: float
    content_type: str
    remark: str = ""


def enrol() -> int:
    """Every call record with a promised recording has a Recording with a deadline; how many were added."""
    waiting = CallRecord.objects.filter(awaits_archive=True).select_related("account").order_by("pk")
    added = 0
    while records := list(waiting[:ENROL_AT_A_TIME]):
        with transaction.atomic():
            now = timezone.now()
            Recording.objects.bulk_create(
                [Recording(call_record=row, deadline_at=deadline(row), due_at=now) for row in records],
                ignore_conflicts=True,
            )
            CallRecord.objects.filter(pk__in=[row.pk for row in records]).update(awaits_archive=False)
        added += len(records)
    return added


def deadline(call_record: CallRecord) -> datetime:
    """The last moment at which the carrier still has the recording, counted from the call."""
    called_at = call_record.ended_at or call_record.started_at or call_record.created_at
    days = capabilities_of(call_record.account).keeps_recordings_days or UNKNOWN_RETENTION_DAYS
    return called_at + timedelta(days=days)


def fetch_next() -> bool:
    """Fetch the due recording with the nearest deadline; whether there was one. May be rung twice or late."""
    enrol()
    now = timezone.now()
    recordings = Recording.objects.order_by("deadline_at", "pk")
    state.expire_claims(recordings.filter(state=Recording.State.FETCHING), to=Recording.State.DUE)
    _declare_lost(now=now)
    recording = state.claim(
        recordings.filter(state=Recording.State.DUE, due_at__lte=now),
        to=Recording.State.FETCHING,
        lease_seconds=FETCH_LEASE_SECONDS,
        tries=F("tries") + 1,
    )
    if recording is None:
        return False
    fetch(recording, now=now)
    return True


def fetch(recording: Recording, *, now: datetime) -> None:
    """The claimed recording is stored and verified, or due again later with the reason, or gone at the carrier."""
    part = _part(recording)
    try:
        fetched = _download(recording, part)
        _store(recording, fetched)
    except BadCredentials as error:
        _later(recording, str(error), now=now)
    except Refused as error:
        _refused(recording, str(error), now=now)
    except (CarrierError, NotGood) as error:
        _later(recording, str(error), now=now)
    except OSError as error:
        logger.exception("recording %s could not be written", recording.pk)
        _later(recording, f"The file could not be written here ({error.strerror}). Look at the disk.", now=now)
    finally:
        part.unlink(missing_ok=True)


def ask_again(recording: Recording) -> bool:
    """A recording that was given up, or waits for its next try, is due at once; whether it can be."""
    now = timezone.now()
    if recording.state == Recording.State.DUE:
        return bool(Recording.objects.filter(pk=recording.pk, state=Recording.State.DUE).update(due_at=now))
    if recording.state in (Recording.State.GONE, Recording.State.LOST):
        return state.advance(recording, Recording.State.DUE, due_at=now)
    return False


def _download(recording: Recording, part: Path) -> Fetched:
    """Link and file in one breath: a link lives for minutes only and is never stored."""
    call_record = recording.call_record
    account = call_record.account
    link = carrier_of(account).recording_link(call_record.recording_name)
    part.parent.mkdir(parents=True, exist_ok=True)
    with wire_of(account).download(link.url, purpose="recording", most_bytes=MOST_BYTES) as answer:
        digest, size_bytes = _write(part, answer.chunks)
        expected = answer.length_bytes
    if expected is not None and size_bytes != expected:
        raise NotGood(f"Only {size_bytes:,} of {expected:,} bytes came.")
    return _checked(recording, part, size_bytes=size_bytes, sha256=digest)


def _write(part: Path, chunks: Iterable[bytes]) -> tuple[str, int]:
    digest, size_bytes = hashlib.sha256(), 0
    with part.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
            digest.update(chunk)
            size_bytes += len(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest(), size_bytes


def _checked(recording: Recording, part: Path, *, size_bytes: int, sha256: str) -> Fetched:
    """The file decodes and is as long as the call was billed. Raises NotGood.

    After some equal tries a file that decodes but is short is believed, with a remark: it is all there is.
    """
    try:
        sound = audio.check(part)
    except audio.AudioError as error:
        raise NotGood(f"What came is no playable sound: {error}") from error
    talk = recording.call_record.talk_seconds
    remark = ""
    if sound.seconds < talk - max(TOLERANCE_SECONDS, talk * TOLERANCE_SHARE):
        remark = f"{sound.seconds:.0f} s of sound for {talk} s of talk."
        if recording.tries < TRIES_BEFORE_BELIEVED:
            raise NotGood(f"It is too short: {remark}")
    return Fetched(
        path=part,
        size_bytes=size_bytes,
        sha256=sha256,
        seconds=sound.seconds,
        content_type=f"audio/{'mpeg' if sound.container == 'mp3' else sound.container}",
        remark=remark,
    )


def _store(recording: Recording, fetched: Fetched) -> None:
    """Rename first, then note: a crash in between leaves a file that the next try replaces with its equal."""
    name = _name(recording)
    target = Path(settings.MEDIA_ROOT) / name
    os.replace(fetched.path, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    state.advance(
        recording,
        Recording.State.STORED,
        token=recording.claim_token,
        file=name,
        content_type=fetched.content_type,
        size_bytes=fetched.size_bytes,
        sha256=fetched.sha256,
        seconds=fetched.seconds,
        complaint=fetched.remark,
        stored_at=timezone.now(),
    )


def _name(recording: Recording) -> str:
    """Relative to the media folder: a day's folder and a name that no other recording has."""
    call_record = recording.call_record
    called_at = call_record.started_at or call_record.created_at
    suffix = Path(call_record.recording_name).suffix.lower() or ".mp3"
    stem = get_valid_filename(f"{call_record.account_id}-{call_record.carrier_call_id}-{recording.pk}")
    return f"recordings/{called_at:%Y/%m/%d}/{stem}{get_valid_filename(suffix)[:8]}"


def _part(recording: Recording) -> Path:
    """The claim's own temporary name, so that a slow twin never writes into our file."""
    target = Path(settings.MEDIA_ROOT) / _name(recording)
    return target.with_name(f"{target.name}.{recording.claim_token[:12]}.part")


def _later(recording: Recording, sentence: str, *, now: datetime) -> None:
    pause = PAUSES_SECONDS[min(recording.tries, len(PAUSES_SECONDS)) - 1]
    # The last hours before the deadline are used, whatever the pause says.
    due_at = min(now + timedelta(seconds=pause), max(recording.deadline_at - timedelta(hours=1), now))
    state.advance(recording, Recording.State.DUE, token=recording.claim_token, complaint=sentence, due_at=due_at)


def _refused(recording: Recording, sentence: str, *, now: datetime) -> None:
    """The carrier says that it has no such recording; believed only after some tries over a day."""
    enrolled_for = now - recording.call_record.created_at
    if recording.tries >= GONE_AFTER_TRIES and enrolled_for > GONE_AFTER:
        state.advance(recording, Recording.State.GONE, token=recording.claim_token, complaint=sentence)
        logger.error("recording %s is gone at the carrier", recording.pk)
    else:
        _later(recording, sentence, now=now)


def _declare_lost(*, now: datetime) -> None:
    lost = Recording.objects.filter(state=Recording.State.DUE, deadline_at__lt=now).update(
        state=Recording.State.LOST, complaint="Its deadline at the carrier has passed."
    )
    if lost:
        logger.error("%s recordings are lost: their deadlines have passed", lost)
