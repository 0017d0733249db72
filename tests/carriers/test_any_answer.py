"""Whatever a carrier says, a dialect raises nothing but CarrierError, and loses nothing that could be read."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialer import carriers
from dialer.carriers.contract import BillQuery, Carrier, CarrierError
from dialer.carriers.http import Wire
from dialer.carriers.order import Callee, Order, Speech, Voice
from dialer.terms import CarrierName, NumberForm, VoiceDelivery
from tests.carriers.conftest import MemoryToken
from tests.carriers.small_server import Conversation, SmallServer

EXAMPLES = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)

# Names that either carrier writes, so that what is made up comes near to what is real.
NAMES = st.sampled_from(
    [
        *("ret", "code", "msg", "status", "reason", "data", "result", "errors", "codemsg", "desc", "token", "downurl"),
        *("bills", "totalitems", "records", "total", "pages", "list", "url", "expireTime", "balance", "gift"),
        *("voiceId", "callee", "callStatus", "callDuration", "answerTime", "hangupTime", "terminationCode", "taskId"),
        *("taskName", "callNum", "cost", "rate", "chargedDuration", "feedbackValue", "recordingFileId", "fileId"),
        *("id", "uuid", "billsec", "duration", "starttime", "endtime", "hangupcause", "userkey", "customuuid"),
        *("destnumber", "recordfilename", "isbleg", "callmethod", "extnumber"),
    ]
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-1, 201),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        ["0", "200", "-1", "-16", "600", "2020-02-09 12:32:51", "2025-12-10T18:00:01+08:00", "answer", "[{"]
    ),
    st.sampled_from([0, 200, 1765360801000, 10**400, -(10**30)]),
)
DOCUMENTS = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=4), inner, max_size=5),
    max_leaves=15,
)
OBJECTS = st.dictionaries(NAMES, DOCUMENTS, max_size=6)
# A yes in one of the envelopes, with anything in it.
ACCEPTANCES = st.builds(
    lambda envelope, data, more: {**more, **envelope, "data": data},
    st.sampled_from([{"code": 0}, {"status": "0"}, {"code": 200}, {"ret": 200}]),
    st.one_of(DOCUMENTS, OBJECTS.map(lambda found: {"status": 0, "result": found}), st.lists(OBJECTS, max_size=3)),
    OBJECTS,
)
BODIES = st.one_of(
    st.binary(max_size=100),
    st.builds(lambda document: json.dumps(document).encode(), st.one_of(OBJECTS, ACCEPTANCES, DOCUMENTS)),
)
HEADERS = st.lists(
    st.sampled_from(
        [
            *(b"Content-Type: application/json", b"Content-Encoding: gzip", b"Transfer-Encoding: chunked"),
            *(b"Location: http://127.0.0.1:9/", b"Location: http://[", b"Set-Cookie: a=b", b"Content-Length: -1"),
            *(b"Content-Length: many", b"\xff: \xff", b"no colon", b"Content-Type: text/html; charset=nonsense"),
        ]
    ),
    max_size=3,
)
STATUSES = st.sampled_from([200, 200, 200, 200, 201, 204, 302, 304, 400, 403, 404, 429, 500, 502, 100, 600, 999])


@dataclass
class Speaker:
    """A server that says to every request what it was last told."""

    server: SmallServer
    words: list[bytes]

    def will_say(self, body: bytes, *, status: int = 200, headers: list[bytes] | None = None) -> None:
        lines = [b"HTTP/1.1 %d Whatever" % status, *(headers or []), b"Content-Length: %d" % len(body)]
        self.words[:] = [b"\r\n".join(lines) + b"\r\n\r\n" + body]

    def will_say_anything(self, words: bytes) -> None:
        self.words[:] = [words]


@pytest.fixture(scope="module")
def speaker() -> Iterator[Speaker]:
    words: list[bytes] = [b""]

    def talk(conversation: Conversation) -> None:
        with suppress(OSError):
            conversation.say(words[0])

    server = SmallServer(talk)
    yield Speaker(server, words)
    server.stop()


@pytest.fixture(params=list(CarrierName))
def carrier(request, speaker: Speaker, settings_at) -> Carrier:
    wire = Wire(recorder=lambda exchange: None, read_seconds=0.3, total_seconds=1, allow_private_addresses=True)
    account = settings_at(
        speaker.server.address, access_key="a-key", secret="a-secret", number_form=NumberForm.INTERNATIONAL
    )
    return carriers.speak(request.param, account, MemoryToken("a-token"), wire)


def query() -> BillQuery:
    now = datetime.now(UTC)
    return BillQuery(start=now - timedelta(hours=1), end=now)


def order(carrier: Carrier) -> Order:
    spoken = Voice(delivery=VoiceDelivery.SPOKEN_TEXT, speech=Speech(text="Good morning", language="en"))
    filed = Voice(delivery=VoiceDelivery.CARRIER_FILE, location="welcome")
    can_speak = VoiceDelivery.SPOKEN_TEXT in carrier.capabilities.voice_deliveries
    return Order(reference="ref", callees=(Callee(number="+6281200000001"),), voice=spoken if can_speak else filed)


QUESTIONS: list[Callable[[Carrier], Any]] = [
    lambda carrier: carrier.place(order(carrier)),
    lambda carrier: list(carrier.bills(query())),
    lambda carrier: carrier.recording_link("rec1"),
    lambda carrier: carrier.check(),
    lambda carrier: carrier.log_out(),
    lambda carrier: carrier.find_task("ref", since=datetime.now(UTC)),
    lambda carrier: carrier.task("5"),
    lambda carrier: carrier.cancel_task("5"),
    lambda carrier: carrier.upload_voice("welcome.mp3", b"sound"),
    lambda carrier: list(carrier.voice_files()),
    lambda carrier: carrier.delete_voice("a"),
    lambda carrier: carrier.balance(),
]


@EXAMPLES
@given(body=BODIES, status=STATUSES, headers=HEADERS, ask=st.sampled_from(QUESTIONS))
def test_any_answer_to_any_question_is_an_answer_or_a_carrier_error(carrier, speaker, body, status, headers, ask):
    speaker.will_say(body, status=status, headers=headers)

    with suppress(CarrierError):
        ask(carrier)


@EXAMPLES
@given(document=ACCEPTANCES, ask=st.sampled_from(QUESTIONS))
def test_a_yes_with_anything_in_it_is_an_answer_or_a_carrier_error(carrier, speaker, document, ask):
    speaker.will_say(json.dumps(document).encode())

    with suppress(CarrierError):
        ask(carrier)


@settings(EXAMPLES, max_examples=40)
@given(words=st.one_of(st.binary(max_size=60), st.binary(max_size=60).map(b"HTTP/1.1 200 OK\r\n".__add__)))
def test_what_is_hardly_http_is_a_carrier_error_for_a_launch(carrier, speaker, words):
    speaker.will_say_anything(words)

    with pytest.raises(CarrierError):
        carrier.place(order(carrier))


@EXAMPLES
@given(body=BODIES)
def test_any_push_is_read_or_complained_about(carrier, body):
    reading = carrier.read_callback(body)

    assert not (reading.calls and reading.complaint)
    json.dumps([call.raw for call in reading.calls], allow_nan=False).encode()


OF_EXTENSIONS = ("callmethod", "isbleg")  # by these the bill of a batch is told from what extensions do


def records_of(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Records of one carrier with an id and the field by which a call is known, and with any others."""
    own = {CarrierName.YUNHU: ("id", "endtime"), CarrierName.LAAFFIC: ("voiceId", "hangupTime")}[CarrierName(name)]
    others = st.dictionaries(NAMES.filter(lambda found: found not in (*own, *OF_EXTENSIONS)), DOCUMENTS, max_size=6)
    return st.builds(lambda more, number, end: {**more, own[0]: number, own[1]: end}, others,
                     st.integers(1, 10**12), VALUES)  # fmt: skip


