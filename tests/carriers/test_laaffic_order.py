"""Every parameter of the page "group call send", and nothing that breaks its limits."""

import base64
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dialer.carriers.contract import BrokenLimits
from dialer.carriers.laaffic import CAPABILITIES
from dialer.carriers.laaffic_codes import LANGUAGES
from dialer.carriers.laaffic_limits import problems
from dialer.carriers.laaffic_order import send_document, upload_name
from dialer.carriers.order import Callee, HangupSms, Order, Period, Speech, Transfer, Voice
from dialer.terms import NumberForm, SpeakerVoice, VoiceDelivery

ADDRESS = "http://127.0.0.1:9/v3"
FILE = Voice(delivery=VoiceDelivery.CARRIER_FILE, location="1701abc.mp3")
SENT = Voice(delivery=VoiceDelivery.SENT_ALONG, location="welcome.mp3", content=b"sound")
JAKARTA = ZoneInfo("Asia/Jakarta")
BOGOTA = ZoneInfo("America/Bogota")


def spoken(text="Good morning", language="en", **how):
    return Voice(delivery=VoiceDelivery.SPOKEN_TEXT, speech=Speech(text=text, language=language, **how))


def sms(**changes):
    return HangupSms(**{"app_id": "sms-app", "text": "Hello", "on_failure": True, **changes})


def transfer(**changes):
    return Transfer(**{"group": "1000019", **changes})


def period(opens, closes, zone=JAKARTA, days=0):
    return Period(
        opens=datetime.fromisoformat(f"2026-03-02 {opens}").replace(tzinfo=zone),
        closes=datetime.fromisoformat(f"2026-03-02 {closes}").replace(tzinfo=zone) + timedelta(days=days),
    )


@pytest.fixture
def account(settings_at):
    return lambda **changes: settings_at(
        ADDRESS, **{"app_id": "iaAJ6COV", "secret": "s", "number_form": NumberForm.INTERNATIONAL, **changes}
    )


@pytest.fixture
def order():
    def order_of(**changes):
        numbers = changes.pop("numbers", ("+6281200000001",))
        callees = changes.pop("callees", None) or tuple(Callee(number=number) for number in numbers)
        return Order(**{"reference": "ref1", "callees": callees, "voice": FILE, **changes})

    return order_of


@pytest.fixture
def document_of(order, account):
    return lambda settings=None, **changes: send_document(order(**changes), account(**(settings or {})))


@pytest.fixture
def parts_of(order, account):
    """Parts of the order that are complained about."""

    def parts(settings=None, **changes):
        found = problems(order(**changes), account(**(settings or {})))
        assert all(problem.sentence.endswith(".") for problem in found)
        assert not any("8120000" in problem.sentence for problem in found)
        return [problem.part for problem in found]

    return parts


def test_a_plain_order_leaves_out_what_nobody_chose(document_of):
    assert document_of(numbers=("+6281200000001", "+6281200000002")) == {
        "appId": "iaAJ6COV",
        "taskName": "ref1",
        "numberInfoList": [{"calleeNumber": "6281200000001"}, {"calleeNumber": "6281200000002"}],
        "source": 1,
        "voiceFileId": "1701abc.mp3",
        "loopCount": 1,
        "maxCalls": 120,
        "delayPlay": 0,
        "delayHangup": 0,
        "hangUpSms": 0,
        "toSeat": 0,
    }


