"""A file that comes in pieces: repeats, gaps, crashes, two tabs, limits, and what happens when it is whole."""

import os
import tracemalloc
import zlib
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from dialer.flow import housekeeping, intake, uploads, voice
from dialer.flow.mistakes import DialerError
from dialer.models import Campaign, ContactList, PendingUpload, VoiceFile
from dialer.terms import UploadPurpose
from tests.factories import make_campaign, make_user, wav

pytestmark = pytest.mark.django_db

LIST = b"Name;Phone\n" + b"".join(b"Person %d;0812%08d\n" % (i, i) for i in range(1, 200))
PIECE = 1000


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def begin(
    content: bytes = LIST, *, owner: Any = None, campaign: Campaign | None = None, **fields: Any
) -> PendingUpload:
    said = {
        "name": "people.csv",
        "size_bytes": len(content),
        "first_checksum": zlib.crc32(content[:PIECE]),
        "campaign": campaign or make_campaign(),
        **fields,
    }
    return uploads.begin(owner or make_user(), UploadPurpose.CONTACT_LIST, **said)


def send(upload: PendingUpload, content: bytes, offset: int, size: int = PIECE) -> PendingUpload:
    """The piece at the offset, as the browser sends it."""
    end = min(offset + size, len(content))
    now = uploads.receive(upload, content[offset:end], offset=offset, checksum=zlib.crc32(content[:end]))
    assert now is not None
    return now


def send_all(upload: PendingUpload, content: bytes = LIST) -> PendingUpload:
    while not upload.is_whole:
        upload = send(upload, content, upload.received_bytes)
    return upload


def take(upload: PendingUpload) -> uploads.KeptUpload:
    return uploads.take(upload.key, upload.owner, UploadPurpose.CONTACT_LIST, campaign=upload.campaign)


def parts(media: Path) -> list[str]:
    return sorted(path.name for path in (media / "uploads").glob("*"))


# --- Pieces -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "kept"),
    [("../../people.csv", "people.csv"), ("..", "file"), ("x/..", "file"), ("a\r\nb\u202e.csv", "ab.csv")],
)
def test_the_name_of_a_file_has_no_folders_and_no_hidden_signs(said: str, kept: str) -> None:
    upload = send_all(begin(name=said))

    with uploads.take(upload.key, upload.owner, UploadPurpose.CONTACT_LIST, campaign=upload.campaign) as file:
        assert file.name == kept


def test_the_pieces_become_the_file() -> None:
    upload = send_all(begin())

    with take(upload) as file:
        assert file.read() == LIST
        assert (file.name, file.size) == ("people.csv", len(LIST))


def test_a_piece_that_is_repeated_changes_nothing() -> None:
    upload = begin()
    send(upload, LIST, 0)

    assert send(upload, LIST, 0).received_bytes == PIECE

    with take(send_all(upload)) as file:
        assert file.read() == LIST


def test_a_piece_behind_a_gap_is_not_taken_and_the_answer_says_where_to_go_on() -> None:
    upload = begin()
    send(upload, LIST, 0)

    assert send(upload, LIST, 2 * PIECE).received_bytes == PIECE


def test_a_piece_that_was_damaged_on_its_way_is_not_taken() -> None:
    upload = begin()

    with pytest.raises(uploads.Damaged):
        uploads.receive(upload, b"x" * PIECE, offset=0, checksum=zlib.crc32(LIST[:PIECE]))

    upload.refresh_from_db()
    assert upload.received_bytes == 0


def test_the_end_of_another_file_does_not_get_behind_the_beginning_of_the_first() -> None:
    upload = begin()
    send(upload, LIST, 0)
    other = LIST[:500] + b"!" + LIST[501:]

    with pytest.raises(uploads.Damaged):
        send(upload, other, PIECE)


def test_nothing_is_taken_beyond_the_size_that_was_said() -> None:
    upload = begin(LIST[:PIECE])

    with pytest.raises(uploads.Damaged):
        send(upload, LIST, 0, size=PIECE + 1)


def test_a_crash_between_the_write_and_its_note_costs_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    upload = begin()
    send(upload, LIST, 0)
    with uploads.part_path(upload.key).open("ab") as part:  # as it lies there after the crash
        part.write(b"half of a piece, or another one, or more than it" * 100)

    assert send(upload, LIST, PIECE).received_bytes == 2 * PIECE

    with take(send_all(upload)) as file:
        assert file.read() == LIST


