"""Bills pushed to the client."""

import json

import pytest

NEWEST_FIELDS = {
    "id", "uuid", "companycode", "direction", "type", "callmethod", "starttime", "answertime", "endtime", "duration",
    "billsec", "userid", "memberid", "chengshudu", "ext", "customuuid", "disnumber", "destnumber", "extnumber",
    "recordfilename", "downloadip", "recordurl", "hangupdirection", "hangupcause", "userkey", "taskid", "round",
}  # fmt: skip


@pytest.fixture
def pushing(start, receiver):
    return lambda **switches: start(callback_url=receiver.url, **switches)


def test_every_bill_is_pushed_with_the_same_facts_as_in_the_list(pushing, receiver, eventually):
    wire = pushing()
    wire.launch("81200000040", "81200000070", customuuid="ref")

    callbacks = {callback["id"]: callback for callback in receiver.wait_for(2)}

    for bill in wire.bills(wire.login()):
        callback = callbacks[bill["id"]]
        assert callback.keys() == NEWEST_FIELDS
        same = bill.keys() & callback.keys() - {"answertime"}
        assert {name: bill[name] for name in same} == {name: callback[name] for name in same}
        assert callback["answertime"] == (bill["answertime"] or "")
        assert callback["customuuid"] == "ref"
    eventually(lambda: wire.state["callbacks_sent"] == 2)
    assert wire.state["callback_answers"] == {"200": 2}


def test_ending_91_is_never_pushed_but_billed(pushing, receiver):
    wire = pushing()
    wire.launch("81200000091")
    wire.wait_for_bills()

    assert wire.state["callbacks_lost"] == 1
    assert len(wire.bills(wire.login())) == 1
    assert receiver.bodies == []


def test_ending_92_is_pushed_twice(pushing, receiver):
    pushing().launch("81200000092")

    first, second = receiver.wait_for(2)

    assert first == second


def test_ending_93_comes_after_calls_that_ended_later(pushing, receiver):
    pushing(speed=500).launch("81200000093", "81200000206")  # 30 and 53 simulated seconds long

    assert [callback["destnumber"][-2:] for callback in receiver.wait_for(2)] == ["06", "93"]


def test_ending_97_has_odd_forms(pushing, receiver):
    pushing().launch("81200000097")

    (callback,) = receiver.wait_for(1)

    assert callback["billsec"].isdigit()
    assert callback["id"].isdigit()
    assert callback["userkey"] == 2
    assert callback["extnumber"] is None
    assert callback["crmid"] == ""
    assert not {"ext", "round", "taskid", "userid", "recordurl"} & callback.keys()


def test_ending_98_is_not_json(pushing, receiver, eventually):
    pushing().launch("81200000098")
    eventually(lambda: receiver.bodies)

    with pytest.raises(json.JSONDecodeError):
        json.loads(receiver.bodies[0])
    assert b'"destnumber": "81200000098"' in receiver.bodies[0]


def test_all_callbacks_can_be_lost(pushing, receiver, eventually):
    wire = pushing(callbacks="lost")
    wire.launch("81200000001", "81200000002")

    eventually(lambda: wire.state["callbacks_lost"] == 2)
    assert receiver.bodies == []


def test_all_callbacks_can_be_doubled(pushing, receiver):
    pushing(callbacks="doubled").launch("81200000001", "81200000002")

    assert len({callback["id"] for callback in receiver.wait_for(4)}) == 2


def test_callbacks_can_be_shuffled_and_all_arrive(pushing, receiver):
    pushing(callbacks="shuffled", speed=300).launch(*(f"812000001{n:02}" for n in range(40)))

    ids = [callback["id"] for callback in receiver.wait_for(40)]

    assert len(set(ids)) == 40
    assert ids != sorted(ids)


def test_callbacks_can_be_delayed(pushing, receiver, eventually):
    wire = pushing(callback_delay_seconds=10**9)
    wire.launch("81200000001")

    eventually(lambda: wire.state["callbacks_waiting"] == 1)
    assert receiver.bodies == []


def test_a_failed_callback_is_counted_and_not_repeated(pushing, receiver, eventually):
    receiver.status = 500
    wire = pushing()
    wire.launch("81200000001")

    eventually(lambda: wire.state["callbacks_failed"] == 1)
    assert wire.state["callback_answers"] == {"500": 1}
    assert wire.state["callbacks_waiting"] == 0
    assert len(receiver.bodies) == 1


def test_a_receiver_that_is_away_is_counted(start, eventually):
    wire = start(callback_url="http://127.0.0.1:1/")
    wire.launch("81200000001")

    eventually(lambda: wire.state["callback_answers"] == {"ConnectionRefusedError": 1})


def test_a_receiver_that_dawdles_is_counted(pushing, receiver, eventually, monkeypatch):
    monkeypatch.setattr("sandbox.callbacks.ANSWER_SECONDS", 0.1)
    receiver.may_answer.clear()
    wire = pushing()
    wire.launch("81200000001")

    eventually(lambda: wire.state["callback_answers"] == {"TimeoutError": 1})


def test_an_account_can_have_its_own_callback_address(start, receiver, eventually):
    wire = start(apps={"sandbox": "sandbox", "other": "key"}, callback_urls={"other": receiver.url})
    wire.launch("81200000001")
    wire.launch("81200000002", appid="other", accesskey="key")

    (callback,) = receiver.wait_for(1)

    assert callback["destnumber"] == "81200000002"
    eventually(lambda: wire.state["callbacks_without_address"] == 1)
