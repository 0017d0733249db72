"""pieces -> one file: each piece is on the disk before it is noted, so a repeat, a gap or a crash does no harm.

A whole upload is taken as an `UploadedFile`, like one that came with a form, by the verb that wants the file. It is
spent in the transaction in which that verb keeps what it made of it.
"""

import errno
import fcntl
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from dialer.flow.mistakes import DialerError
from dialer.models import Campaign, PendingUpload
from dialer.terms import UploadPurpose

PIECE_BYTES = 2 * 1024 * 1024  # at most lost when a connection breaks, and held in memory
MOST_PENDING = 5  # of one person, each as large as a file may be
KEPT = timedelta(days=1)  # after the last piece


class Damaged(Exception):
    """The piece is not what was sent, or not of the file that was begun. Nothing was changed."""


class KeptUpload(UploadedFile):
    """A file that came in pieces. It can be read until it is closed, also after it was spent."""

    def __init__(self, file: IO[bytes], upload: PendingUpload) -> None:
        super().__init__(file, upload.name, "application/octet-stream", upload.size_bytes)
        self.upload = upload


def begin(
    owner: Any,
    purpose: UploadPurpose,
    *,
    name: str,
    size_bytes: int,
    first_checksum: int,
    campaign: Campaign | None = None,
) -> PendingUpload:
    """The upload of this file for this place: the one that was begun before, else a new one.

    Raises DialerError if the file is empty or too large, or too many uploads of this person are not finished.
    """
    if size_bytes < 1:
        raise DialerError(gettext("This file is empty."))
    if size_bytes > settings.UPLOAD_MAX_BYTES:
        too_large = gettext("The file is larger than %(size)s MB. Split it into several files.")
        raise DialerError(too_large % {"size": settings.UPLOAD_MAX_BYTES // 1024**2})
    same = {
        "purpose": purpose,
        "campaign": campaign,
        "name": _bare(name)[:255] or "file",
        "size_bytes": size_bytes,
        "first_checksum": first_checksum,
    }
    with transaction.atomic():
        get_user_model()._default_manager.select_for_update().get(pk=owner.pk)  # two tabs begin one after the other
        mine = of(owner)
        known = mine.filter(**same).first()
        if known is not None:
            return known
        if mine.count() >= MOST_PENDING:
            too_many = ngettext(
                "You have %(count)s upload that is not finished. Finish or remove one of them first.",
                "You have %(count)s uploads that are not finished. Finish or remove one of them first.",
                MOST_PENDING,
            )
            raise DialerError(too_many % {"count": MOST_PENDING})
        return PendingUpload.objects.create(owner_id=owner.pk, last_piece_at=timezone.now(), **same)


def of(owner: Any) -> QuerySet[PendingUpload]:
    """The unfinished uploads of a person that can still be finished. Nobody sees those of another.

    One for a campaign that was launched meanwhile is not among them, and is removed after a day like all.
    """
    can_be_finished = Q(campaign=None) | Q(campaign__state=Campaign.State.DRAFT)
    return PendingUpload.objects.filter(can_be_finished, owner_id=owner.pk)


def receive(upload: PendingUpload, piece: bytes, *, offset: int, checksum: int) -> PendingUpload | None:
    """The upload as it is now: with this piece, or without it if it was there already or does not follow the last.

    `checksum` is that of the file up to the end of the piece. None if the upload was removed meanwhile. Raises Damaged,
    or DialerError if the disk is full. May be repeated, also by two tabs at once: one process at a time writes a part.
    """
    with _part(upload) as part:
        now = PendingUpload.objects.filter(pk=upload.pk).first()
        if now is None:
            _unlink(upload.key)
            return None
        if os.fstat(part).st_size < now.received_bytes:
            return _from_the_start(now)
        end = offset + len(piece)
        if offset != now.received_bytes or not piece:
            return now
        if end > now.size_bytes or zlib.crc32(piece, now.checksum) != checksum:
            raise Damaged
        _write(part, piece, offset)
        # Not noted if we die here: then the same bytes are written once more to the same place.
        still = PendingUpload.objects.filter(pk=now.pk, received_bytes=offset)
        if not still.update(received_bytes=end, checksum=checksum, last_piece_at=timezone.now()):
            _unlink(upload.key)  # it was removed while we wrote
            return None
        now.received_bytes, now.checksum = end, checksum
        return now


def take(key: str, owner: Any, purpose: UploadPurpose, *, campaign: Campaign | None = None) -> KeptUpload:
    """The whole file for its place. It stays pending until it is spent or removed.

    Raises DialerError if it is not whole, or was finished or removed meanwhile.
    """
    upload = of(owner).filter(key=key, purpose=purpose, campaign=campaign).first()
    if upload is None:
        gone = gettext("This upload was finished or removed already. Choose the file again if it is missing.")
        raise DialerError(gone)
    if not upload.is_whole:
        unfinished = gettext("“%(file)s” is not uploaded to its end. Choose the same file to go on.")
        raise DialerError(unfinished % {"file": upload})
    try:
        return KeptUpload(part_path(upload.key).open("rb"), upload)
    except FileNotFoundError as error:
        remove(upload)
        raise DialerError(gettext("The pieces of this upload are gone. Choose the file again.")) from error


def spend(file: Any) -> None:
    """A file that came in pieces is used up with this transaction. Raises DialerError if it was used up before.

    What came otherwise is left as it is.
    """
    if not isinstance(file, KeptUpload):
        return
    if not PendingUpload.objects.filter(pk=file.upload.pk).delete()[0]:
        raise DialerError(gettext("This upload was finished or removed already. Look whether it is there."))
    transaction.on_commit(lambda: _unlink(file.upload.key))


def remove(upload: PendingUpload) -> bool:
    """The upload and what was received of it are gone; False if it was spent or removed before. May be repeated.

    Who is making something of it at this moment finds it gone at the end, and keeps nothing.
    """
    removed, _ = PendingUpload.objects.filter(pk=upload.pk).delete()
    _unlink(upload.key)
    return bool(removed)


def prune(*, now: datetime) -> None:
    """Uploads without a piece for a day are removed, and parts to which no upload belongs any more."""
    for upload in PendingUpload.objects.filter(last_piece_at__lt=now - KEPT):
        remove(upload)
    for part in _folder().glob("*.part"):
        if part.stat().st_mtime < (now - KEPT).timestamp() and not _is_known(part.stem):
            part.unlink(missing_ok=True)


def _bare(name: str) -> str:
    """The name without folders and signs that nobody sees, as of a file that comes with a form; "" if none is left."""
    bare = Path("".join(sign for sign in name if sign.isprintable())).name.strip()
    return "" if bare == ".." else bare


def part_path(key: str) -> Path:
    """Where the pieces of an upload lie."""
    return _folder() / f"{key}.part"


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "uploads"


def _is_known(key: str) -> bool:
    return PendingUpload.objects.filter(key=key).exists()


def _from_the_start(upload: PendingUpload) -> PendingUpload:
    """The part was lost, as by a restored backup: better once more than a file with a hole."""
    upload.received_bytes = upload.checksum = 0
    upload.save(update_fields=["received_bytes", "checksum"])
    return upload


def _unlink(key: str) -> None:
    part_path(key).unlink(missing_ok=True)


@contextmanager
def _part(upload: PendingUpload) -> Iterator[int]:
    """The part file, held by this process alone."""
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    part = os.open(part_path(upload.key), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(part, fcntl.LOCK_EX)
        yield part
    finally:
        os.close(part)  # which lets go of the lock


def _write(part: int, piece: bytes, offset: int) -> None:
    """The piece is on the disk, and nothing behind it."""
    try:
        written = 0
        while written < len(piece):
            written += os.pwrite(part, memoryview(piece)[written:], offset + written)
        os.ftruncate(part, offset + len(piece))
        os.fsync(part)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            full = gettext("The server’s disk is full. Ask its administrator for room, then go on.")
            raise DialerError(full) from error
        raise
