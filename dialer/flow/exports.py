"""an order -> a spreadsheet that its owner can fetch: written in turns under a temporary name, renamed, expiring.

A csv goes on where the last turn ended, also after a kill: the bytes that were noted are taken over into a file of
the new claim's own, so a process that was only slow writes into nothing that counts. A workbook can't be continued
and begins anew; one that is too large for a turn becomes csv, and says so.
"""

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext

from dialer.figures import count
from dialer.flow import notices, state
from dialer.flow.export_rows import Place, Rows, Section
from dialer.flow.mistakes import DialerError
from dialer.models import Export
from dialer.models.preference import as_preferred
from dialer.spreadsheet_writer import Cell, CsvWriter, XlsxWriter
from dialer.terms import ExportForm, ExportKind

logger = logging.getLogger(__name__)

Choose = Callable[[Export], QuerySet[Any]]

TURN_SECONDS = 60  # of a csv; then others get their turn
WORKBOOK_SECONDS = 150  # of the 300 s of a long task; the rest is for compressing it
WORKBOOK_TRIES = 2  # that ended with a kill; then it becomes csv
CLOSING_SECONDS = 290  # lease while a workbook is compressed, during which nothing is noted
MOST_OPEN = 10  # of one person
MOST_TRIES = 20  # turns that ended without a note; then something is wrong with it


class ClaimLost(Exception):
    """Somebody stopped it, or another process writes it now."""


class TooLarge(Exception):
    """The workbook would not be done in time."""


def order(*, owner: Any, kind: str, form: str, conditions: str = "", about: str = "") -> Export:
    """The export waits for its turn; the caller rings for `exports`. Raises DialerError if too many wait already."""
    if Export.objects.filter(owner=owner, state__in=Export.OPEN).count() >= MOST_OPEN:
        raise DialerError(
            gettext("%(count)s exports of yours are not done yet. Wait for them, or stop some.")
            % {"count": count(MOST_OPEN)}
        )
    with as_preferred(owner):
        language = translation.get_language() or settings.LANGUAGE_CODE
    return Export.objects.create(
        owner=owner,
        kind=ExportKind(kind),
        form=ExportForm(form),
        conditions=conditions,
        about=about[:200],
        shows_full_numbers=owner.has_perm("dialer.see_full_numbers"),
        language=language,
    )


def stop(export: Export) -> None:
    """Nothing more is written. Raises DialerError if it is done already."""
    export.refresh_from_db()
    if export.state not in Export.OPEN or not state.advance(export, Export.State.STOPPED):
        raise DialerError(gettext("This export is not being written any more."))


def remove(export: Export) -> None:
    """Its file is gone; the row stays and tells who had it. Raises DialerError if there is none."""
    export.refresh_from_db()
    if export.state != Export.State.READY or not state.advance(export, Export.State.EXPIRED):
        raise DialerError(gettext("This export has no file."))
    path_of(export).unlink(missing_ok=True)


def note_fetch(export: Export) -> None:
    """Its file was fetched once more, now."""
    Export.objects.filter(pk=export.pk).update(fetch_count=F("fetch_count") + 1, fetched_at=timezone.now())


def expire(*, now: datetime | None = None) -> int:
    """Files whose time is over are removed, and what killed processes left behind; how many exports expired."""
    _sweep_parts()
    over = Export.objects.filter(state=Export.State.READY, expires_at__lt=now or timezone.now())
    expired = 0
    for export in over[:100]:
        path_of(export).unlink(missing_ok=True)  # first: a kill in between leaves a row that is looked at again
        expired += state.advance(export, Export.State.EXPIRED)
    return expired


def path_of(export: Export) -> Path:
    """Where the file lies, whether or not it is there."""
    return Path(settings.MEDIA_ROOT) / export.file


def write_next(choose: Choose) -> bool:
    """Write on in one export for some seconds; whether there was one. May be rung twice or late.

    `choose` tells which rows somebody ordered, as far as they may see them now; it may raise DialerError.
    """
    exports = Export.objects.order_by("rows_written", "pk")  # small ones are not kept waiting by large ones
    state.expire_claims(exports.filter(state=Export.State.WRITING), to=Export.State.WAITING)
    export = state.claim(
        exports.filter(state=Export.State.WAITING).select_related("owner"),
        to=Export.State.WRITING,
        lease_seconds=settings.LEASE_SECONDS,
    )
    if export is None:
        return False
    try:
        with as_preferred(export.owner), translation.override(export.language):
            _Turn(export, choose).write()
    except ClaimLost:
        logger.info("export %s: its claim is over", export.pk)
    except DialerError as error:
        state.advance(export, Export.State.FAILED, token=export.claim_token, remark=str(error))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        logger.error("export %s could not be written: %s", export.pk, reason)
        sentence = gettext("The file could not be written here (%(reason)s). Look at the disk.")
        state.advance(export, Export.State.FAILED, token=export.claim_token, remark=sentence % {"reason": reason})
    return True


