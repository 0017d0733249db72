"""Reading lists, against the parsers themselves; and reading numbers, against the library that knows them."""

import csv
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import phonenumbers
import xlsxwriter
from python_calamine import CalamineWorkbook

from benchmarks.ratio import Ratio, Work, compare
from dialer import phone, spreadsheet

CSV_ROWS, XLSX_ROWS, NUMBERS = 300_000, 100_000, 30_000
ROUNDS = 3
SPELLINGS = {"clean": "0812{:08d}", "decorated": "+62 812-{:08d}", "foreign": "+65 9{:07d}"}


def measure() -> Iterator[Ratio]:
    with tempfile.TemporaryDirectory() as folder:
        text, book = Path(folder, "list.csv"), Path(folder, "list.xlsx")
        write_csv(text)
        write_xlsx(book)
        yield compare(
            "text read", against="the csv module", count=CSV_ROWS, things="rows", rounds=readings(text, bare_csv)
        )
        yield compare(
            "workbook read in a process of its own",
            against="calamine in this one",
            count=XLSX_ROWS,
            things="rows",
            rounds=readings(book, bare_xlsx),
        )
    for what, spelling in SPELLINGS.items():
        yield compare(
            f"{what} numbers understood",
            against="phonenumbers alone",
            count=NUMBERS,
            things="numbers",
            rounds=understandings([spelling.format(at) for at in range(NUMBERS)]),
        )


def readings(path: Path, bare: Callable[[Path], int]) -> Iterator[tuple[Work, Work]]:
    for _ in range(ROUNDS):
        yield lambda: sum(1 for _ in spreadsheet.rows(path)), lambda: bare(path)


def understandings(numbers: list[str]) -> Iterator[tuple[Work, Work]]:
    for _ in range(ROUNDS):
        yield (
            lambda: [phone.read(number, country="ID") for number in numbers],
            lambda: [phonenumbers.is_valid_number(phonenumbers.parse(number, "ID")) for number in numbers],
        )


def bare_csv(path: Path) -> int:
    with path.open(newline="", encoding="utf-8") as file:
        return sum(1 for _ in csv.reader(file))


def bare_xlsx(path: Path) -> int:
    return sum(1 for _ in CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows())


def write_csv(path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = ((at, f"Budi {at}", f"0812{at:08d}") for at in range(CSV_ROWS))
        csv.writer(file).writerow(("No", "Nama", "Nomor HP"))
        csv.writer(file).writerows(rows)


def write_xlsx(path: Path) -> None:
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["No", "Nama", "Nomor HP"])
        for at in range(XLSX_ROWS):
            sheet.write_row(at + 1, 0, [at, f"Budi {at}", 81200000000 + at])
