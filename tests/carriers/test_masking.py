"""No secret, no link and no whole phone number leaves by an exchange, a message or a log."""

import json
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.carriers.masking import LONGEST_FIELD, LONGEST_TEXT, Mask

SECRET = "canary/key+with äccent\"and'quotes"  # JSON, URLs, forms and PHP each spell this differently
NAMES = {"token", "downurl"}


@pytest.mark.parametrize(
    "spelled",
    [
        SECRET,
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        json.dumps(SECRET),
        json.dumps(SECRET).replace("/", "\\/"),
        json.dumps(SECRET, ensure_ascii=False),
        repr(SECRET),
    ],
)
def test_a_known_secret_is_hidden_in_every_spelling(spelled):
    mask = Mask()
    mask.learn(SECRET)

    assert "canary" not in mask.text(f"before {spelled} after")


@pytest.mark.parametrize(
    "text",
    [
        '{"token": "canary"}',
        '{"token" :"canary-with-\\"quote-canary", "a": 1}',
        '{"TOKEN":"canary"}',
        '{"token":"canary',
        '{"data":"{\\"token\\":\\"canary\\"}"}',
        '{"downurl": "http:\\/\\/h\\/canary"}',
        '{"token": canary}',
        '{"token":\n"line one\ncanary"}',
    ],
)
def test_a_field_is_hidden_by_its_name_though_its_value_is_unknown(text):
    assert "canary" not in Mask().text(text, names=NAMES)


def test_what_is_beside_a_hidden_field_stays():
    text = '{"companycode":"1","token":"773a","companyname":"test"}'

    assert Mask().text(text, names=NAMES) == '{"companycode":"1","token":•••,"companyname":"test"}'


@pytest.mark.parametrize(
    "number", ["81200000893", "6281200000893", "+6281200000893", "+62 812-0000-0893", "08120000893"]
)
@pytest.mark.parametrize("around", ["{}", '"{}"', "number{}x", "a,{},b", "/{}/", "_{}_", "1.{}"])
def test_a_phone_number_shows_three_digits_at_most_after_its_country(number, around):
    shown = Mask().text(around.format(number))

    assert "893" in shown
    assert "0000" not in shown


def test_a_reference_stays():
    reference = "0f3c0a9d6ae34a1fb1c5d6f0a1b2c3d4"
    uuid = "3418035c-4af5-11ea-afb2-fbc8753285b6"

    assert Mask().text(f"{reference} {uuid}") == f"{reference} {uuid}"


def test_times_addresses_and_codes_stay():
    text = "2020-02-09 12:32:51 149.129.249.47 10041 220739"

    assert Mask().text(text) == text


def test_an_answer_is_masked_before_it_is_cut():
    mask = Mask()
    mask.learn("canary-secret")

    text = mask.answer("x" * (LONGEST_TEXT - 6) + "canary-secret and more")

    assert "canary" not in text
    assert len(text) < LONGEST_TEXT + 100


def test_a_long_field_of_a_request_leaves_room_for_the_others():
    numbers = ",".join(f"8120000{index:04}" for index in range(5000))

    shown = Mask().form({"destnumber": numbers, "customuuid": "abc"})

    assert shown.endswith("customuuid=abc")
    assert len(shown) < 400


def test_an_address_shows_neither_user_nor_query():
    assert Mask().address("http://user:canary@host:81/path?key=canary#canary") == "http://host:81/path?•••"


def test_what_no_database_keeps_goes():
    assert Mask().text("a\0b\ud800c") == "ab?c"


@given(st.text(), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="•"), min_size=4))
def test_no_text_brings_a_secret_through(text, secret):
    mask = Mask()
    mask.learn(secret)

    assert secret not in mask.text(text + secret + text)


def people(count):
    texts = {f"text{place}": "Tom Sawyer of St. Petersburg"[:30] for place in range(1, 11)}
    return [{"calleeNumber": f"6281{index:09}", **texts} for index in range(count)]


def test_a_hundred_thousand_people_are_masked_in_a_moment():
    document = {"taskName": "abc", "numberInfoList": people(100_000), "baseFile": "QUJD" * 2_000_000}
    mask = Mask()
    mask.learn("canary/secret")
    started = time.process_time()

    shown = mask.document(document)

    assert time.process_time() - started < 0.2
    assert "(100,000 items)" in shown
    assert len(shown) <= LONGEST_TEXT + 100
    assert json.loads(shown)["taskName"] == "abc"
    assert "00000000" not in shown


def test_an_answer_of_many_megabytes_is_masked_in_a_moment():
    mask = Mask()
    mask.learn("canary/secret")
    started = time.process_time()

    shown = mask.answer('{"baseFile": "' + "QUJD1234567" * 1_000_000, names={"url"})

    assert time.process_time() - started < 0.2
    assert "1234567" not in shown


@pytest.mark.parametrize("place", range(LONGEST_FIELD - 60, LONGEST_FIELD + 130))
@pytest.mark.parametrize("kept", ["canary-secret-of-some-length", "+62 812-0000-0893", "6281200000893"])
def test_a_cut_uncovers_no_half_of_a_secret_or_a_number(place, kept):
    mask = Mask()
    mask.learn("canary-secret-of-some-length")

    shown = mask.document({"text": "." * place + kept + "." * 1000})

    assert "can" not in shown
    assert "8120" not in shown
    assert "0000" not in shown


@pytest.mark.parametrize("length", range(1, 28))
def test_a_cut_uncovers_nothing_where_hiding_has_shortened_the_text(length):
    mask = Mask()
    mask.learn("canary-secret-of-some-length")

    shown = mask.document({"text": "." * length + "canary-secret-of-some-length" * 100})

    assert "can" not in shown


@given(st.text(max_size=600), st.integers(0, 400), st.text("abc", min_size=4, max_size=40))
def test_no_document_brings_a_secret_or_most_of_one_through(text, place, secret):
    secret = f"§{secret}§"
    mask = Mask()
    mask.learn(secret)
    text = text.replace("§", "").replace("•", "")

    shown = mask.document({"text": text[:place] + secret + text[place:] + "x" * 500})

    assert "§" not in shown


@pytest.mark.parametrize(
    ("document", "shown"),
    [
        ({"a": [1, 2, 3, 4]}, '{"a": [1, 2, 3, "… (4 items)"]}'),
        ({"a": True, "b": None, "c": 1.5, "d": 0}, '{"a": true, "b": null, "c": 1.5, "d": 0}'),
        ({"number": 6281200000893}, '{"number": "••••••••••893"}'),
        ({"token": "", "TOKEN": "canary"}, '{"token": "", "TOKEN": "•••"}'),
        ({"deep": {"token": ["canary"]}}, '{"deep": {"token": "•••"}}'),
    ],
)
def test_a_document_is_shown_by_its_kinds_of_values(document, shown):
    assert Mask().document(document, names=NAMES) == shown
