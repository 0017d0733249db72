"""What a list does not say about itself: encoding, delimiter, header line, the column of phone numbers.

Guesses only: the operator sees them beside the first rows and may choose otherwise.
"""

import codecs
import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Final

import charset_normalizer
import phonenumbers

DELIMITERS: Final = (",", ";", "\t", "|")
Cells = Sequence[str]

# --- encoding -------------------------------------------------------------------------------------------------

_BY_COUNTRY: Final = {
    "CN": "gb18030",
    "SG": "gb18030",
    "TW": "big5",
    "HK": "big5",
    "JP": "cp932",
    "KR": "cp949",
    "TH": "cp874",
    "VN": "cp1258",
    "RU": "cp1251",
}


def unmarked_utf16(sample: bytes) -> str:
    """The UTF-16 codec of a text without a byte order mark, "" if it is not UTF-16: every second byte is zero."""
    pairs = len(sample) // 2
    if pairs and sample[1::2].count(0) > pairs * 0.4:
        return "utf-16-le"
    if pairs and sample[::2].count(0) > pairs * 0.4:
        return "utf-16-be"
    return ""


def legacy_encoding(sample: bytes, country: str) -> str:
    """The codec of a text that is not UTF-8. Digits are the same in all of them; only names are at stake."""
    local = _BY_COUNTRY.get(country, "")
    if local and _decodes(sample, local):
        return local
    if _decodes(sample, "gb2312"):  # stricter than gb18030: Spanish or Thai bytes hardly ever pass
        return "gb18030"
    if country and _decodes(sample, "cp1252"):
        return "cp1252"
    best = charset_normalizer.from_bytes(sample).best()
    return best.encoding if best else "cp1252"


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(sample)
    except UnicodeDecodeError:
        return False
    return True


# --- delimiter ------------------------------------------------------------------------------------------------


def steadiest_delimiter(lines: Sequence[str]) -> str:
    """The delimiter that cuts most lines into equally many cells, "" if the file has one column."""
    scores = [(*_steadiness(lines, delimiter), delimiter) for delimiter in DELIMITERS]
    share, columns, delimiter = max(scores, key=lambda score: score[:2])
    return delimiter if share >= 0.5 and columns > 1 else ""


def _steadiness(lines: Sequence[str], delimiter: str) -> tuple[float, int]:
    try:
        widths = [len(cells) for cells in csv.reader(lines, delimiter=delimiter) if any(cells)]
    except csv.Error:
        return 0.0, 0
    columns, count = (
        Counter(width for width in widths if width > 1).most_common(1)[0]
        if any(width > 1 for width in widths)
        else (0, 0)
    )
    return count / max(len(widths), 1), columns


# --- header line ----------------------------------------------------------------------------------------------

_HEADER_WITHIN: Final = 10  # lines: above the header stand at most a title, a date and some blank lines
_LONGEST_HEADING: Final = 60  # characters


def header_index(sample: Sequence[Cells], has_header: bool | None) -> int:
    """The index of the header line in `sample`, -1 if there is none. Whatever stands above it is a title.

    A guessed header stands above every line that holds something like a phone number. Asked again with its own
    answer as `has_header`, gives the same line.
    """
    if has_header is False or not sample:
        return -1
    first = next((index for index, cells in enumerate(sample) if any(map(looks_like_number, cells))), len(sample))
    above = [index for index in range(min(first, _HEADER_WITHIN)) if any(sample[index])]
    named = [index for index in above if any(map(_names_numbers, sample[index]))]
    if named:
        return max(named, key=lambda index: (sum(map(bool, sample[index])), -index))
    if has_header:
        return 0
    return 0 if above and first < len(sample) and _is_wordy_above(sample[0], sample[first]) else -1


def _names_numbers(cell: str) -> bool:
    return len(cell) <= _LONGEST_HEADING and bool(_STRONG.search(_folded(cell)) or _WEAK.search(_folded(cell)))


def _is_wordy_above(upper: Cells, lower: Cells) -> bool:
    """Whether `upper` has words without a digit in the columns in which `lower` has numbers."""
    pairs = [top for top, below in zip(upper, lower, strict=False) if looks_like_number(below)]
    return bool(pairs) and all(top.strip() and not _digits(top) for top in pairs)


