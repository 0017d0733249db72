"""What the carrier forgets is kept, verified, before its deadline; whatever fails is tried again until then."""

import hashlib
import logging
import os
import resource
import stat
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from dialer.flow import ledger, state
from dialer.models import Account, CallRecord
from recordings import archive, disk
from recordings.models import Recording
from tests.carrier import TestCarrier, number_with_fate, stored
from tests.factories import make_batch, make_call_record, make_campaign, make_contact, make_contact_list

pytestmark = pytest.mark.django_db

State = Recording.State
LINK = "App.Sip_Cdr.GetRecodeFile"
DOWNLOAD = "recording"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    folder: Path = settings.MEDIA_ROOT
    return folder


def promised(carrier: TestCarrier, *fates: int) -> list[Recording]:
    """Recordings of people who were called, due now."""
    carrier.call(*fates)
    for body in carrier.callbacks():
        stored(carrier.account, body)
    while ledger.apply_next():
        pass
    archive.enrol()
    return list(Recording.objects.order_by("pk"))


def only() -> Recording:
    return Recording.objects.get()


def make_due(**changes: object) -> None:
    Recording.objects.update(due_at=timezone.now() - timedelta(seconds=1), **changes)


def files(media: Path) -> list[Path]:
    return sorted(path for path in (media / "recordings").rglob("*") if path.is_file())


def fetch_all() -> int:
    turns = 0
    while archive.fetch_next():
        turns += 1
    return turns


# --- what goes well ----------------------------------------------------------------------------------------------


def test_a_recording_is_stored_whole_and_verified(carrier: TestCarrier, media: Path) -> None:
    promised(carrier, 0)

    assert archive.fetch_next()

    recording = only()
    path = Path(recording.file.path)
    content = path.read_bytes()
    assert recording.state == State.STORED
    assert recording.sha256 == hashlib.sha256(content).hexdigest()
    assert recording.size_bytes == len(content)
    assert recording.content_type == "audio/mpeg"
    assert abs(recording.seconds - recording.call_record.talk_seconds) < 0.2
    assert recording.stored_at is not None
    assert (recording.complaint, recording.claim_token) == ("", "")
    assert files(media) == [path]
    assert path.suffix == ".mp3"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert carrier.sandbox.memory.fetched_count == 1


def test_nothing_is_fetched_twice(carrier: TestCarrier) -> None:
    promised(carrier, 0, 1)

    assert fetch_all() == 2
    assert fetch_all() == 0
    assert carrier.requests(DOWNLOAD) == 2


def test_the_nearest_deadline_comes_first(carrier: TestCarrier) -> None:
    first, second = promised(carrier, 0, 1)
    Recording.objects.filter(pk=second.pk).update(deadline_at=F("deadline_at") - timedelta(days=1))

    archive.fetch_next()

    assert Recording.objects.get(pk=second.pk).state == State.STORED
    assert Recording.objects.get(pk=first.pk).state == State.DUE


def test_a_link_is_asked_for_at_each_try_and_kept_nowhere(carrier: TestCarrier) -> None:
    promised(carrier, 94)  # the first link has expired before it is used

    archive.fetch_next()
    assert only().state == State.DUE
    make_due()
    archive.fetch_next()

    assert only().state == State.STORED
    assert carrier.requests(LINK) == 2
    key = next(iter(carrier.sandbox.memory.links))
    said = list(carrier.account.exchanges.values_list("url", "request", "response", "complaint"))
    assert key not in repr(said)


# --- what goes wrong at the carrier ------------------------------------------------------------------------------