def test_the_printed_request_is_what_our_order_for_it_becomes(order, account, payload):
    """But for what the sample sends with switches that are off, and for a key's type, on which the page has two."""
    printed = json.loads(payload("laaffic/send_request.json"))
    shanghai = ZoneInfo("Asia/Shanghai")
    placed = order(
        reference="2024-06-03 10:42:0511",
        callees=(Callee(number="+8613000000001", texts=("tom", "$12451.12", "2025-3-21")),),
        voice=spoken("Mã xác nhận của bạn là 22294", "vi", accent="91", voice=SpeakerVoice.FEMALE, speed=1),
        max_call_seconds=40,
        sms=HangupSms(app_id="9obbP7Nl", text="123", sender_id="123", on_ringing=True),
        transfer=transfer(key="0", delay_seconds=30),
        start_at=datetime(2024, 6, 21, tzinfo=shanghai),
        caller_id="1008122211",
        ring_seconds=60,
        periods=(period("18:28", "19:28", shanghai),),
    )

    made = send_document(placed, account(country="CN"))

    assert made == {name: value for name, value in printed.items() if name not in ("feedbackValue", "successPushTime")}


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"reference": "ab"}, {"taskName": "ab"}),
        ({"caller_id": "12345678901234567890"}, {"displayNum": "12345678901234567890"}),
        ({"play_count": 9}, {"loopCount": 9}),
        ({"max_call_seconds": 999}, {"maxCalls": 999}),
        ({"max_call_seconds": None}, {"maxCalls": 120}),
        ({"ring_seconds": 20}, {"maxRingingTime": 20}),
        ({"play_delay_seconds": 999, "hangup_delay_seconds": 1}, {"delayPlay": 999, "delayHangup": 1}),
        ({"start_at": datetime(2026, 3, 2, 4, 5, 6, tzinfo=UTC)}, {"sendTime": "2026-03-02 12:05:06"}),
        ({"voice": spoken(speed=0.25)}, {"source": 3, "text": "Good morning", "lan": "EN", "speakingRate": 0.25}),
        ({"voice": spoken(voice=SpeakerVoice.MALE)}, {"ssmlGender": 1}),
        ({"voice": spoken(voice=SpeakerVoice.FEMALE)}, {"ssmlGender": 2}),
        ({"voice": spoken(accent="91")}, {"accent": "91"}),
        ({"voice": SENT}, {"source": 2, "baseFile": base64.b64encode(b"sound").decode()}),
        ({"sms": sms()}, {"hangUpSms": 1, "smsAppId": "sms-app", "smsContent": "Hello", "failedPush": 1,
                          "feedbackPush": 0, "successPush": 0, "ringPush": 0}),
        ({"sms": sms(sender_id="x" * 32)}, {"senderId": "x" * 32}),
        ({"sms": sms(on_key="0")}, {"feedbackPush": 1, "feedbackValue": "0"}),
        ({"sms": sms(after_answer_seconds=9999)}, {"successPush": 1, "successPushTime": 9999}),
        ({"sms": sms(after_answer_seconds=0)}, {"successPush": 1, "successPushTime": 1}),
        ({"sms": sms(on_ringing=True)}, {"ringPush": 1}),
        ({"transfer": transfer(rate=100)}, {"toSeat": 1, "sipGroupId": 1000019, "outboundControl": 1,
                                            "calloutRate": 100, "toSeatType": 1}),
        ({"transfer": transfer(key="0")}, {"toSeatType": 2, "toSeatKey": 0}),
        ({"transfer": transfer(key="9", delay_seconds=30)}, {"toSeatKey": 9, "delayTransfer": 30}),
    ],
)  # fmt: skip
def test_what_the_operator_chose_is_sent(document_of, changes, fields):
    made = document_of(**changes)

    assert {name: made[name] for name in fields} == fields


def test_fields_of_a_switch_that_is_off_are_not_sent(document_of):
    made = document_of(sms=sms(), transfer=transfer())

    assert not {"feedbackValue", "successPushTime", "senderId", "toSeatKey", "delayTransfer"} & made.keys()


def test_each_language_has_a_code_at_the_carrier(document_of):
    assert CAPABILITIES.languages == tuple(LANGUAGES)
    for language, code in LANGUAGES.items():
        assert document_of(voice=spoken(language=language))["lan"] == code
    assert len(set(LANGUAGES.values())) == len(LANGUAGES)


def test_texts_go_out_by_their_places_cut_to_thirty_characters(document_of):
    (person,) = document_of(callees=(Callee(number="+6281200000001", texts=("Tom", "", "x" * 31)),))["numberInfoList"]

    assert person == {"calleeNumber": "6281200000001", "text1": "Tom", "text3": "x" * 30}


def test_a_person_has_at_most_ten_texts(parts_of, document_of):
    ten = Callee(number="+6281200000001", texts=("a",) * 10)
    eleven = Callee(number="+6281200000001", texts=("a",) * 11)

    assert document_of(callees=(ten,))["numberInfoList"][0]["text10"] == "a"
    assert parts_of(callees=(eleven,)) == ["callees.texts"]


@pytest.mark.parametrize("how", [{"sms": sms(text="Dear ${text2}")}, {"voice": spoken("Dear ${text2}")}])
@pytest.mark.parametrize("texts", [(), ("Tom",), ("Tom", ""), ("Tom", "  ")])
def test_a_text_that_is_used_and_empty_for_somebody_is_a_problem(order, account, how, texts):
    people = (Callee(number="+6281200000001", texts=("Tom", "Sawyer")), Callee(number="+6281200000002", texts=texts))

    (problem,) = problems(order(callees=people, **how), account())

    assert problem.part == "callees.texts"
    assert "Text 2" in problem.sentence
    assert "1 of 2 people" in problem.sentence


