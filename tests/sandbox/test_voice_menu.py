"""PlayVoice with a token: one number, and an extension that rings after it."""

import pytest

PLAY_VOICE = "App.Sip_Call.PlayVoice"
TAKEN_NUMBER, LEFT_NUMBER = "81200000040", "81200000140"  # both press 1; the third last digit decides
EVENT_FIELDS = {
    "buuid", "callee", "caller", "companycode", "direction", "disnumber", "extnumber", "isbleg", "method", "starttime",
    "status", "uuid", "ip", "customuuid", "type",
}  # fmt: skip


@pytest.fixture
def play():
    def play_one(wire, number=TAKEN_NUMBER, *, token=None, **changes):
        usual = {
            "token": token or wire.login(),
            "destnumber": number,
            "voicetype": 1,
            "voicefile": "welcome",
            "chengshudu": 1,
            "userid": "1@extGroup-1",
        }
        return wire.post(PLAY_VOICE, **{name: value for name, value in (usual | changes).items() if value is not None})

    return play_one


@pytest.fixture
def ringing(start, receiver):
    """A sandbox that pushes events of extensions, and no bills."""
    return lambda **switches: start(extension_callback_url=receiver.url, **switches)


def test_it_answers_in_the_envelope_of_the_token_services(wire, play):
    answer = play(wire)

    assert (answer["ret"], answer["msg"], answer["data"]["status"]) == (200, "", 0)
    assert wire.read("dials") == {TAKEN_NUMBER: 1}
    assert wire.state["violations"] == []


def test_all_that_may_be_sent_is_accepted(wire, play):
    answer = play(wire, customuuid="ref", disnumber="2190170001", ext="1", waittime=60, conntime=60)

    assert answer["data"]["status"] == 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"destnumber": "81200000040,81200000041"}, "destnumber holds something else than digits"),
        ({"chengshudu": None}, "chengshudu is missing"),
        ({"userid": None}, "userid is missing"),
        ({"userid": "1@"}, "names no extension group"),
        ({"userid": "12@extGroup-1"}, "names no key before the @"),
        ({"userid": "1@nowhere"}, "extension group 'nowhere', which is not there"),
        ({"userid": "nowhere"}, "extension group 'nowhere', which is not there"),
        ({"nationcode": "id"}, "knows no parameter nationcode"),
        ({"userkey": 1}, "knows no parameter userkey"),
        ({"voicefile": "missing"}, "no offline file"),
    ],
)
def test_a_broken_rule_is_refused_remembered_and_dials_nobody(wire, play, changes, sentence):
    answer = play(wire, **changes)

    assert answer["ret"] == 400
    assert sentence in wire.state["violations"][0]["sentence"]
    assert wire.read("dials") == {}


def test_a_worn_out_token_is_refused_without_blame(wire, play):
    assert play(wire, token="t")["ret"] == 600
    assert wire.state["violations"] == []


def test_the_form_of_a_refused_batch_does_not_count_here(start, play):
    assert play(start(refusal_form="code"), token="t")["ret"] == 600


def test_a_repeated_reference_is_a_violation_and_dials_again(wire, play):
    play(wire, customuuid="ref")

    assert play(wire, customuuid="ref")["ret"] == 400
    assert wire.state["dialled_twice"] == {f"62{TAKEN_NUMBER}": 2}


def test_the_bill_names_the_extension_that_took_the_call(wire, play):
    play(wire, TAKEN_NUMBER, customuuid="taken")
    play(wire, LEFT_NUMBER, customuuid="left")
    wire.wait_for_bills()
    token = wire.login()

    bills = {bill["customuuid"]: bill for bill in wire.bills(token)}

    assert (bills["taken"]["extnumber"], bills["left"]["extnumber"]) == ("20280003", "")
    assert {bill["callmethod"] for bill in bills.values()} == {6}
    assert [bill["customuuid"] for bill in wire.bills(token, extnumber="20280003")] == ["taken"]


