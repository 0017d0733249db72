"""Laaffic's tasks: when they call, how they are listed and cancelled, text messages and agents."""

from datetime import datetime, timedelta, timezone

import pytest

from sandbox.opening import opens_at

BEIJING = timezone(timedelta(hours=8))
SMS = {
    "hangUpSms": 1, "smsAppId": "sms", "smsContent": "bye", "feedbackPush": 0, "successPush": 0, "failedPush": 0,
    "ringPush": 0,
}  # fmt: skip
SEAT = {"toSeat": 1, "sipGroupId": 1000019, "outboundControl": 1, "calloutRate": 1}
LATER = "2099-01-01 00:00:00"


def closed_period() -> dict[str, str]:
    """Hours in which it is not now on the carrier's clock, nor soon."""
    is_morning = datetime.now(BEIJING).hour < 12
    return {"strTime": "22:00", "endTime": "23:00"} if is_morning else {"strTime": "01:00", "endTime": "02:00"}


def test_a_task_tells_how_far_it_is(wire, laaffic):
    task_id = laaffic.send("6281200000001", "6281200000002", "6281200000070", taskName="My Task")["data"]
    wire.wait_for_bills()

    (item,) = laaffic.tasks()

    assert datetime.strptime(item.pop("createdTime"), "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007
    assert item == {
        "taskId": task_id, "taskName": "My Task", "status": 2, "rate": "100%", "numCnt": 3, "callNum": 3, "success": 2,
        "fail": 1, "scriptId": None, "taskType": 1,
    }  # fmt: skip


def test_a_task_under_way_calls(start, eventually):
    laaffic = start(speed=0.001).laaffic
    laaffic.send("6281200000001")

    eventually(lambda: laaffic.tasks()[0]["status"] == 1)


@pytest.mark.parametrize("limits", [{"sendTime": LATER}, {"allowSendTime": [closed_period()]}])
def test_a_task_waits_for_its_time(wire, laaffic, eventually, limits):
    laaffic.send("6281200000001", **limits)
    laaffic.send("6281200000002")

    eventually(lambda: wire.state["calls_open"] == 1)
    assert [item["status"] for item in laaffic.tasks()] == [2, 0]


def test_a_task_whose_time_has_come_is_dialled(wire, laaffic):
    soon = datetime.now(BEIJING) + timedelta(seconds=1)
    laaffic.send("6281200000001", sendTime=soon.strftime("%Y-%m-%d %H:%M:%S"))

    wire.wait_for_bills()

    assert laaffic.records()["data"]["total"] == 1


@pytest.mark.parametrize(
    ("now", "opens"),
    [("08:59", "09:00"), ("09:00", "09:00"), ("11:59", "11:59"), ("12:00", "14:00"), ("18:00", "33:00")],
)
def test_periods_are_about_the_carriers_clock(now, opens):
    midnight = datetime(2026, 3, 1, tzinfo=BEIJING)

    def moment(clock):
        hours, minutes = map(int, clock.split(":"))
        return (midnight + timedelta(hours=hours, minutes=minutes)).timestamp()

    periods = (("14:00", "18:00"), ("09:00", "12:00"))

    assert opens_at(moment(now), starts_at=0, periods=periods) == moment(opens)
    assert opens_at(midnight.timestamp(), starts_at=moment(now), periods=periods) == moment(opens)


@pytest.mark.parametrize("base", ["v3/", ""])
def test_a_task_that_has_not_begun_can_be_cancelled_and_its_people_count_as_not_dialled(wire, laaffic, base):
    task_id = laaffic.send("6281200000001", sendTime=LATER)["data"]

    assert laaffic.cancel(task_id, base=base)["code"] == "0"

    assert laaffic.tasks()[0]["status"] == 4
    assert wire.state["calls_open"] == 0
    assert wire.read("dials") == wire.read("people") == {}
    assert laaffic.send("6281200000001")["code"] == "0"
    assert wire.state["dialled_twice"] == {}


def test_a_task_that_called_was_cancelled_or_is_unknown_cannot_be_cancelled(wire, laaffic, eventually):
    waiting, cancelled = (laaffic.send("6281200000001", sendTime=LATER)["data"] for _ in range(2))
    over = laaffic.send("6281200000002")["data"]
    laaffic.cancel(cancelled)
    eventually(lambda: wire.state["bills"] == 1)

    assert laaffic.cancel(over)["code"] == "-54"
    assert laaffic.cancel(cancelled)["code"] == "-54"
    assert laaffic.cancel(waiting, 123)["code"] == "-24"
    assert laaffic.cancel(waiting, over)["code"] == "-54"
    assert wire.state["violations"] == []
    assert {item["taskId"]: item["status"] for item in laaffic.tasks()}[waiting] == 0


def test_a_cancelled_task_keeps_its_name(laaffic):
    laaffic.cancel(laaffic.send(taskName="once", sendTime=LATER)["data"])

    assert laaffic.send(taskName="once")["code"] == "-41"


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"searchCondition": "ALPH"}, ["alpha"]),
        ({"searchCondition": "greeting"}, ["beta"]),
        ({"statusList": [0]}, ["beta"]),
        ({"statusList": [2, 4]}, ["alpha"]),
        ({"idxAppId": "sandbox"}, ["beta", "alpha"]),
        ({"idxAppId": "other"}, []),
        ({"taskType": 2}, []),
        ({"endTime": "2020-01-02 00:00:00"}, []),
    ],
)
def test_each_filter_narrows_the_list_of_tasks(wire, laaffic, params, names):
    laaffic.send("6281200000001", taskName="alpha")
    wire.wait_for_bills()
    laaffic.send("6281200000002", taskName="beta", text="a greeting", sendTime=LATER)

    assert [item["taskName"] for item in laaffic.tasks(**params)] == names