@pytest.mark.parametrize("hundreds", [2, 3], ids=["the connection drops", "a shorter file looks whole"])
def test_a_file_cut_short_is_thrown_away_and_fetched_again(carrier: TestCarrier, media: Path, hundreds: int) -> None:
    contact_list = make_contact_list(campaign=make_campaign(account=carrier.account))
    contact = make_contact(contact_list=contact_list, number=number_with_fate(95, hundreds=hundreds))
    carrier.dial(make_batch(contacts=[contact], state="accepted"))
    stored(carrier.account, *carrier.callbacks())
    ledger.apply_next()

    archive.fetch_next()

    assert only().state == State.DUE
    assert only().complaint
    assert files(media) == []

    make_due()
    archive.fetch_next()
    assert only().state == State.STORED


def test_a_carrier_that_is_not_ready_is_asked_again_with_growing_pauses(carrier: TestCarrier) -> None:
    promised(carrier, 96)  # 503 twice
    pauses = []
    for _ in range(2):
        before = timezone.now()
        archive.fetch_next()
        pauses.append((only().due_at - before).total_seconds())
        assert not archive.fetch_next()  # not before its time
        make_due()

    assert pauses == [pytest.approx(60, abs=5), pytest.approx(300, abs=5)]
    archive.fetch_next()
    assert only().state == State.STORED


def test_a_page_instead_of_sound_is_not_kept(carrier: TestCarrier, media: Path) -> None:
    promised(carrier, 0)
    carrier.order_fates(DOWNLOAD, "html_before_accept")

    archive.fetch_next()

    assert only().state == State.DUE
    assert "no playable sound" in only().complaint
    assert files(media) == []


def test_a_short_file_is_believed_only_when_the_same_bytes_come_again_and_again(carrier: TestCarrier) -> None:
    promised(carrier, 0)
    CallRecord.objects.update(talk_seconds=500)

    for number in range(1, archive.TRIES_BEFORE_BELIEVED + 1):
        assert only().state == State.DUE, number
        archive.fetch_next()
        make_due()

    assert only().state == State.STORED
    assert "500 s of talk" in only().complaint


def test_a_first_short_file_after_other_failures_is_not_believed(carrier: TestCarrier) -> None:
    promised(carrier, 0)
    CallRecord.objects.update(talk_seconds=500)
    make_due(tries=archive.TRIES_BEFORE_BELIEVED + 3)

    archive.fetch_next()

    assert only().state == State.DUE


def test_a_short_file_is_better_than_none_when_there_is_no_other_try(carrier: TestCarrier) -> None:
    promised(carrier, 0)
    CallRecord.objects.update(talk_seconds=500)
    make_due(deadline_at=timezone.now() + timedelta(seconds=30))

    archive.fetch_next()

    assert only().state == State.STORED
    assert "500 s of talk" in only().complaint


