"""What carriers wrote, as text that is safe to look at: decoded, laid out, masked where it must be, and not endless."""

import json
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from dialer.admin import columns, phone_numbers

LONGEST_TEXT = 40_000  # characters; more would make the page slow and is nothing that anybody reads


def block(text: str, *, is_full: bool) -> SafeString | str:
    """The text in fixed-width letters, cut after LONGEST_TEXT; numbers in it are masked unless `is_full`."""
    if not text:
        return columns.NOTHING
    seen = text if is_full else phone_numbers.hidden(text)
    rest = len(seen) - LONGEST_TEXT
    more = gettext("… and %(rest)s characters more") % {"rest": columns.count(rest)} if rest > 0 else ""
    return format_html('<pre tabindex="0">{}{}</pre>', seen[:LONGEST_TEXT], f"\n{more}" if more else "")


def laid_out(value: Any) -> str:
    """A JSON value over several lines; "" for none."""
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)


def decoded(body: bytes) -> str:
    """A body as text: JSON laid out, anything else as it came, with what is no UTF-8 as \\x escapes."""
    return laid_out_if_json(body.decode("utf-8-sig", errors="backslashreplace"))


def laid_out_if_json(text: str) -> str:
    """JSON over several lines, anything else as it is."""
    try:
        return laid_out(json.loads(text))
    except ValueError:
        return text