def test_a_part_that_is_lost_is_sent_again_from_the_start() -> None:
    upload = begin()
    send(upload, LIST, 0)
    uploads.part_path(upload.key).unlink()

    assert send(upload, LIST, PIECE).received_bytes == 0

    with take(send_all(upload)) as file:
        assert file.read() == LIST


def test_the_same_file_goes_on_where_it_stopped() -> None:
    owner, campaign = make_user(), make_campaign()
    first = begin(owner=owner, campaign=campaign)
    send(first, LIST, 0)

    again = begin(owner=owner, campaign=campaign)

    assert (again.pk, again.received_bytes, again.checksum) == (first.pk, PIECE, zlib.crc32(LIST[:PIECE]))


@pytest.mark.parametrize("other", [{"name": "others.csv"}, {"size_bytes": 7}, {"first_checksum": 1}])
def test_another_file_is_another_upload(other: dict[str, Any]) -> None:
    owner, campaign = make_user(), make_campaign()
    first = begin(owner=owner, campaign=campaign)

    assert begin(owner=owner, campaign=campaign, **other).pk != first.pk


def test_the_same_file_of_somebody_else_or_for_another_campaign_is_another_upload() -> None:
    owner, campaign = make_user(), make_campaign()
    first = begin(owner=owner, campaign=campaign)

    assert begin(campaign=campaign).pk != first.pk
    assert begin(owner=owner).pk != first.pk


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_send_at_once_make_one_file() -> None:
    owner, campaign = make_user(), make_campaign()
    start = Barrier(2)
    failures: list[Exception] = []

    def tab() -> None:
        try:
            start.wait()
            upload = begin(owner=owner, campaign=campaign)
            while not upload.is_whole:
                upload = send(upload, LIST, upload.received_bytes)
        except Exception as error:  # noqa: BLE001 - told by the test
            failures.append(error)
        finally:
            connection.close()

    tabs = [Thread(target=tab) for _ in range(2)]
    for each in tabs:
        each.start()
    for each in tabs:
        each.join()

    assert failures == []
    with take(PendingUpload.objects.get()) as file:
        assert file.read() == LIST


def test_a_piece_that_arrives_after_the_upload_was_removed_leaves_nothing(media: Path) -> None:
    upload = begin()
    send(upload, LIST, 0)
    uploads.remove(upload)

    late = uploads.receive(upload, LIST[:PIECE], offset=0, checksum=zlib.crc32(LIST[:PIECE]))

    assert late is None
    assert parts(media) == []


def test_memory_does_not_grow_with_the_file() -> None:
    content = b"Phone\n" + b"081200000001\n" * 1_600_000  # 20 MB
    upload = begin(content)
    tracemalloc.start()
    try:
        checksum = 0
        for offset in range(0, len(content), uploads.PIECE_BYTES):
            piece = content[offset : offset + uploads.PIECE_BYTES]
            checksum = zlib.crc32(piece, checksum)
            uploads.receive(upload, piece, offset=offset, checksum=checksum)
        with take(upload) as file:
            intake.upload(upload.campaign, file)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 4 * uploads.PIECE_BYTES


# --- Limits -------------------------------------------------------------------------------------------------------


def test_a_file_that_is_too_large_is_not_begun(settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1024**2

    with pytest.raises(DialerError, match="larger than 1 MB"):
        begin(size_bytes=1024**2 + 1)


def test_an_empty_file_is_not_begun() -> None:
    with pytest.raises(DialerError, match="empty"):
        begin(b"")


def test_nobody_has_more_than_a_few_unfinished_uploads() -> None:
    owner = make_user()
    for number in range(uploads.MOST_PENDING):
        begin(owner=owner, name=f"{number}.csv")

    with pytest.raises(DialerError, match="not finished"):
        begin(owner=owner)

    begin()  # somebody else


def test_a_full_disk_is_said_and_nothing_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    upload = begin()
    monkeypatch.setattr(os, "pwrite", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))

    with pytest.raises(DialerError, match="disk is full"):
        send(upload, LIST, 0)

    upload.refresh_from_db()
    assert upload.received_bytes == 0


# --- Whole --------------------------------------------------------------------------------------------------------


def test_a_whole_upload_becomes_a_list_like_one_that_came_with_a_form(media: Path) -> None:
    campaign = make_campaign()
    plain = intake.upload(campaign, SimpleUploadedFile("people.csv", LIST))

    with take(send_all(begin(campaign=campaign))) as file:
        in_pieces = intake.upload(campaign, file)

    for name in ("original_name", "size_bytes", "sha256", "row_count", "delimiter", "has_header"):
        assert getattr(in_pieces, name) == getattr(plain, name)
    assert not PendingUpload.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_upload_becomes_one_list_if_two_tabs_finish_it(media: Path) -> None:
    upload = send_all(begin())
    with take(upload) as one, take(upload) as other:
        kept = intake.upload(upload.campaign, one)
        with pytest.raises(DialerError, match="finished or removed"):
            intake.upload(upload.campaign, other)

    assert list(ContactList.objects.all()) == [kept]
    assert Path(kept.file.path).read_bytes() == LIST
    assert parts(media) == []
    assert len(list((media / "contacts").iterdir())) == 1