def test_an_extension_that_takes_the_call_rings_answers_and_hangs_up(ringing, receiver, play):
    play(ringing(), TAKEN_NUMBER, customuuid="ref")

    events = receiver.wait_for(5)

    assert [(event["status"], event["isbleg"]) for event in events] == [
        ("ring", "false"), ("answer", "false"), ("answer", "true"), ("hangup", "true"), ("hangup", "false"),
    ]  # fmt: skip
    for event in events:
        assert event.keys() == EVENT_FIELDS
        assert all(isinstance(value, str) for value in event.values())
        expected = {"callee": TAKEN_NUMBER, "extnumber": "20280003", "customuuid": "ref", "type": "call"}
        assert {name: event[name] for name in expected} == expected
    assert len({event["uuid"] for event in events}) == 1


def test_an_extension_that_nobody_takes_rings_and_stops(ringing, receiver, play, eventually):
    wire = ringing()
    play(wire, LEFT_NUMBER)

    assert [event["status"] for event in receiver.wait_for(2)] == ["ring", "hangup"]
    eventually(lambda: wire.state["extension_events"] == 2)
    assert [event["outcome"] for event in wire.read("extensions")] == ["sent", "sent"]


@pytest.mark.parametrize(("transfers", "count"), [("taken", 5), ("nobody", 2)])
def test_a_switch_decides_who_takes(ringing, play, eventually, transfers, count):
    wire = ringing(transfers=transfers)
    play(wire, TAKEN_NUMBER)
    play(wire, LEFT_NUMBER)

    eventually(lambda: wire.state["callbacks_without_address"] == 2)
    assert wire.state["extension_events"] == 2 * count


@pytest.mark.parametrize(
    ("number", "userid", "is_transferred"),
    [
        ("81200000040", "1@extGroup-1", True),
        ("81200000048", "1@extGroup-1", False),
        ("81200000001", "1@extGroup-1", False),
        ("81200000001", "extGroup-1", True),
        ("81200000060", "extGroup-1", False),
    ],
)
def test_a_call_qualifies_by_its_key_or_by_being_answered(wire, play, number, userid, is_transferred):
    play(wire, number, userid=userid)
    wire.wait_for_bills()

    assert wire.state["transferred"] == is_transferred
    assert wire.read("calls")[0]["is_transferred"] is is_transferred


def test_the_bill_is_pushed_after_the_events_of_its_extension(start, receiver, play):
    play(start(extension_callback_url=receiver.url, callback_url=receiver.url), LEFT_NUMBER)

    assert [body.get("status", "bill") for body in receiver.wait_for(3)] == ["ring", "hangup", "bill"]


def test_an_account_can_have_its_own_address_for_extensions(start, receiver, play):
    play(start(extension_callback_urls={"sandbox": receiver.url}), LEFT_NUMBER)

    assert len(receiver.wait_for(2)) == 2


def test_events_of_extensions_can_be_lost(ringing, receiver, play, eventually):
    wire = ringing(callbacks="lost")
    play(wire, LEFT_NUMBER)

    eventually(lambda: [event["outcome"] for event in wire.read("extensions")] == ["lost", "lost"])
    assert receiver.bodies == []


def test_a_new_extension_needs_logout_and_login(start, play):
    wire = start(extension_is_new=True)
    token = wire.login()
    answer = play(wire, token=token)
    assert answer["data"]["errors"] == {"code": "1010", "codemsg": "Extension exception"}
    assert play(wire)["data"]["status"] == 1  # a login alone does not do

    wire.post("App.Sip_Auth.Logout", token=token)

    assert play(wire)["data"]["status"] == 0


def test_a_call_is_known_before_its_answer_when_the_bill_comes_first(start, receiver, play):
    wire = start(callback_url=receiver.url)
    wire.order_fates("callback_before_answer")

    play(wire)

    assert len(receiver.bodies) == 1
