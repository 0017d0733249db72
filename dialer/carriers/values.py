"""Single values as carriers write them -> ours. Lenient in: whatever makes no sense is nothing. Nothing here raises."""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo

LONGEST_ID: Final = 64  # characters that a column of the call record keeps, here and below
LONGEST_TEXT: Final = 255
LONGEST_NUMBER: Final = 32
LONGEST_KEYPRESS: Final = 20
LONGEST_CODE: Final = 20
LONGEST_MEANING: Final = 100
MOST_SECONDS: Final = 7 * 24 * 3600  # a call that is said to be longer is nonsense
PLAUSIBLE_YEARS: Final = range(2000, 2100)
MOST_AMOUNT: Final = Decimal(10**15)  # more than that on an account is nonsense
MOST_MONEY: Final = Decimal(10**8)  # a column keeps eight digits before the point
MONEY_STEP: Final = Decimal("0.000001")  # and six after it
DEEPEST: Final = 20  # levels of a record that are kept


def text(value: Any) -> str:
    """A text of whatever JSON has for one; "" for null and for what is no single value."""
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    if isinstance(value, int):
        return str(int(value)) if abs(value) < 10**30 else ""
    return clean(value).strip() if isinstance(value, str) else ""


def whole(value: Any) -> int | None:
    """A whole number, as number or text; None for anything else."""
    digits = text(value)
    return int(digits) if re.fullmatch(r"-?[0-9]{1,18}", digits) else None


def moment(value: Any, zone: ZoneInfo) -> datetime | None:
    """The time that stands somewhere in a text, aware; None if there is none or it makes no sense."""
    match = _MOMENT.search(text(value))
    try:
        found = datetime.fromisoformat(f"{match[1]} {match[2]}") if match else None
    except ValueError:
        return None
    return found.replace(tzinfo=zone) if found and found.year in PLAUSIBLE_YEARS else None


def seconds(value: Any) -> int:
    """A duration of a call, never negative and never absurd; 0 for nothing."""
    return min(max(whole(value) or 0, 0), MOST_SECONDS)


def amount(value: Any) -> Decimal | None:
    """A decimal number, as number or text, also with commas between thousands; None for anything else."""
    words = "" if isinstance(value, bool) else repr(value) if isinstance(value, float) else text(value)
    if _THOUSANDS.fullmatch(words):
        words = words.replace(",", "")
    try:
        found = Decimal(words)
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < MOST_AMOUNT else None


def money(value: Any) -> Decimal | None:
    """An amount that a column of the call record can keep; None for anything else."""
    found = amount(value)
    return found.quantize(MONEY_STEP) if found is not None and abs(found) < MOST_MONEY else None


def clean(value: str) -> str:
    """No database keeps NUL or half a character."""
    return value.replace("\0", "").encode(errors="replace").decode()


def storable(value: Any, depth: int = 0) -> Any:
    """The original, except for what no database keeps: NUL, half characters, numbers that are none, endless depth."""
    if depth > DEEPEST:
        return None
    if isinstance(value, Mapping):
        return {clean(str(key)): storable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [storable(item, depth + 1) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and abs(value) >= 10**300:
        return None
    return clean(value) if isinstance(value, str) else value


_MOMENT: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}:[0-9]{2})")
_THOUSANDS: Final = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
