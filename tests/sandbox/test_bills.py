"""GetBill: the list of calls, its filters, pages and consuming."""

import time
import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest

BEIJING = timezone(timedelta(hours=8))
FIELDS = {
    "id", "extnumber", "destnumber", "displaynumber", "starttime", "answertime", "endtime", "duration", "billsec",
    "direction", "callmethod", "userid", "memberid", "chengshudu", "customuuid", "recordfilename", "downloadip",
    "hangupdirection", "hangupcause", "userkey",
}  # fmt: skip


def beijing(moment: datetime) -> str:
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def test_an_answered_call_has_all_fields_times_that_add_up_and_a_recording(wire):
    before = datetime.now(UTC).replace(microsecond=0)
    wire.launch("81200000040", customuuid="ref", chengshudu="tag", disnumber="2190170009")
    wire.wait_for_bills()

    (bill,) = wire.bills(wire.login())

    assert bill.keys() == FIELDS
    start, answer, end = (
        datetime.strptime(bill[name], "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
        for name in ("starttime", "answertime", "endtime")
    )
    assert before <= start <= datetime.now(UTC)
    assert (answer - start).seconds == bill["duration"]
    assert (end - answer).seconds == bill["billsec"] > 0
    assert bill["recordfilename"].endswith(".mp3")
    assert bill["downloadip"]
    chosen = {name: bill[name] for name in ("destnumber", "displaynumber", "customuuid", "chengshudu", "userkey")}
    assert chosen == {
        "destnumber": "81200000040",
        "displaynumber": "2190170009",
        "customuuid": "ref",
        "chengshudu": "tag",
        "userkey": "1",
    }


def test_an_unanswered_call_has_no_answer_time_no_talk_and_no_recording(wire):
    wire.launch("81200000070", waittime=25)
    wire.wait_for_bills()

    (bill,) = wire.bills(wire.login())

    assert bill["answertime"] is None
    assert (bill["duration"], bill["billsec"], bill["hangupcause"]) == (25, 0, 10020)
    assert (bill["recordfilename"], bill["downloadip"]) == ("", "")
    assert (bill["customuuid"], bill["chengshudu"]) == ("0", "0")
    assert wire.state["recordings_promised"] == 0


def test_talk_stops_at_the_connected_time_and_keys_need_userkey(wire):
    wire.launch("81200000140", conntime=3, userkey=0)
    wire.wait_for_bills()

    (bill,) = wire.bills(wire.login())

    assert bill["billsec"] == 3
    assert bill["hangupdirection"] == 10040
    assert bill["userkey"] == ""


def test_pages_cover_all_bills_once_in_ascending_ids(wire):
    wire.launch(*(f"812000000{n:02}" for n in range(25)))
    wire.wait_for_bills()
    token = wire.login()

    pages = [wire.get_bill(token, currentpage=n, itemsperpage=10)["data"]["result"] for n in (1, 2, 3, 4)]

    assert [len(page["bills"]) for page in pages] == [10, 10, 5, 0]
    assert {page["totalitems"] for page in pages} == {25}
    ids = [bill["id"] for page in pages for bill in page["bills"]]
    assert ids == sorted(set(ids))


def test_bills_may_come_newest_first(start):
    wire = start(bill_order="descending")
    wire.launch("81200000001", "81200000002", "81200000003")
    wire.wait_for_bills()

    ids = [bill["id"] for bill in wire.bills(wire.login())]

    assert ids == sorted(ids, reverse=True)


def test_flag_1_consumes_what_it_reads_flag_2_lists_it_and_flag_3_lists_all(wire):
    wire.launch("81200000001", "81200000002", "81200000003")
    wire.wait_for_bills()
    token = wire.login()

    def ids(**changes):
        return {bill["id"] for bill in wire.bills(token, **changes)}

    assert len(ids(syncflag=3)) == 3
    first = ids(syncflag=1, itemsperpage=2)
    assert len(first) == 2
    assert ids(syncflag=2) == first
    second = ids(syncflag=1, itemsperpage=2)
    assert len(second) == 1
    assert ids(syncflag=1) == set()
    assert ids(syncflag=2) == ids(syncflag=3) == first | second


def test_the_window_is_about_the_moment_of_dialling_in_beijing_time(wire):
    wire.launch("81200000001")
    wire.wait_for_bills()
    token, now = wire.login(), datetime.now(UTC)

    def count(start: datetime, end: datetime) -> int:
        return len(wire.bills(token, starttime=beijing(start), endtime=beijing(end)))

    minute = timedelta(minutes=1)
    assert count(now - minute, now) == 1
    assert count(now + minute, now + 2 * minute) == 0
    assert count(now - 9 * 60 * minute, now - minute) == 0


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({"callmethod": 0}, 2),
        ({"callmethod": 3}, 0),
        ({"direction": 2}, 2),
        ({"direction": 1}, 0),
        ({"extnumber": "7003"}, 0),
        ({"userid": "12"}, 0),
        ({"memberid": "0"}, 2),
        ({"destnumber": "81200000001"}, 1),
        ({"customuuid": "one"}, 1),
        ({"customuuid": "three"}, 0),
        ({"chengshudu": "tag"}, 1),
        ({"customuuid": "one", "chengshudu": "tag"}, 0),
    ],
)
def test_each_filter_narrows_the_list(wire, changes, count):
    wire.launch("81200000001", customuuid="one")
    wire.launch("81200000002", customuuid="two", chengshudu="tag")
    wire.wait_for_bills()

    assert len(wire.bills(wire.login(), **changes)) == count


