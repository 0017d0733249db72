"""What somebody ordered becomes a file, whatever is killed on the way; people's own columns come back as they were."""

import csv
import io
import itertools
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import timezone
from python_calamine import CalamineWorkbook

from dialer.flow import export_rows, exports, housekeeping, intake
from dialer.flow.mistakes import DialerError
from dialer.models import Attempt, Batch, CallRecord, Campaign, Contact, ContactList, Export
from dialer.terms import Disposition, ExportForm, ExportKind, SkipReason
from tests.factories import (
    make_batch,
    make_call_record,
    make_campaign,
    make_contact,
    make_contact_list,
    make_user,
    settle,
)

pytestmark = pytest.mark.django_db

State = Export.State

LIST = (
    "Customer,Phone,Debt\n"
    "Adi,0812-0000-0001,10\n"
    "=cmd|calc,0812-0000-0002,+1+1\n"
    "Citra,not a number,30\n"
    "Dewi,0812-0000-0001,40\n"
)


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.TIME_ZONE = "Asia/Jakarta"
    with timezone.override("Asia/Jakarta"):
        yield settings.MEDIA_ROOT


def uploaded(content: str = LIST, *, campaign: Campaign | None = None, **fields: Any) -> ContactList:
    """A list that was read to its end by the intake itself."""
    contact_list = make_contact_list(
        campaign=campaign or make_campaign(),
        content=content.encode(),
        state=ContactList.State.UPLOADED,
        read_at=None,
        **fields,
    )
    while intake.read_next():
        pass
    contact_list.refresh_from_db()
    assert contact_list.state == ContactList.State.READY, contact_list.complaint
    return contact_list


def everything(export: Export) -> QuerySet[Any]:
    return (CallRecord if export.kind == ExportKind.CALLS else Contact).objects.all()


def ordered(kind: ExportKind = ExportKind.CONTACTS, form: ExportForm = ExportForm.CSV, **fields: Any) -> Export:
    owner = fields.pop("owner", None) or make_user("dialer.export_contacts", "dialer.see_full_numbers")
    return exports.order(owner=owner, kind=kind, form=form, **fields)


def written(kind: ExportKind = ExportKind.CONTACTS, form: ExportForm = ExportForm.CSV, **fields: Any) -> Export:
    export = ordered(kind, form, **fields)
    while exports.write_next(everything):
        pass
    export.refresh_from_db()
    assert export.state == State.READY, export.remark
    return export


def csv_of(export: Export) -> list[list[str]]:
    return list(csv.reader(io.StringIO(exports.path_of(export).read_text("utf-8-sig"))))


def sheets_of(export: Export) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_path(exports.path_of(export))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def parts(media: Path) -> list[str]:
    folder = media / "exports" / "unfinished"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


# --- people ------------------------------------------------------------------------------------------------------


def test_own_columns_come_back_beside_the_results_in_the_uploaded_order() -> None:
    contact_list = uploaded()
    adi = Contact.objects.get(row_number=2)
    batch = make_batch(contacts=[adi], state=Batch.State.SETTLED)
    settle(batch.attempts.all(), Disposition.NO_ANSWER)
    again = make_batch(contacts=[adi], state=Batch.State.SETTLED, round=2)
    settle(again.attempts.all(), Disposition.ANSWERED, keypress="1")
    called_at = timezone.make_aware(timezone.datetime(2026, 3, 4, 9, 30))
    make_call_record(attempt=again.attempts.get(), started_at=called_at, recording_name="sound", talk_seconds=12)

    heading, *rows = csv_of(written())

    assert heading[:4] == ["Row", "Customer", "Phone", "Debt"]
    assert heading[-1] == "Last call (Asia/Jakarta)"
    assert [row[0] for row in rows] == ["2", "3", "4", "5"]
    found = dict(zip(heading, rows[0], strict=True))
    assert (found["Customer"], found["Phone"], found["Debt"]) == ("Adi", "0812-0000-0001", "10")
    assert found["Number"] == "+6281200000001"
    assert (found["Result"], found["Attempts"], found["Each attempt"]) == ("Answered", "2", "no answer, answered")
    assert (found["Keys"], found["Talk seconds"], found["Recording"]) == ("1", "12", "yes")
    assert found[heading[-1]] == "2026-03-04 09:30:00"
    assert [row[heading.index("Result")] for row in rows[1:]] == ["Waiting", "Skipped", "Skipped"]
    assert rows[3][heading.index("Remark")] == "Same number as row 2."
    assert contact_list.contacts.count() == 4


