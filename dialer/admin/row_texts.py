"""Which columns of a list bring the texts of its rows."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext

from dialer.flow import texts
from dialer.flow.connect import capabilities_of
from dialer.models import Account, Campaign, ContactList
from dialer.terms import Feature

TEXTS = tuple(range(1, texts.MOST_TEXTS + 1))
SHOWN_AT_ONCE = 3  # the others are folded away


class TextsForm(forms.Form):
    """Which columns bring text 1, text 2, …"""

    def __init__(self, *, headings: list[tuple[int, str, bool]], used: set[int], **kwargs: Any) -> None:
        super().__init__(label_suffix="", **kwargs)
        choices = [("", pgettext("column of a text", "none")), *((index, name) for index, name, _is_chosen in headings)]
        for number in TEXTS:
            label = gettext("Text %(number)s") % {"number": number}
            help_text = gettext("The campaign uses it.") if number in used else ""
            self.fields[text_name(number)] = forms.ChoiceField(
                label=label, choices=choices, help_text=help_text, required=False
            )

    @property
    def first(self) -> list[Any]:
        return [self[text_name(number)] for number in TEXTS[:SHOWN_AT_ONCE]]

    @property
    def others(self) -> list[Any]:
        return [self[text_name(number)] for number in TEXTS[SHOWN_AT_ONCE:]]

    @property
    def needs_others(self) -> bool:
        """Is one of them chosen already, or used by the campaign?"""
        return any(field.help_text or field.value() not in (None, "") for field in self.others)


def chosen_columns(said: Any, column_count: int) -> dict[str, int | None]:
    """Field -> the column chosen for that text; none is proposed."""
    return {text_name(number): column_of(said.get(text_name(number)), below=column_count) for number in TEXTS}


def column_of(said: Any, *, below: int) -> int | None:
    """A column's number as a page says it; None for nonsense."""
    text = "" if said is None else str(said)
    return int(text) if text.isdecimal() and len(text) < 6 and int(text) < below else None


def text_name(number: int) -> str:
    return f"text_{number}"


def takes_texts(campaign: Campaign) -> bool:
    """Can one of the campaign's carriers be told texts of each person?"""
    accounts = [campaign.account, *Account.objects.filter(routes__campaign=campaign)]
    return any(Feature.ROW_TEXTS in capabilities_of(account).features for account in accounts)


def texts_form(
    contact_list: ContactList, headings: list[tuple[int, str, bool]], chosen: dict[str, int | None]
) -> TextsForm | None:
    """The choice, if one of the campaign's carriers makes something of texts."""
    campaign = contact_list.campaign
    if not takes_texts(campaign):
        return None
    return TextsForm(headings=headings, used=texts.used_by(campaign), initial=chosen, auto_id="id_choice_%s")


def warn_of_missing_texts(request: HttpRequest, contact_list: ContactList) -> None:
    """Say so if the campaign uses a text that no column of the list brings."""
    brought = {number for number, column in enumerate(contact_list.text_columns, 1) if column is not None}
    missing = sorted(texts.used_by(contact_list.campaign) - brought)
    if missing:
        names = ", ".join(gettext("text %(number)s") % {"number": number} for number in missing)
        sentence = gettext(
            "The campaign uses %(texts)s, which no column of this list brings. Its people are not called."
        )
        messages.warning(request, sentence % {"texts": names})


def texts_in_words(contact_list: ContactList) -> str:
    """The texts that the list brings, with the headings of their columns; "" if it brings none."""
    named = [(number, heading) for number, heading in enumerate(contact_list.text_headings, 1) if heading is not None]
    words = [gettext("text %(number)s: %(heading)s") % {"number": n, "heading": name or "–"} for n, name in named]
    return capfirst(", ".join(words))