RECORDS = {name: st.lists(records_of(name), min_size=1, max_size=4) for name in CarrierName}
JUNK = st.lists(VALUES | st.just({"hello": 1}), max_size=2)


@pytest.mark.parametrize("name", list(CarrierName))
@EXAMPLES
@given(chance=st.data())
def test_no_call_of_a_push_is_lost(name, speaker, settings_at, chance):
    records, junk = chance.draw(RECORDS[name]), chance.draw(JUNK)
    items = chance.draw(st.permutations([*records, *junk]))
    wrapped = chance.draw(st.sampled_from([items, {"data": items}, [{"data": items}], json.dumps(items)]))
    wire = Wire(recorder=lambda exchange: None, allow_private_addresses=True)
    carrier = carriers.speak(name, settings_at(speaker.server.address), MemoryToken(), wire)

    reading = carrier.read_callback(json.dumps(wrapped).encode())

    own = "id" if name == CarrierName.YUNHU else "voiceId"
    assert {call.carrier_call_id for call in reading.calls} == {str(record[own]) for record in records}


@pytest.mark.parametrize("name", list(CarrierName))
@settings(EXAMPLES, max_examples=40)
@given(chance=st.data())
def test_no_call_of_a_page_is_lost(name, speaker, settings_at, chance):
    records = chance.draw(RECORDS[name])
    own = "id" if name == CarrierName.YUNHU else "voiceId"
    ids = {str(record[own]) for record in records}
    page = {"bills": records, "totalitems": len(ids)} if name == CarrierName.YUNHU else {}
    laaffic = {"records": records, "total": len(ids), "pages": 1}
    document = {"ret": 200, "data": {"status": 0, "result": page}} if page else {"code": 0, "data": laaffic}
    speaker.will_say(json.dumps(document).encode())
    wire = Wire(recorder=lambda exchange: None, allow_private_addresses=True)
    account = settings_at(speaker.server.address, access_key="a-key", secret="a-secret")
    carrier = carriers.speak(name, account, MemoryToken("a-token"), wire)

    calls = [call for found in carrier.bills(query()) for call in found]

    assert {call.carrier_call_id for call in calls} == ids


@pytest.mark.parametrize("name", ["msg", "reason"])
@pytest.mark.parametrize("before", range(270, 301, 5))
def test_no_cut_of_the_carriers_words_uncovers_half_a_secret(carrier, speaker, name, before):
    key = "k3y-that-nobody-may-see"
    wire = Wire(recorder=lambda exchange: None, read_seconds=3, total_seconds=5, allow_private_addresses=True)
    known = type(carrier)(replace(carrier._settings, access_key=key, secret=key), MemoryToken("a-token"), wire)
    speaker.will_say(json.dumps({"code": -21, "status": -21, "data": [], name: "x" * before + key * 5}).encode())

    with pytest.raises(CarrierError) as refused:
        known.place(order(known))

    assert key[:4] not in str(refused.value)
