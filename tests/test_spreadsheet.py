"""Whatever file an operator drops: its rows with the numbers that Excel shows, or a sentence."""

import csv
import gc
import os
import time
import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialer import spreadsheet
from dialer.spreadsheet import Row, SpreadsheetError
from tests.samples import workbooks

LIST = [["Nama", "Nomor HP"], ["Budi", "081200001234"], ["Siti", 81200001235.0]]


def write_xlsx(path: Path, *sheets: list[list[object]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for rows in sheets:
            sheet = book.add_worksheet()
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return path


def write_text(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def sentence_of(path: Path, **choices) -> str:
    with pytest.raises(SpreadsheetError) as caught:
        spreadsheet.preview(path, **choices)
    assert str(caught.value) == caught.value.sentence
    return caught.value.sentence


def cells(path: Path, **choices) -> list[tuple[str, ...]]:
    return [row.cells for row in spreadsheet.rows(path, **choices)]


# --- the four kinds -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods", "csv", "txt"])
def test_every_kind_gives_the_same_rows(tmp_path, kind):
    path = tmp_path / f"list.{kind}"
    match kind:
        case "xlsx":
            write_xlsx(path, LIST)
        case "xls":
            workbooks.write_xls(path, LIST)
        case "ods":
            workbooks.write_ods(path, LIST)
        case _:
            write_text(path, "Nama;Nomor HP\nBudi;081200001234\nSiti;81200001235\n")
    seen = spreadsheet.preview(path, country="ID")
    assert (seen.kind, seen.header, seen.number_column, seen.row_count) == (kind, ("Nama", "Nomor HP"), 1, 2)
    assert list(spreadsheet.rows(path)) == [
        Row(number=2, cells=("Budi", "081200001234")),
        Row(number=3, cells=("Siti", "81200001235")),
    ]


@pytest.mark.parametrize("wrong", ["csv", "xls", "ods", "txt", "dat", ""])
def test_the_content_decides_and_not_the_name(tmp_path, wrong):
    path = write_xlsx(tmp_path / "list.xlsx", LIST).rename(tmp_path / f"list.{wrong}")
    assert spreadsheet.preview(path).kind == "xlsx"


def test_text_under_the_name_of_a_workbook_is_read_as_text(tmp_path):
    assert spreadsheet.preview(write_text(tmp_path / "list.xlsx", "HP\n081200001234\n")).kind == "csv"


def test_workbook_cells_become_what_the_operator_would_type(tmp_path):
    path = tmp_path / "list.xlsx"
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, [917022050301.0, 8.1e10, "8.1E+10", True, 12.5, 1.2345678901234567e17, "ünï"])
        sheet.write_datetime(0, 7, date(2026, 11, 3), day)
    assert cells(path, has_header=False) == [
        ("917022050301", "81000000000", "8.1E+10", "TRUE", "12.5", "1.23456789012346E+17", "ünï", "2026-11-03")
    ]


def test_rows_and_columns_keep_their_places_around_empty_ones(tmp_path):
    path = tmp_path / "list.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write("C3", "Nomor HP")
        sheet.write("C4", "081200001234")
        sheet.write("C7", "081200001235")
        sheet.write("C9", "  ")
    assert list(spreadsheet.rows(path)) == [
        Row(number=4, cells=("", "", "081200001234")),
        Row(number=5, cells=()),
        Row(number=6, cells=()),
        Row(number=7, cells=("", "", "081200001235")),
    ]
    assert spreadsheet.preview(path).number_column == 2


def test_a_short_row_has_empty_cells_to_its_right():
    assert [Row(number=1, cells=("a",)).cell(index) for index in (0, 1, 5)] == ["a", "", ""]


# --- sheets ---------------------------------------------------------------------------------------------------


def test_the_first_sheet_with_numbers_is_taken_and_others_can_be_chosen(tmp_path):
    path = write_xlsx(tmp_path / "list.xlsx", [["Read me first"], ["and me"]], LIST, [["HP"], ["081200009999"]])
    seen = spreadsheet.preview(path)
    assert (seen.sheets, seen.sheet, seen.number_column) == (("Sheet1", "Sheet2", "Sheet3"), "Sheet2", 1)
    assert spreadsheet.preview(path, sheet="Sheet3").rows == (Row(number=2, cells=("081200009999",)),)
    assert cells(path, sheet="Sheet3") == [("081200009999",)]
    assert "no sheet of that name" in sentence_of(path, sheet="Sheet9")


def test_hidden_and_empty_sheets_come_after_the_ones_that_people_see(tmp_path):
    path = tmp_path / "list.xlsx"
    with xlsxwriter.Workbook(path) as book:
        hidden, _, shown = book.add_worksheet("Old"), book.add_worksheet("Empty"), book.add_worksheet("New")
        hidden.write("A1", "081200000001")
        shown.write("A1", "081200000002")
        shown.activate()
        hidden.hide()
    seen = spreadsheet.preview(path)
    assert (seen.sheets, seen.sheet) == (("Empty", "New", "Old"), "New")


# --- text -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_text_is_recognised(tmp_path, encoding):
    path = write_text(tmp_path / "list.csv", "Nama,HP\nJosé 王,081200001234\nNguyễn,081200001235\n" * 1, encoding)
    assert cells(path) == [("José 王", "081200001234"), ("Nguyễn", "081200001235")]
    assert spreadsheet.preview(path).header == ("Nama", "HP")


@pytest.mark.parametrize(
    ("country", "name", "encoding"),
    [
        ("CN", "王小明", "gb18030"),
        ("ID", "王小明", "gb18030"),
        ("TH", "สมชาย ใจดี", "cp874"),
        ("MX", "José Muñoz", "cp1252"),
        ("CO", "Ángel Ñáñez", "cp1252"),
        ("TW", "陳大文", "big5"),
    ],
)
def test_older_encodings_are_guessed_by_content_and_country(tmp_path, country, name, encoding):
    path = write_text(tmp_path / "list.csv", "Name,Phone\n" + f"{name},081200001234\n" * 30, encoding)
    seen = spreadsheet.preview(path, country=country)
    assert (seen.encoding, seen.rows[0].cells[0]) == (encoding, name)
    assert cells(path, encoding=seen.encoding)[0] == (name, "081200001234")


def test_a_wrong_encoding_spoils_names_but_never_digits(tmp_path):
    path = write_text(tmp_path / "list.csv", "Name,Phone\nสมชาย,081200001234\n", "cp874")
    assert cells(path, encoding="utf-8")[0][1] == "081200001234"
    assert "encoding is not known" in sentence_of(path, encoding="klingon")
    assert "encoding is not known" in sentence_of(path, encoding="hex")


def test_a_strange_letter_after_a_million_plain_ones_is_still_seen(tmp_path):
    path = write_text(
        tmp_path / "list.csv", "Name,Phone\n" + "Budi,081200001234\n" * 80_000 + "José,081200001235\n", "cp1252"
    )
    assert spreadsheet.preview(path, country="MX").encoding == "cp1252"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_steadiest_delimiter_wins(tmp_path, delimiter):
    lines = [["Nama", "HP", "Tagihan"], *([f"Budi {at}", f"0812000012{at:02d}", "1.500"] for at in range(30))]
    path = write_text(tmp_path / "list.csv", "Daftar, Oktober\n\n" + "\n".join(delimiter.join(line) for line in lines))
    seen = spreadsheet.preview(path)
    assert (seen.delimiter, seen.columns, seen.number_column, seen.header) == (delimiter, 3, 1, tuple(lines[0]))
    assert cells(path, delimiter=delimiter)[0] == ("Budi 0", "081200001200", "1.500")


@pytest.mark.parametrize(
    "text", ["081200001234\n081200001235\n", '"081200001234"\r\n"081200001235"\r\n', "081200001234\r081200001235"]
)
def test_one_column_without_header_is_a_list_too(tmp_path, text):
    path = write_text(tmp_path / "list.txt", text)
    seen = spreadsheet.preview(path)
    assert (seen.delimiter, seen.has_header, seen.number_column, seen.columns) == ("", False, 0, 1)
    assert cells(path) == [("081200001234",), ("081200001235",)]


def test_quotes_blank_lines_and_excels_own_delimiter_line_are_understood(tmp_path):
    path = write_text(
        tmp_path / "list.csv", 'sep=;\nNama;HP\n"Budi; Jr ""B""\nJakarta";0812;\n\nSiti;081200001235\n\n\n'
    )
    assert list(spreadsheet.rows(path)) == [
        Row(number=2, cells=('Budi; Jr "B"\nJakarta', "0812", "")),
        Row(number=3, cells=()),
        Row(number=4, cells=("Siti", "081200001235")),
    ]


def test_zero_bytes_are_passed_over(tmp_path):
    path = write_text(tmp_path / "list.csv", "Nama,HP\nBu\0di,0812\x0000001234\n" + "Siti,081200001235\n" * 20)
    assert cells(path)[0] == ("Budi", "081200001234")


def test_a_stray_quotation_mark_never_swallows_people(tmp_path):
    lines = [f"Budi {at},0812000012{at:02d}" for at in range(40)]
    lines[5] = '"' + lines[5]
    unclosed = write_text(tmp_path / "unclosed.csv", "\n".join(["Nama,HP", *lines]))
    lines[20] = '"' + lines[20]
    pair = write_text(tmp_path / "pair.csv", "\n".join(["Nama,HP", *lines]))
    for path in (unclosed, pair):
        with pytest.raises(SpreadsheetError, match="Row 7 has a quotation mark"):
            cells(path)


def test_huge_cells_and_lines_without_end_get_a_sentence(tmp_path):
    huge = write_text(tmp_path / "huge.csv", "Nama,HP\n" + "x" * 200_000 + ",081200001234\n")
    with pytest.raises(SpreadsheetError):
        cells(huge)
    endless = write_text(tmp_path / "endless.csv", "0812,\t" * 400_000)
    assert "line without an end" in sentence_of(endless)


# --- header and number column ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heading",
    [
        *(
            "Phone",
            "Mobile No.",
            "MSISDN",
            "Nomor HP",
            "No. Telepon",
            "no_hp",
            "Celular",
            "Teléfono",
            "Móvil",
            "WhatsApp",
        ),
        *("电话", "手机号码", "เบอร์โทร", "โทรศัพท์", "Số điện thoại", "SĐT", "मोबाइल नंबर", "फ़ोन"),
    ],
)
def test_the_heading_points_to_the_number_column(tmp_path, heading):
    rows = [["No", "Account number", heading, "Date"]]
    rows += [[at, 81200001200 + at, 81300001200 + at, "2026-11-03"] for at in range(30)]
    seen = spreadsheet.preview(write_xlsx(tmp_path / "list.xlsx", rows), country="ID")
    assert (seen.has_header, seen.number_column) == (True, 2)


def test_account_numbers_are_not_taken_for_phone_numbers(tmp_path):
    rows = [["Account number", "Number"], *([81200001200 + at, 81300001200 + at] for at in range(30))]
    assert spreadsheet.preview(write_xlsx(tmp_path / "list.xlsx", rows), country="ID").number_column == 1


def test_without_a_heading_the_cells_tell(tmp_path):
    rows = [[at, "Budi", f"2026-11-{at % 28 + 1:02d}", 1_500_000 + at, f"0812-0000-12{at:02d}"] for at in range(30)]
    seen = spreadsheet.preview(write_xlsx(tmp_path / "list.xlsx", rows), country="ID")
    assert (seen.has_header, seen.number_column) == (False, 4)
    assert (len(seen.rows), seen.row_count) == (20, 30)


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_rows_of_a_long_list_are_counted(tmp_path, kind):
    rows = [["HP"], *([f"0812{at:08d}"] for at in range(1_234))]
    path = tmp_path / f"list.{kind}"
    write_xlsx(path, rows) if kind == "xlsx" else write_text(path, "\n".join(row[0] for row in rows))
    assert spreadsheet.preview(path).row_count == 1_234


def test_a_title_above_the_header_is_not_a_person(tmp_path):
    rows = [
        ["Daftar nomor telepon pelanggan"],
        [],
        ["No", "Nama", "Nomor HP"],
        [1, "Budi", "abc"],
        [2, "Siti", "081200001234"],
    ]
    path = write_xlsx(tmp_path / "list.xlsx", rows)
    assert spreadsheet.preview(path).header == ("No", "Nama", "Nomor HP")
    assert [row.number for row in spreadsheet.rows(path)] == [4, 5]


@pytest.mark.parametrize("has_header", [True, False])
def test_the_operator_may_say_whether_there_is_a_header(tmp_path, has_header):
    path = write_text(tmp_path / "list.csv", "081200001234\n081200001235\n")
    assert spreadsheet.preview(path, has_header=has_header).has_header is has_header
    assert len(cells(path, has_header=has_header)) == (1 if has_header else 2)


@given(
    table=st.lists(st.lists(st.sampled_from(["", "Nama", "HP", "0812000012", "x", "No. 7"]), max_size=4), max_size=12)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_the_preview_and_the_rows_agree_on_the_header(tmp_path, table):
    path = write_text(tmp_path / "list.csv", "\n".join(",".join(row) for row in table))
    try:
        seen = spreadsheet.preview(path)
    except SpreadsheetError:
        return
    choices = {"encoding": seen.encoding, "delimiter": seen.delimiter, "has_header": seen.has_header}
    assert tuple(spreadsheet.rows(path, **choices))[:20] == seen.rows


# --- files that are no lists ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \r\n \n", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a picture"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"ID3\x03" + bytes(100), "a sound"),
        (b"<html><body><table><tr><td>0812", "a web page"),
        (b"\xef\xbb\xbf  <!DOCTYPE html><html>", "a web page"),
        (b'<?xml version="1.0"?><Workbook>', "a web page"),
        (b"PK\x03\x04" + bytes(50), "damaged"),
        (bytes(range(256)) * 20, "of an unknown kind"),
        (b"Nama,Kota\nBudi,Jakarta\nSiti,Medan\n", "looks like phone numbers"),
        (b"Nama,Nomor HP\n\n\n", "no rows"),
    ],
)
def test_what_is_no_list_gets_a_sentence_that_says_what_to_do(tmp_path, content, words):
    path = tmp_path / "list.xls"
    path.write_bytes(content)
    sentence = sentence_of(path)
    assert words in sentence
    assert sentence.count(".") >= 2


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ("word/document.xml", "a text document"),
        ("ppt/presentation.xml", "a presentation"),
        ("a.csv", "a packed archive"),
    ],
)
def test_other_zips_are_called_by_their_names(tmp_path, member, words):
    path = tmp_path / "list.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, "x")
    assert words in sentence_of(path)


