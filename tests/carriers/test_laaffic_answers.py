"""Two envelopes that get mixed and all codes, read for what they mean."""

import json

import pytest

from dialer.carriers.contract import AlreadyTaken, BadCredentials, CarrierError, OutcomeUnknown, Refused, TryLater
from dialer.carriers.laaffic_answers import SignatureOutdated, balance_of, key_of, object_of, page_of, yes
from dialer.carriers.laaffic_codes import ANSWER_CODES, CALL_STATES, SIP_CODES

PRINTED_ON_THE_SEND_PAGE = [-1, -2, -16, -18, -20, -21, -22, -23, -24, -26, -35, -37, -38, -39, -41, -46, -53]
PRINTED_ELSEWHERE = [-10, -13, -42, -54, -68, -74, -77]


@pytest.fixture
def document(payload):
    return lambda name: json.loads(payload(f"laaffic/{name}"))


def error_of(answer, **how):
    with pytest.raises(CarrierError) as raised:
        yes(answer, **how)
    return raised.value


@pytest.mark.parametrize(
    "answer",
    [
        {"code": "0", "msg": "fine"},
        {"code": 0, "reason": "fine"},
        {"code": 0.0, "message": "fine"},
        {"status": "0", "reason": "fine"},
        {"status": 0, "msg": "fine"},
        {"status": 0, "code": "0", "msg": "fine"},
        {"status": 0, "code": None, "msg": "fine"},
        {"status": "0", "code": "", "msg": "fine"},
    ],
)
def test_a_zero_is_a_yes_in_any_envelope(answer):
    assert yes(answer, makes_batch=True) == "fine"


@pytest.mark.parametrize("answer", [{"code": "-35", "msg": "none"}, {"status": -35, "reason": "none"}])
def test_a_negative_number_is_a_no_with_its_words(answer):
    error = error_of(answer, makes_batch=True)

    assert type(error) is Refused
    assert error.code == "-35"
    assert str(error) == 'The carrier answered -35: there is no number to call ("none"). Look at the contact list.'


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"data": 123},
        {"msg": "success"},
        {"code": None},
        {"code": "ok"},
        {"code": False},
        {"code": True},
        {"code": [0]},
        {"code": {"code": 0}},
        {"code": 200, "msg": "success"},
        {"status": 500, "error": "Internal Server Error"},
        {"code": "0", "status": "-22"},
        {"code": 0, "status": 200},
        {"code": "-22", "status": "-1"},
        {"data": {"code": 0}},
    ],
)
@pytest.mark.parametrize("how", [{}, {"makes_batch": True, "makes_something": True}])
def test_what_is_neither_a_clear_yes_nor_a_clear_no_is_unknown(answer, how):
    assert isinstance(error_of(answer, **how), OutcomeUnknown)


def test_every_code_of_the_pages_is_known_with_a_meaning():
    assert set(ANSWER_CODES) == {str(code) for code in PRINTED_ON_THE_SEND_PAGE + PRINTED_ELSEWHERE}
    for code in ANSWER_CODES.values():
        assert code.meaning
        assert not code.advice or code.advice.endswith(".")


@pytest.mark.parametrize(
    ("code", "at_launch", "at_upload", "elsewhere"),
    [
        ("-1", BadCredentials, BadCredentials, BadCredentials),
        ("-2", BadCredentials, BadCredentials, BadCredentials),
        ("-13", BadCredentials, BadCredentials, BadCredentials),
        ("-10", Refused, Refused, Refused),
        ("-16", SignatureOutdated, SignatureOutdated, SignatureOutdated),
        ("-18", OutcomeUnknown, TryLater, TryLater),
        ("-20", AlreadyTaken, AlreadyTaken, Refused),
        ("-41", AlreadyTaken, AlreadyTaken, Refused),
        ("-37", TryLater, TryLater, TryLater),
        ("-54", Refused, Refused, Refused),
        ("-99", Refused, Refused, Refused),
    ],
)
def test_what_follows_from_a_code_depends_on_what_was_asked(code, at_launch, at_upload, elsewhere):
    answer = {"code": code, "msg": "words"}

    assert type(error_of(answer, makes_batch=True, makes_something=True)) is at_launch
    assert type(error_of(answer, makes_something=True)) is at_upload
    assert type(error_of(answer)) is elsewhere


