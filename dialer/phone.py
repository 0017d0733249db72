"""Phone numbers: whatever a cell holds in, E.164 out; a carrier's form; a mask for logs and screens.

One regular expression for each country, compiled on first use from the numbering plan that `phonenumbers` ships,
reads clean numbers. Everything else is cleaned first, and only what still does not fit is asked about at length.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, Literal

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType

from dialer.translation import gettext, gettext_noop

WireForm = Literal["national", "international"]


class Problem(StrEnum):
    """Why a cell gave no number to call."""

    BLANK = "blank"
    INVALID_NUMBER = "invalid_number"
    WRONG_COUNTRY = "wrong_country"
    SHORTENED_BY_EXCEL = "shortened_by_excel"
    SEVERAL_NUMBERS = "several_numbers"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`number` is E.164 with its plus and `problem` None, or `number` is empty and `problem` says why."""

    number: str
    problem: Problem | None = None


def read(raw: str, *, country: str) -> Verdict:
    """Return the number that `raw` means in `country` (ISO 3166, two letters).

    Never guesses: digits that a spreadsheet has rounded away stay away, and of two numbers none is picked. Without a
    plus a number is foreign only if it cannot be a number of `country`. Raises ValueError for an unknown country,
    never for any `raw`. Reading the answer again gives the same answer.
    """
    plan = _plan(country)
    if match := plan.pattern.fullmatch(raw.translate(_EVERYDAY)):
        return Verdict(f"+{plan.code}{match['national']}")
    text = _tidy(raw)
    if problem := _problem_of_form(text):
        return Verdict("", problem)
    dialled = _dialled(text)
    if match := plan.pattern.fullmatch(dialled):
        return Verdict(f"+{plan.code}{match['national']}")
    return _ask_at_length(dialled, country)


def explain(problem: Problem, raw: str, country: str) -> str:
    """Return one or two sentences for the operator: what is wrong with `raw` and what to do."""
    if problem is Problem.INVALID_NUMBER:
        return _why_invalid(raw, country)
    if problem is Problem.WRONG_COUNTRY:
        sentence = gettext(
            "This is a number of another country; the list is for numbers that begin with +%(code)s. "
            "Put it into a list of its own."
        )
        return sentence % {"code": _plan(country).code}
    return gettext(_SENTENCES[problem])


def national(number: str) -> str:
    """Return the digits of an E.164 number after its country code. Raises ValueError if it is not E.164."""
    return _split(number)[1]


def calling_code(country: str) -> str:
    """The country's code without a plus, such as "62" for ID; "" for a country that does not exist."""
    code = phonenumbers.country_code_for_region(country)
    return str(code) if code else ""


def region(number: str) -> str:
    """Return the country (ISO 3166, two letters) of an E.164 number, or "" if no country owns it."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    except phonenumbers.NumberParseException:
        return ""


def display(number: str) -> str:
    """Return an E.164 number as people write it, "+62 812-0000-0123"; any other text comes back unchanged."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)


def masked(number: str) -> str:
    """Return a number for eyes without the right to see it: "+62 812•••••893".

    Shows at most the country code, the first three and the last three national digits, and hides at least four.
    Text that is not E.164 shows at most its last three characters.
    """
    try:
        code, digits = _split(number)
        lead = f"+{code} "
    except ValueError:
        lead, digits = "", number.strip()
    last = min(3, max(0, len(digits) - 4))
    first = min(3, max(0, len(digits) - 4 - last)) if lead else 0
    return lead + digits[:first] + "•" * (len(digits) - first - last) + digits[len(digits) - last :]


def on_the_wire(number: str, *, form: WireForm, prefix: str = "") -> str:
    """Return an E.164 number as a carrier wants it: digits only, without ("national") or with country code.

    `prefix` holds the digits that a line wants before the number. Raises ValueError if `number` is not E.164 or
    `prefix` not digits.
    """
    if prefix and not _DIGITS.fullmatch(prefix):
        raise ValueError(gettext("A dial prefix consists of digits."))
    code, digits = _split(number)
    return prefix + (digits if form == "national" else code + digits)


def is_same(number: str, wire: str, *, country: str, prefix: str = "") -> bool:
    """Tell whether `wire`, as a carrier reports it, can be the E.164 `number`.

    Tolerates a plus, 00, a missing country code, a trunk zero, dial digits in front, and stars in place of digits
    as long as four digits can be seen. Without stars, a `wire` that reads as another number is another number,
    unless `prefix` explains it. Use it beside the batch's reference, not instead of it.
    """
    code, digits = _split(number)
    shown = _NOT_SHOWN.sub("", _STARS.sub("*", wire.translate(_ASCII)))
    bare = (digits, code + digits)
    forms = (*bare, f"0{digits}", f"00{code}{digits}", f"{code}0{digits}", *(prefix + form for form in bare))
    if "*" in shown:
        return sum(char != "*" for char in shown) >= 4 and any(_fits(shown, form) for form in forms)
    if shown in forms:
        return True
    reading = read(shown, country=country).number
    if reading:
        return reading == number
    if wire.strip().startswith(("+", "00")):
        return False
    return shown.endswith(digits) and len(shown) - len(digits) <= _LONGEST_DIAL_PREFIX