def test_files_with_a_password_say_so(tmp_path):
    locked_xlsx, locked_xls, document = tmp_path / "a.xlsx", tmp_path / "b.xls", tmp_path / "c.xls"
    workbooks.write_locked_xlsx(locked_xlsx)
    workbooks.write_xls(locked_xls, LIST, is_locked=True)
    workbooks.write_old_document(document)
    assert "password" in sentence_of(locked_xlsx)
    assert "password" in sentence_of(locked_xls)
    assert "an old Office document" in sentence_of(document)


def test_a_workbook_without_cells_and_a_broken_one_say_so(tmp_path):
    assert "no rows" in sentence_of(write_xlsx(tmp_path / "empty.xlsx", []))
    broken = tmp_path / "broken.xlsx"
    workbooks.write_xlsx_by_hand(broken, "<row r='1'><c r='A1'")
    assert "damaged" in sentence_of(broken)


@pytest.mark.parametrize("far", ["XFD1048576", "XFD10000"], ids=["beyond any machine", "beyond our limit"])
def test_cells_far_outside_kill_the_child_and_not_us(tmp_path, far):
    path = tmp_path / "far.xlsx"
    workbooks.write_xlsx_by_hand(path, workbooks.number_cell("A1", "1") + workbooks.number_cell(far, "1"))
    assert path.stat().st_size < 5_000
    assert "cells far outside the list" in sentence_of(path)