@pytest.mark.parametrize("what", ["link", "file"])
def test_a_recording_that_is_gone_is_believed_after_some_tries_over_a_day(
    carrier: TestCarrier, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    promised(carrier, 0)
    carrier.switch(recordings_gone=what)

    make_due(tries=archive.GONE_AFTER_TRIES)
    archive.fetch_next()
    assert only().state == State.DUE  # it may still appear

    CallRecord.objects.update(created_at=timezone.now() - archive.GONE_AFTER - timedelta(minutes=1))
    make_due()
    archive.fetch_next()
    assert only().state == State.GONE
    assert only().complaint
    assert "gone at the carrier" in caplog.text

    carrier.switch(recordings_gone="no")
    assert archive.ask_again(only())
    archive.fetch_next()
    assert only().state == State.STORED


@pytest.mark.parametrize(
    ("service", "fate"), [("recording", "refuse:429"), ("App.Sip_Cdr.GetRecodeFile", "refuse:500")]
)
def test_a_carrier_that_is_too_busy_for_days_never_makes_a_recording_gone(
    carrier: TestCarrier, service: str, fate: str
) -> None:
    promised(carrier, 0)
    CallRecord.objects.update(created_at=timezone.now() - archive.GONE_AFTER - timedelta(minutes=1))
    carrier.switch(always={service: fate})

    make_due(tries=archive.GONE_AFTER_TRIES + 1)
    archive.fetch_next()

    assert only().state == State.DUE
    assert only().complaint


def test_refused_credentials_spare_the_account_for_a_while(carrier: TestCarrier) -> None:
    promised(carrier, 0, 1, 2)
    account = Account.objects.get()
    account.access_key, account.token = "wrong", ""
    account.save()

    assert fetch_all() == 1

    assert Recording.objects.filter(state=State.DUE, due_at__gt=timezone.now()).count() == 3
    assert carrier.requests("App.Sip_Auth.Login") == 1


# --- the deadline ------------------------------------------------------------------------------------------------


def at_deadline(*, tries: int, left: timedelta) -> Recording:
    return Recording(tries=tries, deadline_at=timezone.now() + left)


def test_the_last_chance_before_the_deadline_is_used_whatever_the_pause_says() -> None:
    now = timezone.now()
    recording = at_deadline(tries=6, left=timedelta(hours=3))

    assert archive._next_try_at(recording, now=now) == recording.deadline_at - archive.LAST_CHANCE


def test_in_its_last_hour_it_is_tried_often_and_never_without_a_pause() -> None:
    now = timezone.now()
    recording = at_deadline(tries=6, left=timedelta(minutes=20))

    assert archive._next_try_at(recording, now=now) == now + timedelta(seconds=archive.LAST_PAUSE_SECONDS)
    assert archive._next_try_at(at_deadline(tries=1, left=timedelta(minutes=20)), now=now) > now


def test_what_failed_until_its_deadline_is_lost_with_an_alarm(
    carrier: TestCarrier, caplog: pytest.LogCaptureFixture
) -> None:
    promised(carrier, 0)
    carrier.switch(recordings_gone="file")
    make_due(deadline_at=timezone.now() - timedelta(seconds=1))
    Recording.objects.update(due_at=F("deadline_at") - timedelta(minutes=1))

    assert archive.fetch_next()  # the try that was due before the deadline
    assert only().state == State.DUE
    assert not archive.fetch_next()

    assert only().state == State.LOST
    assert "deadline" in only().complaint
    assert "404" in only().complaint  # and why it never came
    assert [record.levelno for record in caplog.records if "lost" in record.getMessage()] == [logging.ERROR]


def test_a_lost_recording_can_be_asked_for_once_more(carrier: TestCarrier) -> None:
    promised(carrier, 0)
    make_due(state=State.LOST, deadline_at=timezone.now() - timedelta(days=2))

    assert archive.ask_again(only())
    archive.fetch_next()

    assert only().state == State.STORED


def test_a_stored_recording_is_not_asked_for_again(carrier: TestCarrier) -> None:
    promised(carrier, 0)
    archive.fetch_next()

    assert not archive.ask_again(only())
    assert only().state == State.STORED


# --- what goes wrong here ----------------------------------------------------------------------------------------


def test_a_disk_that_can_not_be_written_leaves_a_sentence_and_a_later_try(
    carrier: TestCarrier, media: Path, caplog: pytest.LogCaptureFixture
) -> None:
    promised(carrier, 0)
    (media / "recordings").write_text("in the way")

    archive.fetch_next()

    assert only().state == State.DUE
    assert "Look at the disk" in only().complaint
    assert only().due_at > timezone.now()
    assert "could not be written" in caplog.text

    (media / "recordings").unlink()
    make_due()
    archive.fetch_next()
    assert only().state == State.STORED


@pytest.mark.parametrize("where", ["day", "part"])
def test_a_disk_that_fails_later_leaves_nothing_half_done(carrier: TestCarrier, media: Path, where: str) -> None:
    promised(carrier, 0)
    folder = media / "recordings" / ("unfinished" if where == "part" else f"{timezone.now():%Y}")
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")

    archive.fetch_next()

    assert only().state == State.DUE
    assert files(media) == [folder]


FULL_DISK = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # a disk with room for a thousand bytes
import django
django.setup()
from recordings import disk
disk.make_room()
part = disk.part_path("1.token")
try:
    disk.write_part(part, [b"x" * 600, b"x" * 600])
except OSError as error:
    disk.remove_part(part)
    print("full" if not part.exists() else "left")
"""


def test_a_full_disk_is_an_error_and_leaves_no_part(tmp_path: Path) -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "DATA_DIR": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK], env=environment, capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "full"
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 1000  # ours is as it was


def test_a_claim_whose_process_died_goes_back_to_due(carrier: TestCarrier) -> None:
    promised(carrier, 0)
    claimed(lease_seconds=-1)

    assert archive.fetch_next()

    assert only().state == State.STORED
    assert only().tries == 2


def test_a_claim_that_holds_is_left_alone(carrier: TestCarrier) -> None:
    promised(carrier, 0)
    claimed(lease_seconds=60)

    assert not archive.fetch_next()
    assert only().state == State.FETCHING


def claimed(*, lease_seconds: float) -> Recording:
    rows = Recording.objects.order_by("pk")
    recording = state.claim(rows, to=State.FETCHING, lease_seconds=lease_seconds, tries=F("tries") + 1)
    assert recording is not None
    return recording


def test_a_kill_between_rename_and_note_ends_in_one_file_and_one_row(
    carrier: TestCarrier, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    promised(carrier, 0)
    finish = disk.finish

    def finish_and_die(part: Path, name: str) -> None:
        finish(part, name)
        raise KeyboardInterrupt

    monkeypatch.setattr(disk, "finish", finish_and_die)
    with pytest.raises(KeyboardInterrupt):
        archive.fetch_next()
    monkeypatch.undo()
    assert only().state == State.FETCHING
    assert len(files(media)) == 1

    CallRecord.objects.update(started_at=timezone.now() - timedelta(days=3))  # a bill corrected it meanwhile
    Recording.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    archive.fetch_next()

    assert only().state == State.STORED
    assert files(media) == [Path(only().file.path)]


def test_a_process_that_was_too_slow_does_not_touch_the_file_of_its_successor(
    carrier: TestCarrier, media: Path
) -> None:
    promised(carrier, 0)
    slow = claimed(lease_seconds=-1)
    archive.fetch_next()
    kept = Path(only().file.path)
    inode = kept.stat().st_ino

    archive.fetch(slow, now=timezone.now())

    assert kept.stat().st_ino == inode
    assert files(media) == [kept]
    assert only().state == State.STORED


def test_leftovers_of_killed_processes_are_swept_and_fresh_ones_are_not(media: Path) -> None:
    disk.make_room()
    old, fresh = disk.part_path("1.old"), disk.part_path("2.fresh")
    for part in (old, fresh):
        part.write_bytes(b"half")
    long_ago = time.time() - disk.PART_KEPT_SECONDS - 10
    os.utime(old, (long_ago, long_ago))

    archive.fetch_next()

    assert not old.exists()
    assert fresh.exists()


def test_the_name_at_the_carrier_never_leads_out_of_the_folder(carrier: TestCarrier, media: Path) -> None:
    record = make_call_record(account=carrier.account, carrier_call_id="../../x", recording_name="../../etc/passwd")
    recording = Recording(call_record=record, pk=1)

    name = archive._name(recording, ".mp3")

    assert (media / name).resolve().is_relative_to((media / "recordings").resolve())


def test_no_link_number_or_secret_is_in_the_log(carrier: TestCarrier, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    promised(carrier, 0, 94, 96)
    fetch_all()
    carrier.order_fates(LINK, "refuse:601")
    make_due(state=State.DUE)
    fetch_all()

    memory = carrier.sandbox.memory
    numbers = [call.number for call in memory.calls.values()]
    for secret in (*memory.tokens, carrier.account.access_key, *numbers):
        assert secret not in caplog.text
    for recording in Recording.objects.all():
        assert not any(key in recording.complaint for key in memory.links)
