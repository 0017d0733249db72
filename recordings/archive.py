"""CallRecord -> Recording and file: what the carrier forgets after its retention, kept and verified before that.

A stale claim goes back to `due`: a GET may be repeated.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.text import get_valid_filename
from django.utils.translation import gettext

from dialer import audio, figures
from dialer.carriers.contract import BadCredentials, CarrierError, Refused, TryLater
from dialer.flow import state
from dialer.flow.connect import capabilities_of, carrier_of, wire_of
from dialer.models import Account, CallRecord
from recordings import disk
from recordings.models import Recording

logger = logging.getLogger(__name__)

ENROL_AT_A_TIME = 500
FETCH_LEASE_SECONDS = 420  # > the long queue's time-out of 300 s for a task
MOST_BYTES = 200 * 1024 * 1024
PAUSES_SECONDS = (60, 300, 900, 3600, 4 * 3600, 12 * 3600)  # after the 1st, 2nd, … failed try; then the last
LAST_CHANCE = timedelta(hours=1)  # before the deadline: there is a try at its start, whatever the pause says
LAST_PAUSE_SECONDS = 300  # at most, from then on
UNKNOWN_RETENTION_DAYS = 30  # a careful guess for carriers that do not say
TOLERANCE_SECONDS = 2.0  # audio may be that much shorter than the billed talk time, which is rounded
TOLERANCE_SHARE = 0.05
TRIES_BEFORE_BELIEVED = 5  # a short file that then still comes back byte for byte is all that the carrier has
GONE_AFTER_TRIES = 6
GONE_AFTER = timedelta(days=1)  # and not before: a recording may appear some time after the call
LOCKED_OUT_SECONDS = 300  # after refused credentials nothing else of the account is tried for so long

# FFmpeg's name of a container -> suffix and media type. Others are kept as they are, for players to find out.
SOUNDS = {
    "mp3": (".mp3", "audio/mpeg"),
    "wav": (".wav", "audio/wav"),
    "mov": (".m4a", "audio/mp4"),
    "ogg": (".ogg", "audio/ogg"),
    "flac": (".flac", "audio/flac"),
    "aac": (".aac", "audio/aac"),
    "amr": (".amr", "audio/amr"),
}
OTHER_SOUND = (".sound", "application/octet-stream")


class NotGood(Exception):
    """What came is not the recording; `str(error)` is a sentence. Another try may bring it."""

    def __init__(self, sentence: str, *, sha256: str = "") -> None:
        super().__init__(sentence)
        self.sha256 = sha256  # of sound that is too short, to see whether the next try brings the same


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A checked file under a temporary name."""

    path: Path
    size_bytes: int
    sha256: str
    seconds: float
    suffix: str
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
    """The last moment at which the carrier still has the recording, counted from the call.

    A call was before we heard of it, whatever the carrier's clock says.
    """
    called_at = call_record.started_at or call_record.ended_at or call_record.created_at
    days = capabilities_of(call_record.account).keeps_recordings_days or UNKNOWN_RETENTION_DAYS
    return min(called_at, call_record.created_at) + timedelta(days=days)


def fetch_next() -> bool:
    """Fetch the due recording with the nearest deadline; whether there was one. May be rung twice or late."""
    enrol()
    now = timezone.now()
    recordings = Recording.objects.order_by("deadline_at", "pk")
    state.expire_claims(recordings.filter(state=Recording.State.FETCHING), to=Recording.State.DUE)
    _declare_lost(now=now)
    disk.sweep_parts()
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
    part = disk.part_path(f"{recording.pk}.{recording.claim_token}")  # the claim's own: no twin writes into it
    try:
        fetched = _download(recording, part, now=now)
        _store(recording, fetched)
    except BadCredentials as error:
        _later(recording, str(error), now=now)
        _spare(recording.call_record.account, now=now)
    except TryLater as error:  # a refusal of the moment, which says nothing about the recording
        _later(recording, str(error), now=now)
    except Refused as error:
        _refused(recording, str(error), now=now)
    except NotGood as error:
        _later(recording, str(error), now=now, sha256=error.sha256 or recording.sha256)
    except CarrierError as error:
        _later(recording, str(error), now=now)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        logger.error("recording %s could not be written: %s", recording.pk, reason)
        unwritten = gettext("The file could not be written here (%(reason)s). Look at the disk.")
        _later(recording, unwritten % {"reason": reason}, now=now)
    finally:
        disk.remove_part(part)


def ask_again(recording: Recording) -> bool:
    """A recording that was given up, or waits for its next try, is due at once; whether it can be."""
    # A try that was due before the deadline is made after it, too: the carrier may be late with deleting.
    due_at = min(timezone.now(), recording.deadline_at)
    if recording.state == Recording.State.DUE:
        return bool(Recording.objects.filter(pk=recording.pk, state=Recording.State.DUE).update(due_at=due_at))
    if recording.state in (Recording.State.GONE, Recording.State.LOST):
        return state.advance(recording, Recording.State.DUE, due_at=due_at)
    return False


def _download(recording: Recording, part: Path, *, now: datetime) -> Fetched:
    """Link and file in one breath: a link lives for minutes only and is never stored.

    The wire raises CarrierError when less comes than was announced.
    """
    call_record = recording.call_record
    account = call_record.account
    disk.make_room()
    link = carrier_of(account).recording_link(call_record.recording_name)
    with wire_of(account).download(link.url, purpose="recording", most_bytes=MOST_BYTES) as answer:
        digest, size_bytes = disk.write_part(part, answer.chunks)
    return _checked(recording, part, size_bytes=size_bytes, sha256=digest, now=now)


