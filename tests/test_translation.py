"""Sentences of the rooms without Django are in the language of whom we talk to."""

import io
import wave
from collections.abc import Iterator
from datetime import date
from gettext import GNUTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.utils import translation as djangos

from dialer import audio, calling_rules, chat, phone, spreadsheet, translation
from dialer.carriers import yunhu_answers
from dialer.carriers.contract import AccountSettings, BadCredentials
from dialer.carriers.numbers import number_problems
from dialer.carriers.order import Callee, Order, Voice
from dialer.terms import NumberForm, VoiceDelivery
from tests.carriers.small_server import SmallServer, answer

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
    "In %(country)s, %(calls)s are allowed %(hours)s.": "%(country)s: %(calls)s są dozwolone %(hours)s.",
    "%(hours)s, not on public holidays": "%(hours)s, nie w święta",
    "debt calls": "rozmowy o długach",
    "This sound is longer than %(most)s. Shorten it and upload it again.": "Nagranie jest dłuższe niż %(most)s.",
    "This file is a PDF document, not a list.": "Ten plik to dokument PDF, a nie lista.",
    "Save the list as xlsx or csv and upload that.": "Zapisz listę jako xlsx lub csv.",
    "This file has no sheet of that name. Choose one of its sheets.": "Ten plik nie ma takiego arkusza.",
    "The chat service refused the message (HTTP %(status)s). Check the address and its rights there.": (
        "Komunikator odrzucił wiadomość (HTTP %(status)s)."
    ),
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


def test_the_law_is_told_with_the_countries_and_weekdays_of_the_language():
    law = calling_rules.rules("ID", calling_rules.Purpose.DEBT, on=date(2026, 11, 21))

    assert calling_rules.allowed(law) == (
        "Indonezja: rozmowy o długach są dozwolone pon.-sob. 08:00–20:00, nie w święta."
    )


@pytest.mark.parametrize(("seconds", "words"), [(1, "1 sekunda"), (3, "3 sekundy"), (300, "5 minut")])
def test_lengths_of_time_are_written_as_in_the_language(tmp_path, seconds, words):
    limits = audio.Limits(shortest_seconds=0, longest_seconds=seconds, most_bytes=100_000_000)
    with wave.open(str(tmp_path / "silence.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 8000 * (seconds + 1)))

    with pytest.raises(audio.AudioError) as caught:
        audio.probe(tmp_path / "silence.wav", limits=limits)

    assert str(caught.value) == f"Nagranie jest dłuższe niż {words}."


def test_what_a_file_is_instead_of_a_list_is_told_in_the_language(tmp_path):
    (tmp_path / "list.xlsx").write_bytes(b"%PDF-1.7")

    with pytest.raises(spreadsheet.SpreadsheetError) as caught:
        spreadsheet.preview(tmp_path / "list.xlsx")

    assert caught.value.sentence == "Ten plik to dokument PDF, a nie lista. Zapisz listę jako xlsx lub csv."


def test_what_the_reader_of_a_workbook_says_is_translated_by_its_parent(tmp_path: Path):
    with xlsxwriter.Workbook(tmp_path / "list.xlsx") as book:
        book.add_worksheet().write(0, 0, "081200001234")

    with pytest.raises(spreadsheet.SpreadsheetError) as caught:
        spreadsheet.preview(tmp_path / "list.xlsx", sheet="another")

    assert caught.value.sentence == "Ten plik nie ma takiego arkusza."


def test_what_the_sender_of_a_message_says_is_translated_by_its_parent():
    service = SmallServer(answer(b"{}", status=404))
    address = f"json://127.0.0.1:{service.port}/"
    try:
        with pytest.raises(chat.ChatError) as caught:
            chat.send(address, title="Dialer", body="It has ended.", allow_private_addresses=True)
    finally:
        service.stop()

    assert str(caught.value) == "Komunikator odrzucił wiadomość (HTTP 404)."