def test_a_text_that_nobody_uses_may_be_empty(parts_of):
    nameless = (Callee(number="+6281200000001", texts=("Tom",)),)

    assert parts_of(callees=nameless, sms=sms(text="Dear ${text1}")) == []
    assert parts_of(callees=nameless, voice=FILE) == []


@pytest.mark.parametrize("place", ["text0", "text11", "name", "TEXT1", " text1", "text1 ", ""])
def test_only_ten_texts_can_be_used(parts_of, place):
    words = f"Dear ${{{place}}}"

    assert parts_of(sms=sms(text=words)) == ["sms.text"]
    assert parts_of(voice=spoken(words)) == ["speech.text"]


def test_a_file_that_rides_along_has_a_name_of_its_own_in_each_batch(document_of):
    first, again, second = (document_of(voice=SENT, reference=ref)["uploadName"] for ref in ("one", "one", "two"))

    assert first == again != second
    assert first.startswith("welcome-")
    assert first.endswith(".mp3")


@pytest.mark.parametrize("location", ["a.mp3", "a" * 60 + ".MP3", "grüße an alle/zu Hause.wav", ".m4a.m4a"])
def test_such_a_name_fits_whatever_the_file_is_called(location):
    made = upload_name(location, "ref")

    assert 5 <= len(made) <= 32
    assert made.isascii()
    assert made.endswith((".mp3", ".wav", ".m4a"))


def test_a_file_without_content_does_not_leave_but_is_no_problem_before(document_of, parts_of):
    empty = Voice(delivery=VoiceDelivery.SENT_ALONG, location="welcome.mp3")

    assert parts_of(voice=empty) == []
    with pytest.raises(BrokenLimits, match="empty"):
        document_of(voice=empty)


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"reference": "a"}, "reference"),
        ({"reference": "a" * 65}, "reference"),
        ({"settings": {"app_id": " "}}, "account"),
        ({"numbers": ()}, "callees"),
        ({"numbers": ("+6281200000001",) * 2}, "callees"),
        ({"numbers": ("+6281200000001", "+919876543210")}, "callees"),
        ({"numbers": ("+62812x",)}, "callees"),
        ({"numbers": ("+628120000000123",), "settings": {"dial_prefix": "9"}}, "callees"),
        ({"numbers": ("+628120",), "settings": {"number_form": NumberForm.NATIONAL}}, "callees"),
        ({"numbers": tuple(f"+6281{index:09}" for index in range(100_001))}, "callees"),
        ({"caller_id": "1" * 21}, "caller_id"),
        ({"caller_id": "+6221"}, "caller_id"),
        ({"caller_id": "٣"}, "caller_id"),
        ({"voice": Voice(delivery=VoiceDelivery.CARRIER_FILE, location=" ")}, "voice"),
        ({"voice": Voice(delivery=VoiceDelivery.OUR_ADDRESS, location="http://h/1.mp3")}, "voice"),
        ({"voice": Voice(delivery=VoiceDelivery.SENT_ALONG, location="a.ogg", content=b"x")}, "voice"),
        ({"voice": Voice(delivery=VoiceDelivery.SENT_ALONG, location="a.mp3", content=b"x" * 5_242_881)}, "voice"),
        ({"voice": Voice(delivery=VoiceDelivery.SPOKEN_TEXT)}, "speech.text"),
        ({"voice": spoken(" ")}, "speech.text"),
        ({"voice": spoken("x" * 1001)}, "speech.text"),
        ({"voice": spoken(language="fr")}, "speech.language"),
        ({"voice": spoken(language="")}, "speech.language"),
        ({"voice": spoken(speed=0.24)}, "speech.speed"),
        ({"voice": spoken(speed=4.01)}, "speech.speed"),
        ({"voice": spoken(speed=float("nan"))}, "speech.speed"),
        ({"play_count": 0}, "play_count"),
        ({"play_count": 10}, "play_count"),
        ({"max_call_seconds": 0}, "max_call_seconds"),
        ({"max_call_seconds": 1000}, "max_call_seconds"),
        ({"ring_seconds": 19}, "ring_seconds"),
        ({"ring_seconds": 121}, "ring_seconds"),
        ({"play_delay_seconds": -1}, "play_delay_seconds"),
        ({"play_delay_seconds": 1000}, "play_delay_seconds"),
        ({"hangup_delay_seconds": 1000}, "hangup_delay_seconds"),
        ({"sms": sms(app_id="")}, "sms.app_id"),
        ({"sms": sms(text=" ")}, "sms.text"),
        ({"sms": sms(text="x" * 1001)}, "sms.text"),
        ({"sms": sms(sender_id="x" * 33)}, "sms.sender_id"),
        ({"sms": sms(on_key="#")}, "sms.on_key"),
        ({"sms": sms(on_key="10")}, "sms.on_key"),
        ({"sms": sms(after_answer_seconds=-1)}, "sms.after_answer_seconds"),
        ({"sms": sms(after_answer_seconds=10_000)}, "sms.after_answer_seconds"),
        ({"sms": sms(on_failure=False)}, "sms"),
        ({"transfer": transfer(group="sales")}, "transfer.group"),
        ({"transfer": transfer(group="")}, "transfer.group"),
        ({"transfer": transfer(group="0")}, "transfer.group"),
        ({"transfer": transfer(group="2147483648")}, "transfer.group"),
        ({"transfer": transfer(key="*")}, "transfer.key"),
        ({"transfer": transfer(rate=0)}, "transfer.rate"),
        ({"transfer": transfer(rate=101)}, "transfer.rate"),
        ({"transfer": transfer(delay_seconds=5)}, "transfer.delay_seconds"),
        ({"transfer": transfer(key="1", delay_seconds=-1)}, "transfer.delay_seconds"),
        ({"transfer": transfer(key="1", delay_seconds=1000)}, "transfer.delay_seconds"),
        ({"start_at": datetime(2026, 3, 2)}, "start_at"),  # noqa: DTZ001
        ({"periods": (Period(opens=datetime(2026, 3, 2), closes=datetime(2026, 3, 3)),)}, "periods"),  # noqa: DTZ001
        ({"periods": (period("12:00", "11:00"),)}, "periods"),
        ({"periods": (period("12:00:10", "12:00:50"),)}, "periods"),
        ({"periods": tuple(period(f"{hour}:00", f"{hour}:30") for hour in (10, 12, 14, 16))}, "periods"),
    ],
)
def test_an_order_that_breaks_a_limit_names_the_part_and_does_not_become_a_request(
    document_of, parts_of, changes, part
):
    assert parts_of(**changes) == [part]
    with pytest.raises(BrokenLimits):
        document_of(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": "a" * 64},
        {"numbers": ("+628120000000123",)},
        {"numbers": ("+62812000",)},
        {"caller_id": ""},
        {"voice": spoken("x" * 1000, speed=4)},
        {"voice": Voice(delivery=VoiceDelivery.SENT_ALONG, location="a.mp3", content=b"x" * 5_242_880)},
        {"play_count": 1, "max_call_seconds": 1, "ring_seconds": 120},
        {"sms": sms(text="x" * 1000)},
        {"transfer": transfer(rate=1)},
        {"transfer": transfer(group="2147483647", key="0", delay_seconds=999)},
        {"settings": {"number_form": NumberForm.NATIONAL}},
    ],
)
def test_what_just_keeps_a_limit_leaves(document_of, changes):
    document_of(**changes)