@pytest.mark.django_db(transaction=True)
def test_a_crash_before_the_list_is_kept_leaves_the_upload(monkeypatch: pytest.MonkeyPatch) -> None:
    upload = send_all(begin())

    def die(file: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as crash, take(upload) as file:
        crash.setattr(uploads, "spend", die)
        with pytest.raises(SystemExit):
            intake.upload(upload.campaign, file)

    assert not ContactList.objects.exists()
    with take(upload) as file:
        intake.upload(upload.campaign, file)
    assert ContactList.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_removed_while_somebody_makes_a_list_of_it_leaves_no_list(media: Path) -> None:
    upload = send_all(begin())

    with take(upload) as file:
        assert uploads.remove(upload)
        with pytest.raises(DialerError, match="finished or removed"):
            intake.upload(upload.campaign, file)

    assert not ContactList.objects.exists()
    assert parts(media) == list((media / "contacts").iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_what_is_removed_while_it_is_converted_leaves_no_voice_file(media: Path) -> None:
    upload = whole_voice()

    with uploads.take(upload.key, upload.owner, UploadPurpose.VOICE_FILE) as file:
        assert uploads.remove(upload)
        with pytest.raises(DialerError, match="finished or removed"):
            voice.store(name="Welcome", upload=file)

    assert not VoiceFile.objects.exists()
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_what_became_a_voice_file_cannot_be_removed_any_more() -> None:
    upload = whole_voice()

    with uploads.take(upload.key, upload.owner, UploadPurpose.VOICE_FILE) as file:
        voice.store(name="Welcome", upload=file)

    assert not uploads.remove(upload)
    assert VoiceFile.objects.count() == 1


def whole_voice() -> PendingUpload:
    sound = wav()
    upload = uploads.begin(
        make_user(),
        UploadPurpose.VOICE_FILE,
        name="welcome.wav",
        size_bytes=len(sound),
        first_checksum=zlib.crc32(sound),
    )
    now = uploads.receive(upload, sound, offset=0, checksum=zlib.crc32(sound))
    assert now is not None
    return now


def test_an_upload_that_is_not_whole_is_not_taken() -> None:
    upload = begin()
    send(upload, LIST, 0)

    with pytest.raises(DialerError, match="not uploaded to its end"):
        take(upload)


def test_an_upload_is_taken_by_its_owner_for_its_place_only() -> None:
    upload = send_all(begin())

    for owner, purpose, campaign in (
        (make_user(), UploadPurpose.CONTACT_LIST, upload.campaign),
        (upload.owner, UploadPurpose.CONTACT_LIST, make_campaign()),
        (upload.owner, UploadPurpose.DO_NOT_CALL, None),
    ):
        with pytest.raises(DialerError):
            uploads.take(upload.key, owner, purpose, campaign=campaign)


# --- Housekeeping -------------------------------------------------------------------------------------------------


def test_what_nobody_goes_on_with_is_removed_after_a_day(media: Path) -> None:
    old, young = begin(), begin()
    for upload in (old, young):
        send(upload, LIST, 0)
    PendingUpload.objects.filter(pk=old.pk).update(last_piece_at=timezone.now() - timedelta(hours=25))
    PendingUpload.objects.filter(pk=young.pk).update(last_piece_at=timezone.now() - timedelta(hours=23))

    housekeeping.prune_next()

    assert list(PendingUpload.objects.all()) == [young]
    assert parts(media) == [f"{young.key}.part"]


def test_a_part_without_an_upload_is_removed_after_a_day(media: Path) -> None:
    fresh, lost, kept = begin(), begin(), begin()
    for upload in (fresh, lost, kept):
        send(upload, LIST, 0)
    yesterday = (timezone.now() - timedelta(hours=25)).timestamp()
    for upload in (lost, kept):
        os.utime(uploads.part_path(upload.key), (yesterday, yesterday))
    PendingUpload.objects.exclude(pk=kept.pk).delete()

    housekeeping.prune_next()

    assert parts(media) == sorted(f"{upload.key}.part" for upload in (fresh, kept))