class _Turn:
    """One claim of one export."""

    def __init__(self, export: Export, choose: Choose) -> None:
        self.export = export
        self.choose = choose
        self.token = export.claim_token
        self.started = time.monotonic()
        self.part = _parts() / f"{export.pk}.{self.token}"

    def write(self) -> None:
        """The export is ready, or waits for its next turn. Nothing of this turn is left behind but what counts."""
        tries = self.export.tries + 1
        self._note(tries=tries)  # first, so that what kills us is counted
        if tries > MOST_TRIES:
            raise DialerError(gettext("It could not be written: each try was broken off. Order less at a time."))
        self.part.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self.part, os.O_CREAT | os.O_WRONLY, settings.FILE_UPLOAD_PERMISSIONS))  # nobody else reads it
        keeps_part = False
        try:
            if self.export.form == ExportForm.XLSX:
                self._write_workbook(tries)
            else:
                keeps_part = self._write_csv()
        except TooLarge:
            self._become_csv()
        finally:
            if not keeps_part:
                with suppress(OSError):
                    self.part.unlink(missing_ok=True)

    # --- a workbook ---------------------------------------------------------------------------------------------------

    def _write_workbook(self, tries: int) -> None:
        if tries > WORKBOOK_TRIES:
            raise TooLarge
        rows = Rows(self.export, self.choose(self.export))
        self._note(row_count=rows.count(), rows_written=0)
        with tempfile.TemporaryDirectory(dir=_parts()) as folder:  # on the same disk, and swept like the parts
            self._fill_workbook(rows, Path(folder))
        self._finish(rows, ExportForm.XLSX)

    def _fill_workbook(self, rows: Rows, folder: Path) -> None:
        book = XlsxWriter(self.part, folder=folder)
        written = 0
        try:
            for section in rows.sections:
                book.begin(section.name, section.heading if section.has_heading else ())
                for piece in rows.pieces(section, after=Place()):
                    book.write(piece.rows)
                    written += len(piece.rows)
                    self._note(rows_written=written)
                    if time.monotonic() - self.started > WORKBOOK_SECONDS:
                        raise TooLarge
            self._note(lease_seconds=CLOSING_SECONDS)
            book.close()
        finally:
            book.abandon()

    def _become_csv(self) -> None:
        """From the next turn on; the row says why."""
        state.advance(
            self.export,
            Export.State.WAITING,
            token=self.token,
            form=ExportForm.CSV,
            rows_written=0,
            written_through={},
            tries=0,
            remark=gettext(
                "There are too many rows for a workbook, so it is a csv file. Spreadsheet programs open its first "
                "1,048,576 rows; choose fewer rows to have a workbook."
            ),
        )

    # --- csv ----------------------------------------------------------------------------------------------------------

    def _write_csv(self) -> bool:
        """Whether it goes on at the next turn, with the part."""
        through = dict(self.export.written_through)
        with timezone.override(through.get("zone") or timezone.get_current_timezone_name()):  # which the heading names
            return self._write_on(through)

    def _write_on(self, through: dict[str, Any]) -> bool:
        rows = Rows(self.export, self.choose(self.export), lists=through.get("lists", ()))
        self._take_over(through)
        file = CsvWriter(self.part)
        try:
            is_done = self._fill_csv(rows, file, through)
        finally:
            file.close()
        if is_done:
            self._finish(rows, ExportForm.CSV)
            return False
        if not state.advance(self.export, Export.State.WAITING, token=self.token, tries=0):
            raise ClaimLost
        return True

    def _fill_csv(self, rows: Rows, file: CsvWriter, through: dict[str, Any]) -> bool:
        """Whether that was all."""
        columns = _Columns(rows.sections)
        if not through:
            if any(section.has_heading for section in rows.sections):
                file.write([columns.heading])
            zone = timezone.get_current_timezone_name()
            through = {"lists": rows.lists, "contact_list": 0, "row": 0, "zone": zone}
            self._note(row_count=rows.count(), rows_written=0)
        after, written = Place(contact_list=through["contact_list"], row=through["row"]), self.export.rows_written
        for section in rows.sections:
            for piece in rows.pieces(section, after=after):
                file.write(columns.placed(section, row) for row in piece.rows)
                written += len(piece.rows)
                place = {"contact_list": piece.through.contact_list, "row": piece.through.row}
                noted = {**through, **place, "part": self.part.name, "bytes": file.flush()}
                self._note(rows_written=written, written_through=noted)
                if time.monotonic() - self.started > TURN_SECONDS:
                    return False
        return True

    def _take_over(self, through: dict[str, Any]) -> None:
        """What an earlier turn noted as written stands in our own part; without it everything begins anew."""
        earlier = _parts() / str(through.get("part") or "-")
        if not through or not earlier.is_file() or earlier.stat().st_size < through["bytes"]:
            through.clear()
            self.export.rows_written = 0
            return
        with earlier.open("rb") as source, self.part.open("r+b") as target:
            left = through["bytes"]
            while left and (chunk := source.read(min(left, 1024 * 1024))):
                target.write(chunk)
                left -= len(chunk)
        self._note(written_through={**through, "part": self.part.name})
        earlier.unlink(missing_ok=True)

    # --- both ---------------------------------------------------------------------------------------------------------

    def _note(self, *, lease_seconds: float | None = None, **changes: Any) -> None:
        """Our claim holds on, and the row says how far we are. Raises ClaimLost."""
        mine = Export.objects.filter(pk=self.export.pk, state=Export.State.WRITING, claim_token=self.token)
        if not mine.update(lease_until=state.after(lease_seconds or settings.LEASE_SECONDS), **changes):
            raise ClaimLost
        for name, value in changes.items():
            setattr(self.export, name, value)

    def _finish(self, rows: Rows, form: ExportForm) -> None:
        """Durable, renamed, then noted: a crash in between leaves a file that the next turn replaces with its equal."""
        size_bytes = _make_durable(self.part)
        self._note(lease_seconds=CLOSING_SECONDS)
        name = f"exports/{self.export.key}.{form}"
        target = Path(settings.MEDIA_ROOT) / name
        os.replace(self.part, target)
        now = timezone.now()
        remarks = [self.export.remark, *(remark for section in rows.sections for remark in section.remarks)]
        with transaction.atomic():
            is_ours = state.advance(
                self.export,
                Export.State.READY,
                token=self.token,
                file=name,
                size_bytes=size_bytes,
                row_count=self.export.rows_written,
                remark=" ".join(remark for remark in remarks if remark),
                written_through={},
                ready_at=now,
                expires_at=now + timedelta(days=settings.EXPORTS_KEPT_DAYS),
            )
            if is_ours:
                notices.tell_owner(self.export, now=now)
        if not is_ours and self.export.state == Export.State.WRITING:
            still = Export.objects.filter(pk=self.export.pk, state__in=(*Export.OPEN, Export.State.READY))
            if not still.exists():  # stopped at the last moment
                target.unlink(missing_ok=True)