def test_a_question_about_tasks_without_its_window_is_a_violation(wire, laaffic):
    answer = laaffic.post("voice/group/call/query", {"params": {"strTime": "2020-01-01 00:00:00"}})

    assert answer["code"] == "-22"
    assert "endTime is missing" in wire.state["violations"][0]["sentence"]


def test_the_detail_of_a_task_has_what_was_ordered(wire, laaffic):
    task_id = laaffic.send("6281200000040", "6281200000070", taskName="one", displayNum="1008")["data"]
    wire.wait_for_bills()

    detail = laaffic.get(f"voice/group/call/detail/{task_id}")["data"]

    expected = {
        "taskId": task_id, "jobId": task_id, "appId": "sandbox", "displayNum": "1008", "text": "hello", "lan": "EN",
        "loopCount": 1, "maxCalls": 60, "status": 2, "successRate": "50%", "keyFeedbackNum": 1,
    }  # fmt: skip
    assert {name: detail[name] for name in expected} == expected
    assert detail["finishTime"]
    assert laaffic.get("voice/group/call/detail/123")["code"] == "-24"


@pytest.mark.parametrize(
    ("trigger", "digits"),
    [
        ({"ringPush": 1}, {"01", "40", "60", "70"}),
        ({"failedPush": 1}, {"60", "70", "90"}),
        ({"successPush": 1, "successPushTime": 0}, {"01", "40"}),
        ({"successPush": 1, "successPushTime": 999}, set()),
        ({"feedbackPush": 1, "feedbackValue": "1"}, {"40"}),
        ({"feedbackPush": 1, "feedbackValue": "2", "failedPush": 1}, {"60", "70", "90"}),
    ],
)
def test_a_text_message_follows_the_calls_that_meet_its_trigger(wire, laaffic, trigger, digits):
    laaffic.send(*(f"62812000000{end}" for end in ("01", "40", "60", "70", "90")), **SMS | trigger)
    wire.wait_for_bills()

    assert {message["number"][-2:] for message in wire.read("sms")} == digits
    assert wire.state["sms_sent"] == len(digits)


def test_a_text_message_has_its_variables_filled_in(wire, laaffic):
    people = [{"calleeNumber": "6281200000001", "text1": "Tom", "text10": "$5"}]
    laaffic.send(
        numberInfoList=people, taskName="one", senderId="me",
        **SMS | {"ringPush": 1, "smsContent": "Dear ${text1}, ${text10}, ${text1}"},
    )  # fmt: skip
    wire.wait_for_bills()

    assert wire.read("sms") == [
        {"number": "6281200000001", "text": "Dear Tom, $5, Tom", "task_name": "one", "sms_app": "sms", "sender": "me"}
    ]


@pytest.mark.parametrize(
    ("seat", "numbers"), [({"toSeatType": 1}, {"01", "40", "48"}), ({"toSeatType": 2, "toSeatKey": 2}, {"48"})]
)
def test_calls_that_qualify_go_to_an_agent(wire, laaffic, seat, numbers):
    laaffic.send(*(f"62812000000{end}" for end in ("01", "40", "48", "60")), **SEAT | seat)
    wire.wait_for_bills()

    transferred = {call["number"][-2:] for call in wire.read("calls") if call["is_transferred"]}
    assert transferred == numbers
    assert wire.state["transferred"] == len(numbers)
