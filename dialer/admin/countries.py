"""Countries by name, for the choices of a form."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NAMES: dict[str, str | Promise] = {
    "CO": _("Colombia"),
    "ID": _("Indonesia"),
    "IN": _("India"),
    "MX": _("Mexico"),
    "PH": _("Philippines"),
    "TH": _("Thailand"),
    "VN": _("Vietnam"),
}


def name(country: str) -> str:
    """The name of a country (ISO 3166, two letters); the letters themselves if we have no name for it."""
    return str(NAMES.get(country, country))