class _Columns:
    """The columns of several uploads in one table: those of the same name are one, in the order of the first."""

    def __init__(self, sections: Sequence[Section]) -> None:
        own: list[tuple[str, int]] = []
        self._placed: dict[int, list[int]] = {}
        for section in sections:
            names = _counted(section.own)
            own += [name for name in names if name not in own]
            self._placed[id(section)] = [own.index(name) for name in names]
        self._width = len(own)
        first = sections[0] if sections else None
        self.heading = [*first.before, *(name for name, _ in own), *first.after] if first else []

    def placed(self, section: Section, row: list[Cell]) -> list[Cell]:
        """A row of this section under the common heading."""
        start, end = len(section.before), len(section.before) + len(section.own)
        own: list[Cell] = [""] * self._width
        for place, cell in zip(self._placed[id(section)], row[start:end], strict=True):
            own[place] = cell
        return [*row[:start], *own, *row[end:]]


def _counted(names: Sequence[str]) -> list[tuple[str, int]]:
    """Each name with how often it stood before, since a list may have two columns of one name."""
    return [(name, list(names[:place]).count(name)) for place, name in enumerate(names)]


def _make_durable(part: Path) -> int:
    """The bytes are on disk; how many."""
    descriptor = os.open(part, os.O_RDWR)
    try:
        os.fsync(descriptor)
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


def _parts() -> Path:
    return Path(settings.MEDIA_ROOT) / "exports" / "unfinished"


def _sweep_parts() -> None:
    """Files and folders that belong to no export which is still to be written."""
    folder = _parts()
    if not folder.is_dir():
        return
    counts = set()
    for export in Export.objects.filter(state__in=Export.OPEN):
        counts |= {str(export.written_through.get("part", "")), f"{export.pk}.{export.claim_token}"}
    old = time.time() - 3600  # > any lease
    for left in folder.iterdir():
        with suppress(OSError):  # another process was faster
            if left.name not in counts and left.stat().st_mtime < old:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
