"""How long reading lists takes, as a ratio to the bare parser in the same run: `python benchmarks/import_rows.py`.

Ratios travel between machines, seconds do not. Memory is this process's peak; the parser of workbooks has its own.
"""

import csv
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import phonenumbers
import xlsxwriter
from python_calamine import CalamineWorkbook

sys.path.insert(0, str(Path(__file__).parents[1]))

from dialer import phone, spreadsheet

CSV_ROWS, XLSX_ROWS, NUMBERS = 1_000_000, 200_000, 100_000


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        text, book = Path(folder, "list.csv"), Path(folder, "list.xlsx")
        write_csv(text)
        write_xlsx(book)
        before = peak_megabytes()
        ours_text = seconds(lambda: sum(1 for _ in spreadsheet.rows(text)))
        ours_book = seconds(lambda: sum(1 for _ in spreadsheet.rows(book)))
        grown = peak_megabytes() - before
        report(f"csv, {CSV_ROWS:,} rows, against the csv module", ours_text, seconds(lambda: bare_csv(text)))
        report(f"xlsx, {XLSX_ROWS:,} rows, against calamine here", ours_book, seconds(lambda: bare_xlsx(book)))
        print(f"memory grew by {grown} MB while both lists streamed by")
    for what, spelling in (("clean", "0812{:08d}"), ("decorated", "+62 812-{:08d}"), ("foreign", "+65 9{:07d}")):
        numbers = [spelling.format(at) for at in range(NUMBERS)]
        ours = seconds(lambda numbers=numbers: [phone.read(number, country="ID") for number in numbers])
        bare = seconds(lambda numbers=numbers: [by_the_library(number) for number in numbers])
        report(f"{NUMBERS:,} {what} numbers, against phonenumbers", ours, bare)


def report(what: str, ours: float, bare: float) -> None:
    print(f"{what}: {ours:.2f} s against {bare:.2f} s, ratio {ours / bare:.2f}")


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def peak_megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def bare_csv(path: Path) -> int:
    with path.open(newline="", encoding="utf-8") as file:
        return sum(1 for _ in csv.reader(file))


def bare_xlsx(path: Path) -> int:
    return sum(1 for _ in CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows())


def by_the_library(number: str) -> bool:
    return phonenumbers.is_valid_number(phonenumbers.parse(number, "ID"))


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


if __name__ == "__main__":
    main()
