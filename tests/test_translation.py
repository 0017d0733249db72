"""Sentences of the rooms without Django are in the language of whom we talk to."""

import io
from collections.abc import Iterator
from gettext import GNUTranslations
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.utils import translation as djangos

from dialer import phone, translation
from dialer.carriers import yunhu_answers
from dialer.carriers.contract import AccountSettings, BadCredentials
from dialer.carriers.numbers import number_problems
from dialer.carriers.order import Callee, Order, Voice
from dialer.terms import NumberForm, VoiceDelivery

TRANSLATED: dict[str | tuple[str, str], str | tuple[str, str, str]] = {
    "There is no such number in the numbering plan of +%(code)s. Correct the number.": (
        "W planie numeracji +%(code)s nie ma takiego numeru. Popraw go."
    ),
    "There is no number in this row. Fill it in, or leave the row out.": "W tym wierszu nie ma numeru.",
    'The carrier answered %(code)s: %(meaning)s ("%(words)s").': (
        "Operator odpowiedział %(code)s: %(meaning)s („%(words)s”)."
    ),
    "the authorisation of this appid has ended": "autoryzacja tego appid wygasła",
    "Ask the carrier.": "Zapytaj operatora.",
    (
        "The carrier takes %(most)s number at a time, not %(count)s.",
        "The carrier takes %(most)s numbers at a time, not %(count)s.",
    ): (
        "Operator przyjmuje %(most)s numer naraz, nie %(count)s.",
        "Operator przyjmuje %(most)s numery naraz, nie %(count)s.",
        "Operator przyjmuje %(most)s numerów naraz, nie %(count)s.",
    ),
}


class Polish(GNUTranslations):
    """Three forms for numbers of things, and figures unlike the English ones."""

    def get_language(self) -> str:
        return "pl"


@pytest.fixture(autouse=True)
def in_polish() -> Iterator[None]:
    catalogue = Catalog(locale="pl")
    for message, words in TRANSLATED.items():
        catalogue.add(message, words)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    translation.speak_with(Polish(compiled))
    yield
    translation.speak_with(djangos)


def too_many(ceiling: int, count: int) -> str:
    """What is said about so many numbers in one batch."""
    callees = (Callee(number="+6281200000001"),) * count
    order = Order(
        reference="ref1", callees=callees, voice=Voice(delivery=VoiceDelivery.CARRIER_FILE, location="welcome")
    )
    settings = AccountSettings(
        app_id="app", access_key="key", batch_url="http://127.0.0.1:9/", country="ID",
        time_zone=ZoneInfo("Asia/Shanghai"), number_form=NumberForm.NATIONAL,
    )  # fmt: skip
    (problem,) = number_problems(order, settings, ceiling=ceiling)
    return problem.sentence


def test_a_sentence_keeps_its_values_in_another_language():
    sentence = phone.explain(phone.Problem.INVALID_NUMBER, "+62 111 1111", "ID")

    assert sentence == "W planie numeracji +62 nie ma takiego numeru. Popraw go."


def test_a_constant_is_translated_when_it_is_said():
    assert phone.explain(phone.Problem.BLANK, "", "ID") == "W tym wierszu nie ma numeru."


def test_a_carriers_own_words_are_quoted_in_a_translated_sentence():
    with pytest.raises(BadCredentials) as caught:
        yunhu_answers.result({"ret": 602, "msg": "expired: 100%"})

    assert str(caught.value) == (
        "Operator odpowiedział 602: autoryzacja tego appid wygasła („expired: 100%”). Zapytaj operatora."
    )


@pytest.mark.parametrize(("ceiling", "numbers"), [(1, "1 numer"), (2, "2 numery"), (5, "5 numerów")])
def test_things_are_counted_by_the_rules_of_the_language(ceiling, numbers):
    assert too_many(ceiling, 12) == f"Operator przyjmuje {numbers} naraz, nie 12."


def test_figures_are_written_as_in_the_language():
    assert too_many(5, 12_000) == "Operator przyjmuje 5 numerów naraz, nie 12\N{NO-BREAK SPACE}000."


def test_what_nobody_has_translated_is_said_in_english():
    assert phone.explain(phone.Problem.SEVERAL_NUMBERS, "", "ID") == (
        "This is more than one number. Write each of them by itself."
    )