def test_what_was_never_sent_is_no_attempt_and_what_is_not_billed_says_where_it_is() -> None:
    uploaded()
    adi, other = Contact.objects.filter(skip_reason="").order_by("row_number")
    make_batch(contacts=[other], state=Batch.State.CANCELLED)
    make_batch(contacts=[adi], state=Batch.State.ACCEPTED)

    heading, first, second, *_ = csv_of(written())

    assert dict(zip(heading, first, strict=True))["Result"] == "Accepted"
    found = dict(zip(heading, second, strict=True))
    assert (found["Result"], found["Attempts"]) == ("Waiting", "0")


def test_rejected_rows_stand_as_in_the_upload_with_the_reason_and_can_be_uploaded_again() -> None:
    uploaded()

    export = written(ExportKind.REJECTED)

    heading, *rows = csv_of(export)
    assert heading == ["Customer", "Phone", "Debt", "Why it is not called", "Row"]
    assert rows[0][:3] == ["Citra", "not a number", "30"]
    assert "letters or signs" in rows[0][3]
    assert rows[1] == ["Dewi", "0812-0000-0001", "40", "Same number as row 2.", "5"]
    corrected = exports.path_of(export).read_text("utf-8-sig").replace("not a number", "0812-0000-0003")
    again = uploaded(corrected)
    numbers = list(again.contacts.order_by("row_number").values_list("number", flat=True))
    assert numbers == ["+6281200000003", "+6281200000001"]


def test_a_list_without_a_heading_gets_letters_and_rejected_rows_get_no_heading() -> None:
    uploaded("Adi,0812-0000-0001\nBudi,nobody\n", has_header=False)

    assert csv_of(written())[0][:3] == ["Row", "Column A", "Column B"]
    assert [row[:2] for row in csv_of(written(ExportKind.REJECTED))] == [["Budi", "nobody"]]


def test_several_lists_become_sheets_of_a_workbook_and_one_table_of_a_csv() -> None:
    campaign = make_campaign(name="Spring")
    uploaded("Name,Phone\nAdi,081200000001\n", campaign=campaign, original_name="north.csv")
    uploaded(
        "Phone,City,Name\n081200000002,Medan,Budi\n", campaign=campaign, original_name="south.csv", number_column=0
    )

    sheets = sheets_of(written(form=ExportForm.XLSX))
    heading, first, second = csv_of(written())

    assert list(sheets) == ["north.csv", "south.csv"]
    assert sheets["south.csv"][1][:4] == [2, "081200000002", "Medan", "Budi"]
    assert heading[:4] == ["Row", "Name", "Phone", "City"]
    assert first[:4] == ["2", "Adi", "081200000001", ""]
    assert second[:4] == ["2", "Budi", "081200000002", "Medan"]
    assert (first[-2:], second[-2:]) == (["Spring", "north.csv"], ["Spring", "south.csv"])


def test_two_columns_of_one_name_stay_two() -> None:
    uploaded("Note,Phone,Note\nfirst,081200000001,second\n")

    heading, row = csv_of(written())

    assert heading[1:4] == ["Note", "Phone", "Note"]
    assert row[1:4] == ["first", "081200000001", "second"]


def test_what_stands_beyond_the_last_column_is_kept_with_it() -> None:
    rows = "".join(f"Adi,{81200000000 + at:012},x\n" for at in range(300))
    uploaded(f"Name,Phone,Note\n{rows}Budi,081300000001,a,b,c\n")

    *_, last = csv_of(written())

    assert last[:4] == ["302", "Budi", "081300000001", "a, b, c"]


def test_without_its_file_a_list_still_has_its_results_and_a_sentence_says_so() -> None:
    contact_list = uploaded()
    Path(contact_list.file.path).unlink()

    export = written()

    assert csv_of(export)[0][:2] == ["Row", "Number"]
    assert "can't be read any more" in export.remark
    assert len(csv_of(export)) == 5