# --- the numbering plan ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Plan:
    code: str  # country calling code, digits
    pattern: re.Pattern[str]  # a whole dialled number of the country; group `national` is what E.164 keeps


# Mobile numbers as the regulators lay them out. `phonenumbers` lists the series given out so far, and a series
# given out last week is a person too. (India DoT: 6 to 9, Indonesia Komdigi: 8 and 7 to 10 digits, Philippines
# NTC: 9, Mexico IFT: any ten digits, Colombia CRC: 3, Thailand NBTC: 6, 8, 9, Vietnam MIC: 3, 5, 7, 8, 9.)
_MOBILE: Final = {
    "IN": r"[6-9]\d{9}",
    "ID": r"8[1-35-9]\d{7,10}",
    "PH": r"9\d{9}",
    "MX": r"(?!300|500|800|900)[2-9]\d{9}",
    "CO": r"3\d{9}",
    "TH": r"[689]\d{8}",
    "VN": r"[35789]\d{8}",
}
# Until 2019 Mexico dialled 01, 044 or 045 at home and +52 1 from abroad; lists still hold all of them.
_TRUNK: Final = {"MX": "1|01|044|045"}


@lru_cache
def _plan(country: str) -> _Plan:
    plan = PhoneMetadata.metadata_for_region(country) if country.isalpha() else None
    if plan is None:
        raise ValueError(f"{country!r} is not a country with telephone numbers")
    kinds = [_MOBILE.get(country), *(kind and kind.national_number_pattern for kind in (plan.mobile, plan.fixed_line))]
    numbers = "|".join(kind for kind in kinds if kind)
    trunk = _TRUNK.get(country) or re.escape(plan.national_prefix or "0")
    # In this order: with country code, with trunk digits, with both the wrong way round, bare.
    lead = rf"(?:(?:\+|00)?{plan.country_code}(?:{trunk})?|{trunk}|0{plan.country_code})?"
    return _Plan(str(plan.country_code), re.compile(rf"{lead}(?P<national>{numbers})", re.ASCII))


def _split(number: str) -> tuple[str, str]:
    """Country code and national digits. Country codes are prefix-free, so the first that fits is the one."""
    if _E164.fullmatch(number):
        for length in (1, 2, 3):
            if int(number[1 : 1 + length]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
                return number[1 : 1 + length], number[1 + length :]
    raise ValueError(gettext("This is not a number in E.164 form."))


# --- reading what is not clean --------------------------------------------------------------------------------

_LONGEST_CELL: Final = 200  # characters; whatever is longer is prose
_LONGEST_DIAL_PREFIX: Final = 6  # digits
_SHORTEST_NUMBER: Final = 7  # digits; below that a piece of a cell is no number of its own
_SHORTEST_FOREIGN: Final = 10  # digits; below that too many typing errors look like some country's number

_NOTHING: Final = frozenset({"", "n/a", "na", "nan", "null", "none", "#n/a", "nil"})
_EVERYDAY: Final = str.maketrans("", "", " -()")  # as people group digits; the rest is looked at more closely
_DIGITS: Final = re.compile(r"[0-9]+")
_E164: Final = re.compile(r"\+[1-9][0-9]{4,16}")
_NO_DIGITS: Final = re.compile(r"[^0-9]+")
_SCIENTIFIC: Final = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*)?e\+?[0-9]{1,3}", re.IGNORECASE)
_POINT_ZERO: Final = re.compile(r"(\+?[0-9]{7,})\.0{1,2}")
_SEPARATORS: Final = re.compile(r"[/,;|&\n\r]+|(?<=[0-9])\s*(?=\+)")
_DECORATION: Final = re.compile(r"[\s\-.()\[\]{}'\"/,;|&_]+")
_DIALLED: Final = re.compile(r"\+?[0-9]+")
_LABEL: Final = re.compile(r"tel[:.]\s*", re.IGNORECASE)
_STARS: Final = re.compile(r"[*•xX]")
_NOT_SHOWN: Final = re.compile(r"[^0-9*]+")


def _ascii_table() -> dict[int, str]:
    """Every script's digits, dashes, pluses and quotes to ASCII; invisible signs to nothing."""
    table: dict[int, str] = {}
    for point in range(128, 0x20000):  # the planes that hold scripts
        char = chr(point)
        category = unicodedata.category(char)
        if category == "Nd":
            table[point] = str(unicodedata.decimal(char))
        elif category == "Cf":
            table[point] = ""
        elif category == "Pd":
            table[point] = "-"
    signs = dict(zip("＋﹢−‘’´`（）．，；／、：Ｅ", "++-''''().,;/,:E", strict=True))
    return table | {ord(sign): plain for sign, plain in signs.items()} | {0: ""}