def test_an_account_sees_its_own_bills_only(start):
    wire = start(apps={"sandbox": "sandbox", "other": "key"})
    wire.launch("81200000001", appid="other", accesskey="key")
    wire.wait_for_bills()

    assert wire.bills(wire.login()) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"itemsperpage": 1001}, "itemsperpage is 1001"),
        ({"itemsperpage": 0}, "itemsperpage is 0"),
        ({"currentpage": 0}, "currentpage is 0"),
        ({"syncflag": 4}, "syncflag is 4"),
        ({"callmethod": 7}, "callmethod is 7"),
        ({"direction": ""}, "direction is no whole number"),
        ({"starttime": "2020-01-01T00:00:00"}, "starttime is not of the form"),
        ({"token": ""}, "token is empty"),
        ({"page": 1}, "knows no parameter page"),
    ],
)
def test_a_wrong_question_is_a_violation(wire, changes, sentence):
    answer = wire.get_bill(wire.login(), **changes)

    assert answer["ret"] == 400
    assert answer["data"] == []
    assert sentence in wire.state["violations"][0]["sentence"]


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("as_sent", "81200000001"),
        ("international", "6281200000001"),
        ("trunk_zero", "081200000001"),
        ("starred", "812*****001"),
    ],
)
def test_the_number_comes_back_in_the_chosen_form(start, form, shown):
    wire = start(echo_form=form)
    wire.launch("81200000001")
    wire.wait_for_bills()

    (bill,) = wire.bills(wire.login(), destnumber="81200000001")

    assert bill["destnumber"] == shown


@pytest.mark.parametrize("sent", ["81200000001", "081200000001", "6281200000001"])
def test_the_international_form_has_the_country_code_once(start, sent):
    wire = start(echo_form="international")
    wire.launch(sent)
    wire.wait_for_bills()

    assert wire.bills(wire.login())[0]["destnumber"] == "6281200000001"


def test_calls_wait_for_free_lines(start, eventually):
    wire = start(speed=1, lines=1)
    wire.launch("81200000001", "81200000490")  # 490 would end at once

    eventually(lambda: wire.read("calls")[1]["started_at"])

    assert wire.read("calls")[0]["started_at"] is None
    assert wire.state["calls_open"] == 2


def test_silent_numbers_are_dialled_but_never_billed_when_the_switch_is_on(start):
    wire = start(silent_endings=True)
    wire.launch("81200000099", "81200000098")
    wire.wait_for_bills()

    assert [bill["destnumber"] for bill in wire.bills(wire.login())] == ["81200000098"]
    assert wire.read("dials").keys() == {"81200000099", "81200000098"}


def test_the_call_uuid_holds_the_start_of_the_call(start, receiver):
    wire = start(callback_url=receiver.url)
    wire.launch("81200000001")

    (callback,) = receiver.wait_for(1)

    call_uuid = uuid.UUID(callback["uuid"])
    assert call_uuid.version == 1
    seconds = (call_uuid.time - 0x01B21DD213814000) / 10_000_000
    assert abs(time.time() - seconds) < 60
