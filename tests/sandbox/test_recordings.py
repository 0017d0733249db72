"""GetRecodeFile and the download behind its link."""

import http.client
import re
from datetime import datetime, timedelta, timezone

import pytest

from sandbox import sound

BEIJING = timezone(timedelta(hours=8))


def one_bill(wire, token, number):
    wire.launch(number)
    wire.wait_for_bills()
    (bill,) = wire.bills(token, destnumber=number)
    return bill


def test_a_recording_is_an_mp3_as_long_as_the_talk(wire):
    token = wire.login()
    bill = one_bill(wire, token, "81200000001")

    status, content = wire.get(wire.link(token, bill["recordfilename"]))

    assert status == 200
    assert sound.check_voice_file(content) == pytest.approx(bill["billsec"], abs=0.1)
    assert wire.state["recordings_promised"] == wire.state["recordings_fetched"] == 1
    assert wire.state["violations"] == []


def test_a_recording_stays_the_same_and_differs_from_others(wire):
    token = wire.login()
    wire.launch("81200000001", "81200100001")
    wire.wait_for_bills()
    names = [bill["recordfilename"] for bill in wire.bills(token)]

    first, again, other = (wire.get(wire.link(token, name))[1] for name in (names[0], names[0], names[1]))

    assert first == again != other
    assert wire.state["recordings_fetched"] == 2


def test_the_link_tells_its_end_in_beijing_time(wire):
    token = wire.login()
    bill = one_bill(wire, token, "81200000001")

    answer = wire.post("App.Sip_Cdr.GetRecodeFile", token=token, filename=bill["recordfilename"])

    result = answer["data"]["result"]
    told = re.fullmatch(r"Expiration time:(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", result["expiredtime"]).group(1)
    ends_at = datetime.strptime(told, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING).timestamp()
    assert 299 <= ends_at - answer["data"]["reqtime"] <= 301


def test_a_link_runs_out(start):
    wire = start(link_seconds=0)
    token = wire.login()
    link = wire.link(token, one_bill(wire, token, "81200000001")["recordfilename"])

    assert wire.get(link)[0] == 403
    assert wire.state["recordings_fetched"] == 0
    assert wire.state["violations"] == []


def test_ending_94_gets_an_expired_link_first(wire):
    token = wire.login()
    name = one_bill(wire, token, "81200000094")["recordfilename"]

    assert wire.get(wire.link(token, name))[0] == 403
    assert wire.get(wire.link(token, name))[0] == 200


def test_ending_95_is_cut_by_a_dropped_connection_first(wire):
    token = wire.login()
    name = one_bill(wire, token, "81200000295")["recordfilename"]

    connection = http.client.HTTPConnection(wire.address.removeprefix("http://"), timeout=10)
    connection.request("GET", wire.link(token, name).removeprefix(wire.address))
    with pytest.raises(http.client.IncompleteRead):
        connection.getresponse().read()
    connection.close()

    assert wire.state["recordings_fetched"] == 0
    assert wire.get(wire.link(token, name))[0] == 200
    assert wire.state["recordings_fetched"] == 1


def test_ending_95_with_an_odd_hundreds_digit_is_a_shorter_file_first(wire):
    token = wire.login()
    bill = one_bill(wire, token, "81200000395")
    name = bill["recordfilename"]

    short, whole = (sound.check_voice_file(wire.get(wire.link(token, name))[1]) for _ in range(2))

    assert short < bill["billsec"] * 0.6
    assert whole == pytest.approx(bill["billsec"], abs=0.1)


def test_ending_96_is_unavailable_twice(wire):
    token = wire.login()
    link = wire.link(token, one_bill(wire, token, "81200000096")["recordfilename"])

    assert [wire.get(link)[0] for _ in range(3)] == [503, 503, 200]


@pytest.mark.parametrize("switches", [{"recordings_gone": "link"}, {"recordings_kept_seconds": 0}])
def test_a_recording_that_is_gone_gets_no_link(start, switches):
    wire = start(**switches)
    token = wire.login()
    name = one_bill(wire, token, "81200000001")["recordfilename"]

    answer = wire.post("App.Sip_Cdr.GetRecodeFile", token=token, filename=name)

    assert answer["data"]["status"] == 1
    assert answer["data"]["errors"] == {"code": "1029", "codemsg": "file does not exist"}
    assert wire.state["violations"] == []


def test_a_recording_may_be_gone_behind_its_link(start):
    wire = start(recordings_gone="file")
    token = wire.login()
    link = wire.link(token, one_bill(wire, token, "81200000001")["recordfilename"])

    assert wire.get(link)[0] == 404


def test_asking_for_what_was_never_promised_is_a_violation(start):
    wire = start(apps={"sandbox": "sandbox", "other": "key"})
    token = wire.login()
    name = one_bill(wire, token, "81200000001")["recordfilename"]
    other = wire.post("App.Sip_Auth.Login", appid="other", accesskey="key")["data"]["result"]["token"]

    assert wire.post("App.Sip_Cdr.GetRecodeFile", token=token, filename="invented.mp3")["ret"] == 400
    assert wire.post("App.Sip_Cdr.GetRecodeFile", token=token, filename=f"x{name}")["ret"] == 400
    assert wire.post("App.Sip_Cdr.GetRecodeFile", token=other, filename=name)["ret"] == 400
    assert wire.get("/yunhu/recordings/invented")[0] == 404
    assert len(wire.state["violations"]) == 4
