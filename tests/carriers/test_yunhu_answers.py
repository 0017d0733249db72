"""Three envelopes and all codes, read for what they mean."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.carriers.contract import BadCredentials, CarrierError, OutcomeUnknown, Refused, TryLater
from dialer.carriers.yunhu_answers import TokenSpent, accepted_message, as_bad_credentials, result
from dialer.carriers.yunhu_codes import ANSWER_CODES, ENDINGS

PRINTED_ON_THE_ERROR_PAGE = [
    *(400, 500, 600, 601, 602, 603, 604),
    *(1001, 1002, 1003, *range(1010, 1022), *range(1024, 1029)),
    *(*range(1201, 1206), *range(1210, 1219)),
]
PRINTED_OF_CALLS = [10001, 10002, 10003, 10004, 10005, 10006, 10040, 10041]

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["ret", "code", "msg", "data", "status", "errors", "codemsg", "desc", "result"])
DOCUMENTS = st.dictionaries(NAMES, JSON_VALUES | st.dictionaries(NAMES, JSON_VALUES, max_size=4), max_size=5)


@pytest.fixture
def document(payload):
    return lambda name: json.loads(payload(f"yunhu/{name}"))


@pytest.mark.parametrize("name", ["launch_accepted.json", "launch_accepted_by_token_service.json"])
def test_either_printed_yes_means_accepted(document, name):
    assert accepted_message(document(name)) == "Play command sent successfully"


@pytest.mark.parametrize(
    "answer",
    [
        {"code": "200"},
        {"code": 200.0, "msg": "ok", "data": None},
        {"code": 200, "data": []},
        {"ret": "200", "data": {"status": "0"}},
        {"code": 200, "ret": 200, "data": {"status": 0}},
    ],
)
def test_numbers_may_be_texts_and_data_may_be_anything(answer):
    accepted_message(answer)


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [("refused_globally.json", "400", "invalid parameter"), ("refused_inside.json", "1003", "Authorization failed")],
)
def test_either_printed_no_is_a_refusal_with_code_and_words(document, name, code, words):
    for read in (accepted_message, result):
        with pytest.raises(Refused, match=words) as refused:
            read(document(name))

        assert refused.value.code == code


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"msg": "fine"},
        {"code": None},
        {"code": "yes"},
        {"code": 0},
        {"code": 1},
        {"ret": 200},
        {"ret": 200, "data": []},
        {"ret": 200, "data": {"status": 2}},
        {"ret": 200, "data": {"status": None}},
        {"code": 200, "data": {"status": "later"}},
        {"ret": 200, "code": 500, "data": {"status": 0}},
        {"code": 500},
        {"ret": 500, "data": []},
        {"ret": 200, "data": {"status": 1, "errors": {"code": "1001"}}},
    ],
)
def test_what_is_neither_yes_nor_no_leaves_a_launch_uncertain(answer):
    with pytest.raises(OutcomeUnknown):
        accepted_message(answer)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        *((code, BadCredentials) for code in (601, 602, 603, 604)),
        *((code, Refused) for code in (400, 600, 1002, 1003, 1019, 4711)),
    ],
)
def test_a_clear_no_to_a_launch_is_a_refusal_of_the_right_kind(code, error):
    for answer in ({"code": code, "msg": "no"}, {"ret": str(code), "data": []}):
        with pytest.raises(error) as refused:
            accepted_message(answer)

        assert refused.value.code == str(code)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"ret": 500}, TryLater),
        ({"ret": 200, "data": {"status": 1, "errors": {"code": 1001}}}, TryLater),
        ({"ret": 600}, TokenSpent),
        ({"ret": 604}, BadCredentials),
        ({"ret": 400}, Refused),
    ],
)
def test_a_question_may_be_asked_again_where_a_launch_may_not(answer, error):
    with pytest.raises(error):
        result(answer)


def test_a_refused_login_is_bad_credentials_whatever_its_code():
    refused = as_bad_credentials(Refused("The carrier answered 1003.", code="1003"))

    assert isinstance(refused, BadCredentials)
    assert (str(refused), refused.code) == ("The carrier answered 1003.", "1003")


def test_a_busy_carrier_at_login_is_not_bad_credentials():
    assert isinstance(as_bad_credentials(TryLater("Busy.")), TryLater)


@pytest.mark.parametrize("code", sorted(ANSWER_CODES))
def test_every_known_code_tells_the_operator_something(code):
    with pytest.raises(CarrierError) as told:
        accepted_message({"code": int(code)})

    sentence = str(told.value)
    assert ANSWER_CODES[code].meaning in sentence
    assert sentence.startswith(f"The carrier answered {code}: ")
    assert sentence.endswith(".")


def test_every_printed_code_is_known():
    assert {str(code) for code in PRINTED_ON_THE_ERROR_PAGE} <= ANSWER_CODES.keys()
    assert {str(code) for code in PRINTED_OF_CALLS} <= ENDINGS.keys()


def test_meanings_of_calls_fit_their_column():
    assert max(len(ending.meaning) for ending in ENDINGS.values()) <= 100


@given(DOCUMENTS)
def test_any_answer_is_a_yes_or_an_error_of_the_carrier(answer):
    for read in (accepted_message, result):
        with suppress(CarrierError):
            read(answer)
