"""The sample lists hold exactly what their README promises."""

import re
import runpy
from collections import Counter
from pathlib import Path

from dialer import phone, spreadsheet

SAMPLES = Path(__file__).parents[2] / "samples"


def fates(name: str, *, number_column: int) -> tuple[Counter[str], list[str]]:
    """Rows by fate, and the numbers that would be called."""
    blocked = {row.cell(0) for row in spreadsheet.rows(SAMPLES / "do-not-call.csv")}
    counts, called, known = Counter(), [], set()
    for row in spreadsheet.rows(SAMPLES / name):
        verdict = phone.read(row.cell(number_column), country="ID")
        if verdict.problem:
            fate = verdict.problem.value
        elif verdict.number in known:
            fate = "duplicate"
        else:
            known.add(verdict.number)
            fate = "do_not_call" if verdict.number in blocked else "callable"
        counts[fate] += 1
        if fate == "callable":
            called.append(verdict.number)
    return counts, called


def test_the_customers_meet_the_fates_that_the_readme_counts():
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    promised = {fate: int(count) for fate, count in re.findall(r"^\| (\w+) \| (\d+) \|", readme, re.MULTILINE)}
    counts, called = fates("customers-indonesia.xlsx", number_column=2)
    assert counts == promised
    assert counts.total() == 2_000
    assert Counter(number[-2:] for number in called) == {f"{ending:02d}": 16 for ending in range(99)}


def test_the_preview_finds_header_and_numbers_below_the_title():
    seen = spreadsheet.preview(SAMPLES / "customers-indonesia.xlsx", country="ID")
    assert (seen.header[2], seen.number_column, seen.rows[0].number, seen.row_count) == ("Nomor HP", 2, 4, 2_000)


def test_the_small_list_is_small():
    counts, _ = fates("customers-small.csv", number_column=1)
    assert counts == {"callable": 10, "duplicate": 1, "blank": 1}


def test_the_members_have_texts_but_for_four_due_dates():
    counts, called = fates("members-indonesia.csv", number_column=1)
    rows = list(spreadsheet.rows(SAMPLES / "members-indonesia.csv"))
    dated = {row.cell(1) for row in rows if row.cell(3)}

    assert counts == {"callable": 400}
    assert Counter(number[-2:] for number in dated) == {f"{ending:02d}": 4 for ending in range(99)}
    assert sum(not row.cell(3) for row in rows) == 4
    assert not set(called) & set(fates("customers-indonesia.xlsx", number_column=2)[1])


def test_the_do_not_call_list_holds_a_hundred_numbers():
    numbers = {phone.read(row.cell(0), country="ID").number for row in spreadsheet.rows(SAMPLES / "do-not-call.csv")}
    assert len(numbers - {""}) == 100


def test_the_samples_are_what_their_maker_writes(tmp_path):
    make = runpy.run_path(str(SAMPLES / "make.py"))
    for name, write in (
        ("customers-indonesia.xlsx", make["write_customers_of_indonesia"]),
        ("do-not-call.csv", make["write_do_not_call"]),
        ("customers-small.csv", make["write_small"]),
        ("members-indonesia.csv", make["write_members"]),
    ):
        write(tmp_path / name)
        assert list(spreadsheet.rows(tmp_path / name)) == list(spreadsheet.rows(SAMPLES / name))