# --- the column of phone numbers ------------------------------------------------------------------------------

_PHONE_SIGNS: Final = re.compile(r"[\s'+(（＋]*\d[\d\s\-‐‑–.()（）/'+]*")
_SCIENTIFIC: Final = re.compile(r"\d([.,]\d+)?[eE]\+?\d{1,2}")
_DATE: Final = re.compile(r"\d{4}[-./]\d{1,2}[-./]\d{1,2}(\s.*)?|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}(\s.*)?")


def looks_like_number(cell: str) -> bool:
    """Whether a cell could be somebody's phone number, in any country and any script's digits."""
    cell = cell.strip()
    if len(cell) > 40 or _DATE.fullmatch(cell):
        return False
    if _SCIENTIFIC.fullmatch(cell):
        return True
    return bool(_PHONE_SIGNS.fullmatch(cell)) and 7 <= len(_digits(cell)) <= 15


def number_column(sample: Sequence[Cells], header: Cells, country: str) -> int | None:
    """The column, counted from 0, that most likely holds the phone numbers; None if none is likely."""
    width = max((len(cells) for cells in (*sample, header)), default=0)
    scores = [
        _score([cells[at] for cells in sample if at < len(cells)], _at(header, at), country) for at in range(width)
    ]
    best = max(range(width), key=lambda at: (scores[at], -at), default=None)
    return best if best is not None and scores[best] >= 0.25 else None


def _score(cells: Cells, heading: str, country: str) -> float:
    filled = [cell.strip() for cell in cells if cell.strip()]
    numbers = [cell for cell in filled if looks_like_number(cell)]
    if not numbers:
        return 0.0
    return len(numbers) / len(filled) + _form(numbers, country) + _word(_folded(heading))


def _form(numbers: Cells, country: str) -> float:
    """At most 0.5: numbers are long, differ, and begin with a plus, a zero or the country code."""
    code = str(phonenumbers.country_code_for_region(country) or "+")
    digits = [_digits(number) for number in numbers]
    long = sum(len(each) >= 9 for each in digits)
    led = sum(number.startswith(("+", "0", "＋", "(", code)) for number in numbers)
    return (0.2 * long + 0.2 * led + 0.1 * len(set(digits))) / len(numbers)


def _word(heading: str) -> float:
    if _STRONG.search(heading):
        return 0.8
    if _OTHER.search(heading):
        return -0.6
    return 0.3 if _WEAK.search(heading) else 0.0


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdecimal())


def _at(cells: Cells, index: int) -> str:
    return cells[index] if index < len(cells) else ""


def _words(latin: str, other: str) -> re.Pattern[str]:
    """`latin` matches whole words, with underscores as blanks; scripts without blanks match anywhere."""
    latin, other = _folded(latin), _folded(other)
    return re.compile(rf"(?<![^\W_])(?:{latin})(?![^\W_])|{other}")


_STRONG: Final = _words(
    "phones?|phone ?numbers?|telephone|tel|telp|tlp|telepon|telefon|teléfonos?|telefonos?|mobiles?|cell|cellphone|"
    "celular(?:es)?|móvil(?:es)?|movil|hp|nohp|handphone|ponsel|whatsapp|wa|msisdn|kontak|contacto?|callee|"
    "cel|điện thoại|dien thoai|di động|sđt|sdt",
    "电话|電話|手机|手機|เบอร์|โทร|มือถือ|मोबाइल|फ़ोन|फोन|दूरभाष",
)
_WEAK: Final = _words("numbers?|nomor|nomer|números?|numeros?|no[.]|số", "号码|號碼|หมายเลข|नंबर|नम्बर")
_OTHER: Final = _words(
    "accounts?|rekening|invoice|faktur|nik|ktp|npwp|id|cuenta|factura|cards?|kartu|order|amount|tagihan|jumlah|saldo|"
    "date|tanggal|fecha|zip|postal|kode ?pos|cédula|cedula|curp|rfc|pan|aadhaar|tài khoản",
    "账号|帐号|账户|订单|身份证|金额|日期|บัญชี|วันที่|खाता|राशि",
)
