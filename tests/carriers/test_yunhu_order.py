"""Every parameter of the batch page, and nothing that breaks its limits."""

import pytest

from dialer.carriers.order import Callee, Order, Voice
from dialer.carriers.yunhu_order import launch_fields
from dialer.terms import NumberForm, VoiceDelivery

ADDRESS = "http://127.0.0.1:9/api/yunhu"
FILE = Voice(delivery=VoiceDelivery.CARRIER_FILE, location="welcome")


@pytest.fixture
def fields_of(settings_at):
    def fields(settings=None, **changes):
        callees = tuple(Callee(number=number) for number in changes.pop("numbers", ("+6281200000001",)))
        order = Order(**{"reference": "ref1", "callees": callees, "voice": FILE, **changes})
        return launch_fields(order, settings_at(ADDRESS, **(settings or {})))

    return fields


def test_a_plain_order_sends_every_parameter_but_the_times(fields_of, settings_at):
    settings = settings_at(ADDRESS)

    assert fields_of(numbers=("+6281200000001", "+6281200000002")) == {
        "service": "App.Sip_Call.PlayVoice",
        "appid": settings.app_id,
        "accesskey": settings.access_key,
        "nationcode": "id",
        "destnumber": "81200000001,81200000002",
        "voicetype": "1",
        "voicefile": "welcome",
        "userkey": "0",
        "chengshudu": "",
        "disnumber": "",
        "customuuid": "ref1",
        "todayonly": "1",
    }


def test_what_the_operator_chose_is_sent(fields_of):
    fields = fields_of(
        wants_keypress=True,
        caller_id="2190170001",
        ring_seconds=25,
        max_call_seconds=90,
        drops_undialled_today=False,
        remark="spring",
        voice=Voice(delivery=VoiceDelivery.OUR_ADDRESS, location="https://here.test/v/1.mp3"),
    )

    chosen = ("userkey", "disnumber", "waittime", "conntime", "todayonly", "chengshudu", "voicetype", "voicefile")
    assert [fields[name] for name in chosen] == [
        "1", "2190170001", "25", "90", "2", "spring", "2", "https://here.test/v/1.mp3",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("country", "number", "code", "wire"),
    [
        ("IN", "+919876543210", "in", "9876543210"),
        ("ID", "+6281200000001", "id", "81200000001"),
        ("PH", "+639171234567", "ph", "9171234567"),
        ("MX", "+525512345678", "mx", "5512345678"),
        ("CO", "+573001234567", "co", "3001234567"),
        ("TH", "+66812345678", "tha", "812345678"),
        ("VN", "+84912345678", "vn", "912345678"),
    ],
)
def test_each_country_has_its_code_and_its_national_form(fields_of, country, number, code, wire):
    fields = fields_of({"country": country}, numbers=(number,))

    assert (fields["nationcode"], fields["destnumber"]) == (code, wire)


def test_an_account_may_want_country_codes_and_a_prefix(fields_of):
    international = fields_of({"number_form": NumberForm.INTERNATIONAL, "dial_prefix": "9"})

    assert international["destnumber"] == "96281200000001"


def test_an_account_may_have_a_code_of_its_own(fields_of):
    assert fields_of({"country_code": "idn"})["nationcode"] == "idn"
    assert fields_of({"country": "SG", "country_code": "sg"}, numbers=("+6581234567",))["nationcode"] == "sg"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reference": ""}, "reference"),
        ({"numbers": ()}, "at least one number"),
        ({"numbers": tuple(f"+6281{index:09}" for index in range(5001))}, "5,000 numbers at a time, not 5,001"),
        ({"numbers": ("+6281200000001",) * 2}, "twice"),
        ({"numbers": ("+6281200000001", "+919876543210")}, "country of the account"),
        ({"numbers": ("6281200000001",)}, "country of the account"),
        ({"numbers": ("+62812x",)}, "E.164"),
        ({"voice": Voice(delivery=VoiceDelivery.CARRIER_FILE, location=" ")}, "voice file"),
        ({"ring_seconds": 0}, "at least one second"),
        ({"max_call_seconds": -1}, "at least one second"),
        ({"settings": {"country": "SG"}}, "no code of its own for SG"),
        ({"settings": {"dial_prefix": "x"}}, "digits"),
    ],
)
def test_an_order_that_breaks_a_limit_does_not_become_a_request(fields_of, changes, sentence):
    with pytest.raises(ValueError, match=sentence) as broken:
        fields_of(**changes)

    assert "8120000" not in str(broken.value)
