"""A callback is only a carrier's raw text: beside it stands which numbers and campaigns it told of."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dialer.flow import callback_numbers, ledger
from dialer.models import Account, Callback, CallbackBacklog, CallbackNumber, CallRecord
from tests.carrier import TestCarrier, stored
from tests.factories import make_account, make_batch, make_callback, make_campaign, make_contacts

pytestmark = pytest.mark.django_db


def bill(key: int = 1, **fields: Any) -> bytes:
    return json.dumps(
        {
            "id": key,
            "direction": "callout",
            "type": "callout",
            "starttime": "2026-11-21 14:58:01",
            "endtime": "2026-11-21 14:58:30",
            "billsec": 0,
            "destnumber": "81234567890",
            **fields,
        }
    ).encode()


def applied(account: Account, body: bytes, **fields: Any) -> Callback:
    callback = make_callback(account=account, body=body, **fields)
    ledger.apply(callback)
    return callback


def told_by(callback: Callback) -> list[tuple[str, int | None]]:
    return list(callback.numbers.order_by("number").values_list("number", "campaign"))


def as_before(*callbacks: Callback) -> None:
    """They were applied before numbers were noted."""
    CallbackNumber.objects.all().delete()
    CallbackBacklog.objects.create(below=max(callback.pk for callback in callbacks) + 1)


def fill() -> int:
    turns = 0
    while callback_numbers.fill_next():
        turns += 1
    return turns


def test_what_is_applied_is_known_by_its_numbers_and_campaign(carrier: TestCarrier) -> None:
    batch = carrier.call(0, 1, 2)
    callbacks = [stored(batch.account, body) for body in carrier.callbacks()]

    while ledger.apply_next():
        pass

    people = set(batch.attempts.values_list("contact__number", flat=True))
    assert {told for callback in callbacks for told in told_by(callback)} == {
        (number, batch.campaign_id) for number in people
    }
    assert {row.received_at for row in callbacks} == set(CallbackNumber.objects.values_list("received_at", flat=True))


def test_a_call_of_no_campaign_and_an_incoming_one_are_known_by_their_number() -> None:
    account = make_account()

    outgoing = applied(account, bill(1))
    incoming = applied(account, bill(2, direction="callin", type="callin", destnumber="81234567891"))

    assert told_by(outgoing) == [("+6281234567890", None)]
    assert told_by(incoming) == [("+6281234567891", None)]
    assert CallRecord.objects.count() == 1


def test_an_event_of_an_extension_is_known_by_the_person_put_through() -> None:
    fields = {"extnumber": "20280003", "callee": "81234567890", "isbleg": "false", "status": "answer"}
    body = json.dumps({**fields, "starttime": "1581124302", "uuid": "u1"}).encode()

    callback = applied(make_account(), body, kind="extensions")

    assert told_by(callback) == [("+6281234567890", None)]


def test_what_could_not_be_read_tells_of_nothing() -> None:
    callback = applied(make_account(), b"no bill")

    assert callback.state == Callback.State.UNREADABLE
    assert told_by(callback) == []


def test_noting_again_changes_nothing() -> None:
    callback = applied(make_account(), bill())
    before = list(CallbackNumber.objects.values())

    callback.state = Callback.State.RECEIVED  # as a second process may see it
    ledger.apply(callback)

    assert list(CallbackNumber.objects.values()) == before


def test_if_it_can_not_be_applied_its_numbers_are_not_noted_either(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise ValueError

    monkeypatch.setattr(ledger, "_mark_applied", fail)

    callback = applied(make_account(), bill())

    assert (callback.state, told_by(callback)) == (Callback.State.UNREADABLE, [])


def test_a_call_that_is_adopted_brings_its_callback_along() -> None:
    batch = make_batch(contacts=make_contacts(1), state="accepted")
    callback = applied(batch.account, bill(destnumber=batch.attempts.get().contact.number.removeprefix("+62")))
    CallRecord.objects.update(carrier_task_id="t1", batch=None, campaign=None, attempt=None)
    CallbackNumber.objects.update(campaign=None)
    type(batch).objects.filter(pk=batch.pk).update(carrier_task_id="t1", sent_at=callback.received_at)

    assert ledger.adopt() == 1

    assert told_by(callback) == [(batch.attempts.get().contact.number, batch.campaign_id)]


def test_callbacks_of_before_are_read_once_more_in_the_background_the_newest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(callback_numbers, "AT_A_TIME", 2)
    account = make_account()
    callbacks = [applied(account, bill(key, destnumber=f"8123456780{key}")) for key in range(1, 6)]
    unreadable = applied(account, b"no bill")
    as_before(*callbacks, unreadable)

    assert callback_numbers.fill_next()
    assert [bool(told_by(callback)) for callback in callbacks] == [False, False, False, False, True]

    assert fill() == 2
    assert [told_by(callback) for callback in callbacks] == [[(f"+628123456780{key}", None)] for key in range(1, 6)]
    assert not callback_numbers.fill_next()
    assert not CallbackBacklog.objects.exists()


def test_filling_may_be_repeated() -> None:
    callback = applied(make_account(), bill())
    as_before(callback)
    fill()
    before = list(CallbackNumber.objects.values())

    CallbackBacklog.objects.create(below=callback.pk + 1)
    fill()

    assert list(CallbackNumber.objects.values()) == before


def test_what_a_deleted_callback_told_of_is_gone_with_it() -> None:
    callback = applied(make_account(), bill())

    callback.delete()

    assert not CallbackNumber.objects.exists()


def test_a_deleted_campaign_leaves_the_number() -> None:
    campaign = make_campaign()
    callback = applied(campaign.account, bill())
    CallbackNumber.objects.update(campaign=campaign)

    campaign.delete()

    assert told_by(callback) == [("+6281234567890", None)]


def test_many_calls_of_one_callback_cost_no_more_queries_than_one() -> None:
    account = make_account()
    one, many = (
        make_callback(account=account, body=b"[" + b",".join(bill(key) for key in keys) + b"]")
        for keys in (range(1, 2), range(10, 40))
    )

    with CaptureQueriesContext(connection) as of_one:
        ledger.apply(one)
    with CaptureQueriesContext(connection) as of_many:
        ledger.apply(many)

    about = [[query for query in queries if "callbacknumber" in query["sql"]] for queries in (of_one, of_many)]
    assert len(about[0]) == len(about[1]) == 1