def test_all_broken_limits_are_told_at_once(document_of):
    with pytest.raises(BrokenLimits) as broken:
        document_of(play_count=10, ring_seconds=1, sms=sms(on_failure=False))

    assert [problem.part for problem in broken.value.problems] == ["play_count", "ring_seconds", "sms"]


@pytest.mark.parametrize(
    ("periods", "spans"),
    [
        ((period("09:00", "12:30"),), ["10:00-13:30"]),
        ((period("09:00:30", "12:30:59"),), ["10:01-13:30"]),  # never beyond what was allowed
        ((period("22:00", "23:30"),), ["23:00-23:59", "00:00-00:30"]),
        ((period("22:00", "23:00"),), ["23:00-23:59"]),
        ((period("22:59", "23:30"),), ["00:00-00:30"]),
        ((period("09:00", "20:00", BOGOTA),), ["22:00-23:59", "00:00-09:00"]),
        ((period("09:00", "12:00"), period("11:00", "14:00")), ["10:00-15:00"]),
        ((period("12:00", "14:00"), period("09:00", "12:00")), ["10:00-15:00"]),
        ((period("09:00", "10:00"), period("22:00", "23:30")), ["00:00-00:30", "10:00-11:00", "23:00-23:59"]),
        ((period("00:00", "00:00", days=1),), ["00:00-23:59"]),
    ],
)
def test_periods_go_out_on_the_accounts_clock(document_of, periods, spans):
    made = document_of(periods=periods)["allowSendTime"]

    assert sorted(f"{span['strTime']}-{span['endTime']}" for span in made) == sorted(spans)


def test_a_period_across_midnight_counts_twice(parts_of, order, account):
    periods = (period("09:00", "10:00"), period("12:00", "13:00"), period("22:00", "23:30"))

    (problem,) = problems(order(periods=periods), account())

    assert problem.part == "periods"
    assert "these are 4" in problem.sentence
    assert parts_of(periods=periods, settings={"time_zone": JAKARTA}) == []