_ASCII: Final = _ascii_table()


def _tidy(raw: str) -> str:
    """`raw` in ASCII signs, without the traces that spreadsheets and links leave around a number."""
    text = raw[: _LONGEST_CELL + 1]
    text = text if text.isascii() and "\0" not in text else text.translate(_ASCII)
    text = text.strip().lstrip("'").strip()
    text = _LABEL.sub("", text, count=1) if _LABEL.match(text) else text
    match = _POINT_ZERO.fullmatch(text)
    return match[1] if match else text


def _problem_of_form(text: str) -> Problem | None:
    if text.strip("-. '\"").lower() in _NOTHING:
        return Problem.BLANK
    if _SCIENTIFIC.fullmatch(text):
        return Problem.SHORTENED_BY_EXCEL
    if _holds_several(text):
        return Problem.SEVERAL_NUMBERS
    if len(text) > _LONGEST_CELL or not _DIALLED.fullmatch(_dialled(text)):
        return Problem.INVALID_NUMBER
    return None


def _dialled(text: str) -> str:
    """What is left of a number without its decoration. A plus before a trunk zero promises nothing."""
    bare = _DECORATION.sub("", text)
    return bare[1:] if bare.startswith("+0") else bare


def _holds_several(text: str) -> bool:
    pieces = _SEPARATORS.split(text)
    if len(pieces) == 1 and _digit_count(text) > 15:
        pieces = text.split()
    return sum(_digit_count(piece) >= _SHORTEST_NUMBER for piece in pieces) > 1


def _digit_count(text: str) -> int:
    return len(_NO_DIGITS.sub("", text))


def _ask_at_length(dialled: str, country: str) -> Verdict:
    """Judge a number that does not fit the plan: an odd spelling of `country`, another country's, or neither."""
    if dialled.startswith(("+", "00")):
        return _judge("+" + dialled.removeprefix("+").removeprefix("00"), country)
    at_home = _judge(dialled, country)
    if at_home.number or dialled.startswith("0") or len(dialled) < _SHORTEST_FOREIGN:
        return at_home
    return _judge(f"+{dialled}", country)


def _judge(dialled: str, country: str) -> Verdict:
    invalid = Verdict("", Problem.INVALID_NUMBER)
    try:
        parsed = phonenumbers.parse(dialled, country)
    except phonenumbers.NumberParseException:
        return invalid
    if phonenumbers.number_type(parsed) not in _PEOPLE:
        return invalid
    if phonenumbers.region_code_for_number(parsed) != country:
        return Verdict("", Problem.WRONG_COUNTRY)
    return Verdict(phonenumbers.format_number(parsed, PhoneNumberFormat.E164))


# Freephone, premium-rate and other service numbers have no person behind them, and some cost a fortune.
_PEOPLE: Final = frozenset(
    {
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
        PhoneNumberType.PERSONAL_NUMBER,
    }
)


def _fits(shown: str, form: str) -> bool:
    return len(shown) == len(form) and all(seen in ("*", digit) for seen, digit in zip(shown, form, strict=True))


# --- sentences ------------------------------------------------------------------------------------------------

_SENTENCES: Final = {
    Problem.BLANK: gettext_noop("There is no number in this row. Fill it in, or leave the row out."),
    Problem.SHORTENED_BY_EXCEL: gettext_noop(
        "Excel shortened this number and its last digits are lost. "
        "Take it from the original list again, and format the column as text before pasting."
    ),
    Problem.SEVERAL_NUMBERS: gettext_noop("This is more than one number. Write each of them by itself."),
}


def _why_invalid(raw: str, country: str) -> str:
    text = _dialled(_tidy(raw))
    if not _DIALLED.fullmatch(text):
        return gettext("There are letters or signs in it that no phone number has. Correct the number.")
    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return gettext("This is too short or too long for a phone number. Correct the number.")
    reason = _REASONS.get(phonenumbers.is_possible_number_with_reason(parsed))
    return gettext(reason) if reason else _no_such_number(parsed, country)


_TOO_SHORT: Final = gettext_noop("This number is too short: digits are missing. Correct the number.")
_REASONS: Final = {
    phonenumbers.ValidationResult.TOO_SHORT: _TOO_SHORT,
    phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY: _TOO_SHORT,  # as dialled within one town
    phonenumbers.ValidationResult.TOO_LONG: gettext_noop(
        "This number is too long: it has digits too many. Correct the number."
    ),
    phonenumbers.ValidationResult.INVALID_LENGTH: gettext_noop("No number has this many digits. Correct the number."),
}


def _no_such_number(parsed: phonenumbers.PhoneNumber, country: str) -> str:
    if phonenumbers.is_valid_number(parsed):
        return gettext("This is a service number, not a person's. Leave the row out.")
    sentence = gettext("There is no such number in the numbering plan of +%(code)s. Correct the number.")
    return sentence % {"code": _plan(country).code}
