"""Who was called how often, over both carriers and all forms of a number."""

import pytest

from sandbox.people import international


def test_one_person_over_both_carriers_is_dialled_twice(wire, laaffic):
    wire.launch("81200000001", "81200000002")
    laaffic.send("6281200000001", "6281200000003")

    assert wire.read("people") == {"6281200000001": 2, "6281200000002": 1, "6281200000003": 1}
    assert wire.state["dialled_twice"] == {"6281200000001": 2}
    assert wire.state["numbers_dialled"] == 3


def test_dials_show_the_numbers_as_they_came(wire, laaffic):
    wire.launch("081200000001")
    laaffic.send("6281200000001")

    assert wire.read("dials") == {"081200000001": 1, "6281200000001": 1}


def test_the_voice_menu_counts_in_the_country_of_its_switch(start):
    wire = start(voice_menu_country="vn")
    wire.post(
        "App.Sip_Call.PlayVoice", token=wire.login(), destnumber="912345678", voicetype=1, voicefile="welcome",
        chengshudu=1, userid="extGroup-1",
    )  # fmt: skip

    assert wire.read("people") == {"84912345678": 1}


@pytest.mark.parametrize(
    ("number", "country", "digits"),
    [
        ("81200000001", "id", "6281200000001"),
        ("081200000001", "id", "6281200000001"),
        ("6281200000001", "id", "6281200000001"),
        ("9123456789", "in", "919123456789"),
        ("919123456789", "in", "919123456789"),
        ("9171234567", "ph", "639171234567"),
        ("5512345678", "mx", "525512345678"),
        ("5215512345678", "mx", "525512345678"),
        ("5212345678", "mx", "525212345678"),
        ("3001234567", "co", "573001234567"),
        ("812345678", "tha", "66812345678"),
        ("661234567", "tha", "66661234567"),
        ("841234567", "vn", "84841234567"),
        ("84841234567", "vn", "84841234567"),
        ("447700900000", "", "447700900000"),
    ],
)
def test_a_number_gets_its_country_code_once(number, country, digits):
    assert international(number, country=country) == digits