def test_another_file_in_its_place_brings_no_columns_of_others() -> None:
    contact_list = uploaded()
    Path(contact_list.file.path).write_text(LIST.replace("Adi,0812-0000-0001", "Zed,0899-9999-9999"))

    export = written()

    assert csv_of(export)[1][:4] == ["2", "", "", ""]
    assert "is not what it was" in export.remark


def test_people_of_too_many_lists_are_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_rows, "MOST_LISTS", 1)
    make_contact()
    make_contact()
    export = ordered()

    exports.write_next(everything)

    export.refresh_from_db()
    assert export.state == State.FAILED
    assert "Choose a campaign first" in export.remark


# --- numbers and formulas ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ExportForm)
@pytest.mark.parametrize("kind", ExportKind)
def test_whoever_may_not_see_numbers_finds_none_in_any_column(kind: ExportKind, form: ExportForm) -> None:
    uploaded("Name,Phone,Note\nAdi,0812-3456-7001,call 081234567002\nBudi,0812-3456-7001,\n")
    adi = Contact.objects.get(row_number=2)
    batch = make_batch(contacts=[adi], state=Batch.State.SETTLED)
    make_call_record(attempt=batch.attempts.get())

    export = written(kind, form, owner=make_user("dialer.export_contacts"))

    rows = csv_of(export) if form == ExportForm.CSV else itertools.chain(*sheets_of(export).values())
    said = repr(list(rows))
    assert not export.shows_full_numbers
    assert len(said) > 50
    for digits in ("34567001", "3456-7001", "34567002"):
        assert digits not in said


def test_formulas_of_a_list_are_harmless_and_numbers_stay_readable() -> None:
    uploaded()

    row = csv_of(written())[2]
    cells = sheets_of(written(form=ExportForm.XLSX))["people.csv"][2]

    assert row[1:4] == ["'=cmd|calc", "0812-0000-0002", "'+1+1"]
    assert row[4] == "+6281200000002"
    assert cells[1:5] == ["=cmd|calc", "0812-0000-0002", "+1+1", "+6281200000002"]


# --- calls -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ExportForm)
def test_calls_are_written_in_the_order_in_which_they_became_known(form: ExportForm) -> None:
    first = make_call_record(keypress="2", recording_name="sound", started_at=None)
    second = make_call_record(disposition=Disposition.BUSY, talk_seconds=0, ring_seconds=31)

    export = written(ExportKind.CALLS, form)

    heading, *rows = csv_of(export) if form == ExportForm.CSV else sheets_of(export)["Calls"]
    assert [row[heading.index("Number")] for row in rows] == [first.number, second.number]
    assert [row[heading.index("Outcome")] for row in rows] == ["Answered", "Busy"]
    assert [str(row[heading.index("Talk seconds")]).removesuffix(".0") for row in rows] == ["12", "0"]
    assert [row[heading.index("Recording")] for row in rows] == ["yes", "no"]
    assert rows[0][0] == ""
    assert heading[0] == "Call (Asia/Jakarta)"


def test_only_what_was_chosen_is_written() -> None:
    make_call_record()
    wanted = make_call_record(disposition=Disposition.BUSY)
    ordered(ExportKind.CALLS)

    exports.write_next(lambda export: CallRecord.objects.filter(disposition=Disposition.BUSY).order_by("-number"))

    heading, row = csv_of(Export.objects.get())
    assert row[heading.index("Number")] == wanted.number


# --- turns, kills, stops -----------------------------------------------------------------------------------------


def test_the_file_appears_whole_for_its_owner_alone_and_says_how_much_is_in_it(media: Path) -> None:
    uploaded()

    export = written()

    path = exports.path_of(export)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (export.row_count, export.rows_written, export.size_bytes) == (4, 4, path.stat().st_size)
    assert export.key in path.name
    assert len(export.key) >= 40
    assert export.expires_at > timezone.now() + timedelta(days=6)
    assert (export.claim_token, export.lease_until) == ("", None)
    assert parts(media) == []


