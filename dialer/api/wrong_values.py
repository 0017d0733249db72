"""What is wrong with a value of a request, in a sentence; pydantic has them in English only."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

# pydantic's name of a mistake -> its sentence.
SENTENCES = {
    "missing": _("Field required."),
    "extra_forbidden": _("Extra inputs are not permitted."),
    "model_attributes_type": _("Input should be a valid dictionary or object to extract fields from."),
    "list_type": _("Input should be a valid list."),
    "too_short": ngettext_lazy(
        "List should have at least %(min_length)s item after validation, not %(actual_length)s.",
        "List should have at least %(min_length)s items after validation, not %(actual_length)s.",
        "min_length",
    ),
    "too_long": ngettext_lazy(
        "List should have at most %(max_length)s item after validation, not %(actual_length)s.",
        "List should have at most %(max_length)s items after validation, not %(actual_length)s.",
        "max_length",
    ),
    "string_type": _("Input should be a valid string."),
    "string_too_short": ngettext_lazy(
        "String should have at least %(min_length)s character.",
        "String should have at least %(min_length)s characters.",
        "min_length",
    ),
    "string_too_long": ngettext_lazy(
        "String should have at most %(max_length)s character.",
        "String should have at most %(max_length)s characters.",
        "max_length",
    ),
    "string_pattern_mismatch": _("String should match pattern '%(pattern)s'."),
    "bool_type": _("Input should be a valid boolean."),
    "bool_parsing": _("Input should be a valid boolean, unable to interpret input."),
    "int_type": _("Input should be a valid integer."),
    "int_parsing": _("Input should be a valid integer, unable to parse string as an integer."),
    "int_parsing_size": _("Unable to parse input string as an integer, exceeded maximum size."),
    "int_from_float": _("Input should be a valid integer, got a number with a fractional part."),
    "float_type": _("Input should be a valid number."),
    "float_parsing": _("Input should be a valid number, unable to parse string as a number."),
    "finite_number": _("Input should be a finite number."),
    "greater_than_equal": _("Input should be greater than or equal to %(ge)s."),
    "less_than_equal": _("Input should be less than or equal to %(le)s."),
    # What a parser stumbled over stays in its own words.
    "datetime_type": _("Input should be a valid datetime."),
    "datetime_parsing": _("Input should be a valid datetime, %(error)s."),
    "datetime_from_date_parsing": _("Input should be a valid datetime or date, %(error)s."),
    "timezone_aware": _("Input should have timezone info."),
    "value_error": "%(error)s.",  # a validator of ours has said it in the right language
}


def sentence_of(error: Mapping[str, Any]) -> str:
    """Of one mistake as pydantic lists it, in the language of whoever asks; in English if it is of a new kind."""
    kind, context = error["type"], error.get("ctx", {})
    if context.get("field_type") == "Value":  # a text that went through a validator of ours, which has no items
        kind = f"string_{kind}"
    return str(SENTENCES[kind] % context) if kind in SENTENCES else f"{error['msg']}."