def test_an_empty_account_is_told_to_be_topped_up():
    assert "Top up" in str(error_of({"status": "-10", "reason": ""}))


def test_a_code_that_nobody_knows_is_shown_with_the_carriers_words():
    assert str(error_of({"code": -99, "msg": "strange"})) == 'The carrier answered -99: "strange".'


def test_an_address_where_somebody_else_answers_is_to_be_checked():
    assert "check it" in str(error_of({"hello": "world"}))


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (123123, "123123"),
        ("1701abc.mp3", "1701abc.mp3"),
        ({"keyId": 5}, "5"),
        ({"taskId": "5"}, "5"),
        ({"fileId": "a"}, "a"),
        ([7], "7"),
        (None, ""),
        ([], ""),
        ({}, ""),
        (True, ""),
        ([{}], ""),
        ([1, 2], ""),
    ],
)
def test_a_key_is_found_in_whatever_the_data_are(data, key):
    assert key_of({"code": 0, "data": data}) == key


@pytest.mark.parametrize(
    ("data", "found"), [({"a": 1}, {"a": 1}), ([{"a": 1}], {"a": 1}), (None, {}), ([], {}), ("a", {}), (5, {})]
)
def test_an_object_is_found_or_an_empty_one(data, found):
    assert object_of({"data": data}) == found


ITEMS = [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("answer", "figures"),
    [
        ({"data": {"records": ITEMS, "total": 2, "pages": 1}}, (2, 2, 1)),
        ({"data": {"list": ITEMS, "total": "2"}}, (2, 2, None)),
        ({"data": ITEMS, "total": 7}, (2, 7, None)),
        ({"data": ITEMS}, (2, None, None)),
        ({"records": ITEMS}, (2, None, None)),
        ({"data": {"records": [], "total": 0}}, (0, 0, None)),
        ({"data": {"records": None, "total": 0}}, (0, 0, None)),
        ({"data": {"total": 0}}, (0, 0, None)),
        ({"data": {"records": None}}, (0, None, None)),
        ({"data": None}, (0, None, None)),
        ({"data": []}, (0, None, None)),
        ({}, (0, None, None)),
    ],
)
def test_a_page_is_found_in_any_wrapping(answer, figures):
    page = page_of(answer)

    assert (len(page.items), page.total, page.page_count) == figures


@pytest.mark.parametrize("data", ["a", 5, {"records": [1]}, {"records": "x"}, {"other": []}, [1], [ITEMS]])
def test_what_is_no_list_of_objects_is_not_taken_for_an_empty_one(data):
    with pytest.raises(OutcomeUnknown):
        page_of({"data": data})


def test_the_described_balance_is_read(document):
    balance = balance_of(document("balance.json"))

    assert (str(balance.amount), str(balance.gift), balance.credit) == ("99.9910", "50.0000", 0)
    assert str(balance.total) == "149.9910"


@pytest.mark.parametrize(
    ("answer", "total"),
    [
        ({"balance": 5}, 5),
        ({"balance": -0.5, "gift": None}, -0.5),
        ({"data": {"balance": "1,234.5", "credit": ""}}, 1234.5),
        ({"balance": "1000000000.00"}, 10**9),
    ],
)
def test_a_balance_may_be_a_number_or_lie_deeper(answer, total):
    assert float(balance_of(answer).total) == total


@pytest.mark.parametrize("balance", [None, "", "much", "NaN", "Infinity", [], True, "1,5"])
def test_a_balance_that_makes_no_sense_is_none(balance):
    with pytest.raises(OutcomeUnknown):
        balance_of({"balance": balance})


def test_endings_fit_into_their_column():
    assert all(0 < len(ending.meaning) <= 100 for ending in (*CALL_STATES.values(), *SIP_CODES.values()))
