"""Any cell in, E.164 or a reason out; and back to a carrier's form."""

import time

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

from dialer.phone import (
    Problem,
    display,
    explain,
    is_same,
    masked,
    national,
    on_the_wire,
    read,
    region,
)

COUNTRIES = ("IN", "ID", "PH", "MX", "CO", "TH", "VN")
CALLING_CODES = {"IN": "91", "ID": "62", "PH": "63", "MX": "52", "CO": "57", "TH": "66", "VN": "84"}
MOBILES = {
    "IN": "9876543210",
    "ID": "81200001234",
    "PH": "9170001234",
    "MX": "5512345678",
    "CO": "3001234567",
    "TH": "812345678",
    "VN": "912345678",
}
LANDLINES = {
    "IN": "1126543210",
    "ID": "215551234",
    "PH": "281234567",
    "MX": "3338171234",
    "CO": "6012345678",
    "TH": "21234567",
    "VN": "2438251234",
}

some_country = st.sampled_from(COUNTRIES)
phoneish = st.text(alphabet="0123456789+-. ()/*٣๓３＋eE'\u200b\u00a0", max_size=24)


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("kind", [MOBILES, LANDLINES], ids=["mobile", "landline"])
@pytest.mark.parametrize("spelling", ["+{code}{n}", "{code}{n}", "00{code}{n}", "{n}", "{code} {n}", "+{code} ({n})"])
def test_every_spelling_of_a_number_reads_the_same(country, kind, spelling):
    raw = spelling.format(code=CALLING_CODES[country], n=kind[country])
    assert read(raw, country=country).number == f"+{CALLING_CODES[country]}{kind[country]}"


@pytest.mark.parametrize("country", [country for country in COUNTRIES if country != "MX"])
@pytest.mark.parametrize("spelling", ["0{n}", "+{code} 0{n}", "{code}0{n}", "+0{n}", "'0{n}", "0{n}.0"])
def test_a_trunk_zero_is_taken_off_wherever_it_stands(country, spelling):
    raw = spelling.format(code=CALLING_CODES[country], n=MOBILES[country])
    assert read(raw, country=country).number == f"+{CALLING_CODES[country]}{MOBILES[country]}"


@pytest.mark.parametrize(
    "raw",
    [
        "0812-0000-1234",
        "0812 0000 1234",
        "0812.0000.1234",
        "(0812) 0000 1234",
        "0812/0000/1234",
        "\u00a00812\u00a00000\u00a01234\u200b",
        "\ufeff0812\u20110000\u20131234",
        "'081200001234",
        "81,200,001,234",
        "81200001234.0",
        "tel:+62-812-0000-1234",
        "０８１２００００１２３４",
        "0812００００1234",
        "＋６２（８１２）００００－１２３４",
        "٠٨١٢٠٠٠٠١٢٣٤",
        "०८१२००००१२३४",
        "๐๘๑๒๐๐๐๐๑๒๓๔",
        "0812\x0000001234",
        "062 812 0000 1234",
        "+62 (0) 812 0000 1234",
    ],
)
def test_decoration_and_foreign_digits_do_not_matter(raw):
    assert read(raw, country="ID").number == "+6281200001234"


@pytest.mark.parametrize("lead", ["1 ", "01 ", "044 ", "045-", "+52 1 ", "521", "0052 1 ", "+52 01 ", "52044", "+52"])
def test_old_mexican_dialling_reads_as_the_ten_digits_of_today(lead):
    assert read(f"{lead}55 1234 5678", country="MX").number == "+525512345678"


@pytest.mark.parametrize("raw", ["8.1E+10", "6,28E+12", "8.1e10", "８.１Ｅ+１０", "'8.12E+10", "9E+09"])
def test_a_number_shortened_by_excel_is_never_guessed(raw):
    assert read(raw, country="ID").problem is Problem.SHORTENED_BY_EXCEL