def test_a_workbook_that_swells_when_unpacked_is_refused_unopened(tmp_path):
    path = tmp_path / "bomb.xlsx"
    workbooks.write_xlsx_by_hand(path, workbooks.number_cell("A1", "1"), padding_bytes=720 * 2**20)
    assert path.stat().st_size < 2**20
    assert "too large when unpacked" in sentence_of(path)


@given(content=st.binary(max_size=400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
def test_no_bytes_raise_anything_but_a_sentence(tmp_path, content):
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    try:
        seen = spreadsheet.preview(path)
        count = len(list(spreadsheet.rows(path, encoding=seen.encoding)))
    except SpreadsheetError:
        return
    assert count <= (seen.row_count or 0)


@pytest.mark.parametrize("cut", [30, 300, 3_000])
def test_a_workbook_cut_off_on_its_way_is_damaged(tmp_path, cut):
    path = write_xlsx(tmp_path / "list.xlsx", LIST)
    path.write_bytes(path.read_bytes()[:cut])
    assert "damaged" in sentence_of(path)


# --- the child process ----------------------------------------------------------------------------------------


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def test_leaving_early_leaves_no_process_behind(tmp_path):
    before = children()
    path = write_xlsx(tmp_path / "list.xlsx", [[f"08120000{at:04d}"] for at in range(9_999)])
    rows = spreadsheet.rows(path)
    assert next(rows).number == 1
    assert children() - before
    rows.close()
    assert children() == before
    abandoned = spreadsheet.rows(path)
    next(abandoned)
    del abandoned
    gc.collect()
    spreadsheet.preview(path)
    assert children() == before


def test_a_child_that_dies_halfway_is_an_error_and_not_a_short_list(tmp_path):
    before = children()
    path = write_xlsx(tmp_path / "list.xlsx", [[f"08120000{at:04d}", "x" * 200] for at in range(9_999)])
    rows = spreadsheet.rows(path)
    next(rows)
    (child,) = children() - before
    os.kill(int(child), 9)
    with pytest.raises(SpreadsheetError):
        list(rows)


def test_a_long_text_streams_without_being_held(tmp_path):
    path = tmp_path / "list.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([at, f"0812{at:08d}"] for at in range(100_000))
    started = time.perf_counter()
    assert sum(1 for _ in spreadsheet.rows(path)) == 100_000
    assert time.perf_counter() - started < 10
