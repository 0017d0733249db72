"""Marks and translates the sentences of the rooms that don't know Django (carriers, phone, spreadsheets, rules).

Every other module takes the same names from `django.utils.translation`. Until the app has started, all is English.
"""

from typing import Protocol


class Tongue(Protocol):
    """Who translates; Django's module `django.utils.translation` is one."""

    def gettext(self, message: str) -> str: ...

    def ngettext(self, singular: str, plural: str, number: int) -> str: ...

    def get_language(self) -> str | None: ...


class _English:
    def gettext(self, message: str) -> str:
        return message

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return singular if number == 1 else plural

    def get_language(self) -> str | None:
        return "en"


_tongue: Tongue = _English()


def speak_with(tongue: Tongue) -> None:
    """From now on `tongue` translates, into whatever language it holds active."""
    global _tongue
    _tongue = tongue


def gettext(message: str) -> str:
    """`message` in the language of whom we talk to."""
    return _tongue.gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """The form for `number` things, in the language of whom we talk to."""
    return _tongue.ngettext(singular, plural, number)


def gettext_noop(message: str) -> str:
    """Marks a constant, which whoever shows it translates."""
    return message


def language() -> str:
    """The language of whom we talk to, as in settings.LANGUAGES, such as "zh-hans"."""
    return _tongue.get_language() or "en"
