"""Rows become files that no program runs, and that come back as they were."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from dialer import phone, spreadsheet_writer
from dialer.spreadsheet_writer import CsvWriter, XlsxWriter, harmless

FORMULAS = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    '@SUM(1+1)*cmd|" /C calc"!A0',
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    '"=1+1',
    "'=1+1",
    ' " =HYPERLINK("http://x")',
    "\ufeff=1+1",
    "\u200b=1+1",
    "\u00a0=1+1",
    "＝1+1",
    "＋1+cmd",
    "＠SUM(1)",
    "-cmd",
    "+62 812 and =1+1",
    "+1E5",
]
INSIDE = ["a;=1+1", "a\t@SUM(1)", "first\n=1+1", "first\r\n+cmd", "a;\t =1+1"]
PLAIN = ["+6281200000001", "+62 812-0000-0001", "-5", "-5.25", "(021) 555", "Adi", "a=b", "1-2", "a@b.com", "", "5;-3"]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_may_be_a_formula_begins_with_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}" or (text[0] in "\t\r\n" and harmless(text).startswith("'"))


@pytest.mark.parametrize("text", INSIDE)
def test_a_formula_behind_a_separator_of_another_program_is_harmless_too(text: str) -> None:
    signs = "=+@"
    sign = next(one for one in text if one in signs)

    before = harmless(text).partition(sign)[0].rstrip()

    assert before.endswith("'")


@pytest.mark.parametrize("text", PLAIN)
def test_numbers_and_plain_text_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


def test_a_guarded_number_is_still_read_when_the_list_is_uploaded_again() -> None:
    assert phone.read(harmless("\t+62 812-0000-0001"), country="ID").number == "+6281200000001"


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("=+-@＝'\" \t\r\n;,aA1\ufeff"), max_size=12))
def test_no_text_becomes_a_cell_that_begins_with_a_formula(text: str) -> None:
    for separator in (",", ";", "\t"):
        for line in harmless(text).splitlines():
            for cell in line.split(separator) if separator != "," else [line]:
                begins = cell.lstrip(" \"'\ufeff")
                is_number = all(sign in "0123456789 ().,/-+" for sign in cell.strip()) and cell.strip()[1:2].isdigit()
                is_guarded = "'" in cell[: len(cell) - len(begins)]
                assert not begins or begins[0] not in "=+-@＝" or is_guarded or is_number


def test_a_csv_is_what_excel_opens_with_a_double_click(tmp_path: Path) -> None:
    file = CsvWriter(tmp_path / "a.csv")
    file.write([["Nama", "Nomor"], ['Adi "A", jr.', "+6281200000001"], [None, 7]])
    size = file.flush()
    file.close()
    again = CsvWriter(tmp_path / "a.csv")
    again.write([["zuletzt", "Ünïcode 数"]])
    again.close()

    content = (tmp_path / "a.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfNama")
    assert content.count(b"\xef\xbb\xbf") == 1
    assert size < len(content)
    rows = list(csv.reader(content.decode("utf-8-sig").splitlines()))
    assert rows[1:] == [['Adi "A", jr.', "+6281200000001"], ["", "7"], ["zuletzt", "Ünïcode 数"]]


def written(path: Path) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_path(path)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


@pytest.mark.parametrize("text", [*FORMULAS, "https://example.com/", "{=1}", "0812", "x" * 40_000, "a\x00\x07b"])
def test_every_text_of_a_workbook_is_a_text(tmp_path: Path, text: str) -> None:
    book = XlsxWriter(tmp_path / "a.xlsx", folder=tmp_path)
    book.begin("People", ["A"])
    book.write([[text, 5]])
    book.close()

    ((_, (found, number)),) = list(written(tmp_path / "a.xlsx").values())

    assert isinstance(found, str)
    assert number == 5
    assert found[:100].strip() == text.replace("\x00", "").replace("\x07", "")[:100].strip() or "\x07" in text
    assert len(found) <= 32_767


def test_a_full_sheet_goes_on_in_another_with_the_same_heading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet_writer, "MOST_ROWS", 2)
    book = XlsxWriter(tmp_path / "a.xlsx", folder=tmp_path)
    book.begin("People", ["Row"])
    book.write([[at] for at in range(5)])
    book.close()

    assert written(tmp_path / "a.xlsx") == {
        "People": [["Row"], [0.0], [1.0]],
        "People (2)": [["Row"], [2.0], [3.0]],
        "People (3)": [["Row"], [4.0]],
    }


def test_names_of_sheets_are_such_as_the_program_takes(tmp_path: Path) -> None:
    book = XlsxWriter(tmp_path / "a.xlsx", folder=tmp_path)
    for name in ("a" * 60, "A" * 60, "'x[1]:*?/\\'", "", "History", "\n"):
        book.begin(name, ["A"])
    book.close()

    assert list(written(tmp_path / "a.xlsx")) == ["a" * 31, f"{'A' * 27} (2)", "x_1______", "1", "History (2)", "_"]
