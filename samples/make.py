"""Writes the sample lists beside this file: `python samples/make.py`. The same bytes every time.

All numbers follow a formula (operator code, 0000, running number) and belong to nobody in particular. The numbers to
be called end in 00 to 98, each ending equally often, because the sandbox chooses a call's fate by the last two digits.
"""

import csv
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path

import xlsxwriter

HERE = Path(__file__).parent
ENDINGS = 99  # 00 to 98
CALLABLE, DUPLICATES, DO_NOT_CALL = 16 * ENDINGS, 110, 40
BLANK, EMPTY_LINES, SHORTENED, SEVERAL, FOREIGN, INVALID = 45, 5, 40, 20, 70, 86
FIRST_OF_DO_NOT_CALL, ALSO_DO_NOT_CALL = 5000, 60
FIRST_OF_MEMBERS, MEMBERS, WITHOUT_DUE_DATE = 61 * ENDINGS, 4 * ENDINGS, 4

OPERATORS = ("811", "812", "813", "821", "822", "852", "856", "857", "877", "878", "895", "896")
FIRST_NAMES = ("Budi", "Siti", "Agus", "Dewi", "Eko", "Rina", "Joko", "Sri", "Andi", "Putri", "Wahyu", "Nur", "Made")
LAST_NAMES = ("Santoso", "Lestari", "Wijaya", "Hidayat", "Rahmawati", "Saputra", "Utami", "Siregar", "Nasution", "王")
CITIES = ("Jakarta", "Bandung", "Surabaya", "Medan", "Makassar", "Semarang", "Denpasar", "Yogyakarta", "Palembang")

Cell = str | int


def main() -> None:
    write_customers_of_indonesia(HERE / "customers-indonesia.xlsx")
    write_do_not_call(HERE / "do-not-call.csv")
    write_small(HERE / "customers-small.csv")
    write_members(HERE / "members-indonesia.csv")


def write_customers_of_indonesia(path: Path) -> None:
    """A workbook as an office keeps it: a title, an empty line, the header in line 3, 2,000 lines of customers."""
    cells = [*numbers_of_indonesia(), *[None] * EMPTY_LINES]
    random.Random(2026).shuffle(cells)
    cells.append(spelled(mobile(0), 4))  # a duplicate, so that the last line is not an empty one
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"title": "Sample customers", "created": datetime(2026, 11, 1, tzinfo=UTC)})
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet("Pelanggan")
        sheet.set_column("B:D", 20)
        sheet.write("A1", "DAFTAR TAGIHAN PELANGGAN OKTOBER 2026", bold)
        sheet.write_row("A3", ["No", "Nama", "Nomor HP", "Kota", "Tagihan"], bold)
        for at, cell in enumerate(cells):
            if cell is not None:
                sheet.write_row(
                    3 + at, 0, [at + 1, name(at), cell, CITIES[at % len(CITIES)], 150_000 + at % 40 * 2_500]
                )


def numbers_of_indonesia() -> Iterator[Cell]:
    yield from (spelled(mobile(at), at) for at in range(CALLABLE))
    yield from (spelled(mobile(at * 7), at * 7 + 5) for at in range(1, DUPLICATES))
    yield from (spelled(mobile(FIRST_OF_DO_NOT_CALL + at), at) for at in range(DO_NOT_CALL))
    yield from islice(cycle(["", " ", "-"]), BLANK)
    yield from islice(cycle(["8.12E+10", "8,13E+10", "6.28E+12", "8.57E+10"]), SHORTENED)
    yield from (f"0{mobile(7000 + at)} / 0{mobile(8000 + at)}" for at in range(SEVERAL))
    yield from islice(foreign(), FOREIGN)
    yield from islice(invalid(), INVALID)


def foreign() -> Iterator[Cell]:
    for at in range(1000):
        yield from (f"+65 9000 {at:04d}", f"+60 12-000 {at:04d}", f"+91 90000 {at:05d}", 919_000_000_000 + at)


def invalid() -> Iterator[Cell]:
    for at in range(1000):
        yield from (
            "tidak ada",
            f"O812-OOOO-{at:04d}",
            f"0812{at:04d}",
            f"0812000000{at:08d}",
            "(lihat WA)",
            "0800 140 1234",
        )


def mobile(at: int) -> str:
    """The national digits of the number with this running number; its last two digits are never 99."""
    return f"{OPERATORS[at % len(OPERATORS)]}0000{at // ENDINGS % 100:02d}{at % ENDINGS:02d}"


def spelled(digits: str, at: int) -> Cell:
    """`digits` as people and spreadsheet programs write them, in twenty ways."""
    a, b, c = digits[:3], digits[3:7], digits[7:]
    spellings: tuple[Cell, ...] = (
        *(f"0{digits}", f"0{digits}", f"0{digits}", f"0{digits}", f"0{a}-{b}-{c}", f"0{a}-{b}-{c}", f"0{a} {b} {c}"),
        *(int(digits), int(digits), int(digits), digits, f"+62{digits}", f"+62 {a}-{b}-{c}", f"62{digits}"),
        *(int(f"62{digits}"), f"+62 0{a} {b} {c}", f"(0{a}) {b}.{c}", f"'0{digits}", f"0{a}\u00a0{b}\u00a0{c} "),
        "".join(chr(ord(digit) + 0xFEE0) for digit in f"0{digits}"),
    )
    return spellings[at % len(spellings)]


def name(at: int) -> str:
    return f"{FIRST_NAMES[at % len(FIRST_NAMES)]} {LAST_NAMES[at // len(FIRST_NAMES) % len(LAST_NAMES)]}"


def write_do_not_call(path: Path) -> None:
    """People who asked not to be called: 40 of the customers and 60 others."""
    rows = [
        (
            f"+62{mobile(FIRST_OF_DO_NOT_CALL + at)}",
            ("asked on the phone", "complaint")[at % 2],
            f"2026-10-{at % 28 + 1:02d}",
        )
        for at in range(DO_NOT_CALL + ALSO_DO_NOT_CALL)
    ]
    write_csv(path, [("Number", "Reason", "Date"), *rows])


def write_small(path: Path) -> None:
    """Twelve lines for a first try: ten to call, one twice, one without a number."""
    numbers = [f"0{mobile(at * 10)}" for at in range(10)]
    numbers += [f"+62 {mobile(0)}", ""]
    write_csv(path, [("Name", "Phone", "City"), *((name(at), each, CITIES[at % 9]) for at, each in enumerate(numbers))])


def write_members(path: Path) -> None:
    """Members with what an SMS tells them: name, fee and the day on which it is due, which four of them lack."""
    rows = [
        (name(at), f"0{mobile(FIRST_OF_MEMBERS + at)}", f"Rp {150_000 + at % 40 * 2_500:,}", _due_on(at))
        for at in range(MEMBERS + WITHOUT_DUE_DATE)
    ]
    write_csv(path, [("Nama", "Telepon", "Iuran", "Jatuh tempo"), *rows])


def _due_on(at: int) -> str:
    return f"{at % 28 + 1} Desember 2026" if at < MEMBERS else ""


def write_csv(path: Path, rows: list[tuple[str, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


if __name__ == "__main__":
    main()
