"""Whatever anybody pushes at any account: the door answers, the body is kept, the ledger lives on."""

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from dialer.flow import ledger
from dialer.flow.connect import capabilities_of
from dialer.models import Account, Callback, CallRecord
from tests.carrier import door
from tests.factories import make_account, make_laaffic_account

ACCOUNTS = (make_account, make_laaffic_account)
EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

NAMES = st.sampled_from(
    [
        *(
            "id",
            "uuid",
            "voiceId",
            "destnumber",
            "callee",
            "customuuid",
            "taskId",
            "billsec",
            "callDuration",
            "userkey",
        ),
        *("starttime", "answertime", "endtime", "submitTime", "answerTime", "hangupTime", "callStatus", "hangupcause"),
        *("feedbackValue", "recordfilename", "recordingFileId", "cost", "rate", "billPeriod", "chargedDuration"),
        *("status", "isbleg", "extnumber", "caller", "buuid", "direction", "callmethod", "data"),
    ]
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=90),
    st.sampled_from(["", "0", "-1", "#", "2026-02-09 12:32:51", "ring", "answer", "hangup", "true", "\0", "1e999"]),
    st.sampled_from([0, 50, 10001, 1765360801000, 10**400, -(10**30), 2**63]),
)
INNER = st.recursive(
    VALUES, lambda one: st.lists(one, max_size=3) | st.dictionaries(NAMES, one, max_size=4), max_leaves=8
)
RECORDS = st.dictionaries(NAMES, INNER, max_size=12)
PUSHES = st.one_of(
    st.binary(max_size=200),
    st.one_of(RECORDS, st.lists(RECORDS, max_size=4), INNER).map(lambda found: json.dumps(found).encode()),
    st.builds(lambda found, cut: json.dumps(found).encode()[:cut], st.lists(RECORDS, min_size=1), st.integers(0, 300)),
)
# What a header can hold at all once the server has read it.
TYPES = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=30) | st.sampled_from(
    [
        "application/json",
        "text/plain; charset=nonsense",
        "multipart/form-data; boundary=",
        "application/x-www-form-urlencoded",
    ]
)


class AnyPush(TestCase):
    """Each example in a transaction of its own."""

    @EXAMPLES
    @given(make=st.sampled_from(ACCOUNTS), body=PUSHES, content_type=TYPES, data=st.data())
    def test_it_is_answered_kept_and_applied_or_put_aside(
        self, make: Any, body: bytes, content_type: str, data: st.DataObject
    ) -> None:
        account: Account = make()
        kind = data.draw(st.sampled_from(capabilities_of(account).call_back_kinds))

        answer = Client().generic("POST", door(account, kind=kind), body, content_type=content_type)

        assert answer.status_code == 200
        callback = Callback.objects.get()
        assert bytes(callback.body) == body
        ledger.apply(callback)
        callback.refresh_from_db()
        assert callback.state in (Callback.State.APPLIED, Callback.State.UNREADABLE)
        assert (callback.state == Callback.State.UNREADABLE) == bool(callback.complaint)
        assert bytes(callback.body) == body

    @EXAMPLES
    @given(
        make=st.sampled_from(ACCOUNTS), more=RECORDS, number=st.integers(1, 10**12), garbage=st.lists(INNER, max_size=2)
    )
    def test_a_call_with_an_id_among_anything_is_in_the_ledger_once(
        self, make: Any, more: dict[str, Any], number: int, garbage: list[Any]
    ) -> None:
        account: Account = make()
        known = {"id": number, "endtime": "2026-02-09 12:32:51", "voiceId": str(number), "hangupTime": 1765360801000}
        ours = {
            name: value for name, value in more.items() if name not in ("callmethod", "isbleg", "direction", "type")
        }
        body = json.dumps([*garbage, {**ours, **known}]).encode()

        for _ in range(2):
            Client().post(door(account), body, content_type="application/json")
            ledger.apply(Callback.objects.get())

        assert CallRecord.objects.filter(account=account, carrier_call_id=str(number)).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("make", ACCOUNTS)
def test_a_body_that_comes_a_hundred_times_is_one_row_that_counts(make: Any) -> None:
    account = make()

    for _ in range(100):
        Client().post(door(account), b"not json", content_type="application/json")

    assert Callback.objects.get().times_received == 100
