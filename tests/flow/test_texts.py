"""Texts of rows in an SMS or a spoken text: filled in, missed, counted, and as long as the network says."""

import pytest

from dialer.flow import texts
from dialer.models import Campaign, Route
from dialer.terms import SkipReason, VoiceDelivery
from tests.factories import make_account, make_campaign, make_contact, make_contact_list, make_skipped_contact

GREETING = "Dear ${text1}, you owe ${text2}. Thank you, ${text1}!"


def test_texts_of_the_row_stand_in_the_place_of_their_names() -> None:
    assert texts.fill(GREETING, ["Adi", "$12"]) == "Dear Adi, you owe $12. Thank you, Adi!"


def test_ten_texts_are_told_apart() -> None:
    assert texts.fill("${text1} ${text10}", [str(number) for number in range(1, 11)]) == "1 10"


@pytest.mark.parametrize("row", [["Adi"], ["Adi", ""], ["Adi", " "], ["Adi", None]])
def test_what_the_row_lacks_stays_as_it_is_written(row: list[str | None]) -> None:
    assert texts.fill("${text1}: ${text2}", row) == "Adi: ${text2}"
    assert texts.missing("${text1}: ${text2}", row) == {2}


def test_a_text_is_not_filled_twice() -> None:
    assert texts.fill("${text1}", ["${text2}", "secret"]) == "${text2}"


def test_a_text_is_filled_in_as_long_as_the_carrier_says_it() -> None:
    """It cuts texts after 30 characters."""
    assert texts.fill("<${text1}>", ["x" * 31]) == f"<{'x' * 30}>"


def test_only_known_names_are_used() -> None:
    assert texts.used("${text1} ${text10} ${text11} ${text0} ${name} $text2 {text3}") == {1, 10}


def test_what_looks_like_a_name_and_stands_for_nothing_is_found() -> None:
    assert texts.unknown("${text1} ${text11} ${ text2 } ${name} ${name} ${text3 costs $5") == [
        "${text11}",
        "${ text2 }",
        "${name}",
        "${text3 costs ",
    ]


# --- Length -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "parts", "is_gsm"),
    [
        ("", 0, True),
        ("a" * 160, 1, True),
        ("a" * 161, 2, True),
        ("a" * 306, 2, True),
        ("a" * 307, 3, True),
        ("€" * 80, 1, True),
        ("€" * 81, 2, True),
        ("ก" * 70, 1, False),
        ("ก" * 71, 2, False),
        ("ก" * 134, 2, False),
        ("ก" * 135, 3, False),
        ("😀" * 35, 1, False),
        ("😀" * 36, 2, False),
    ],
)
def test_an_sms_has_as_many_parts_as_the_network_makes_of_it(text: str, parts: int, is_gsm: bool) -> None:
    length = texts.sms_length(text)

    assert (length.characters, length.parts, length.is_gsm) == (len(text), parts, is_gsm)


# --- Who lacks one ------------------------------------------------------------------------------------------------


def people(campaign: Campaign, *rows: list[str] | None) -> list[int]:
    """Somebody to be called for each of these texts; the row numbers are 2, 3, …"""
    contact_list = make_contact_list(campaign=campaign)
    contacts = [
        make_contact(contact_list=contact_list, row_number=number, texts=row) for number, row in enumerate(rows, 2)
    ]
    return [contact.row_number for contact in contacts]


def lacking_rows(campaign: Campaign) -> list[int]:
    return list(texts.lacking(campaign).order_by("row_number").values_list("row_number", flat=True))


@pytest.mark.django_db
def test_whoever_lacks_a_used_text_is_found_and_nobody_else() -> None:
    campaign = make_campaign(sms_text="Dear ${text1}, you owe ${text3}.")
    people(campaign, ["Adi", "", "12"], ["", "x", "12"], ["Citra", "x"], ["Dewi", "x", ""], None, ["Eko", "x", "1"])
    make_skipped_contact(SkipReason.DUPLICATE, campaign=campaign)

    assert lacking_rows(campaign) == [3, 4, 5, 6]


@pytest.mark.django_db
def test_an_empty_text_of_the_database_is_lacking_too() -> None:
    campaign = make_campaign(sms_text="${text1}")
    people(campaign, [None, "x"], ["Adi"])  # type: ignore[list-item]

    assert lacking_rows(campaign) == [2]


@pytest.mark.django_db
def test_without_used_texts_nobody_lacks_one() -> None:
    campaign = make_campaign(sms_text="The same for all.", speech_text="${text1}")
    people(campaign, None, [])

    assert lacking_rows(campaign) == []
    assert texts.too_long_count(campaign) == 0


@pytest.mark.django_db
def test_a_spoken_text_counts_where_one_is_spoken() -> None:
    spoken = make_campaign(voice_delivery=VoiceDelivery.SPOKEN_TEXT, speech_text="${text2}")
    by_route = make_campaign(speech_text="${text4}")
    Route.objects.create(campaign=by_route, account=make_account(), voice_delivery=VoiceDelivery.SPOKEN_TEXT)

    assert texts.used_by(spoken) == {2}
    assert texts.used_by(by_route) == {4}


@pytest.mark.django_db
def test_rows_whose_used_text_the_carrier_cuts_are_counted_once() -> None:
    campaign = make_campaign(sms_text="${text1} ${text2}")
    people(campaign, ["ก" * 30, "b" * 31], ["a" * 31, "b" * 31], ["a", "b", "c" * 31], None, ["a" * 30])

    assert texts.too_long_count(campaign) == 2