def killed_after(monkeypatch: pytest.MonkeyPatch, notes: int) -> None:
    """The process dies when it has noted its progress so often; BaseException, as nothing of ours may catch it."""
    counted = itertools.count(1)
    real = exports._Turn._note

    def note(turn: Any, **changes: Any) -> None:
        real(turn, **changes)
        if next(counted) == notes:
            raise KeyboardInterrupt

    monkeypatch.setattr(exports._Turn, "_note", note)


def left_by_a_kill(monkeypatch: pytest.MonkeyPatch, notes: int) -> None:
    """As after SIGKILL: no `finally` has removed anything, and the claim stands until its lease is over."""
    with monkeypatch.context() as patched:
        killed_after(patched, notes)
        patched.setattr(Path, "unlink", lambda self, missing_ok=False: None)
        with pytest.raises(KeyboardInterrupt):
            exports.write_next(everything)
    Export.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize("form", ExportForm)
@pytest.mark.parametrize("notes", range(1, 8))
def test_a_kill_at_any_step_loses_no_row_and_writes_none_twice(
    monkeypatch: pytest.MonkeyPatch, notes: int, form: ExportForm
) -> None:
    monkeypatch.setattr(export_rows, "ROWS_AT_A_TIME", 3)
    uploaded("Name,Phone\n" + "".join(f"P{at},{81200000000 + at:012}\n" for at in range(10)))
    export = ordered(form=form)

    left_by_a_kill(monkeypatch, notes)
    while exports.write_next(everything):
        pass

    export.refresh_from_db()
    rows = csv_of(export) if form == ExportForm.CSV else sheets_of(export)["people.csv"]
    assert [row[1] for row in rows] == ["Name", *(f"P{at}" for at in range(10))]
    assert (export.state, export.rows_written) == (State.READY, 10)


def test_a_csv_goes_on_after_a_kill_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_rows, "ROWS_AT_A_TIME", 2)
    for _ in range(6):
        make_call_record()
    export = ordered(ExportKind.CALLS)
    left_by_a_kill(monkeypatch, 4)  # tries, count, two pieces
    export.refresh_from_db()
    assert export.rows_written == 4

    seen: list[int] = []
    real = export_rows.export_results.of_call
    monkeypatch.setattr(
        export_rows.export_results, "of_call", lambda call, **how: seen.append(call.pk) or real(call, **how)
    )
    exports.write_next(everything)

    assert len(seen) == 2
    export.refresh_from_db()
    assert len(csv_of(export)) == 7
    assert export.rows_written == 6


def test_what_was_written_behind_the_last_note_is_not_taken_over(monkeypatch: pytest.MonkeyPatch, media: Path) -> None:
    monkeypatch.setattr(export_rows, "ROWS_AT_A_TIME", 2)
    for _ in range(6):
        make_call_record()
    ordered(ExportKind.CALLS)
    left_by_a_kill(monkeypatch, 3)
    (part,) = parts(media)
    with (media / "exports" / "unfinished" / part).open("a") as file:
        file.write("half a row of a process that was killed")

    exports.write_next(everything)

    rows = csv_of(Export.objects.get())
    assert len(rows) == 7
    assert not any("half a row" in cell for row in rows for cell in row)


def test_a_large_csv_gives_others_their_turn_and_goes_on(monkeypatch: pytest.MonkeyPatch, media: Path) -> None:
    monkeypatch.setattr(export_rows, "ROWS_AT_A_TIME", 2)
    monkeypatch.setattr(exports, "TURN_SECONDS", -1)
    for _ in range(5):
        make_call_record()
    large = ordered(ExportKind.CALLS)
    exports.write_next(everything)
    large.refresh_from_db()
    assert (large.state, large.rows_written, large.row_count) == (State.WAITING, 2, 5)
    uploaded()
    small = ordered(ExportKind.REJECTED)
    monkeypatch.setattr(exports, "TURN_SECONDS", 60)

    exports.write_next(everything)

    small.refresh_from_db()
    assert small.state == State.READY
    while exports.write_next(everything):
        pass
    large.refresh_from_db()
    assert len(csv_of(large)) == 6
    assert parts(media) == []