def _checked(recording: Recording, part: Path, *, size_bytes: int, sha256: str, now: datetime) -> Fetched:
    """The file decodes and is as long as the call was billed. Raises NotGood.

    A short file is believed, with a remark, once it is clear that there is no better one.
    """
    try:
        sound = audio.check(part)
    except audio.AudioError as error:
        raise NotGood(gettext("What came is no playable sound: %(problem)s") % {"problem": error}) from error
    talk = recording.call_record.talk_seconds
    remark = ""
    if sound.seconds < talk - max(TOLERANCE_SECONDS, talk * TOLERANCE_SHARE):
        lengths = {"sound": figures.count(round(sound.seconds)), "talk": figures.count(talk)}
        remark = gettext("%(sound)s s of sound for %(talk)s s of talk.") % lengths
        if not _is_all_there_is(recording, sha256, now=now):
            raise NotGood(gettext("It is too short: %(lengths)s") % {"lengths": remark}, sha256=sha256)
    suffix, content_type = SOUNDS.get(sound.container, OTHER_SOUND)
    return Fetched(
        path=part,
        size_bytes=size_bytes,
        sha256=sha256,
        seconds=sound.seconds,
        suffix=suffix,
        content_type=content_type,
        remark=remark,
    )


def _is_all_there_is(recording: Recording, sha256: str, *, now: datetime) -> bool:
    """The same bytes came before and there were enough tries; or there will be no other try."""
    is_same_again = recording.sha256 == sha256 and recording.tries >= TRIES_BEFORE_BELIEVED
    return is_same_again or _next_try_at(recording, now=now) > recording.deadline_at


def _store(recording: Recording, fetched: Fetched) -> None:
    """Rename first, then note: a crash in between leaves a file that the next try replaces with its equal."""
    name = _name(recording, fetched.suffix)
    if not _is_still_ours(recording):
        logger.warning("recording %s: the claim was over before the file was there", recording.pk)
        return
    disk.finish(fetched.path, name)
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


def _is_still_ours(recording: Recording) -> bool:
    """Whether our claim holds; if so, it holds long enough for the rename and its note."""
    return bool(
        Recording.objects.filter(
            pk=recording.pk, state=Recording.State.FETCHING, claim_token=recording.claim_token
        ).update(lease_until=state.after(FETCH_LEASE_SECONDS))
    )


def _name(recording: Recording, suffix: str) -> str:
    """Relative to the media folder: the folder of the day on which we heard of the call, and a name of its own.

    Every try gives the same name, so that nothing is left behind by an earlier one.
    """
    call_record = recording.call_record
    stem = get_valid_filename(f"{call_record.account_id}-{call_record.carrier_call_id}-{recording.pk}")
    return f"recordings/{call_record.created_at:%Y/%m/%d}/{stem}{suffix}"


def _later(recording: Recording, sentence: str, *, now: datetime, **changes: str) -> None:
    due_at = _next_try_at(recording, now=now)
    state.advance(
        recording, Recording.State.DUE, token=recording.claim_token, complaint=sentence, due_at=due_at, **changes
    )


def _next_try_at(recording: Recording, *, now: datetime) -> datetime:
    """After a pause that grows with the tries, but not so long that the last chance is missed."""
    pause_seconds = PAUSES_SECONDS[min(recording.tries, len(PAUSES_SECONDS)) - 1]
    last_chance_at = recording.deadline_at - LAST_CHANCE
    if now < last_chance_at:
        return min(now + timedelta(seconds=pause_seconds), last_chance_at)
    return now + timedelta(seconds=min(pause_seconds, LAST_PAUSE_SECONDS))


def _spare(account: Account, *, now: datetime) -> None:
    """Thousands of due recordings would try to log in with credentials that were just refused."""
    later = now + timedelta(seconds=LOCKED_OUT_SECONDS)
    Recording.objects.filter(
        call_record__account=account,
        state=Recording.State.DUE,
        due_at__lt=later,
        deadline_at__gt=later + LAST_CHANCE,
    ).update(due_at=later)


def _refused(recording: Recording, sentence: str, *, now: datetime) -> None:
    """The carrier says that it has no such recording; believed only after some tries over a day."""
    enrolled_for = now - recording.call_record.created_at
    if recording.tries >= GONE_AFTER_TRIES and enrolled_for > GONE_AFTER:
        state.advance(recording, Recording.State.GONE, token=recording.claim_token, complaint=sentence)
        logger.error("recording %s is gone at the carrier", recording.pk)
    else:
        _later(recording, sentence, now=now)


def _declare_lost(*, now: datetime) -> None:
    """Lost is what has no try left before its deadline. A try that was due before it is made first."""
    passed = gettext("Its deadline at the carrier has passed.")
    lost = Recording.objects.filter(state=Recording.State.DUE, deadline_at__lt=now, due_at__gt=F("deadline_at")).update(
        state=Recording.State.LOST, complaint=Concat(Value(f"{passed} "), F("complaint"))
    )
    if lost:
        logger.error("%s recordings are lost: their deadlines have passed", lost)