@pytest.mark.parametrize(
    "raw",
    [
        "081200001234 / 081300001234",
        "0812-0000-1234,0813-0000-1234",
        "081200001234;081300001234",
        "081200001234\n081300001234",
        "081200001234 081300001234",
        "+6281200001234+6281300001234",
        "081200001234、081300001234",
        "021 5551234/5551235",
    ],
)
def test_of_two_numbers_in_a_cell_none_is_picked(raw):
    assert read(raw, country="ID").problem is Problem.SEVERAL_NUMBERS


@pytest.mark.parametrize("raw", ["", " ", "\u200b", "-", "--", "—", "N/A", "#N/A", "nan", "NULL", "'"])
def test_cells_that_say_nothing_are_blank(raw):
    assert read(raw, country="ID").problem is Problem.BLANK


@pytest.mark.parametrize(
    "raw",
    [
        "0812ABC1234",
        "Budi",
        "0812",
        "0",
        "+",
        "++6281200001234",
        "0812000012345678",
        "08001234567",
        "0809 1234567",
        "112",
        "+62",
        "0812-0000-12E4",
        "8" * 5000,
        "²³¹²³¹²³¹²³",
        "0812#0000#1234",
    ],
)
def test_whatever_is_no_persons_number_is_invalid(raw):
    assert read(raw, country="ID").problem is Problem.INVALID_NUMBER


@pytest.mark.parametrize("raw", ["+65 9123 4567", "006591234567", "+60 12-345 6789", "60123456789", "919876543210"])
def test_a_number_of_another_country_is_told_from_a_wrong_one(raw):
    assert read(raw, country="ID").problem is Problem.WRONG_COUNTRY


def test_without_a_plus_a_number_that_can_be_national_is_national():
    assert read("6591234567", country="ID").number == "+626591234567"  # a landline of Aceh, or one of Singapore
    assert read("15512345678", country="MX").number == "+525512345678"  # old Mexican, or one of New Jersey
    assert read("+15512345678", country="MX").problem is Problem.WRONG_COUNTRY


def test_national_forms_of_another_country_are_not_recognised_by_guessing():
    assert read("9876543210", country="TH").problem is Problem.INVALID_NUMBER


def test_a_mobile_series_younger_than_the_library_is_a_number_too():
    assert not phonenumbers.is_valid_number(phonenumbers.parse("+639001234567"))
    assert read("0900 123 4567", country="PH").number == "+639001234567"


def test_countries_beyond_the_first_seven_are_read_by_their_own_plan():
    assert read("(11) 96123-4567", country="BR").number == "+5511961234567"
    assert read("011 15 2345 6789", country="AR").number == "+5491123456789"
    assert read("212-736-5000", country="US").number == "+12127365000"
    assert read("+1 416 736 5000", country="US").problem is Problem.WRONG_COUNTRY


@pytest.mark.parametrize("country", ["", "id", "XX", "001", "62"])
def test_an_unknown_country_is_a_programmers_mistake(country):
    with pytest.raises(ValueError, match="not a country"):
        read("081200001234", country=country)


@given(raw=st.text() | phoneish, country=some_country)
@example(raw="٣" * 300, country="ID")
@example(raw="+" * 500, country="MX")
def test_no_text_raises_and_every_verdict_is_whole(raw, country):
    verdict = read(raw, country=country)
    assert bool(verdict.number) == (verdict.problem is None)
    assert read(verdict.number, country=country).number == verdict.number
    masked(raw), display(raw), region(raw)
    if verdict.problem:
        assert explain(verdict.problem, raw, country).endswith(".")


@given(country=some_country, digits=st.from_regex(r"[1-9][0-9]{6,11}", fullmatch=True))
def test_all_people_whom_the_library_knows_are_read(country, digits):
    parsed = phonenumbers.parse(f"+{CALLING_CODES[country]}{digits}")
    people = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
    verdict = read(f"+{CALLING_CODES[country]}{digits}", country=country)
    if phonenumbers.number_type(parsed) in people:
        assert verdict.number == phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@given(
    country=some_country,
    kind=st.sampled_from([MOBILES, LANDLINES]),
    form=st.sampled_from(["national", "international"]),
    prefix=st.from_regex(r"[0-9]{0,6}", fullmatch=True),
)
def test_what_went_to_the_carrier_is_recognised_when_it_comes_back(country, kind, form, prefix):
    number = f"+{CALLING_CODES[country]}{kind[country]}"
    wire = on_the_wire(number, form=form, prefix=prefix)
    assert wire.isdecimal()
    assert is_same(number, wire, country=country, prefix=prefix)
    assert is_same(number, on_the_wire(number, form=form), country=country)