def test_a_workbook_that_takes_too_long_becomes_csv_and_says_so(monkeypatch: pytest.MonkeyPatch, media: Path) -> None:
    monkeypatch.setattr(exports, "WORKBOOK_SECONDS", -1)
    uploaded()

    export = written(form=ExportForm.XLSX)

    assert export.form == ExportForm.CSV
    assert "too many rows for a workbook" in export.remark
    assert len(csv_of(export)) == 5
    assert parts(media) == []


def test_an_export_that_kills_each_process_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_TRIES", 2)
    make_call_record()
    export = ordered(ExportKind.CALLS)
    for _ in range(2):
        left_by_a_kill(monkeypatch, 1)

    exports.write_next(everything)

    export.refresh_from_db()
    assert export.state == State.FAILED
    assert "broken off" in export.remark


def test_two_processes_never_write_the_same_export() -> None:
    make_call_record()
    ordered(ExportKind.CALLS)
    seen = []

    def choose(export: Export) -> QuerySet[Any]:
        seen.append(exports.write_next(everything))
        return everything(export)

    exports.write_next(choose)

    assert seen == [False]


def test_what_is_stopped_leaves_no_file(media: Path) -> None:
    make_call_record()
    export = ordered(ExportKind.CALLS)

    def choose(_: Export) -> QuerySet[Any]:
        exports.stop(export)
        return CallRecord.objects.all()

    exports.write_next(choose)

    export.refresh_from_db()
    assert export.state == State.STOPPED
    assert [path for path in (media / "exports").rglob("*") if path.is_file()] == []
    with pytest.raises(DialerError, match="not being written"):
        exports.stop(export)


def test_a_full_disk_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch, media: Path) -> None:
    make_call_record()
    export = ordered(ExportKind.CALLS)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exports.CsvWriter, "write", full)
    exports.write_next(everything)

    export.refresh_from_db()
    assert export.state == State.FAILED
    assert "No space left on device" in export.remark
    assert parts(media) == []


def test_only_so_many_of_one_person_wait_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_OPEN", 1)
    owner = make_user("dialer.export_contacts")
    ordered(owner=owner)

    with pytest.raises(DialerError, match="not done yet"):
        ordered(owner=owner)

    assert Export.objects.count() == 1


# --- the end -----------------------------------------------------------------------------------------------------


def test_a_file_is_removed_when_its_days_are_over_and_its_row_stays(settings: Any) -> None:
    settings.EXPORTS_KEPT_DAYS = 2
    make_call_record()
    old, young = written(ExportKind.CALLS), written(ExportKind.CALLS)
    Export.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    housekeeping.prune_next()

    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.state, exports.path_of(old).exists()) == (State.EXPIRED, False)
    assert (young.state, exports.path_of(young).exists()) == (State.READY, True)
    assert young.expires_at - young.ready_at == timedelta(days=2)


def test_a_file_can_be_removed_earlier_and_only_once() -> None:
    make_call_record()
    export = written(ExportKind.CALLS)

    exports.remove(export)

    assert not exports.path_of(export).exists()
    with pytest.raises(DialerError, match="no file"):
        exports.remove(export)


def test_leftovers_of_killed_processes_are_swept_and_parts_that_count_are_not(
    monkeypatch: pytest.MonkeyPatch, media: Path
) -> None:
    monkeypatch.setattr(export_rows, "ROWS_AT_A_TIME", 1)
    for _ in range(3):
        make_call_record()
    ordered(ExportKind.CALLS)
    left_by_a_kill(monkeypatch, 3)
    (counts,) = parts(media)
    folder = media / "exports" / "unfinished"
    (folder / "77.left").write_text("x")
    (folder / "left").mkdir()
    monkeypatch.setattr(exports.time, "time", lambda: 4_000_000_000.0)

    exports.expire()

    assert parts(media) == [counts]


def test_skip_reasons_all_have_a_sentence() -> None:
    contact_list = make_contact_list()
    for reason in SkipReason:
        contact = make_contact(contact_list=contact_list, skip_reason=reason, number="", raw="12", duplicate_of_row=3)
        assert export_rows.export_results.why_skipped(contact, "ID"), reason
    assert Attempt.objects.count() == 0