def test_the_wire_forms_are_digits_only():
    assert on_the_wire("+6281200001234", form="national") == "81200001234"
    assert on_the_wire("+6281200001234", form="international") == "6281200001234"
    assert on_the_wire("+525512345678", form="national", prefix="521") == "5215512345678"
    with pytest.raises(ValueError, match="digits"):
        on_the_wire("+6281200001234", form="national", prefix="+1")
    with pytest.raises(ValueError, match=r"E\.164"):
        on_the_wire("081200001234", form="national")


@pytest.mark.parametrize(
    "wire",
    [
        "81200001234",
        "081200001234",
        "6281200001234",
        "+6281200001234",
        "006281200001234",
        "62081200001234",
        "812****1234",
        "0812*****234",
        "62812****1234",
        "+62812•••••234",
        "8120xxxx234",
        " 812-0000-1234 ",
        "9981200001234",
    ],
)
def test_carriers_spellings_of_the_same_number_match(wire):
    assert is_same("+6281200001234", wire, country="ID")


@pytest.mark.parametrize(
    "wire",
    [
        "",
        "0",
        "81200001235",
        "6281300001234",
        "812****1235",
        "813****1234",
        "812***1234",
        "***********",
        "1234",
        "+6581200001234",
        "unknown",
    ],
)
def test_other_numbers_do_not_match(wire):
    assert not is_same("+6281200001234", wire, country="ID")


def test_a_short_landline_is_not_found_inside_a_mobile_number():
    assert not is_same("+6621234567", "0821234567", country="TH")


@given(number=st.sampled_from([f"+{CALLING_CODES[c]}{kind[c]}" for c in COUNTRIES for kind in (MOBILES, LANDLINES)]))
def test_a_mask_shows_at_most_three_digits_at_each_end(number):
    mask = masked(number)
    code, shown = mask.split(" ", 1)
    assert number.startswith(code)
    assert len(shown) == len(national(number))
    assert shown.count("•") >= 4
    assert len(shown.split("•")[0]) <= 3
    assert shown.endswith(number[-3:])


def test_masks_of_other_texts_show_at_most_three_characters():
    assert masked("+6281200001893") == "+62 812•••••893"
    assert masked("081200001234") == "•••••••••234"
    assert masked("Budi") == "••••"
    assert masked("") == ""


def test_numbers_are_displayed_as_people_write_them():
    assert display("+6281200001234") == "+62 812-0000-1234"
    assert display("not a number") == "not a number"
    assert region("+6281200001234") == "ID"
    assert region("+999") == ""


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("0812ABC", "letters"),
        ("08123", "too short"),
        ("+62812000012345678901", "too long"),
        ("08001234567", "service number"),
        ("07991234567", "numbering plan of +62"),
        ("8.1E+10", "Excel"),
        ("+6591234567", "another country"),
        ("081200001234/081300001234", "more than one"),
        ("", "no number"),
    ],
)
def test_the_reason_is_told_in_a_sentence(raw, words):
    problem = read(raw, country="ID").problem
    assert problem is not None
    assert words in explain(problem, raw, "ID")


def test_clean_numbers_are_read_many_times_faster_than_by_the_library():
    numbers = [f"0812{at:08d}" for at in range(2_000)]
    for number in numbers[:10]:
        read(number, country="ID")
    ours = _seconds(lambda: [read(number, country="ID") for number in numbers])
    library = _seconds(lambda: [phonenumbers.is_valid_number(phonenumbers.parse(number, "ID")) for number in numbers])
    assert ours * 4 < library


def _seconds(work):
    started = time.process_time()
    work()
    return time.process_time() - started
